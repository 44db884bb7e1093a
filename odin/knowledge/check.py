"""Proof that the tables of the graph hold what they promise: sources, ids, label pairs, polarity, licences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from odin.knowledge.graph import ALLOWED_PAIRS, LABELS, SURFACE_KINDS, TIERS
from odin.knowledge.tables import (
    CONCEPT_COLUMNS,
    FACT_COLUMNS,
    KNOWLEDGE_FOLDER,
    RANGE_COLUMNS,
    SURFACE_COLUMNS,
    read_table,
    source_table,
    split,
)

FORBIDDEN_CODES = ("CPT:", "DRUGBANK:")
"""Codes whose licence does not allow them to be shipped at all."""


def check(folder: Path = KNOWLEDGE_FOLDER, *, shipped: bool = True) -> list[str]:
    """What is wrong with the tables of a folder; empty where all is well. Raises FormatError on a broken table.

    `shipped` False is for a user's own graph, which may come from sources that forbid it.
    """
    sources = {row["key"]: row if shipped else {**row, "ships": "yes"} for row in source_table(folder)}
    concepts: dict[str, str] = {}
    problems = [*_check_sources(folder, sources), *_check_concepts(folder, sources, concepts)]
    return [
        *problems,
        *_check_surfaces(folder, sources, concepts),
        *_check_facts(folder, sources, concepts),
        *_check_ranges(folder, sources, concepts),
    ]


def _check_sources(folder: Path, sources: dict[str, dict[str, str]]) -> Iterator[str]:
    for name, row in sources.items():
        if not row["licence"]:
            yield f"{folder}/sources.tsv: {name} has no licence"
        if row["ships"] not in ("yes", "no"):
            yield f"{folder}/sources.tsv: {name}: `ships` is {row['ships']!r}, not yes or no"


def _check_concepts(folder: Path, sources: dict[str, dict[str, str]], concepts: dict[str, str]) -> Iterator[str]:
    for number, row in enumerate(read_table(folder / "concepts.tsv", CONCEPT_COLUMNS), 2):
        place = f"{folder}/concepts.tsv:{number}: {row['id']}"
        if row["id"] in concepts:
            yield f"{place} is defined twice"
        concepts[row["id"]] = row["label"]
        if row["label"] not in LABELS:
            yield f"{place} has the unknown label {row['label']!r}"
        if row["sex"] not in ("", "female", "male"):
            yield f"{place} has the unknown sex {row['sex']!r}"
        if any(code.startswith(FORBIDDEN_CODES) for code in (row["id"], *split(row["codes"]))):
            yield f"{place} has a code that may not be shipped"
        yield from _check_origin(place, row["sources"], sources)


def _check_surfaces(folder: Path, sources: dict[str, dict[str, str]], concepts: dict[str, str]) -> Iterator[str]:
    named, seen = set(), set()
    for number, row in enumerate(read_table(folder / "surfaces.tsv", SURFACE_COLUMNS), 2):
        place = f"{folder}/surfaces.tsv:{number}: {row['text']!r}"
        if row["concept"] not in concepts:
            yield f"{place} names {row['concept']}, which is no concept"
        if row["kind"] not in SURFACE_KINDS:
            yield f"{place} has the unknown kind {row['kind']!r}"
        if not row["text"]:
            yield f"{place} is empty"
        if (row["concept"], row["text"]) in seen:
            yield f"{place} stands twice for {row['concept']}"
        seen.add((row["concept"], row["text"]))
        named.add(row["concept"])
        yield from _check_origin(place, row["source"], sources)
    for concept in concepts.keys() - named:
        yield f"{folder}/surfaces.tsv: {concept} has no surface"


def _check_facts(folder: Path, sources: dict[str, dict[str, str]], concepts: dict[str, str]) -> Iterator[str]:
    polarity: dict[tuple[str, str, str], str] = {}
    for number, row in enumerate(read_table(folder / "facts.tsv", FACT_COLUMNS), 2):
        place = f"{folder}/facts.tsv:{number}: {row['subject']} {row['relation']} {row['object']}"
        labels = (concepts.get(row["subject"], ""), concepts.get(row["object"], ""))
        if "" in labels:
            yield f"{place} refers to an unknown concept"
        elif labels not in ALLOWED_PAIRS.get(row["relation"], ()):
            yield f"{place} joins {labels[0]} to {labels[1]}, which {row['relation']!r} may not"
        if row["polarity"] not in ("true", "false"):
            yield f"{place}: polarity {row['polarity']!r} is not true or false"
        if row["tier"] not in TIERS:
            yield f"{place}: tier {row['tier']!r} is not one of {', '.join(TIERS)}"
        if not row["licence"]:
            yield f"{place} has no licence"
        key = (row["subject"], row["relation"], row["object"])
        if key in polarity:
            twice = "twice" if polarity[key] == row["polarity"] else "both true and false"
            yield f"{place} is stated {twice}"
        polarity[key] = row["polarity"]
        yield from _check_origin(place, row["sources"], sources)


def _check_ranges(folder: Path, sources: dict[str, dict[str, str]], concepts: dict[str, str]) -> Iterator[str]:
    for number, row in enumerate(read_table(folder / "ranges.tsv", RANGE_COLUMNS), 2):
        place = f"{folder}/ranges.tsv:{number}: {row['concept']}"
        if concepts.get(row["concept"]) != "Lab_Test":
            yield f"{place} is no laboratory test"
        bounds = [float(row[name]) for name in ("panic_low", "low", "high", "panic_high") if row[name]]
        if bounds != sorted(bounds):
            yield f"{place}: {bounds} are not in order"
        yield from _check_origin(place, row["source"], sources)


def _check_origin(place: str, cell: str, sources: dict[str, dict[str, str]]) -> Iterator[str]:
    origins = split(cell)
    if not origins:
        yield f"{place} has no source"
    for origin in origins:
        row = sources.get(origin.partition(":")[0])
        if row is None:
            yield f"{place} cites {origin!r}, which sources.tsv does not list"
        elif row["ships"] != "yes":
            yield f"{place} comes from {origin!r}, whose licence ({row['licence']}) forbids shipping"
