"""SNOMED CT into a graph of the user's own (SNOMED CT licence; the result may not be shipped).

Reads an RF2 snapshot (SNOMED CT Release File Specification): tab-separated with a header, the files sct2_Concept_*,
sct2_Description_* and sct2_Relationship_* anywhere under the folder. Only active rows count; the label of a concept
is that of its semantic tag ("Asthma (disorder)").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from odin.errors import FormatError, InputError
from odin.knowledge.licensed import LicensedConcept, LicensedGraph, write_licensed

TAGS = {
    "disorder": "Disease", "finding": "Symptom", "procedure": "Procedure", "substance": "Chemical",
    "medicinal product": "Drug", "product": "Drug", "clinical drug": "Drug", "medicinal product form": "Drug",
    "regime/therapy": "Procedure",
}  # fmt: skip
FULLY_SPECIFIED = "900000000000003001"
SYNONYM = "900000000000013009"
IS_A = "116680003"
CAUSES_BACKWARDS = {"42752001": "due to", "246075003": "causative agent"}
"""Attribute ids: the destination causes the source."""

_TAG = re.compile(r"^(.*) \(([^()]+)\)$")


def import_snomed(source: Path, target: Path) -> Counter[str]:
    """Write a graph from a folder with an RF2 snapshot; returns counts. Raises InputError or FormatError."""
    active = {row["id"] for row in _rows(source, "sct2_Concept_") if row["active"] == "1"}
    descriptions = [row for row in _rows(source, "sct2_Description_") if _usable(row, active)]
    concepts: dict[str, LicensedConcept] = {}
    for row in descriptions:
        match = _TAG.match(row["term"]) if row["typeId"] == FULLY_SPECIFIED else None
        if match and match[2] in TAGS:
            id = f"SNOMEDCT:{row['conceptId']}"
            concepts[row["conceptId"]] = LicensedConcept(id, TAGS[match[2]], match[1])
    for row in descriptions:
        if row["typeId"] == SYNONYM and row["conceptId"] in concepts:
            concepts[row["conceptId"]].surfaces[row["term"]] = "synonym"
    graph = LicensedGraph("snomed", "SNOMED CT", "SNOMED CT licence", "https://www.snomed.org")
    graph.concepts = {concept.id: concept for concept in concepts.values()}
    for row in _rows(source, "sct2_Relationship_"):
        if row["active"] != "1":
            continue
        child, parent = f"SNOMEDCT:{row['sourceId']}", f"SNOMEDCT:{row['destinationId']}"
        if row["typeId"] == IS_A:
            graph.state(child, "is_a", parent, row["id"])
        elif row["typeId"] in CAUSES_BACKWARDS:
            graph.state(parent, "causes", child, row["id"])
    return write_licensed(graph, target)


def _usable(row: dict[str, str], active: set[str]) -> bool:
    return row["active"] == "1" and row["conceptId"] in active and row["languageCode"] == "en"


def _rows(source: Path, prefix: str) -> Iterator[dict[str, str]]:
    paths = sorted(
        path for path in source.rglob(f"{prefix}*.txt") if "Delta" not in path.name and "Full" not in path.name
    )
    if not paths:
        raise InputError(f"{source}: no {prefix}*Snapshot*.txt under it; name the folder of an RF2 release")
    for path in paths:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline().rstrip("\r\n").split("\t")
            if header[:3] != ["id", "effectiveTime", "active"]:
                raise FormatError(f"the header is {header[:3]}, not that of an RF2 file", path=path, line=1)
            for number, line in enumerate(file, 2):
                cells = line.rstrip("\r\n").split("\t")
                if len(cells) != len(header):
                    raise FormatError(f"{len(cells)} cells, but the header has {len(header)}", path=path, line=number)
                yield dict(zip(header, cells, strict=True))
