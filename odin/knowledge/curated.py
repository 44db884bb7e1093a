"""The project's own tables in `data/knowledge/curated/`: the names, weights and facts that no open source has.

Lists stand in one cell, joined by `|`. `~` before a synonym marks a lay name, `*` before a symptom a hallmark (it
`indicates` the disease), `!` before an item of a drug class one that its members do not inherit, `-` before an item
of a drug one that it does not inherit.
"""

from __future__ import annotations

from pathlib import Path

from odin.errors import FormatError
from odin.knowledge.drafts import DraftConcept, Drafts
from odin.knowledge.tables import KNOWLEDGE_FOLDER, read_table, split

CURATED_FOLDER = KNOWLEDGE_FOLDER / "curated"

DRUG_FACTS = (
    ("treats", "treats", True),
    ("prevents", "prevents", True),
    ("causes", "causes", True),
    ("false_treats", "treats", False),
)
"""(column, relation, polarity)."""


def read_concepts(drafts: Drafts, folder: Path = CURATED_FOLDER) -> None:
    """Enter the concepts of the curated tables."""
    for table, label in (("diseases", "Disease"), ("symptoms", "Symptom"), ("procedures", "Procedure")):
        for row in read_table(folder / f"{table}.tsv", ("name", "abbreviations", "synonyms", "weight", "source")):
            concept = _concept(drafts, label, row, f"odin:{table}.tsv")
            concept.sex = row.get("sex", "")
            concept.min_age = int(row.get("min_age") or 0)
            concept.max_age = int(row.get("max_age") or 120)
    for row in read_table(folder / "lab_tests.tsv", ("name", "loinc", "unit", "low", "high")):
        _concept(drafts, "Lab_Test", row, "odin:lab_tests.tsv")
    for row in read_table(folder / "drugs.tsv", ("name", "brands", "class", "weight")):
        kind = "class" if row["class"] == "class" else "preferred"
        concept = _concept(drafts, "Drug", row, "odin:drugs.tsv", kind=kind)
        concept.add(split(row["brands"]), "brand", "odin:drugs.tsv")
    for row in read_table(folder / "genes.tsv", ("symbol", "protein", "protein_synonyms", "diseases")):
        gene = DraftConcept("Gene", row["symbol"], "odin:genes.tsv", weight=1)
        gene.add([row["symbol"]], "preferred", gene.source)
        gene.add([f"{row['symbol']} gene"], "synonym", gene.source)
        protein = DraftConcept("Protein", row["protein"], "odin:genes.tsv", weight=1)
        protein.add([row["protein"]], "preferred", gene.source)
        protein.add(split(row["protein_synonyms"]), "synonym", gene.source)
        drafts.add(gene)
        drafts.add(protein)
    for row in read_table(folder / "chemicals.tsv", ("name", "synonyms")):
        chemical = DraftConcept("Chemical", row["name"], "odin:chemicals.tsv", weight=1)
        chemical.add([row["name"]], "preferred", chemical.source)
        chemical.add(split(row["synonyms"]), "synonym", chemical.source)
        drafts.add(chemical)
    for row in read_table(folder / "limits.tsv", ("name", "sex", "min_age", "max_age", "source")):
        concept = _named(drafts, row["name"], "odin:limits.tsv")
        concept.sex = row["sex"]
        concept.min_age, concept.max_age = int(row["min_age"] or 0), int(row["max_age"] or 120)


def read_facts(drafts: Drafts, folder: Path = CURATED_FOLDER) -> None:
    """Enter the facts of the curated tables. Raises FormatError on a name that no table defines."""
    for row in read_table(folder / "diseases.tsv", ("symptoms", "complications", "tests")):
        _disease_facts(drafts, row)
    for row in read_table(folder / "procedures.tsv", ("treats", "prevents", "causes")):
        for column, relation, _ in DRUG_FACTS[:3]:
            for name in split(row[column]):
                source = f"odin:procedures.tsv/{row['name']}"
                drafts.state(drafts.by_name[row["name"]], relation, _named(drafts, name, source), source)
    _drug_facts(drafts, folder)
    for row in read_table(folder / "genes.tsv", ("symbol", "protein", "diseases")):
        source = f"odin:genes.tsv/{row['symbol']}"
        gene = drafts.by_name[row["symbol"]]
        drafts.state(gene, "encodes", drafts.by_name[row["protein"]], source)
        for name in split(row["diseases"]):
            drafts.state(gene, "associated_with", _named(drafts, name, source), source)


def _disease_facts(drafts: Drafts, row: dict[str, str]) -> None:
    source = f"odin:diseases.tsv/{row['name']}"
    disease = drafts.by_name[row["name"]]
    for name in split(row["symptoms"]):
        symptom = _named(drafts, name.lstrip("*"), source)
        drafts.state(disease, "causes", symptom, source)
        if name.startswith("*"):
            drafts.state(symptom, "indicates", disease, source)
    for name in split(row["complications"]):
        drafts.state(disease, "causes", _named(drafts, name, source), source)
    for name in split(row["tests"]):
        drafts.state(_named(drafts, name, source), "indicates", disease, source)


def _drug_facts(drafts: Drafts, folder: Path) -> None:
    rows = list(read_table(folder / "drugs.tsv", [column for column, _, _ in DRUG_FACTS]))
    by_class = {row["name"]: row for row in rows if row["class"] == "class"}
    for row in rows:
        drug = drafts.by_name[row["name"]]
        drug_class = by_class.get(row["class"])
        if drug_class:
            drafts.state(drug, "is_a", drafts.by_name[drug_class["name"]], f"odin:drugs.tsv/{row['name']}")
        for column, relation, polarity in DRUG_FACTS:
            own = split(row[column])
            source = f"odin:drugs.tsv/{row['name']}"
            for name in own:
                if not name.startswith("-"):
                    drafts.state(drug, relation, _named(drafts, name.lstrip("!"), source), source, polarity=polarity)
            for name in split(drug_class[column]) if drug_class else ():
                if not name.startswith("!") and f"-{name}" not in own and name not in own:
                    place = f"odin:drugs.tsv/{row['class']}"
                    object = _named(drafts, name, place)
                    drafts.state(drug, relation, object, place, polarity=polarity, inherited=True)


def _concept(drafts: Drafts, label: str, row: dict[str, str], source: str, kind: str = "preferred") -> DraftConcept:
    concept = DraftConcept(label, row["name"], source, weight=float(row["weight"]))
    concept.add([row["name"]], kind, source)
    abbreviations = split(row.get("abbreviations", ""))
    synonyms = split(row["synonyms"])
    concept.add(abbreviations, "abbreviation", source)
    concept.add(
        [text for text in synonyms if not _is_abbreviation(text)], kind if kind == "class" else "synonym", source
    )
    concept.add([text for text in synonyms if _is_abbreviation(text)], "abbreviation", source)
    return drafts.add(concept)


def _is_abbreviation(text: str) -> bool:
    return " " not in text and len(text) <= 6 and sum(character.isupper() for character in text) >= 2


def _named(drafts: Drafts, name: str, source: str) -> DraftConcept:
    found = drafts.by_name.get(name)
    if found is None:
        raise FormatError(f"{source}: no curated table defines {name!r}; add it, or correct the name")
    return found
