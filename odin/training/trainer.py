"""Training from Python in one line: `SLMTrainer().train("clinical_notes")`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.errors import InputError
from odin.home import home_folder
from odin.schema import Document
from odin.training.config import NATIVE, Source
from odin.training.kinds import configuration
from odin.training.launching import start
from odin.training.performing import perform
from odin.training.run_folder import Run, read_run, runs_folder


class SLMTrainer:
    """Trains small language models for extraction.

    `settings` are those of `TrainingConfig`, or with `kind="generative"` those of `GenerativeConfig`.
    """

    def __init__(
        self, base: str | None = None, *, labels: str = "clinical", device: str = "cpu", **settings: Any
    ) -> None:
        self.device, self.labels = device, labels
        given = {"sources": [], **({} if base is None else {"base": base}), **settings}
        self.config = configuration(given, place="SLMTrainer")

    def train(
        self, *datasets: str | Path, dev: Sequence[str | Path] = (), run: str | None = None, detach: bool = False
    ) -> Run:
        """Train on corpora of the catalogue, or native .jsonl files; the run when it has ended, or at once (`detach`).

        Without `dev`, a corpus is scored on its dev split, and a file on one in ten of its documents, which are then
        not trained on. `run` names the run in `runs_folder()`. The model is in `<run.folder>/model`.
        """
        if not datasets:
            raise InputError("SLMTrainer: name at least one corpus or .jsonl file to train on")
        sources, held_back = [], [self._source(name, "dev") for name in dev]
        for name in datasets:
            if not str(name).endswith(NATIVE):
                sources.append(self._source(name, "train"))
                held_back += [] if dev else [self._source(name, "dev")]
            elif dev:
                sources.append(self._source(name, "train"))
            else:
                train, rest = _parted(Path(name))
                sources.append(self._source(train, "train"))
                held_back.append(self._source(rest, "dev"))
        config = replace(self.config, sources=tuple(sources), dev=tuple(held_back)).to_json()
        name = run or time.strftime("run-%Y%m%d-%H%M%S")
        if detach:
            return start(config, name, device=self.device)
        folder = runs_folder() / name
        perform(config, folder, device=self.device)
        return read_run(folder)

    def _source(self, name: str | Path, split: str) -> Source:
        return Source(str(name), self.labels, split)


def _parted(path: Path) -> tuple[Path, Path]:
    """Files with the documents of `path` to train on, and those held back."""
    kept: list[Document] = []
    held: list[Document] = []
    for document in jsonl.read(path):
        group = str(document.meta.get("group") or document.id)
        place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 10
        (held if place == 0 else kept).append(document)
    if not held or not kept:
        raise InputError(f"{path}: {len(kept + held)} documents are too few to hold some back; give dev=[FILE]")
    folder = home_folder() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    out = folder / f"{stem}.train.jsonl", folder / f"{stem}.dev.jsonl"
    for target, part in zip(out, (kept, held), strict=True):
        jsonl.write(part, target)
    return out
