"""How fast what learns: the learning rate over the steps, and over the layers of an encoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def rate(step: float, steps: int, warmup: float) -> float:
    """The share of the learning rate at a step: it rises in the first `warmup` of the steps, then falls to 0.

    >>> [rate(step, 4, 0.5) for step in range(5)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    warm = max(1, round(warmup * steps))
    return min(1.0, (step + 1) / warm) if step < warm else max(0.0, (steps - step) / max(1, steps - warm))


def set_rate(optimizer: torch.optim.Optimizer, step: float, steps: int, warmup: float) -> None:
    """Give each group its learning rate at a step."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * rate(step, steps, warmup)


def parameter_groups(
    parameters: Iterable[tuple[str, torch.nn.Parameter]],
    layers: int,
    *,
    encoder_rate: float,
    head_rate: float,
    decay: float,
) -> list[dict[str, Any]]:
    """Encoder layers with a rate that decays towards the embeddings; heads with their own.

    `decay` is the share of each layer's rate that the one below it has.
    """
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in parameters:
        own = head_rate
        if name.startswith("encoder."):
            depth = next((int(part) + 1 for part in name.split(".") if part.isdigit()), 0)
            own = encoder_rate * decay ** (layers - depth)
        groups.setdefault(own, []).append(parameter)
    return [{"params": group, "lr": own, "initial_lr": own} for own, group in groups.items()]
