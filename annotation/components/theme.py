"""The theme of the app: nothing is fetched for it, and its words stand out from what is behind them."""

from __future__ import annotations

import gradio as gr

FONT = ["Segoe UI", "Roboto", "Helvetica Neue", "Liberation Sans", "Arial", "system-ui", "sans-serif"]

UPLOAD_HEIGHT = 170
"""Pixels of a box for files: under less of it its label hides the arrow."""
UPLOAD_WIDTH = 210
"""Least pixels of one: in less of them its label takes two lines, and the name of its file is not seen."""


def theme() -> gr.themes.Base:
    """Gradio's default with the fonts of the machine; hints and buttons reach the contrast of 4.5 (WCAG 2.2, 1.4.3)."""
    default = gr.themes.Default(primary_hue="blue", neutral_hue="zinc", font=FONT, font_mono=["monospace"])
    return default.set(
        body_text_color_subdued="*neutral_600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_border_color="*primary_600",
        button_cancel_background_fill="#dc2626",
        button_cancel_background_fill_hover="#b91c1c",
    )
