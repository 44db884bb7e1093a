"""The moving average of a network's weights, which scores better than the weights of any one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


class MovingAverage:
    """The exponential moving average of the state of `network`; it follows faster in the first steps.

    Where the training began with weights that were trained before, what is kept may lie between the two: `share` of
    the average, the rest of `begun` (by name; NaN where there were none). See Wortsman and others 2022, Robust
    fine-tuning of zero-shot models.
    """

    def __init__(
        self, network: Module, decay: float, *, begun: Mapping[str, Tensor] | None = None, share: float = 1.0
    ) -> None:
        self.network, self.decay = network, decay
        self.begun, self.share = begun or {}, share
        self.weights = _copied(network)

    def update(self, step: int) -> None:
        """Take in the network's weights after a step; `step` counts from 0."""
        import torch

        decay = min(self.decay, (1 + step) / (10 + step))
        names = [name for name, value in self.network.state_dict().items() if value.is_floating_point()]
        own = self.network.state_dict()
        with torch.no_grad():
            torch._foreach_lerp_([self.weights[name] for name in names], [own[name] for name in names], 1 - decay)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Go on from a saved average."""
        self.weights = dict(weights)

    @contextmanager
    def swapped_in(self) -> Iterator[None]:
        """The network has the weights to keep as its own; afterwards its own again."""
        own = _copied(self.network)
        self.network.load_state_dict({name: self._kept(name, value) for name, value in self.weights.items()})
        try:
            yield
        finally:
            self.network.load_state_dict(own)

    def _kept(self, name: str, average: Tensor) -> Tensor:
        begun = self.begun.get(name)
        if begun is None or self.share == 1:
            return average
        return begun.lerp(average, self.share).where(~begun.isnan(), average)


def _copied(network: Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
