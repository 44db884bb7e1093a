"""A message on the page, with a list to unfold, and the progress of long work. Text is set as text, never as markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet


def notice(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `notice_value` or `progress_value` gives, and nothing where the value is None."""
    return gr.HTML(
        value,
        html_template='<div class="odin notice" role="status" aria-live="polite"></div>',
        css_template=stylesheet("notice.css"),
        js_on_load=script(("elements.js", "notice.js")),
        apply_default_css=False,
        **({"label": "Message", "elem_classes": "odin-notice", "padding": False} | options),
    )


def notice_value(words: str, *, tone: str = "plain", detail: str = "", items: Sequence[str] = ()) -> dict[str, Any]:
    """A message; `tone` is plain, warning or problem; `items` unfold below it."""
    return {"words": words, "tone": tone, "detail": detail, "items": list(items)}


def progress_value(done: int, total: int | None, seconds: float, noun: str = "note") -> dict[str, Any]:
    """How far long work is: a bar (moving where the total is not known) and, in words, the rate and the time left."""
    words = f"{done:,} of {total:,} {noun}s" if total else f"{done:,} {noun}{'' if done == 1 else 's'}"
    rate = done / seconds if seconds > 1 and done > 1 else 0.0
    if rate:
        words += f" · {rate:.1f} a second"
    if rate and total:
        words += f" · {_duration((total - done) / rate)} left"
    return {"words": words, "tone": "plain", "detail": "", "items": [], "progress": {"done": done, "total": total}}


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
