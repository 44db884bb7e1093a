"""Where Odin keeps what must last: runs, trained models, the store of downloads."""

from __future__ import annotations

import os
from pathlib import Path


def home_folder() -> Path:
    """`ODIN_HOME`, else `odin` in the user's data folder; never inside the project."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(os.environ.get("ODIN_HOME") or Path(base) / "odin")
