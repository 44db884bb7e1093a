"""Training in stages: each goes on from the weights that the one before it kept, in one run folder.

A run's last stage lies in its folder as a run of one stage does. Those before lie in `stage-1`, `stage-2` ..., which
bear `.part` behind their names until they are over: a killed run goes on in the stage that it was in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from odin.training.checkpoint import CHECKPOINT
from odin.training.config import Configuration
from odin.training.kinds import learner_of
from odin.training.processes import rank
from odin.training.records import Records, records_of_stage

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.3
Say = Callable[[str], None]


def train(config: Configuration, folder: Path, *, device: str = "cpu", say: Say = logger.info) -> dict[str, Any] | None:
    """Train all stages, or go on; the dev scores of the last one, None where the run was asked to stop.

    `say` is told what is done where that takes long. Raises OdinError with what failed.
    """
    base: str | None = None
    count = len(config.stages)
    for number, stage in enumerate(config.stages[:-1], 1):
        whole = folder / f"stage-{number}"
        part = whole.with_name(f"{whole.name}.part")
        if not whole.exists():
            records = records_of_stage(folder, number)
            words = f"stage {number} of {count}"
            if _train_stage(stage, part, records, device=device, base=base, say=say, words=words) is None:
                return None
            _close(part, whole)
        base = str(whole / "model")
    records = records_of_stage(folder, count) if count > 1 else Records(folder)
    words = f"stage {count} of {count}" if count > 1 else ""
    return _train_stage(config, folder, records, device=device, base=base, say=say, words=words)


def _train_stage(
    stage: Configuration,
    folder: Path,
    records: Records,
    *,
    device: str,
    base: str | None,
    say: Say,
    words: str,
) -> dict[str, Any] | None:
    from odin.training.loop import Trainer

    say(f"{words}: loading" if words else "loading the base model and the documents")
    trainer = Trainer(learner_of(stage, device=device, base=base), folder, records=records)
    say(words)
    return trainer.run()


def _close(part: Path, whole: Path) -> None:
    """The first process names a stage that is over; the others wait for that."""
    if rank() == 0:
        part.rename(whole)
        (whole / CHECKPOINT).unlink(missing_ok=True)
    while not whole.exists():
        time.sleep(LOOK_SECONDS)
