"""Models as folders that tell what they are: card, scores, label sets, hashes of data, code and files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.errors import InputError, ModelError
from odin.extraction import catalog
from odin.extraction.catalog import check_folder, own_models_folder
from odin.extraction.model_folder import (
    ARCHITECTURE,
    CONFIG,
    FILES,
    READ,
    SUMS,
    WEIGHTS,
    check_sums,
    read_description,
    read_weights,
    sha256,
    write_weights,
)
from odin.extraction.storage import FLOAT16
from odin.training.checkpoint import folder_in_place
from odin.training.config import JOINT, MASKED
from odin.training.run_folder import DATA, Run, read_json, read_run

if TYPE_CHECKING:
    from torch import Tensor

PROVENANCE = "provenance.json"
CARD = "README.md"
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt", ".joblib")


def keep_model(run_folder: Path, name: str | None = None) -> Path:
    """Copy a run's model, with its card and hashes, to the models at hand; its folder.

    `name` is by default the run's. Raises InputError where the run has kept no weights yet, or an encoder alone, or
    the name is taken.
    """
    run = read_run(run_folder)
    name = name or run.name
    source, target = run_folder / "model", own_models_folder() / name
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,79}", name):
        raise InputError(f"{name!r} cannot name a model: use letters, digits, '.', '-' and '_'")
    if not (source / "config.json").is_file():
        raise InputError(f"the run {run.name} has kept no weights yet: wait for its first dev scores")
    if run.config.get("kind") == MASKED:
        raise InputError(
            f"the run {run.name} gave an encoder alone, which finds nothing yet: train with {source} as the base"
        )
    check_name_free(name, run.name)
    describe_model(run, source)
    with folder_in_place(target) as part:
        shutil.copytree(source, part)
    return target


def check_name_free(name: str, run: str) -> None:
    """Raise InputError where the model of the run called `run` cannot be called `name`, since another one is."""
    if (catalog.MODELS_FOLDER / name).exists() or name == catalog.DICTIONARY:
        raise InputError(f"{name!r} is the name of a shipped model: give another name")
    own = own_models_folder() / name
    if own.exists() and read_json(own / PROVENANCE).get("run") != run:
        raise InputError(f"there is a model {name!r} already: give another name")


def pack_model(folder: Path, target: Path, *, storage: str) -> None:
    """Copy a joint encoder's folder to `target`, its weights stored as `odin.extraction.storage` names it.

    Raises ModelError where the folder is not whole or of another architecture, InputError where `target` exists.
    """
    verify(folder)
    config = read_description(folder, ARCHITECTURE, FILES).config
    _copy_with(folder, target, lambda: read_weights(folder, config), {**config, "storage": storage})


def average_models(folders: Sequence[Path], target: Path) -> None:
    """Copy the first joint encoder's folder to `target`, with the mean of the weights of all.

    Where they began training from the same weights the mean often scores better than each (Wortsman and others 2022,
    Model soups, arXiv:2203.05482). Raises ModelError where a folder is not whole, of another architecture or of other
    label sets, InputError where there are fewer than two, or `target` exists.
    """
    if len(folders) < 2:
        raise InputError("to average takes two models or more: name the others with --with")
    for folder in folders:
        verify(folder)
    first, *others = (read_description(folder, ARCHITECTURE, FILES) for folder in folders)

    def mean() -> dict[str, Tensor]:
        total = {name: value.double() for name, value in read_weights(folders[0], first.config).items()}
        shapes = {name: value.shape for name, value in total.items()}
        for folder, own in zip(folders[1:], others, strict=True):
            state = read_weights(folder, own.config)
            if {name: value.shape for name, value in state.items()} != shapes or own.label_sets != first.label_sets:
                raise ModelError(f"{folder}: its network or label sets are others than those of {folders[0]}")
            total = {name: value + state[name] for name, value in total.items()}
        return {name: value / len(folders) for name, value in total.items()}

    _copy_with(folders[0], target, mean, first.config)


def _copy_with(folder: Path, target: Path, weights: Callable[[], dict[str, Tensor]], config: Mapping[str, Any]) -> None:
    """Copy a model folder to `target` with other weights, stored as the configuration says."""
    if target.exists():
        raise InputError(f"{target} exists already: give another folder")
    with folder_in_place(target) as part:
        shutil.copytree(folder, part, ignore=shutil.ignore_patterns(WEIGHTS))
        write_weights(weights(), part, storage=str(config.get("storage", FLOAT16)))
        (part / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        write_sums(part)


def describe_model(run: Run, folder: Path) -> None:
    """Write the card, where the model came from, and the hashes of its files into its folder."""
    data, environment = (read_json(run.folder / name) for name in (DATA, "environment.json"))
    provenance = {"run": run.name, "data": data, "environment": environment}
    (folder / PROVENANCE).write_text(json.dumps(provenance, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card(run.name, run.config, read_json(folder / "metrics.json"), data), encoding="utf-8")
    write_sums(folder)


def card(name: str, config: Mapping[str, Any], metrics: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The model card in Markdown."""
    rows = [
        f"| {item['corpus']}/{item['split']}{_stage(item)} | {item['label_set']} | {item.get('weight', 1)} | "
        f"{item['documents']} | `{item['sha256'][:12]}` |"
        for item in data.get("sources", ())
    ]
    scores = [
        f"| {source} | {task} | {value:.3f} |"
        for source, found in metrics.get("dev", {}).items()
        for task, value in found.items()
    ]
    shown = {key: value for key, value in config.items() if key not in ("sources", "dev")}
    base, kind = (config.get("first") or [config])[0].get("base"), config.get("kind", JOINT)
    tuned = "Thresholds were tuned on the same documents." if kind == JOINT else "They chose the epoch."
    return "\n".join(
        [
            "---", "tags: [named-entity-recognition, relation-extraction]", "library_name: odin", "---", "",
            f"# {name}", "",
            f"Trained with Odin from `{base}`, kind `{kind}`. What it finds is a "
            "suggestion; it was not validated for use in the care of patients.", "",
            "## Data", "", "| source | label set | weight | documents | SHA-256 |", "|---|---|---|---|---|", *rows, "",
            "## Micro F1 on dev", "", tuned, "",
            "| source | task | value |", "|---|---|---|", *scores, "",
            "## Settings", "", "```json", json.dumps(shown, indent=1), "```", "",
        ]
    )  # fmt: skip


def _stage(item: Mapping[str, Any]) -> str:
    return f", stage {item['stage']}" if "stage" in item else ""


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of every file that the model is read from."""
    paths = {path for pattern in READ for path in folder.rglob(pattern) if path.is_file()}
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path) -> Mapping[str, Any]:
    """The configuration of a model folder that is whole: weights in safetensors alone, files as they were hashed.

    Raises ModelError that names the file. A folder without SHA256SUMS is checked for what it must hold only.
    """
    config = check_folder(folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix in PICKLES:
            raise ModelError(
                f"{path}: a pickle, which may run code when it is opened; remove it, or get the model again"
            )
        if path.suffix == ".safetensors":
            _check_weights(path)
    check_sums(folder)
    return config


def _check_weights(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            file.keys()
    except (SafetensorError, OSError) as err:
        raise ModelError(f"{path}: is damaged ({err}); get the model again") from err
