"""Starting a run in a process of its own, which outlives the page, the app and the terminal that started it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from odin.devices import device_of
from odin.errors import InputError
from odin.training.control import STOP, ask, take_back
from odin.training.registry import check_name_free
from odin.training.run_folder import (
    FINISHED,
    LOG,
    PAUSED,
    QUEUED,
    STATE,
    Run,
    is_run,
    read_json,
    read_run,
    runs_folder,
    write_json,
    write_state,
)

PROJECT = Path(__file__).parents[2]


def launch_command(config: Path, folder: Path, *, device: str = "cpu", threads: int | None = None) -> list[str]:
    """The arguments after `python` that train in `folder`."""
    command = ["-m", "odin", "train", str(config), "--run", str(folder), "--device", device]
    return [*command, "--threads", str(threads)] if threads else command


def start(
    config: Mapping[str, Any],
    name: str,
    *,
    device: str = "cpu",
    threads: int | None = None,
    home: Path | None = None,
) -> Run:
    """Start a new run called `name` in `home` (default: `runs_folder()`).

    Raises InputError where the name is taken, by a run or by a model that is not the run's, or there is no such device.
    """
    name = name.strip()
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,79}", name):
        raise InputError(f"{name!r} cannot name a run: use letters, digits, '.', '-' and '_', a letter or digit first")
    folder = (home or runs_folder()).resolve() / name
    if folder.parent == runs_folder().resolve():  # its model is to get the name of the run
        check_name_free(name, name)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"there is a run {name!r} already: choose another name, or resume it")
    device_of(device)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config)
    write_state(
        folder, QUEUED, "starting", device=device, threads=threads, created=time.time(),
        pid=None, cwd=os.getcwd(),
    )  # fmt: skip
    return _spawn(folder)


def resume(folder: Path) -> Run:
    """Let a paused run go on, or start a process for one that was stopped, failed or lost, from its checkpoint.

    Raises InputError where it goes on already or is finished, or its device is not there.
    """
    run = read_run(folder)
    if run.state == PAUSED:
        take_back(folder)
        return run
    if run.alive or run.state == FINISHED:
        raise InputError(f"the run {run.name} is {run.state} already")
    device_of(run.device)
    write_state(folder, QUEUED, "starting", created=time.time(), pid=None)
    return _spawn(folder.resolve())


def stop(folder: Path, *, wait_seconds: float = 0.0) -> Run:
    """Ask a run to finish its step and its checkpoint and end; waits for that up to `wait_seconds`."""
    ask(folder, STOP)
    end = time.monotonic() + wait_seconds
    while (run := read_run(folder)).alive and time.monotonic() < end:
        time.sleep(0.1)
    return run


def _spawn(folder: Path) -> Run:
    """Output goes to a file and never to a pipe, which would stall the run once nobody reads it."""
    import psutil

    facts = read_json(folder / STATE)
    options = {"device": facts.get("device", "cpu"), "threads": facts.get("threads")}
    command = [sys.executable, *launch_command(folder / "config.json", folder, **options)]
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    where = facts.get("cwd")
    take_back(folder)
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment,
            cwd=where if where and Path(where).is_dir() else None,
        )  # fmt: skip
    with suppress(psutil.NoSuchProcess):  # so that it is known to live while it loads its libraries
        started = psutil.Process(process.pid).create_time()
        write_state(folder, QUEUED, "starting", pid=process.pid, started=started, host=socket.gethostname())
    threading.Thread(target=process.wait, name=f"run {folder.name}", daemon=True).start()
    if not is_run(folder):
        raise InputError(f"{folder}: the run's files are gone")
    return read_run(folder)
