"""Boxes for files."""

from __future__ import annotations

import gradio as gr

from annotation.components.theme import UPLOAD_HEIGHT, UPLOAD_WIDTH
from odin.corpora import jsonl


def native_file(label: str, elem_id: str) -> gr.File:
    """A box for one file of native JSON lines, plain or packed."""
    return gr.File(
        label=label,
        file_types=list(jsonl.SUFFIXES),
        type="filepath",
        height=UPLOAD_HEIGHT,
        min_width=UPLOAD_WIDTH,
        elem_id=elem_id,
    )
