"""The training loop: resumable, deterministic by seed, dev scores each epoch, early stopping."""

from __future__ import annotations

import itertools
import json
import logging
import math
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from odin.errors import InputError
from odin.extraction import Extractor
from odin.training.checkpoint import folder_in_place, read_checkpoint, write_checkpoint
from odin.training.control import obey
from odin.training.learner import Learner
from odin.training.memory import give_back, memory_mb
from odin.training.optimization import set_rate
from odin.training.processes import agreed, average_gradients, from_first, join, leave, rank, world_size
from odin.training.records import Records
from odin.training.run_folder import CONFIG, TOKENS, write_json

logger = logging.getLogger(__name__)

GIVE_BACK_SECONDS = 30
"""From one time that free memory goes back to the system to the next."""
CHECKPOINT_SECONDS = 120.0
"""What a killed run loses at most."""
LEAST_RECORDS = 40
"""A short run logs more often, so that its curves have this many points."""


@dataclass
class Progress:
    """How far a run is; saved with every checkpoint."""

    epoch: int = 0
    step: int = 0
    best: float = -1.0
    best_epoch: int = -1
    seconds: float = 0.0


@dataclass
class Meter:
    """What was trained on since the last record."""

    started: float = field(default_factory=time.monotonic)
    pieces: int = 0
    losses: dict[str, float] = field(default_factory=dict)

    def add(self, losses: Mapping[str, float], pieces: int) -> None:
        """Count a step; the losses are averaged with those of the last fifty steps or so."""
        self.pieces += pieces
        for name, value in losses.items():
            self.losses[name] = 0.98 * self.losses.get(name, value) + 0.02 * value

    @property
    def seconds(self) -> float:
        """Since the last reading."""
        return time.monotonic() - self.started

    def read(self) -> tuple[float, float]:
        """(seconds, word pieces a second) since the last reading."""
        seconds, pieces = self.seconds, self.pieces
        self.started, self.pieces = time.monotonic(), 0
        return seconds, pieces / max(seconds, 1e-9)


