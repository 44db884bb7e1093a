"""Where networks run: the processor, or a GPU. One of Apple's is used where it is asked for by name, `mps`."""

from __future__ import annotations

import argparse

from odin.errors import InputError


def devices() -> list[str]:
    """The GPUs that torch sees by CUDA, the processor, and what else there is."""
    import torch

    others = ["mps"] if torch.backends.mps.is_available() else []
    return [*(f"cuda:{i}" for i in range(torch.cuda.device_count())), "cpu", *others]


def device_of(name: str | None) -> str:
    """`name`; where it is None the first GPU by CUDA, or the processor. Raises InputError where it is not there.

    >>> device_of("cpu")
    'cpu'
    """
    known = devices()
    if name is None:
        return known[0]
    gpu = known[0] != "cpu"
    if name in known or (name == "cuda" and gpu):
        return name
    hint = "" if gpu else "; for a GPU, install torch for CUDA and look whether nvidia-smi lists it"
    raise InputError(f"there is no device {name!r} here, but {', '.join(known)}{hint}")


def attend_at_any_length() -> None:
    """Keep attention on a GPU by CUDA to kernels that need no plan for each shape of a batch, in this process.

    cuDNN makes a plan for every number and length of windows that it meets, and batches of notes hardly ever have the
    same. With torch 2.11 on an H200, where it did the attention, twenty steps of training took 0.87 seconds each the
    first time, all that a GPU does only once included, and 0.07 the second. Without it none was measured.
    """
    import torch

    torch.backends.cuda.enable_cudnn_sdp(False)


def add_device(parser: argparse.ArgumentParser, *, default: str | None = "cpu") -> None:
    """Declare the option --device; without a default it is a GPU where there is one."""
    words = "cpu, cuda, cuda:1 ... (default: " + ("a GPU where there is one)" if default is None else f"{default})")
    parser.add_argument("--device", default=default, help=words)
