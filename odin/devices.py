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


def choose_attention() -> None:
    """Keep attention in this process to the kernels that are fast for windows of any number and length.

    On a GPU by CUDA cuDNN makes a plan for every number and length of windows that it meets, and batches of notes
    hardly ever have the same. With torch 2.11 on an H200, where it did the attention, twenty steps of training took
    0.87 seconds each the first time, all that a GPU does only once included, and 0.07 the second. Without it none was
    measured. Torch's own fast path through a whole transformer layer, taken where nothing is learnt, keeps every weight
    of the attention in memory: six layers over 7 windows of 640 words took 1.06 seconds of one core with torch 2.13
    and other work beside, 0.59 without it. Nor does it go with autocast on a processor.
    """
    import torch

    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.backends.mha.set_fastpath_enabled(False)


def add_device(parser: argparse.ArgumentParser, *, default: str | None = "cpu") -> None:
    """Declare the option --device; without a default it is a GPU where there is one."""
    words = "cpu, cuda, cuda:1 ... (default: " + ("a GPU where there is one)" if default is None else f"{default})")
    parser.add_argument("--device", default=default, help=words)
