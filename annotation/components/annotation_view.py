"""The span and relation view: a text with its mentions, its relations as arcs and as cards in plain words.

The text reaches the page as data and is set by `textContent` only; the templates are static.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.palette import HUES, palette_css
from odin.labels import EntityLabel, LabelSet, RelationLabel
from odin.schema import Document

FOLDER = Path(__file__).parent / "view"
PARTS = ("elements.js", "text.js", "marks.js", "arcs.js", "cards.js", "view.js")
VIEW_SCRIPTS = (*PARTS, "start.js")
SHELL = '<div class="odin"></div>'


def annotation_view(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `view_value` gives; `selection_update` selects in it.

    It fires `select` with `{"ids": [...]}`. Nothing comes back by its value: what is shown stays on the server.
    `options` are those of `gr.HTML`, such as `elem_id`. (No subclass: Gradio writes a stub file beside each.)
    """
    return gr.HTML(
        value,
        html_template=SHELL,
        css_template=stylesheet("view.css"),
        js_on_load=script(VIEW_SCRIPTS),
        apply_default_css=False,
        **({"label": "Annotated text"} | options),
    )


def view_value(
    document: Document, labels: LabelSet, *, selected: Iterable[str] = (), place: int | None = None
) -> dict[str, Any]:
    """What the view shows: the document in native form, the labels, and the ids of what is selected.

    Without any what is selected stays. With the `place` of a character, which comes into sight, nothing else is.
    """
    value = {"document": document.to_json(), "labels": label_guide(labels), "selected": list(selected)}
    return value if place is None else value | {"place": place}


def selection_update(ids: Iterable[str]) -> dict[str, Any]:
    """An update of a view that selects those entities, or the one relation, and brings them into sight."""
    return gr.update(selection={"ids": list(ids), "asked": time.time_ns()})


def label_guide(labels: LabelSet) -> dict[str, Any]:
    """The label set for the page: its guidelines, each relation as a sentence, and which pairs may be joined."""
    names = labels.entity_labels
    return {
        "name": labels.name,
        "version": labels.version,
        "entities": [_guide(label) for label in labels.entities],
        "relations": [
            {**_guide(label), "sentence": label.say("{head}", "{tail}"), "symmetric": label.symmetric}
            for label in labels.relations
        ],
        "allowed": {head: {tail: list(labels.allowed(head, tail)) for tail in names} for head in names},
        "assertions": [{"value": value, "definition": text} for value, text in labels.assertions],
        "rules": list(labels.rules),
        "decisions": list(labels.decisions),
    }


def _guide(label: EntityLabel | RelationLabel) -> dict[str, Any]:
    return {
        "label": label.label,
        "definition": label.definition,
        "examples": list(label.examples),
        "counter_examples": list(label.counter_examples),
    }


@cache
def script(names: tuple[str, ...]) -> str:
    """The named files as one body of `js_on_load`: they share the scope of one view."""
    body = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
    return f"const HUE_COUNT = {len(HUES)};\n{body}"


@cache
def stylesheet(*names: str) -> str:
    """The palette and the named files. Gradio reads it as a template: no backslash, backtick or double brace."""
    return palette_css() + "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
