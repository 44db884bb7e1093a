"""A run from its configuration to its end, in this process: device, heartbeat, state, errors in words."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from odin.devices import device_of
from odin.errors import InputError, OdinError
from odin.training.checkpoint import CHECKPOINT
from odin.training.config import Configuration
from odin.training.control import CONTROL, STOP, Stopped, loading, take_back
from odin.training.data import check_sources
from odin.training.device_queue import holding
from odin.training.environment import describe_environment
from odin.training.failures import failure_words
from odin.training.kinds import configuration
from odin.training.registry import describe_model
from odin.training.run_folder import (
    CONFIG,
    FAILED,
    FINISHED,
    HEARTBEAT,
    QUEUED,
    RUNNING,
    STATE,
    STOPPED,
    is_run,
    read_json,
    read_run,
    this_process,
    write_json,
    write_state,
)
from odin.training.stages import train
from odin.training.tracking import tracking

logger = logging.getLogger(__name__)
BEAT_SECONDS = 2.0


def perform(settings: Mapping[str, Any], folder: Path, *, device: str = "cpu") -> dict[str, Any] | None:
    """Train in `folder`, or go on with what is there. The dev scores of the kept weights; None where it was stopped.

    `settings` are those of a configuration. Raises OdinError with what failed and what to change; the state of the run
    says the same.
    """
    config = configuration(settings)
    device_of(device)  # before there is a run that could fail
    if not is_main_process():
        return train(config, folder, device=device)
    _claim(config, folder, device)
    with holding(device, folder) as held, _stops_on_signal(folder):
        if not held:
            write_state(folder, STOPPED, "stopped before it began")
            return None
        return _train(config, folder, device)


def is_main_process() -> bool:
    """False in the other processes of `accelerate launch` or torchrun."""
    return os.environ.get("RANK", "0") == "0"


def check_goes_on(config: Configuration, folder: Path) -> None:
    """Raise InputError where the folder holds a run that has begun with another configuration."""
    if not is_run(folder):
        return
    begun, settings = _in_json(configuration(read_run(folder).config, place=str(folder / CONFIG))), _in_json(config)
    keys = sorted(key for key in {*begun, *settings} if begun.get(key) != settings.get(key))
    if keys and ((folder / CHECKPOINT).exists() or any(folder.glob("stage-*"))):
        raise InputError(
            f"{folder}: this run was begun with another configuration ({', '.join(keys)} differ); give another "
            "folder, or the run's own config.json to resume it"
        )


def _claim(config: Configuration, folder: Path, device: str) -> None:
    """Make the folder this process's. Raises InputError where another is at work on it, or it is another run's."""
    going_on = is_run(folder) and read_run(folder).alive
    if going_on and (run := read_run(folder)).pid not in (None, os.getpid()):
        raise InputError(f"{folder}: the process {run.pid} is at work on this run; stop it first")
    check_goes_on(config, folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not going_on:  # what was asked of an ended run is over
        take_back(folder)
    write_json(folder / CONFIG, _in_json(config))
    created = read_json(folder / STATE).get("created") or time.time()
    write_state(folder, QUEUED, device=device, created=created, cwd=os.getcwd(), **this_process())


def _train(config: Configuration, folder: Path, device: str) -> dict[str, Any] | None:
    words = "its checkpoint is written; resume it to go on"
    with tracking(folder, config.to_json()) as hand_on, _heartbeat(folder, hand_on):
        try:
            write_json(folder / "environment.json", describe_environment(device))
            say = partial(write_state, folder, RUNNING)
            with loading(folder):  # of several processes the launcher ends the others with this one
                check_sources(source for stage in config.stages for source in (*stage.sources, *stage.dev))
                metrics = train(config, folder, device=device, say=say)
        except Stopped:
            metrics, words = None, "stopped while its documents were loaded; resume it to go on"
        except Exception as err:
            words = failure_words(err, config.to_json(), folder, device)
            logger.error("the run failed", exc_info=not isinstance(err, OdinError))
            with suppress(OSError):  # the disk may be full
                write_state(folder, FAILED, words)
            if isinstance(err, OdinError) or words.startswith(("out of memory", "the disk")):
                raise InputError(words) from err
            raise
    take_back(folder)
    if metrics is None:
        write_state(folder, STOPPED, words)
        return None
    write_state(folder, FINISHED)
    if (folder / "model" / "config.json").is_file():
        describe_model(read_run(folder), folder / "model")
    return metrics


def _in_json(config: Configuration) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(config.to_json()))  # lists and tuples are one in a file
    return value


@contextmanager
def _heartbeat(folder: Path, hand_on: Callable[[], None]) -> Iterator[None]:
    """Say every BEAT_SECONDS that this process lives, and what memory it takes; call `hand_on`."""
    import psutil

    ended = threading.Event()
    process = psutil.Process()

    def beat() -> None:
        while True:
            try:
                memory = process.memory_info().rss / 1e6
                write_json(folder / HEARTBEAT, {"time": time.time(), "memory_mb": round(memory), "pid": process.pid})
            except OSError as err:
                logger.warning("no heartbeat: %s", err.strerror)
            hand_on()
            if ended.wait(BEAT_SECONDS):
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _stops_on_signal(folder: Path) -> Iterator[None]:
    """SIGTERM and Ctrl+C let the run finish its step and its checkpoint; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        logger.info("signal %d: stopping after this step", number)
        (folder / CONTROL).write_text(STOP + "\n", encoding="utf-8")
        signal.signal(number, earlier[signal.Signals(number)])

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
