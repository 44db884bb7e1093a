"""Run folders: what a run is, is doing and has done, read from its folder alone.

A run folder holds config.json, data.json (hashes), environment.json, tokens.json, state.json, heartbeat.json, log.txt,
metrics.jsonl, samples.jsonl, checkpoint*, model/, a folder for each earlier stage, and `control` while something is
asked of the run.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odin.errors import InputError
from odin.home import home_folder

QUEUED, RUNNING, PAUSED, STOPPED, FINISHED, FAILED, LOST = (
    *("queued", "running", "paused", "stopped", "finished", "failed"),
    "lost",
)
ALIVE = (QUEUED, RUNNING, PAUSED)
"""States in which a process is at work; one of these without its process is LOST."""
ENDED = (STOPPED, FINISHED, FAILED, LOST)
CONFIG, STATE, HEARTBEAT, TOKENS, DATA = "config.json", "state.json", "heartbeat.json", "tokens.json", "data.json"
METRICS, SAMPLES, LOG = "metrics.jsonl", "samples.jsonl", "log.txt"
SILENT_SECONDS = 60
"""Without a heartbeat for longer, a run on another machine is lost."""
STARTING_SECONDS = 60
"""A process that has not said its number after that never came up."""
LOST_WORDS = (
    "its process ended without a word: it was killed, the machine was restarted, or it ran out of memory "
    "(then lower batch_pieces). Resume it to go on from its last checkpoint"
)


@dataclass(frozen=True)
class Run:
    """A run as its folder tells."""

    folder: Path
    state: str
    message: str
    device: str
    config: Mapping[str, Any]
    created: float
    """Seconds since 1970, when it was queued."""
    silent_seconds: float | None
    """Since the last heartbeat; None before the first."""
    pid: int | None = None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def alive(self) -> bool:
        """Whether a process is at work on it."""
        return self.state in ALIVE


def runs_folder() -> Path:
    """Where runs are kept that are not given another folder."""
    return home_folder() / "runs"


def is_run(folder: Path) -> bool:
    """Whether the folder is a run's."""
    return (folder / CONFIG).is_file() and ((folder / STATE).is_file() or (folder / METRICS).is_file())


def read_run(folder: Path) -> Run:
    """The run in a folder. Raises InputError where there is none, or its files cannot be read."""
    if not is_run(folder):
        raise InputError(f"{folder}: no run is kept there; `python -m odin runs list` names those there are")
    state, config, heartbeat = (read_json(folder / name) for name in (STATE, CONFIG, HEARTBEAT))
    beat = heartbeat.get("time")
    silent = None if beat is None else max(0.0, time.time() - float(beat))
    name, message = state.get("state", STOPPED), state.get("message", "")
    if name in ALIVE and not _at_work(state, silent):
        name, message = LOST, LOST_WORDS
    return Run(
        folder, name, message, state.get("device", "cpu"), config, float(state.get("created", 0.0)), silent,
        state.get("pid"),
    )  # fmt: skip


def list_runs(home: Path | None = None) -> tuple[Run, ...]:
    """The runs in `home` (default: `runs_folder()`), the newest first; one whose files are damaged as FAILED."""
    home = home or runs_folder()
    folders = [path for path in home.iterdir() if is_run(path)] if home.is_dir() else []
    return tuple(sorted(map(_read_any, folders), key=lambda run: -run.created))


def _read_any(folder: Path) -> Run:
    """The run in a folder; with what cannot be read of it as its message, so that it hides no other run."""
    try:
        return read_run(folder)
    except InputError as err:
        return Run(folder, FAILED, str(err), "", {}, 0.0, None)


def find_run(name: str | Path) -> Run:
    """The run of that name in `runs_folder()`, or in the folder of that path. Raises InputError."""
    own = runs_folder() / str(name)
    return read_run(own if str(name) and is_run(own) else Path(name))


def write_state(folder: Path, state: str, message: str = "", **facts: Any) -> None:
    """Note the state; `facts` (device, created, pid ...) are kept from one state to the next."""
    kept = read_json(folder / STATE)
    write_json(folder / STATE, {**kept, **facts, "state": state, "message": message, "time": time.time()})


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    """The records of a run in their order, without a line that is just being written."""
    try:
        lines = (folder / METRICS).read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def samples_of(folder: Path) -> list[dict[str, Any]]:
    """The sample predictions of the newest evaluation: {"name", "gold", "predicted"}, documents in native form."""
    try:
        with (folder / SAMPLES).open(encoding="utf-8") as lines:  # not splitlines: a note may hold U+2028
            return [json.loads(line) for line in lines]
    except (OSError, ValueError):
        return []


def this_process() -> dict[str, Any]:
    """What tells this process from any other: number, time of start, machine."""
    import psutil

    return {"pid": os.getpid(), "started": psutil.Process().create_time(), "host": socket.gethostname()}


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is no such file. Raises InputError where it is damaged."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: cannot be read: {err}; remove it, or restore it from a copy") from err


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a file at once, so that a reader never finds half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def _at_work(state: Mapping[str, Any], silent: float | None) -> bool:
    import psutil

    pid = state.get("pid")
    if pid is None:
        return time.time() - float(state.get("time", 0.0)) < STARTING_SECONDS
    if state.get("host") != socket.gethostname():
        return silent is not None and silent < SILENT_SECONDS
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(state.get("started", 0.0))) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
