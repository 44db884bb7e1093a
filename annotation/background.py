"""Work in a thread of its own, so that the page can stop waiting for it at any time.

Gradio 6.31 ends a handler that is stopped only once its generator comes back. Until then the page takes no other press
of the same button, and the answer to one that it has taken is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")


def in_background(items: Iterable[Item], seconds: float) -> Iterator[Item | None]:
    """The items, none of them None, made in another thread; None whenever `seconds` pass without one.

    What making them raises is raised here. When this is closed, the thread ends after the item that it is at.
    """
    ready: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()
    stopped = Event()

    def work() -> None:
        try:
            for item in items:
                ready.put((item, None))
                if stopped.is_set():
                    return
        except BaseException as err:  # noqa: BLE001 - raised below, where it is waited for
            ready.put((None, err))
        else:
            ready.put((None, None))

    Thread(target=work, name="in-background", daemon=True).start()
    try:
        while True:
            try:
                item, err = ready.get(timeout=seconds)
            except Empty:
                yield None
                continue
            if err is not None:
                raise err
            if item is None:
                return
            yield item
    finally:
        stopped.set()
