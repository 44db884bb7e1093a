"""The guidelines at hand: what each label means, with examples, and the rules for all. Shown as text, never markup."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet


def guideline_view(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `annotation_view.label_guide` gives."""
    return gr.HTML(
        value,
        html_template='<div class="odin guide"></div>',
        css_template=stylesheet("view.css", "guide.css"),
        js_on_load=script(("elements.js", "guide.js")),
        apply_default_css=False,
        **({"label": "Guidelines"} | options),
    )
