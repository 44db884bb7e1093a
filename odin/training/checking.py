"""What is known of a run before it starts: token budget, leaks, memory, time, and how to run it elsewhere."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.corpora.catalog import CORPORA, load
from odin.corpora.leaks import held_back_by_id, held_back_splits, leaks, sealed_splits
from odin.schema import Document
from odin.training.config import Configuration, Source
from odin.training.data import source_documents
from odin.training.kinds import configuration, learner_of

if TYPE_CHECKING:
    import torch

    from odin.training.loop import Trainer

STEPS = 3
"""Measured, after one that is not; the widest batch is among them."""
DEV_DOCUMENTS = 4
SHOWN_LEAKS = 5


def check(settings: Mapping[str, Any], *, device: str = "cpu", threads: int | None = None) -> dict[str, Any]:
    """The report as JSON; of several stages one each as `stages`. Raises OdinError where the run could not start.

    Steps are really made, on the base and the data given, in a folder that is thrown away.
    """
    import torch

    config = configuration(settings)
    if threads:
        torch.set_num_threads(threads)
    # later stages begin with weights that are not there yet, of the same size as those that the first begins with
    reports = [_measure(stage, device, config.stages[0].base) for stage in config.stages]
    how = {"command": commands(device, threads), "config": config.to_json()}
    if len(reports) == 1:
        return {**reports[0], **how}
    return {"stages": reports, "seconds": {"run": sum(report["seconds"]["run"] for report in reports)}, **how}


def find_leaks(config: Configuration, documents: Mapping[Source, Sequence[Document]]) -> dict[str, Any]:
    """Which training documents are held back, or nearly; with what they were compared, and with what they could not be.

    They are compared with what they are scored on, with the dev and test splits of the corpora that they are from, and
    by PMID with the split over all corpora. `sealed` names the published tests that are not at hand.
    """
    train = [document for source in config.sources for document in documents[source]]
    own = dict.fromkeys(source.corpus for source in (*config.sources, *config.dev) if source.corpus in CORPORA)
    splits = held_back_splits(own)
    held_back = [document for corpus, split in splits for document in load(corpus, split)]
    others = [source for source in config.dev if (source.corpus, source.split) not in splits]
    held_back += [document for source in others for document in documents[source]]
    found = {leak.train: leak for leak in (*held_back_by_id(train), *leaks(train, held_back))}
    shown = [f"{leak.train} and {leak.held_back}: {leak.why}" for leak in list(found.values())[:SHOWN_LEAKS]]
    compared = [*(f"{corpus}/{split}" for corpus, split in splits), *(source.name for source in others)]
    return {
        "documents": len(found),
        "of": len(train),
        "examples": shown,
        "compared": compared,
        "sealed": sealed_splits(),
    }


def commands(device: str, threads: int | None) -> dict[str, str]:
    """The lines that run it elsewhere, from a file config.json: in one process, and in two."""
    train = "odin train config.json --run runs/NAME --device"
    # --multi_gpu starts a process each on processors too, where --cpu would start a single one
    several = f"accelerate launch --multi_gpu --num_machines 1 --num_processes 2 -m {train} {device.partition(':')[0]}"
    return {
        "here": f"python -m {train} {device}" + (f" --threads {threads}" if threads else ""),
        "accelerate": several,
    }


def _measure(config: Configuration, device: str, base: str) -> dict[str, Any]:
    from odin.training.loop import Trainer

    documents = {source: source_documents(source) for source in dict.fromkeys((*config.sources, *config.dev))}
    learner = learner_of(config, device=device, base=base)
    with tempfile.TemporaryDirectory(prefix="odin-check-") as folder:
        trainer = Trainer(learner, Path(folder))
    return {
        "leaks": find_leaks(config, documents),
        "budget": learner.budget,
        "steps": trainer.steps,
        **_time(trainer),
        "memory": _memory(trainer),
    }


def _time(trainer: Trainer) -> dict[str, Any]:
    """Seconds a step and an evaluation (None where that is not known before), and of the whole run."""
    step, evaluation = _seconds_a_step(trainer), _seconds_an_evaluation(trainer)
    evaluations = sum(map(trainer.scores, range(len(trainer.epoch_steps))))
    training = step * trainer.steps
    if trainer.config.max_minutes:
        training = min(training, 60 * trainer.config.max_minutes)
    run = training + (evaluation or 0.0) * evaluations
    rounded = None if evaluation is None else round(evaluation, 1)
    return {"seconds": {"step": round(step, 3), "evaluation": rounded, "run": round(run)}, "evaluations": evaluations}


def _seconds_a_step(trainer: Trainer) -> float:
    """The mean of a few real steps, the widest batch among them, for as many word pieces as the average step has."""
    size, prepared = trainer.learner.size, trainer.learner.prepared
    batches = sorted(trainer.learner.batches(0), key=size)
    trainer.step(next(prepared(batches[-1:])))
    chosen = [*(batches[len(batches) * i // STEPS] for i in range(STEPS)), batches[-1]]
    began = time.monotonic()
    for batch in prepared(chosen):
        trainer.step(batch)
    a_piece = (time.monotonic() - began) / sum(map(size, chosen))
    return a_piece * sum(map(size, batches)) / len(batches)


def _seconds_an_evaluation(trainer: Trainer) -> float | None:
    learner, read, total = trainer.learner, 0, 0
    if not learner.evaluation_passes:
        return None
    with learner.evaluating() as extractor:
        began = time.monotonic()
        for _, labels, dev in learner.dev:
            read += sum(1 for _ in extractor.extract(dev[:DEV_DOCUMENTS], labels))
            total += len(dev)
        return (time.monotonic() - began) / max(1, read) * total * learner.evaluation_passes


def _memory(trainer: Trainer) -> dict[str, Any]:
    """What the run takes and what there is: of the device, and of the disk for a checkpoint."""
    learner = trainer.learner
    state = {**learner.state(), "optimizer": learner.optimizer.state_dict()}
    return {
        "parameters": sum(parameter.numel() for parameter in learner.parameters() if parameter.requires_grad),
        "checkpoint_mb": round(sum(tensor.nbytes for tensor in _tensors(state)) / 1e6),
        "disk_free_mb": round(shutil.disk_usage(tempfile.gettempdir()).free / 1e6),
        **_available(learner.device),
        **_peak(learner.device),
    }


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if hasattr(value, "nbytes"):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _tensors(item)


def _peak(device: torch.device) -> dict[str, Any]:
    """The most memory that was taken so far."""
    import torch

    if device.type == "cuda":
        return {"peak_mb": round(torch.cuda.max_memory_reserved(device) / 1e6)}
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3
    return {"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)}


def _available(device: torch.device) -> dict[str, Any]:
    import psutil
    import torch

    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return {
            "available_mb": round((free + torch.cuda.memory_reserved(device)) / 1e6),
            "total_mb": round(total / 1e6),
        }
    memory, own = psutil.virtual_memory(), psutil.Process().memory_info().rss
    return {"available_mb": round((memory.available + own) / 1e6), "total_mb": round(memory.total / 1e6)}