class Trainer:
    """`run()` trains a learner from where the checkpoint in `folder` stands to the end.

    The weights that are kept are in `<folder>/model`. `records` are the run's, by default those in `folder`; the file
    `control` beside them pauses and stops the run between steps.
    """

    def __init__(self, learner: Learner, folder: Path, *, records: Records | None = None) -> None:
        self.learner, self.config, self.folder = learner, learner.config, folder
        self.records = records or Records(folder)
        self.epoch_steps = self._epoch_steps()
        self.steps = min(sum(self.epoch_steps), self.config.max_steps or sum(self.epoch_steps))
        if not self.steps:
            raise InputError("config: nothing to train on: name other sources, or raise their weights, or epochs")
        self.progress = Progress()
        self.meter: Meter | None = None
        """Of the epoch that is being trained."""
        self._saved = time.monotonic()
        self._give_back_at = self._saved + GIVE_BACK_SECONDS

    def _epoch_steps(self) -> list[int]:
        """The steps of each epoch, up to the one in which the last step is."""
        steps: list[int] = []
        while len(steps) < self.config.epochs and not 0 < self.config.max_steps <= sum(steps):
            steps.append(sum(1 for _ in self.batches(len(steps))))
        return steps

    def run(self) -> dict[str, Any] | None:
        """Train; the dev scores of the weights that were kept, None where the run was asked to stop."""
        join(self.learner.device)
        try:
            self._describe()
            self._resume()
            if not self._train():
                logger.info("stopped at step %d of %d; the checkpoint is written", self.progress.step, self.steps)
                return None
        finally:
            leave()
        kept = self.folder / "model" / "metrics.json"  # other processes than the first may come before it is there
        return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else {}

    def _describe(self) -> None:
        """Write the token budget, the data, and the configuration where it is not there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if rank() == 0:
            write_json(self.folder / TOKENS, {"sources": self.learner.budget})
            self.records.describe(self.learner.described)
            if not (self.folder / CONFIG).is_file():
                write_json(self.folder / CONFIG, self.config.to_json())

    def batches(self, epoch: int) -> Iterator[Any]:
        """The batches that this process trains on in an epoch; as many in each process."""
        batches, count = self.learner.batches(epoch), world_size()
        if count == 1:
            yield from batches
            return
        every = list(batches)
        for start in range(0, len(every), count):
            yield every[(start + rank()) % len(every)]

    def step(self, batch: Any) -> dict[str, float]:
        """One step of the optimizer; the losses by name. Raises InputError where they are not finite."""
        learner, optimizer = self.learner, self.learner.optimizer
        losses = learner.losses(batch)
        if not math.isfinite(sum(losses.values())):
            raise InputError(f"the loss is {losses} at step {self.progress.step}: lower learning_rate, or use float32")
        average_gradients(learner.parameters())
        torch.nn.utils.clip_grad_norm_(learner.parameters(), self.config.max_gradient)
        set_rate(optimizer, max(self.progress.step, self._time_share() * self.steps), self.steps, self.config.warmup)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        learner.stepped(self.progress.step)
        return losses

    def _time_share(self) -> float:
        """The share of `max_minutes` that was trained; 0 where there is no such limit."""
        if not self.config.max_minutes:
            return 0.0
        seconds = self.progress.seconds + (self.meter.seconds if self.meter else 0.0)
        return from_first(seconds, self.learner.device) / 60 / self.config.max_minutes

    def _over(self) -> bool:
        """Whether all steps were made, or all the time was taken."""
        return self.progress.step >= self.steps or self._time_share() >= 1

    def _train(self) -> bool:
        """Train to the end; False where the run was asked to stop before."""
        for epoch in range(self.progress.epoch, self.config.epochs):
            if self._spent(epoch) or self._worn_out():
                break
            if not self._train_epoch(epoch):
                return False
            if rank() == 0:
                self._finish_epoch(epoch)
        return True

    def _spent(self, epoch: int) -> bool:
        """Whether no step or no time is left for an epoch; one that was killed after its last step is yet to score."""
        begins = sum(self.epoch_steps[:epoch])
        return begins >= self.steps or (self.progress.step <= begins and self._time_share() >= 1)

    def scores(self, epoch: int) -> bool:
        """Whether this epoch is trained and the weights are scored after it: every so many, and the last one."""
        if sum(self.epoch_steps[:epoch]) >= self.steps:
            return False
        every = self.config.dev_every
        return sum(self.epoch_steps[: epoch + 1]) >= self.steps or (every > 0 and (epoch + 1) % every == 0)

    def _worn_out(self) -> bool:
        """Whether dev scores have stopped rising; process 0 knows."""
        epochs = self.progress.epoch - 1 - self.progress.best_epoch
        worn = agreed(self.progress.best_epoch >= 0 and epochs >= self.config.patience, self.learner.device)
        if worn:
            logger.info("no better dev score for %d epochs: stopping early", self.config.patience)
        return worn

    def _train_epoch(self, epoch: int) -> bool:
        """Train to the end of the epoch; False where the run was asked to stop before that."""
        done = self.progress.step - sum(self.epoch_steps[:epoch])
        meter = self.meter = Meter()
        every = min(self.learner.log_steps, max(1, self.steps // LEAST_RECORDS))
        batches = list(itertools.islice(self.batches(epoch), done, None))
        for batch, prepared in zip(batches, self.learner.prepared(batches), strict=True):
            if self._over():
                break
            if self._stopped(meter):
                return False
            torch.manual_seed(self.config.seed * 1_000_003 + self.progress.step + 7919 * rank())
            meter.add(self.step(prepared), self.learner.size(batch))
            self.progress.step += 1
            if self.progress.step % every == 0:
                self._log_training(epoch, meter)
            if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
                self._checkpoint(meter)
        self.progress.seconds += meter.read()[0]
        self.meter = None
        return True

    def _stopped(self, meter: Meter) -> bool:
        """Do what is asked of the run; True where it is to stop. Time spent paused does not count."""
        if rank() != 0:
            return agreed(False, self.learner.device)
        stopped = obey(self.records.folder, lambda: self._checkpoint(meter))
        if stopped is not None:
            meter.read()
        return agreed(bool(stopped), self.learner.device)

    def _log_training(self, epoch: int, meter: Meter) -> None:
        seconds, speed = meter.read()
        self.progress.seconds += seconds
        left = self.progress.seconds / self.progress.step * (self.steps - self.progress.step)
        if self.config.max_minutes:
            left = min(left, max(0.0, 60 * self.config.max_minutes - self.progress.seconds))
        self._log(
            {
                "epoch": epoch,
                "learning_rate": self.learner.optimizer.param_groups[-1]["lr"],
                "loss": meter.losses,
                "pieces_per_second": round(speed * world_size()),
                "memory_mb": memory_mb(self.learner.device),
                "seconds": round(self.progress.seconds, 2),
                "seconds_left": round(left, 1),
            }
        )
        if self.learner.device.type == "cpu" and time.monotonic() >= self._give_back_at:
            give_back()
            self._give_back_at = time.monotonic() + GIVE_BACK_SECONDS

    def _log(self, record: Mapping[str, Any]) -> None:
        if rank() == 0:
            self.records.add(self.progress.step, self.steps, record)

    def _finish_epoch(self, epoch: int) -> None:
        """Score where it is time to; without, the next checkpoint by the clock will do."""
        scored = self.scores(epoch) or self._over()
        if scored:
            self._score(epoch)
        self.progress.epoch = epoch + 1
        if scored:
            self._checkpoint()

    def _score(self, epoch: int) -> None:
        """Score on dev and keep the weights if they are the best so far; without dev sources, keep them."""
        started = time.monotonic()
        with self.learner.evaluating() as extractor:
            found = self.learner.evaluate(extractor)
            score = {} if found.score is None else {"score": found.score}
            report = {"epoch": epoch, **score, "dev": found.dev, **({"lost": found.lost} if found.lost else {})}
            self.records.write_samples(found.samples)
            seconds = {"seconds": round(self.progress.seconds, 2), "dev_seconds": round(time.monotonic() - started, 1)}
            self._log({**report, **seconds})
            if found.score is None or found.score > self.progress.best:
                self.progress.best, self.progress.best_epoch = found.score or 0.0, epoch
                self._keep(extractor, {**report, "step": self.progress.step})

    def _keep(self, extractor: Extractor, report: Mapping[str, Any]) -> None:
        """Put the weights into `<folder>/model`, which is whole at any time."""
        report = {**report, "training_seconds": round(self.progress.seconds)}
        with folder_in_place(self.folder / "model") as part:
            self.learner.write(extractor, part)
            (part / "metrics.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")

    def _checkpoint(self, meter: Meter | None = None) -> None:
        if meter is not None:
            self.progress.seconds += meter.read()[0]
        self._saved = time.monotonic()
        if rank() == 0:
            own = {"optimizer": self.learner.optimizer.state_dict(), "progress": vars(self.progress)}
            write_checkpoint(self.folder, {**self.learner.state(), **own})

    def _resume(self) -> None:
        state = read_checkpoint(self.folder, self.learner.device)
        if state is not None:
            try:
                self.learner.load_state(state)
                self.learner.optimizer.load_state_dict(state["optimizer"])
                self.progress = Progress(**state["progress"])
            except (KeyError, TypeError, ValueError, RuntimeError) as err:
                raise InputError(
                    f"{self.folder}: its checkpoint is of another configuration ({str(err).splitlines()[0]}); "
                    "train in another folder"
                ) from err
            logger.info("resuming at step %d of %d", self.progress.step, self.steps)
        if rank() == 0:
            self.records.forget_after(self.progress.step, self.progress.epoch)


def seed_everything(seed: int) -> None:
    """Seed Python's and torch's random numbers."""
    random.seed(seed)
    torch.manual_seed(seed)
