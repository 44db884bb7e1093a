"""A small knowledge graph for tests of the generator: a few diseases with everything a note needs."""

from __future__ import annotations

from odin.knowledge.graph import Concept, Fact, KnowledgeGraph, ReferenceRange, Surface


def concept(label: str, name: str, *more: tuple[str, str], sex: str | None = None, min_age: int = 0) -> Concept:
    """A concept with its preferred name and more surfaces as (text, kind)."""
    surfaces = (Surface(name, "preferred"), *(Surface(text, kind) for text, kind in more))
    return Concept(f"{label}:{name}", label, name, weight=1.0, sex=sex, min_age=min_age, surfaces=surfaces)


CONCEPTS = (
    concept("Disease", "hypertension", ("HTN", "abbreviation"), ("high blood pressure", "lay")),
    concept("Disease", "type 2 diabetes", ("T2DM", "abbreviation"), ("diabetes mellitus type 2", "synonym")),
    concept("Disease", "heart failure", ("CHF", "abbreviation"), ("congestive heart failure", "synonym"), min_age=18),
    concept("Disease", "pneumonia", ("PNA", "abbreviation")),
    concept("Disease", "asthma"),
    concept("Disease", "anemia"),
    concept("Disease", "stroke", ("CVA", "abbreviation")),
    concept("Disease", "prostatitis", sex="male", min_age=18),
    concept("Symptom", "headache", ("HA", "abbreviation")),
    concept("Symptom", "cough"),
    concept("Symptom", "fatigue", ("tiredness", "lay")),
    concept("Symptom", "shortness of breath", ("SOB", "abbreviation"), ("dyspnea", "synonym")),
    concept("Symptom", "edema", ("swelling", "lay")),
    concept("Symptom", "rash"),
    concept("Symptom", "dysuria"),
    concept("Drug", "lisinopril", ("Zestril", "brand"), ("ACE inhibitor", "class")),
    concept("Drug", "amlodipine", ("Norvasc", "brand")),
    concept("Drug", "metformin"),
    concept("Drug", "furosemide", ("Lasix", "brand")),
    concept("Drug", "azithromycin"),
    concept("Drug", "albuterol"),
    concept("Drug", "aspirin", ("ASA", "abbreviation")),
    concept("Procedure", "chest x-ray", ("CXR", "abbreviation")),
    concept("Procedure", "echocardiogram", ("TTE", "abbreviation")),
    concept("Procedure", "transfusion"),
    concept("Procedure", "oxygen therapy"),
    concept("Lab_Test", "hemoglobin", ("Hgb", "abbreviation")),
    concept("Lab_Test", "hemoglobin A1c", ("A1c", "abbreviation")),
    concept("Lab_Test", "BNP"),
    concept("Gene", "ACE"),
    concept("Protein", "renin"),
    concept("Chemical", "glutamate"),
)

_FACTS = """
Drug:lisinopril treats Disease:hypertension
Drug:amlodipine treats Disease:hypertension
Drug:lisinopril treats Disease:heart failure
Drug:furosemide treats Disease:heart failure
Drug:furosemide treats Symptom:edema
Drug:metformin treats Disease:type 2 diabetes
Drug:azithromycin treats Disease:pneumonia
Drug:albuterol treats Disease:asthma
Drug:albuterol treats Symptom:shortness of breath
Procedure:oxygen therapy treats Disease:pneumonia
Procedure:oxygen therapy treats Disease:heart failure
Procedure:transfusion treats Disease:anemia
Drug:azithromycin treats Disease:prostatitis
Disease:hypertension causes Symptom:headache
Disease:hypertension causes Disease:stroke
Disease:hypertension causes Disease:heart failure
Disease:heart failure causes Symptom:shortness of breath
Disease:heart failure causes Symptom:edema
Disease:heart failure causes Symptom:fatigue
Disease:pneumonia causes Symptom:cough
Disease:pneumonia causes Symptom:shortness of breath
Disease:asthma causes Symptom:cough
Disease:asthma causes Symptom:shortness of breath
Disease:anemia causes Symptom:fatigue
Disease:prostatitis causes Symptom:dysuria
Disease:type 2 diabetes causes Symptom:fatigue
Drug:lisinopril causes Symptom:cough
Drug:amlodipine causes Symptom:edema
Drug:azithromycin causes Symptom:rash
Procedure:transfusion causes Symptom:rash
Lab_Test:hemoglobin indicates Disease:anemia
Lab_Test:hemoglobin A1c indicates Disease:type 2 diabetes
Lab_Test:BNP indicates Disease:heart failure
Procedure:chest x-ray indicates Disease:pneumonia
Procedure:echocardiogram indicates Disease:heart failure
Symptom:cough indicates Disease:pneumonia
Symptom:edema indicates Disease:heart failure
Drug:aspirin prevents Disease:stroke
Drug:lisinopril prevents Disease:stroke
Procedure:oxygen therapy prevents Symptom:headache
Gene:ACE associated_with Disease:hypertension
Drug:lisinopril inhibits Gene:ACE
Chemical:glutamate activates Protein:renin
"""


def _fact(line: str) -> Fact:
    for relation in (
        " treats ",
        " causes ",
        " indicates ",
        " prevents ",
        " associated_with ",
        " inhibits ",
        " activates ",
    ):
        if relation in line:
            subject, tail = line.split(relation)
            return Fact(subject, relation.strip(), tail, sources=("test",), licence="test")
    raise ValueError(line)


def notes_graph() -> KnowledgeGraph:
    """The graph."""
    ranges = (
        ReferenceRange("Lab_Test:hemoglobin", "g/dL", 12.0, 16.0, decimals=1, panic_low=6.0, panic_high=20.0),
        ReferenceRange("Lab_Test:hemoglobin A1c", "%", 4.0, 5.6, decimals=1, panic_high=14.0),
        ReferenceRange("Lab_Test:BNP", "pg/mL", None, 100.0),
    )
    return KnowledgeGraph(CONCEPTS, map(_fact, _FACTS.strip().split("\n")), ranges)
