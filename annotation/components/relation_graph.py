"""The relations of a document as a small graph: concepts as nodes, relations as arrows between them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet
from odin.labels import LabelSet
from odin.schema import Document, Entity


def relation_graph(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `graph_value` gives; `options` are those of `gr.HTML`.

    It fires `select` with `{"ids": [...]}`: the mentions behind a node, or the relations behind an arrow.
    """
    return gr.HTML(
        value,
        html_template='<div class="odin graph"></div>',
        css_template=stylesheet("graph.css"),
        js_on_load=script(("elements.js", "graph.js")),
        apply_default_css=False,
        **({"label": "Relation graph"} | options),
    )


def graph_value(document: Document, labels: LabelSet) -> dict[str, Any]:
    """The entities that have relations, same names joined in one node, and the arrows with their mention pairs.

    Two mentions are one node where they share a concept id, or else label and surface without regard to case.
    """
    order = {label: number for number, label in enumerate(labels.entity_labels)}
    related = {end for relation in document.relations for end in (relation.head, relation.tail)}
    nodes: dict[str, dict[str, Any]] = {}
    node_of: dict[str, str] = {}
    for entity in document.entities:
        if entity.id in related:
            key = node_of[entity.id] = _node_key(entity, document.text)
            surface = " ".join(entity.text_in(document.text).split())
            node = {"id": key, "text": surface, "label": entity.label, "ids": []}
            nodes.setdefault(key, node | {"hue": order.get(entity.label, len(order))})["ids"].append(entity.id)
    edges: dict[tuple[str, str, str, bool], dict[str, Any]] = {}
    for relation in document.relations:
        head, tail = node_of[relation.head], node_of[relation.tail]
        edge = {"head": head, "tail": tail, "label": relation.label, "denied": relation.negated, "ids": []}
        edges.setdefault((head, tail, relation.label, relation.negated), edge)["ids"].append(relation.id)
    return {"nodes": list(nodes.values()), "edges": list(edges.values())}


def _node_key(entity: Entity, text: str) -> str:
    return entity.concept or f"{entity.label}:{' '.join(entity.text_in(text).casefold().split())}"
