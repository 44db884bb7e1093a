"""Every arm with every seed: trained, scored on notes that it never saw, written down at once so that a study resumes.

All arms have the same base, the same batches and learning rates and the same selection notes, on which the thresholds
are chosen. The weights of the last step are the model, so that no arm has more to choose from than another. The test
notes are used once, for the figures.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions
from odin.labels import load_label_set
from odin.schema import Document
from odin.side_by_side import process_pool
from odin.synthesis.generator import GenerationOptions
from odin.training.config import Source, TrainingConfig
from odin.training.data import source_documents
from odin.transfer.arms import ARMS, Arm, steps_of, write_notes

if TYPE_CHECKING:
    from odin.training.loop import Trainer

logger = logging.getLogger(__name__)

LABELS = "clinical"
FIGURES = ("entities", "relations", "relations, gold entities")
"""Micro F1: exact spans and labels; with strict ends; with the gold entities given."""


@dataclass(frozen=True)
class Settings:
    """What decides the figures of a study; sources are `corpus:split` or a native .jsonl file."""

    real: str = "clinical_notes:train"
    selection: str = "clinical_notes:written_dev"
    """Notes that choose the thresholds."""
    test: str = "clinical_notes:dev"
    base: str = "minilm"
    notes: int = 5000
    notes_seed: int = 42
    max_words: int = GenerationOptions().max_words
    """Of a synthetic note."""
    steps: int = 1500
    """At most; an arm takes its share of them."""
    batch_pieces: int = 2048
    learning_rate: float = 2.5e-4
    selection_documents: int = 0


@dataclass(frozen=True)
class Machine:
    """What a study runs on; decides nothing but how long it takes."""

    device: str = "cpu"
    jobs: int = 1
    """Runs at once, each in a process of its own."""
    threads: int = 0
    """Processor threads a run; 0 for what PyTorch takes."""
    workers: int = 1
    """Processes that make synthetic notes."""


Run = tuple[str, int]
"""Arm and seed."""


def run_study(
    folder: Path, settings: Settings, *, arms: Sequence[str], seeds: Sequence[int], machine: Machine | None = None
) -> Iterator[dict[str, Any]]:
    """The record of each run as it is done, or as it was written before, arm by arm.

    Raises InputError on other settings; and where runs failed, once the others are done.
    """
    machine = machine or Machine()
    for name in arms:
        if name not in ARMS:
            raise InputError(f"unknown arm {name!r}: choose from {', '.join(ARMS)}")
    folder.mkdir(parents=True, exist_ok=True)
    _check_settings(folder / "settings.json", settings)
    runs = [(arm, seed) for arm in arms for seed in seeds]
    todo = [run for run in runs if not _result(folder, *run).exists()]
    yield from (_read(folder, *run) for run in runs if run not in todo)
    _make_notes([ARMS[name] for name in dict.fromkeys(arm for arm, _ in todo)], settings, folder, machine.workers)
    perform = partial(train_and_score, folder, settings, device=machine.device, threads=machine.threads)
    if machine.jobs == 1:
        for run in todo:
            yield perform(*run)
    else:
        yield from _side_by_side(folder, perform, todo, machine.jobs)


def train_and_score(
    folder: Path, settings: Settings, arm: str, seed: int, *, device: str = "cpu", threads: int = 0
) -> dict[str, Any]:
    """Train a model of the arm and score it; the record, which is written too."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    config = configuration(ARMS[arm], settings, seed, folder)
    path = _result(folder, arm, seed)
    test = source_documents(Source.named(settings.test, LABELS))
    _write(path, {"arm": arm, "seed": seed, **_trained(config, path.parent, test, device)})
    return _read(folder, arm, seed)


def _side_by_side(
    folder: Path, perform: Callable[[str, int], dict[str, Any]], todo: Sequence[Run], jobs: int
) -> Iterator[dict[str, Any]]:
    """The records of runs in `jobs` processes as they are done; a run waits for the one that it goes on from."""
    waiting, going, failed = list(todo), dict[Future[dict[str, Any]], Run](), dict[Run, BaseException]()
    with process_pool(jobs, log_progress) as pool:
        while waiting or going:
            held = {*waiting, *going.values()}
            ready = [(arm, seed) for arm, seed in waiting if (ARMS[arm].after, seed) not in held]
            for run in ready[: jobs - len(going)]:
                going[pool.submit(perform, *run)] = run
                waiting.remove(run)
            for future in wait(going, return_when=FIRST_COMPLETED).done:
                run, error = going.pop(future), future.exception()
                if error is None:
                    yield future.result()
                else:
                    failed[run] = error
                    logger.error("%s, seed %d failed: %r", *run, error)
    if failed:
        (arm, seed), error = next(iter(failed.items()))
        raise InputError(
            f"{folder}: {len(failed)} of {len(todo)} runs failed, first {arm} with seed {seed}: {error}; "
            "run it again to go on"
        ) from error


