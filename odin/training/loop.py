"""The training loop: resumable, deterministic by seed, dev scores each epoch, early stopping, averaged weights."""

from __future__ import annotations

import json
import logging
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from odin.errors import InputError
from odin.extraction.encoding import WordPieces
from odin.extraction.model_folder import head_sizes, write_model
from odin.extraction.network import JointNetwork, NetworkConfig
from odin.extraction.neural import NeuralExtractor
from odin.labels import LabelSet
from odin.schema import Document
from odin.training.bases import load_base
from odin.training.config import TrainingConfig
from odin.training.data import epoch_batches, source_documents, source_labels
from odin.training.examples import Example, make_examples
from odin.training.loss import batch_loss, make_batch
from odin.training.validation import tune_and_score

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far a run is; saved with every checkpoint."""

    epoch: int = 0
    step: int = 0
    best: float = -1.0
    best_epoch: int = -1
    seconds: float = 0.0


class Trainer:
    """One run: `run()` trains from where the run folder's checkpoint stands to the end."""

    def __init__(self, config: TrainingConfig, folder: Path, *, device: str = "cpu") -> None:
        self.config, self.folder, self.device = config, folder, torch.device(device)
        seed_everything(config.seed)
        self.labels = source_labels(config.sources)
        encoder, self.tokenizer = load_base(config.base, tuple(self.labels), config.dropout)
        sizes = NetworkConfig(dropout=config.dropout)
        self.network = JointNetwork(encoder, head_sizes(self.labels), sizes).to(self.device)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.pieces_of = WordPieces(self.tokenizer)
        self.pools = self._pools()
        self.dev = self._dev()
        steps = sum(1 for epoch in range(config.epochs) for _ in self._batches(epoch))
        self.steps = min(steps, config.max_steps or steps)
        self.optimizer = torch.optim.AdamW(self._parameter_groups(), weight_decay=config.weight_decay, fused=True)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.progress = Progress()

    def run(self) -> dict[str, Any]:
        """Train; returns the dev scores of the kept weights. The model folder is `<folder>/model`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.json").write_text(json.dumps(self.config.to_json(), indent=1) + "\n")
        self._resume()
        for epoch in range(self.progress.epoch, self.config.epochs):
            self._train_epoch(epoch)
            self._finish_epoch(epoch)
            if self.progress.step >= self.steps:
                break
            if epoch - self.progress.best_epoch >= self.config.patience:
                logger.info("no better dev score for %d epochs: stopping early", self.config.patience)
                break
        return dict(json.loads((self.folder / "model" / "metrics.json").read_text()))

    def _pools(self) -> list[tuple[float, list[Example]]]:
        pools = []
        for source in self.config.sources:
            examples, report = make_examples(
                source_documents(source),
                self.labels[source.label_set],
                self.pieces_of,
                max_width=self.network.config.max_width,
                annotated=source.annotated,
            )
            logger.info("%s/%s as %s: %s", source.corpus, source.split, source.label_set, report.summary())
            pools.append((source.weight, examples))
        return pools

    def _dev(self) -> list[tuple[str, LabelSet, list[Document]]]:
        dev = []
        for source in self.config.dev:
            documents = source_documents(source)
            if self.config.dev_documents:
                documents = random.Random(0).sample(documents, min(self.config.dev_documents, len(documents)))
            dev.append((f"{source.corpus}/{source.split}", self.labels[source.label_set], documents))
        return dev

    def _batches(self, epoch: int) -> Iterator[list[Example]]:
        return epoch_batches(self.pools, batch_pieces=self.config.batch_pieces, seed=self.config.seed, epoch=epoch)

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder layers with a rate that decays towards the embeddings; heads with their own."""
        layers = int(self.network.encoder.config.num_hidden_layers)  # type: ignore[union-attr,arg-type]
        groups: dict[float, list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            rate = self.config.head_learning_rate
            if name.startswith("encoder."):
                parts = name.split(".")
                depth = next((int(part) + 1 for part in parts if part.isdigit()), 0)
                rate = self.config.learning_rate * self.config.layer_decay ** (layers - depth)
            groups.setdefault(rate, []).append(parameter)
        return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]

    def _rate(self, step: int) -> float:
        warm = max(1, round(self.config.warmup * self.steps))
        return (step + 1) / warm if step < warm else max(0.0, (self.steps - step) / max(1, self.steps - warm))

    def _train_epoch(self, epoch: int) -> None:
        self.network.train()
        done = self.progress.step - sum(1 for e in range(epoch) for _ in self._batches(e))
        started = time.monotonic()
        totals: dict[str, float] = {}
        for number, examples in enumerate(self._batches(epoch)):
            if number < done:
                continue
            if self.progress.step >= self.steps:
                break
            torch.manual_seed(self.config.seed * 1_000_003 + self.progress.step)
            losses = self._step(examples)
            for name, value in losses.items():
                totals[name] = 0.98 * totals.get(name, value) + 0.02 * value
            self.progress.step += 1
            if self.progress.step % 50 == 0:
                self.progress.seconds += time.monotonic() - started
                started = time.monotonic()
                self._log({"epoch": epoch, "learning_rate": self.scheduler.get_last_lr()[0], "loss": totals})
            if self.progress.step % 200 == 0:
                self._checkpoint()
        self.progress.seconds += time.monotonic() - started

    def _step(self, examples: Sequence[Example]) -> dict[str, float]:
        labels = self.labels[examples[0].label_set]
        batch, targets = make_batch(list(examples), labels, self.network.config.max_width, self.tokenizer.pad_token_id)
        half = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext():
            losses = batch_loss(
                self.network,
                batch.to(self.device),
                targets.to(self.device),
                labels,
                relations=self.config.relation_weight,
                assertions=self.config.assertion_weight,
            )
        loss = torch.stack(list(losses.values())).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise InputError(f"the loss is {value} at step {self.progress.step}: lower learning_rate, or use float32")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.max_gradient)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._update_average()
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.config.average, (1 + self.progress.step) / (10 + self.progress.step))
        own = [value for name, value in self.network.state_dict().items() if value.is_floating_point()]
        kept = [self.average[name] for name, value in self.network.state_dict().items() if value.is_floating_point()]
        torch._foreach_lerp_(kept, own, 1 - decay)

    def _finish_epoch(self, epoch: int) -> None:
        """Score the averaged weights on dev and keep them if they are the best so far."""
        current = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        extractor = NeuralExtractor(self.network, self.tokenizer, self.labels, {})
        score, metrics = tune_and_score(extractor, self.dev)
        self._log({"epoch": epoch, "dev": metrics, "score": score, "seconds": round(self.progress.seconds)})
        if score > self.progress.best:
            self.progress.best, self.progress.best_epoch = score, epoch
            write_model(extractor, self.folder / "model", extra={"training": self.config.to_json()})
            report = {"epoch": epoch, "score": score, "dev": metrics, "training_seconds": round(self.progress.seconds)}
            (self.folder / "model" / "metrics.json").write_text(json.dumps(report, indent=1) + "\n")
        self.network.load_state_dict(current)
        self.progress.epoch = epoch + 1
        self._checkpoint()

    def _log(self, record: dict[str, Any]) -> None:
        record = {"step": self.progress.step, "steps": self.steps, **record}
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        logger.info("%s", json.dumps(record))

    def _checkpoint(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "progress": vars(self.progress),
        }
        part = self.folder / "checkpoint.part"
        torch.save(state, part)
        os.replace(part, self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.progress = Progress(**state["progress"])
        logger.info("resuming at step %d of %d", self.progress.step, self.steps)


def seed_everything(seed: int) -> None:
    """Seed Python's and torch's random numbers."""
    random.seed(seed)
    torch.manual_seed(seed)
