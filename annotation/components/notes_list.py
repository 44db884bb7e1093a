"""The reviewer's notes as a list of buttons: which is open, how far each is, and why it is next."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet


def notes_list(**options: Any) -> gr.HTML:
    """A component that shows what `notes_value` gives; it fires `open` with `{"note"}` when a note is chosen."""
    return gr.HTML(
        None,
        html_template='<div class="odin"><div class="notes" role="group" aria-label="Notes"></div></div>',
        css_template=stylesheet("notes.css"),
        js_on_load=script(("elements.js", "notes.js")),
        apply_default_css=False,
        **({"label": "Notes"} | options),
    )


def notes_value(rows: list[list[str]], open_note: str | None, *, stay: bool = False) -> dict[str, Any]:
    """Rows of (note, state, why); with `stay` they keep the places that they have on the page."""
    return {"rows": rows, "open": open_note, "stay": stay}
