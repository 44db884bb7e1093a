"""Tables of figures with bars, legible on light and dark paper and on a narrow page. Text is never read as markup."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet


def figures_view(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `annotation.review.figures.figures_value` gives."""
    return gr.HTML(
        value,
        html_template='<div class="odin figures"></div>',
        css_template=stylesheet("view.css", "figures.css"),
        js_on_load=script(("elements.js", "figures.js")),
        apply_default_css=False,
        **({"label": "Figures"} | options),
    )
