"""How the page's listeners are wired: none is part of the API, and most work too fast to show that they do."""

from __future__ import annotations

from typing import Any

SHOWN: dict[str, Any] = {"api_visibility": "private"}
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
