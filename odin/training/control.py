"""Pausing and stopping a run: a word in the file `control` of its folder, read by the run between steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from odin.errors import InputError
from odin.training.run_folder import PAUSED, RUNNING, read_run, write_state

CONTROL = "control"
PAUSE, STOP = "pause", "stop"
LOOK_SECONDS = 0.3

_loading: ContextVar[Path | None] = ContextVar("loading", default=None)
"""The run whose documents are being loaded."""


class Stopped(Exception):
    """The run was asked to stop while its documents were loaded, when there is nothing to write into a checkpoint."""


def ask(folder: Path, word: str) -> None:
    """Ask the run in `folder` to pause or stop. Raises InputError where no process is at work on it."""
    run = read_run(folder)
    if not run.alive:
        raise InputError(f"the run {run.name} is {run.state}: there is nothing to {word}")
    (folder / CONTROL).write_text(word + "\n", encoding="utf-8")


def asked(folder: Path) -> str | None:
    """PAUSE, STOP or None."""
    try:
        word = (folder / CONTROL).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return word if word in (PAUSE, STOP) else None


def take_back(folder: Path) -> None:
    """Ask nothing of the run any more: a paused one goes on."""
    (folder / CONTROL).unlink(missing_ok=True)


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Within this, `check_stopped` heeds what is asked of the run in `folder`."""
    earlier = _loading.set(folder)
    try:
        yield
    finally:
        _loading.reset(earlier)


def check_stopped() -> None:
    """Raise Stopped where the run whose documents are being loaded was asked to stop."""
    folder = _loading.get()
    if folder is not None and asked(folder) == STOP:
        raise Stopped(folder.name)


def obey(folder: Path, checkpoint: Callable[[], None]) -> bool | None:
    """Checkpoint and, while that is asked, wait. True where the run is to end now, None where nothing is asked."""
    word = asked(folder)
    if word is None:
        return None
    checkpoint()
    if word == PAUSE:
        write_state(folder, PAUSED, "its checkpoint is written; it keeps the device until it goes on or stops")
        while (word := asked(folder)) == PAUSE:
            time.sleep(LOOK_SECONDS)
        write_state(folder, RUNNING)
    return word == STOP
