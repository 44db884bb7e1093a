"""What training never sees: templates and lexical variants that are kept for synthetic test notes.

A template or a surface is held out by a hash of its words alone, so that new ones do not move the old. Only groups that
can spare one give one; the preferred name of a concept, and what the templates write out, are never held out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from pathlib import Path

from odin.errors import InputError
from odin.knowledge.graph import Concept, KnowledgeGraph
from odin.knowledge.tables import load_graph
from odin.synthesis.grammar import TEMPLATE_FOLDER, TemplateBook, load_templates
from odin.synthesis.vocabulary import Vocabulary

SPLITS = ("train", "test")

ONE_IN = 8
"""One template of so many is held out, and one variant of so many."""

LEAST_TEMPLATES, LEAST_SURFACES = 6, 3
"""Smaller groups of templates, and concepts with fewer surfaces, are for both splits."""

PREFERENCE = 20.0
"""How much likelier a held-out variant is than another of its kind in a test note."""


def book_of(split: str) -> TemplateBook:
    """The templates of a split: training has none that is held out; test takes those wherever one fits."""
    return split_book(load_templates(), split)


@cache
def vocabulary_of(split: str, without: frozenset[str] = frozenset()) -> Vocabulary:
    """The vocabulary of a split, of the project's own graph; `without` as for `Vocabulary`."""
    return Vocabulary(split_graph(load_graph(), split), without=without)


@cache
def split_book(book: TemplateBook, split: str) -> TemplateBook:
    """The book without its held-out templates, or with them preferred."""
    held = held_out_templates(book)
    if _known(split) == "train":
        return TemplateBook(item for item in book.all() if item.id not in held)
    return TemplateBook(book.all(), preferred=held)


def split_graph(graph: KnowledgeGraph, split: str) -> KnowledgeGraph:
    """The graph without its held-out surfaces, or with them likelier than others."""
    held = held_out_surfaces(graph)
    concepts = (_concept(concept, held, _known(split)) for concept in graph.concept.values())
    return KnowledgeGraph(concepts, graph.facts, graph.ranges)


def held_out_templates(book: TemplateBook) -> frozenset[str]:
    """The ids of the templates that only test notes use."""
    groups: dict[tuple[str, str], list[str]] = {}
    words = {}
    for template in book.all():
        groups.setdefault((template.kind, template.register), []).append(template.id)
        words[template.id] = template.words
    return frozenset(id for ids in groups.values() if len(ids) >= LEAST_TEMPLATES for id in ids if _chosen(words[id]))


def held_out_surfaces(graph: KnowledgeGraph) -> frozenset[tuple[str, str]]:
    """(concept id, text) of the surfaces that only test notes write."""
    written = _written_out()
    return frozenset(
        (concept.id, text)
        for concept in graph.concept.values()
        for text in _variants(concept)
        if text.lower() not in written and not _SIDE.search(text)
    )


def _variants(concept: Concept) -> Iterator[str]:
    if concept.weight <= 0 or len(concept.surfaces) < LEAST_SURFACES or concept.label == "Lab_Test":
        return  # tests go by the short names that `labs` writes
    for surface in concept.surfaces[1:]:
        if surface.kind != "preferred" and not surface.ambiguous and _chosen(f"{concept.id} {surface.text}"):
            yield surface.text


def _concept(concept: Concept, held: frozenset[tuple[str, str]], split: str) -> Concept:
    if split == "train":
        kept = tuple(item for item in concept.surfaces if (concept.id, item.text) not in held)
        return concept if len(kept) == len(concept.surfaces) else replace(concept, surfaces=kept)
    surfaces = tuple(
        replace(item, weight=max(item.weight, 0.05) * PREFERENCE) if (concept.id, item.text) in held else item
        for item in concept.surfaces
    )
    return replace(concept, surfaces=surfaces)


def _chosen(words: str) -> bool:
    return int.from_bytes(blake2b(words.encode(), digest_size=4).digest(), "big") % ONE_IN == 0


def _known(split: str) -> str:
    if split not in SPLITS:
        raise InputError(f"unknown split {split!r}: choose {' or '.join(SPLITS)}")
    return split


_SIDE = re.compile(r"\b(left|right)\b", re.I)  # injuries put the side in


@cache
def _written_out(folder: Path = TEMPLATE_FOLDER) -> str:
    """All that the templates, doses and injuries write out, in lower case."""
    paths = [*sorted(folder.glob("*.txt")), folder / "doses.tsv", folder / "injuries.tsv"]
    return "\n".join(path.read_text(encoding="utf-8").lower() for path in paths)
