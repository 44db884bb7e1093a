"""The labelling configuration of a label set, and its guidelines as the project's instructions."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

from odin.corpora.label_studio_json import ASSERTION, DENIED, LABELS, TEXT
from odin.labels import EntityLabel, LabelSet, RelationLabel

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A00", "#999999")
"""Okabe and Ito's palette, told apart with any colour vision."""
HOTKEYS = "123456789"
ASSERTION_HOTKEYS = "qwertyui"


def labelling_configuration(labels: LabelSet) -> str:
    """The XML: mentions with hotkeys and definitions, an assertion a mention, relations with their denied forms."""
    view = ElementTree.Element("View")
    relations = ElementTree.SubElement(view, "Relations")
    for relation in labels.relations:
        ElementTree.SubElement(relations, "Relation", value=relation.label)
        if labels.assertions:
            ElementTree.SubElement(relations, "Relation", value=relation.label + DENIED)
    group = ElementTree.SubElement(view, "Labels", name=LABELS, toName=TEXT)
    for number, label in enumerate(labels.entities):
        attributes = {"value": label.label, "background": COLOURS[number % len(COLOURS)]}
        if number < len(HOTKEYS):
            attributes["hotkey"] = HOTKEYS[number]
        if label.definition:
            attributes["hint"] = _quoted(label.definition)
        ElementTree.SubElement(group, "Label", attributes)
    ElementTree.SubElement(view, "Text", name=TEXT, value="$text", granularity="word")
    if labels.assertions:
        choices = {"name": ASSERTION, "toName": TEXT, "perRegion": "true", "choice": "single"}
        assertions = ElementTree.SubElement(view, "Choices", choices)
        for number, (value, definition) in enumerate(labels.assertions):
            attributes = {"value": value, "hint": _quoted(definition)}
            if number < len(ASSERTION_HOTKEYS):
                attributes["hotkey"] = ASSERTION_HOTKEYS[number]
            ElementTree.SubElement(assertions, "Choice", attributes)
    return ElementTree.tostring(view, encoding="unicode")


def instructions(labels: LabelSet) -> str:
    """The guidelines as HTML: definitions, examples, and between which labels each relation may stand."""
    parts = [f"<h3>{escape(labels.name)} (version {escape(labels.version)})</h3>"]
    parts += [f"<p>{_escaped(rule)}</p>" for rule in labels.rules]
    parts += [_paragraph(label, "") for label in labels.entities]
    for relation in labels.relations:
        pairs = "; ".join(f"{head} to {tail}" for head, tail in relation.pairs)
        parts.append(_paragraph(relation, f" <i>leads from</i> {escape(pairs)}"))
    parts += [f"<p>{_escaped(decision)}</p>" for decision in labels.decisions]
    return "".join(parts)


def _paragraph(label: EntityLabel | RelationLabel, more: str) -> str:
    out = f"<p><b>{escape(label.label)}</b>: {_escaped(label.definition)}"
    for words, examples in (("such as", label.examples), ("not", label.counter_examples)):
        if examples:
            out += f" <i>{words}</i> {_escaped('; '.join(examples))}"
    return f"{out}{more}</p>"


def _escaped(text: str) -> str:
    return escape(_quoted(text))


def _quoted(text: str) -> str:
    """The text with names that stand in backticks in quotation marks."""
    return re.sub(r"`([^`]+)`", r"“\1”", text)
