"""One run at a time on a device: the first that was queued goes first, and a killed run frees its device."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from odin.errors import InputError
from odin.home import home_folder
from odin.training.control import STOP, asked
from odin.training.run_folder import QUEUED, list_runs, read_run, write_state

LOOK_SECONDS = 0.3


@contextmanager
def holding(device: str, folder: Path) -> Iterator[bool]:
    """Wait until the device is this run's, and keep it for the block. False where the run was stopped before that.

    The lock is the operating system's, on a file in the home folder: it ends with the process, however that ends.
    """
    place = home_folder() / "devices" / (re.sub(r"\W+", "-", device) + ".lock")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("a+", encoding="utf-8")
    except OSError as err:
        raise InputError(f"{place}: cannot be written: {err.strerror}; set ODIN_HOME to a folder of yours") from err
    with file:
        said = ""
        while not (_is_next(folder, device) and _locked(file)):
            if asked(folder) == STOP:
                yield False
                return
            words = _waiting_words(place, device)
            if words != said:
                write_state(folder, QUEUED, words)
                said = words
            time.sleep(LOOK_SECONDS)
        file.truncate(0)
        file.write(str(folder.resolve()))
        file.flush()
        yield True


def _waiting_words(place: Path, device: str) -> str:
    with suppress(OSError, InputError):
        holder = read_run(Path(place.read_text(encoding="utf-8")))
        if holder.alive:
            return f"waiting for {device}: the run {holder.name} is {holder.state} on it"
    return f"waiting for {device}"


def _is_next(folder: Path, device: str) -> bool:
    own = read_run(folder)
    before = (
        run
        for run in list_runs(folder.parent)
        if run.state == QUEUED and run.device == device and run.folder != folder and run.pid is not None
    )
    return not any((run.created, run.name) < (own.created, own.name) for run in before)


def _locked(file: IO[str]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: no queue, the user sees to it
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
