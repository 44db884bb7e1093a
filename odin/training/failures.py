"""Why a run failed, in words, and what to change before it is resumed."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odin.errors import OdinError

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")
_NO_SPACE = ("no space left", "file write failed", "i/o error: no space", "os error 28")


def failure_words(err: BaseException, config: Mapping[str, Any], folder: Path, device: str) -> str:
    """What went wrong and what to do about it. `log.txt` in the folder has the traceback."""
    said = str(err).lower()
    if isinstance(err, OdinError):
        return str(err)
    if isinstance(err, MemoryError) or any(words in said for words in _NO_MEMORY):
        return f"out of memory on {device}: {_lower(config)}, then resume the run"
    if getattr(err, "errno", None) == errno.ENOSPC or any(words in said for words in _NO_SPACE):
        free = shutil.disk_usage(folder).free / 1e6
        return (
            f"the disk that holds {folder} is full ({free:,.0f} MB free): free some space (old runs' checkpoints are "
            "the largest files), then resume the run; its last whole checkpoint is kept"
        )
    return f"{type(err).__name__}: {str(err).splitlines()[0] if str(err) else 'no message'}; log.txt has the traceback"


def _lower(config: Mapping[str, Any]) -> str:
    for setting, least in (("batch_pieces", 512), ("batch_size", 1), ("max_tokens", 256)):
        value = config.get(setting)
        if isinstance(value, int) and value > least:
            more = "" if config.get("precision") == "bfloat16" else ' (or set precision to "bfloat16")'
            return f"lower {setting} from {value} to {max(least, value // 2)}{more}"
    return "choose a smaller base model or a larger device"
