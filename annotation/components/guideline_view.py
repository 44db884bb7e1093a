"""The guidelines: to read beside the text, and with a form for the next version. Text is never read as markup."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet

SHELL = '<div class="odin guide"></div>'


def guideline_view(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `annotation.review.guideline_requests.guide_of` gives."""
    return gr.HTML(
        value,
        html_template=SHELL,
        css_template=stylesheet("view.css", "guide.css"),
        js_on_load=script(("elements.js", "guide_parts.js", "guide.js")),
        apply_default_css=False,
        **({"label": "Guidelines"} | options),
    )


def guideline_form(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows and edits what `annotation.review.guideline_requests.guideline_value` gives.

    It fires `saved` with the form, which `annotation.review.guideline_requests.save_form` reads.
    """
    return gr.HTML(
        value,
        html_template=SHELL,
        css_template=stylesheet("view.css", "editor.css", "guide.css"),
        js_on_load=script(("elements.js", "guide_parts.js", "guide_form.js")),
        apply_default_css=False,
        **({"label": "Guidelines"} | options),
    )
