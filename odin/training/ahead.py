"""Batches made ahead of the step that needs them, so that a GPU does not wait for the processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from odin.errors import OdinError

if TYPE_CHECKING:
    import torch

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST_PROCESSES = 8


def ahead(make: Callable[[Given], Made], given: Iterable[Given], device: torch.device) -> Iterator[Made]:
    """`make` of each that is given, in their order; made by other processes where the device is a GPU."""
    processes = min(MOST_PROCESSES, (os.cpu_count() or 1) - 1) if device.type == "cuda" else 0
    return in_processes(make, given, processes) if processes else map(make, given)


def in_processes(make: Callable[[Given], Made], given: Iterable[Given], processes: int) -> Iterator[Made]:
    """`make` of each that is given, in their order, by so many processes, a few ahead. Raises what `make` raises."""
    from torch.utils.data import DataLoader

    loader = DataLoader(
        list(given),  # type: ignore[arg-type]
        batch_size=None,
        collate_fn=partial(_tried, make),
        num_workers=processes,
        prefetch_factor=4,
        multiprocessing_context="fork",  # what is given is shared, not copied
    )
    return map(_made, loader)


def _tried(make: Callable[[Given], Made], given: Given) -> Made | OdinError:
    """What is made, or the error; raised here, its message would become a traceback on the way."""
    try:
        return make(given)
    except OdinError as err:
        return err


def _made(found: Made | OdinError) -> Made:
    if isinstance(found, OdinError):
        raise found
    return found
