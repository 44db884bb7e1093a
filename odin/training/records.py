"""What a run writes down while it trains: metrics.jsonl, samples.jsonl and data.json of its folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odin.training.run_folder import DATA, METRICS, SAMPLES, metrics_of, read_json, write_json

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Records:
    """The records of a run, or of one of its stages; steps are counted over all stages."""

    folder: Path
    stage: int | None = None
    """From 1; None where the run has one alone."""
    before: int = 0
    """Steps of the stages before."""

    def add(self, step: int, steps: int, record: Mapping[str, Any]) -> None:
        """Write what there is to tell at `step` of `steps` of this stage."""
        stage = {} if self.stage is None else {"stage": self.stage}
        line = json.dumps({"step": self.before + step, "steps": self.before + steps, **stage, **record})
        with (self.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        logger.info("%s", line)

    def forget_after(self, step: int, epoch: int) -> None:
        """Leave out what came after the checkpoint at `step`, in `epoch`: it is done, and written, again."""
        if not (self.folder / METRICS).exists():
            return
        kept = [
            record
            for record in metrics_of(self.folder)
            if record.get("stage") != self.stage
            or (record["step"] <= self.before + step and ("dev" not in record or record["epoch"] < epoch))
        ]
        _replace_lines(self.folder / METRICS, kept)

    def write_samples(self, samples: Iterable[Mapping[str, Any]]) -> None:
        """Put the newest sample predictions in the place of the earlier ones."""
        _replace_lines(self.folder / SAMPLES, samples)

    def describe(self, data: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Write what documents this stage learns from ("sources") and is scored on ("dev"), after earlier stages'."""
        if self.stage is None:
            write_json(self.folder / DATA, data)
            return
        kept = read_json(self.folder / DATA)
        earlier = {key: [row for row in kept.get(key, ()) if row.get("stage", 0) < self.stage] for key in data}
        own = {key: [{"stage": self.stage, **row} for row in rows] for key, rows in data.items()}
        write_json(self.folder / DATA, {key: earlier[key] + own[key] for key in data})


def records_of_stage(folder: Path, stage: int) -> Records:
    """The records of the stage of that number, from 1, once those before it are over."""
    before = (record["step"] for record in metrics_of(folder) if record.get("stage", 0) < stage)
    return Records(folder, stage, max(before, default=0))


def _replace_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), encoding="utf-8")
    part.replace(path)
