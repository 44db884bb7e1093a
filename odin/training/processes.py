"""Several processes on one run (`accelerate launch`, torchrun): batches are dealt out, gradients are averaged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def world_size() -> int:
    """How many processes share the run."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is; 0 logs, scores and writes."""
    return int(os.environ.get("RANK", "0")) if world_size() > 1 else 0


def own_device(device: str) -> str:
    """The device of this process: the local rank's GPU where `device` is cuda."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if device == "cuda" and world_size() > 1 else device


def join(device: torch.device) -> None:
    """Meet the other processes, if there are any: NCCL between GPUs, gloo between processors."""
    from torch import distributed

    if world_size() > 1 and not distributed.is_initialized():
        if device.type == "cuda":
            import torch

            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")


def leave() -> None:
    """Part from the other processes."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Give every process the mean of all gradients; a head that a process did not use counts as zero there."""
    if world_size() == 1:
        return
    import torch
    from torch import distributed

    own = list(parameters)
    for parameter in own:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    flat = torch.cat([parameter.grad.flatten() for parameter in own if parameter.grad is not None])
    distributed.all_reduce(flat)
    flat /= world_size()
    start = 0
    for parameter in own:
        if parameter.grad is not None:
            parameter.grad.copy_(flat[start : start + parameter.numel()].view_as(parameter))
        start += parameter.numel()


def agreed(value: bool, device: torch.device) -> bool:
    """What process 0 says, to all of them."""
    return bool(from_first(float(value), device))


def from_first(value: float, device: torch.device) -> float:
    """The number that process 0 has, in all of them."""
    if world_size() == 1:
        return value
    import torch
    from torch import distributed

    told = torch.tensor(value, device=device)
    distributed.broadcast(told, src=0)
    return float(told)