def log_progress() -> None:
    """Let the training say how far it is, on the error stream."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s", force=True)


def settings_of(folder: Path) -> Settings:
    """The settings of the study that stands there. Raises InputError where there is none."""
    try:
        return Settings(**json.loads((folder / "settings.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as err:
        raise InputError(f"{folder} holds no study whose settings can be read: {err}") from err


def records_of(folder: Path) -> list[dict[str, Any]]:
    """The records that a study has written so far, by arm and seed."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*/seed-*/result.json")]
    return sorted(found, key=lambda item: (list(ARMS).index(item["arm"]), item["seed"]))


def configuration(arm: Arm, settings: Settings, seed: int, folder: Path) -> TrainingConfig:
    """How a model of the arm is trained, as many epochs as its steps take; notes are made where they are not there.

    Raises InputError where it goes on from an arm that is not trained yet.
    """
    sources = [Source.named(settings.real, LABELS)] if arm.real else []
    sources += [Source(str(path), LABELS) for path in _notes(arm, settings, folder)]
    steps = steps_of(arm, settings.steps)
    return TrainingConfig(
        sources=tuple(sources),
        dev=(Source.named(settings.selection, LABELS),),
        base=str(_model_of(folder, arm.after, seed)) if arm.after else settings.base,
        seed=seed,
        epochs=steps,
        max_steps=steps,
        batch_pieces=settings.batch_pieces,
        learning_rate=settings.learning_rate,
        dev_documents=settings.selection_documents,
        dev_every=0,
    )


def _make_notes(arms: Sequence[Arm], settings: Settings, folder: Path, workers: int) -> None:
    """The files of synthetic notes that the arms need and are not there, each by a process of its own."""
    missing = {arm.file: arm for arm in arms if arm.synthetic and not (folder / arm.file).exists()}
    if min(len(missing), workers) < 2:
        for arm in missing.values():
            _notes(arm, settings, folder, workers=workers)
        return
    with process_pool(min(len(missing), workers)) as pool:
        list(pool.map(partial(_notes, settings=settings, folder=folder), missing.values()))


def _notes(arm: Arm, settings: Settings, folder: Path, *, workers: int = 1) -> list[Path]:
    """The file of the synthetic notes of an arm that has some."""
    if not arm.synthetic:
        return []
    count, seed = settings.notes, settings.notes_seed
    return [write_notes(arm, folder, count, seed, max_words=settings.max_words, workers=workers)]


def _model_of(folder: Path, arm: str, seed: int) -> Path:
    model = folder / arm / f"seed-{seed}" / "model"
    if not model.is_dir():
        raise InputError(f"{model} is not there: train the arm {arm!r} with seed {seed} first, as in --arm {arm}")
    return model


def _trained(config: TrainingConfig, folder: Path, test: Sequence[Document], device: str) -> dict[str, Any]:
    from odin.extraction.neural import NeuralExtractor
    from odin.training.kinds import trainer_of

    trainer = trainer_of(config, folder, device=device)
    if trainer.run() is None:
        raise InputError(f"{folder}: the run was stopped at step {trainer.progress.step}; run it again to go on")
    progress = trainer.progress
    extractor = NeuralExtractor.load(folder / "model", device=device)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return {
        "device": device,
        "documents": sum(row["documents"] for row in trainer.learner.budget),
        "steps": progress.step,
        "passes": _passes(trainer),
        "seconds_a_step": progress.seconds / max(progress.step, 1),
        "figures": scored(extractor, test),
    }


def _passes(trainer: Trainer) -> float:
    """How often the notes were read, on average."""
    whole, begun = trainer.epoch_steps[:-1], trainer.epoch_steps[-1]
    return round(len(whole) + (trainer.steps - sum(whole)) / begun, 2)


def scored(extractor: Any, test: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """F1 and its document bootstrap interval on the test notes, for each of FIGURES, and assertion accuracy."""
    labels = load_label_set(LABELS)
    found = [item.document for item in extractor.extract((d.with_annotations(()) for d in test), labels)]
    given = extractor.extract(test, labels, ExtractionOptions(given_entities=True))
    free, bound = score_documents(test, found), score_documents(test, [item.document for item in given])
    tables = (free.entities["exact"], free.relations["strict"], bound.relations["strict"])
    figures = {
        name: {"f1": table.micro.f1, "interval": bootstrap(table).micro.get("f1")}
        for name, table in zip(FIGURES, tables, strict=True)
    }
    return {**figures, "assertion accuracy": {"f1": free.assertion_accuracy.value, "interval": None}}


def _check_settings(path: Path, settings: Settings) -> None:
    """Write the settings, or see that they are those of the study that stands there."""
    own = asdict(settings)
    if not path.exists():
        _write(path, own)
        return
    old = json.loads(path.read_text(encoding="utf-8"))
    changed = [f"{name}={old.get(name)!r}" for name in own if old.get(name) != own[name]]
    if changed:
        raise InputError(f"{path.parent} holds a study with {', '.join(changed)}: use the same, or name another folder")


def _result(folder: Path, arm: str, seed: int) -> Path:
    return folder / arm / f"seed-{seed}" / "result.json"


def _read(folder: Path, arm: str, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_result(folder, arm, seed).read_text(encoding="utf-8"))
    return found


def _write(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
