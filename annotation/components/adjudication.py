"""The adjudication view: the differences of two versions side by side, one key each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet


def adjudication(act: Callable[[Any], dict[str, Any]], **options: Any) -> gr.HTML:
    """A component that shows what `annotation.agreement.adjudication_requests.adjudication_value` gives.

    `act` answers its requests and must be named "act"; fires `finished` with `{"document"}` when gold is saved.
    """
    return gr.HTML(
        None,
        html_template='<div class="odin adjudication"></div>',
        css_template=stylesheet("view.css", "editor.css", "adjudication.css"),
        js_on_load=script(("elements.js", "login.js", "adjudication.js")),
        apply_default_css=False,
        server_functions=[act],
        **({"label": "Adjudication"} | options),
    )
