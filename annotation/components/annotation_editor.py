"""The editing form of the annotation view: the page asks for actions, the server performs them and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from annotation.components.annotation_view import PARTS, SHELL, script, stylesheet

EDITOR_SCRIPTS = (
    *PARTS, "login.js", "session.js", "cursor.js", "modes.js", "extent.js", "actions.js", "keys.js", "editor.js"
)  # fmt: skip


def annotation_editor(
    act: Callable[[Any], dict[str, Any]], value: dict[str, Any] | None = None, **options: Any
) -> gr.HTML:
    """A component that edits what `annotation.review.requests.editor_value` gives.

    `act` gets each request of the page, which is not to be trusted, and gives the answer; its name must be "act".
    Fires `select` as the view does, and `submitted` with `{"document", "submitted"}` when a note is submitted or
    reopened. `options` are those of `gr.HTML`.
    """
    return gr.HTML(
        value,
        html_template=SHELL,
        css_template=stylesheet("view.css", "editor.css"),
        js_on_load=script(EDITOR_SCRIPTS),
        apply_default_css=False,
        server_functions=[act],
        **({"label": "Annotation editor"} | options),
    )
