"""What the training loop needs of a model that learns: batches, losses, scores, state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from odin.extraction import Extractor
from odin.training.config import Configuration
from odin.training.scores import DevSource, Evaluation

if TYPE_CHECKING:
    from pathlib import Path

    import torch


class Learner(Protocol):
    """A network with its data and its optimizer, made from a configuration."""

    config: Configuration
    device: torch.device
    optimizer: torch.optim.Optimizer
    """Each group has the learning rate that it has at its height, as `lr` and `initial_lr`."""
    dev: Sequence[DevSource]
    budget: Sequence[Mapping[str, Any]]
    """A row a source: its name as `source`, and how its documents fit into what is read at once."""
    described: Mapping[str, Sequence[Mapping[str, Any]]]
    """The "sources" and "dev" of the configuration, as `describe_source` gives them."""
    log_steps: int
    """Steps from one record to the next, at most."""
    evaluation_passes: int
    """Times that a dev document is read in an evaluation; 0 where that tells nothing of its time."""

    def batches(self, epoch: int) -> Iterator[Any]:
        """What the steps of an epoch are made on, the same for a seed on any machine."""
        ...

    def prepared(self, batches: Iterable[Any]) -> Iterator[Any]:
        """What `losses` takes, for each of some batches, in their order."""
        ...

    def size(self, batch: Any) -> int:
        """Word pieces (tokens) of a batch."""
        ...

    def parameters(self) -> Sequence[torch.nn.Parameter]:
        """What learns."""
        ...

    def losses(self, batch: Any) -> dict[str, float]:
        """The losses by name, whose gradients were added up in the parameters."""
        ...

    def stepped(self, step: int) -> None:
        """Do what is to be done after each step of the optimizer; `step` counts from 0."""
        ...

    def evaluating(self) -> AbstractContextManager[Extractor]:
        """The extractor with the weights that would be kept; afterwards the model is as it trains."""
        ...

    def evaluate(self, extractor: Any) -> Evaluation:
        """Score the extractor on dev."""
        ...

    def write(self, extractor: Any, folder: Path) -> None:
        """Write the extractor as a model folder."""
        ...

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds besides optimizer and progress."""
        ...

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take on what `state` gave. Raises KeyError, ValueError or RuntimeError where it does not fit."""
        ...
