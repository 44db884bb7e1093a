"""Where networks run: the processor, or a GPU."""

from __future__ import annotations

import argparse

from odin.errors import InputError


def devices() -> list[str]:
    """The GPUs that torch sees, and the processor last."""
    import torch

    return [*(f"cuda:{i}" for i in range(torch.cuda.device_count())), "cpu"]


def device_of(name: str | None) -> str:
    """`name`; where it is None the first GPU, or the processor. Raises InputError where there is no such device.

    >>> device_of("cpu")
    'cpu'
    """
    known = devices()
    if name is None:
        return known[0]
    if name in known or (name == "cuda" and len(known) > 1):
        return name
    hint = "" if len(known) > 1 else "; for a GPU, install torch for CUDA and look whether nvidia-smi lists it"
    raise InputError(f"there is no device {name!r} here, but {', '.join(known)}{hint}")


def add_device(parser: argparse.ArgumentParser, *, default: str | None = "cpu") -> None:
    """Declare the option --device; without a default it is a GPU where there is one."""
    words = "cpu, cuda, cuda:1 ... (default: " + ("a GPU where there is one)" if default is None else f"{default})")
    parser.add_argument("--device", default=default, help=words)
