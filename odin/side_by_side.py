"""Work for several processors: processes of its own, which end with the one that asked for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread


def process_pool(processes: int, first: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """A pool of new processes (a server that forks may hang), each of which calls `first` before it works.

    A process that waits for work does not see that the one that would give it was killed: a thread of its own does.
    """
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=partial(_begin, first))


def _begin(first: Callable[[], None] | None) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    if first:
        first()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
