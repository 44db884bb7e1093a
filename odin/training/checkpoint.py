"""Checkpoints and model folders: written whole or not at all; checkpoints are read without running code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from odin.errors import InputError

CHECKPOINT = "checkpoint.pt"


def write_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint at once; where the disk is full the earlier one stays. Raises OSError."""
    import torch

    part = folder / "checkpoint.part"
    try:
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(folder / CHECKPOINT)


def read_checkpoint(folder: Path, device: Any) -> dict[str, Any] | None:
    """The state that was written; None where there is none. Raises InputError where the file is damaged."""
    import pickle

    import torch

    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as err:
        reason = str(err).splitlines()[0]
        raise InputError(f"{path} is damaged ({reason}): delete it to begin the run anew") from err
    return state


@contextmanager
def folder_in_place(folder: Path) -> Iterator[Path]:
    """A new folder to write, which takes the place of `folder` when the block ends well."""
    part, old = (folder.with_name(f".{folder.name}.{word}") for word in ("part", "old"))
    shutil.rmtree(part, ignore_errors=True)
    yield part
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
