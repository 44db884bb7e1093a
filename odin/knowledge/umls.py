"""The UMLS Metathesaurus into a graph of the user's own (UMLS licence; the result may not be shipped).

Reads the Rich Release Format, pipe-separated without header (UMLS Reference Manual, NLM, chapter 3): MRCONSO.RRF for
names, MRSTY.RRF for semantic types, and MRREL.RRF, where it is there, for relations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from odin.errors import FormatError, InputError
from odin.knowledge.licensed import LicensedConcept, LicensedGraph, write_licensed

SEMANTIC_TYPES = {
    "T047": "Disease", "T191": "Disease", "T046": "Disease", "T048": "Disease", "T037": "Disease", "T019": "Disease",
    "T184": "Symptom", "T033": "Symptom", "T121": "Drug", "T200": "Drug", "T195": "Drug", "T061": "Procedure",
    "T060": "Procedure", "T059": "Lab_Test", "T034": "Lab_Test", "T028": "Gene", "T116": "Protein", "T109": "Chemical",
}  # fmt: skip
"""TUI -> label; of several types of one concept the first in this order counts."""

RELATIONS = {
    "may_treat": ("treats", True), "may_be_treated_by": ("treats", False),
    "may_prevent": ("prevents", True), "may_be_prevented_by": ("prevents", False),
    "causative_agent_of": ("causes", True), "cause_of": ("causes", True), "due_to": ("causes", False),
    "induces": ("causes", True), "induced_by": ("causes", False),
}  # fmt: skip
"""RELA -> (relation, leads from CUI2 to CUI1): in MRREL the second concept has the relation to the first."""

CODE_PREFIXES = {
    "RXNORM": "RXNORM",
    "MSH": "MESH",
    "ICD10CM": "ICD10CM",
    "LNC": "LOINC",
    "HPO": "HP",
    "SNOMEDCT_US": "SNOMEDCT",
}
ABBREVIATION_TYPES = frozenset({"AB", "ACR", "AA", "NA"})


def import_umls(source: Path, target: Path) -> Counter[str]:
    """Write a graph from a folder of RRF files; returns counts. Raises InputError or FormatError (file, line)."""
    labels = _labels(source / "MRSTY.RRF")
    concepts: dict[str, LicensedConcept] = {}
    for row in _rows(source / "MRCONSO.RRF", 18):
        cui, language, status, form, preferred = row[0], row[1], row[2], row[4], row[6]
        vocabulary, kind, code, text, suppressed = row[11], row[12], row[13], row[14], row[16]
        if language != "ENG" or suppressed != "N" or cui not in labels:
            continue
        concept = concepts.setdefault(cui, LicensedConcept(f"UMLS:{cui}", labels[cui], ""))
        if not concept.name or (status == "P" and form == "PF" and preferred == "Y"):
            concept.name = text
        concept.surfaces[text] = "abbreviation" if kind in ABBREVIATION_TYPES else "synonym"
        if vocabulary in CODE_PREFIXES and code != "NOCODE":
            concept.codes.append(code if code.startswith("HP:") else f"{CODE_PREFIXES[vocabulary]}:{code}")
    graph = LicensedGraph("umls", "UMLS Metathesaurus", "UMLS licence", "https://www.nlm.nih.gov/research/umls/")
    graph.concepts = {concept.id: concept for concept in concepts.values()}
    relations = source / "MRREL.RRF"
    for row in _rows(relations, 16) if relations.exists() else ():
        if row[7] in RELATIONS and row[14] == "N":
            relation, forward = RELATIONS[row[7]]
            head, tail = (row[4], row[0]) if forward else (row[0], row[4])
            graph.state(f"UMLS:{head}", relation, f"UMLS:{tail}", row[8])
    return write_licensed(graph, target)


def _labels(path: Path) -> dict[str, str]:
    order = list(SEMANTIC_TYPES)
    best: dict[str, str] = {}
    for row in _rows(path, 6):
        if row[1] in SEMANTIC_TYPES and (row[0] not in best or order.index(row[1]) < order.index(best[row[0]])):
            best[row[0]] = row[1]
    return {cui: SEMANTIC_TYPES[type_] for cui, type_ in best.items()}


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    try:
        file = path.open(encoding="utf-8")
    except OSError as err:
        raise InputError(f"{path}: cannot read it ({err.strerror}); name the META folder of a UMLS release") from err
    with file:
        for number, line in enumerate(file, 1):
            row = line.rstrip("\r\n").split("|")
            if len(row) < columns:
                message = f"{len(row)} fields, but the Rich Release Format has {columns} in this file"
                raise FormatError(message, path=path, line=number)
            yield row
