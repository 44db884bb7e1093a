"""What the weights in models/odin-mini do: on sentences that any clinician would read one way, and on real corpora."""

import math

import pytest

from odin.benchmark.measuring import run_benchmark
from odin.corpora.catalog import as_label_set, load
from odin.extraction import ExtractionOptions, neural
from odin.extraction.catalog import MODELS_FOLDER, load_extractor
from odin.labels import load_label_set
from odin.schema import Document

CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def model():
    return load_extractor("odin-mini")


def read(model, text, labels="clinical"):
    (found,) = model.extract([Document("note", text)], load_label_set(labels))
    return found.document


def mentions(document):
    return {(entity.text_in(document.text), entity.label) for entity in document.entities}


def relations(document):
    names = {entity.id: entity.text_in(document.text) for entity in document.entities}
    return {(names[r.head], r.label, names[r.tail]) for r in document.relations}


def assertion(document, surface):
    return next(e.assertion for e in document.entities if e.text_in(document.text) == surface)


def test_a_plan_yields_its_drugs_and_what_they_are_for(model):
    found = read(
        model, "ASSESSMENT AND PLAN\n1. Hypertension. Continue lisinopril 10 mg daily.\n2. GERD. Start omeprazole."
    )
    assert {
        ("Hypertension", "Disease"),
        ("lisinopril", "Drug"),
        ("GERD", "Disease"),
        ("omeprazole", "Drug"),
    } <= mentions(found)
    assert ("lisinopril", "treats", "Hypertension") in relations(found)
    assert ("omeprazole", "treats", "GERD") in relations(found)
    assert ("lisinopril", "treats", "GERD") not in relations(found)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Warfarin caused bleeding.", ("Warfarin", "causes", "bleeding")),
        ("She developed a rash after amoxicillin.", ("amoxicillin", "causes", "rash")),
        ("Hypotension due to metoprolol.", ("metoprolol", "causes", "Hypotension")),
        ("Statin-induced myopathy.", ("Statin", "causes", "myopathy")),
        ("Fever due to pneumonia.", ("pneumonia", "causes", "Fever")),
        ("She stopped Macrobid because of hives.", ("Macrobid", "causes", "hives")),
        ("She has sciatica, which has been caused by arthritis.", ("arthritis", "causes", "sciatica")),
        ("Patient takes omeprazole for GERD.", ("omeprazole", "treats", "GERD")),
        ("Appendectomy for appendicitis.", ("Appendectomy", "treats", "appendicitis")),
        ("Heparin for DVT prophylaxis.", ("Heparin", "prevents", "DVT")),
        ("Aspirin prevents stroke.", ("Aspirin", "prevents", "stroke")),
        ("Chest X-ray showed pneumonia.", ("Chest X-ray", "indicates", "pneumonia")),
        (
            "The troponin was elevated, which suggests a myocardial infarction.",
            ("troponin", "indicates", "myocardial infarction"),
        ),
        pytest.param(
            "Troponin was elevated, suggesting myocardial infarction.",
            ("Troponin", "indicates", "myocardial infarction"),
            marks=pytest.mark.xfail(strict=True, reason="these weights take a Troponin that begins a text for a drug"),
        ),
        pytest.param(
            "Elevated troponin suggests myocardial infarction.",
            ("troponin", "indicates", "myocardial infarction"),
            marks=pytest.mark.xfail(strict=True, reason="of the finding these weights state the same once more"),
        ),
    ],
)
def test_a_plain_sentence_states_one_relation(model, text, stated):
    assert relations(read(model, text)) == {stated}


def test_what_the_patient_denies_is_negated_with_its_cue(model):
    found = read(model, "The patient reports a cough but denies chest pain or fever.")
    assert assertion(found, "cough") == "present"
    assert assertion(found, "chest pain") == "negated"
    assert assertion(found, "fever") == "negated"
    cues = {found.text[e.cue[0] : e.cue[1]] for e in found.entities if e.cue}
    assert "denies" in cues


def test_a_disease_of_the_mother_is_of_the_family(model):
    found = read(model, "FAMILY HISTORY: Mother has diabetes. Father died of lung cancer.")
    assert {entity.assertion for entity in found.entities} == {"family"}


@pytest.mark.parametrize("overhead", [neural.PASS_PIECES, math.inf])
def test_the_same_text_gives_the_same_answer_alone_and_in_a_batch(model, overhead, monkeypatch):
    monkeypatch.setattr(neural, "PASS_PIECES", overhead)
    texts = ["Aspirin for headache.", "Denies fever. " * 40, "Chest X-ray shows pneumonia."]
    alone = [read(model, text) for text in texts]
    batch = [item.document for item in model.extract([Document("note", text) for text in texts], CLINICAL)]
    assert [mentions(d) for d in alone] == [mentions(d) for d in batch]
    assert [relations(d) for d in alone] == [relations(d) for d in batch]


def test_a_mention_at_the_very_end_of_a_long_note_is_found(model):
    text = (
        "The visit was uneventful and the family had no questions today. " * 400 + "She takes metformin for diabetes."
    )
    found = read(model, text)
    assert ("metformin", "Drug") in mentions(found)
    assert max(entity.end for entity in found.entities) > len(text) - 12


def test_given_entities_stay_and_relations_are_found_between_them(model):
    from odin.schema import Entity

    text = "Acute renal failure induced by cisplatin. Cisplatin induced acute renal failure in two patients."
    entities = (
        Entity("T1", "Disease", 0, 19, concept="D058186"),
        Entity("T2", "Chemical", 31, 40, concept="D002945"),
        Entity("T3", "Chemical", 42, 51, concept="D002945"),
        Entity("T4", "Disease", 60, 79, concept="D058186"),
    )
    (found,) = model.extract(
        [Document("d", text, entities)], load_label_set("bc5cdr"), ExtractionOptions(given_entities=True)
    )
    assert found.document.entities == entities
    assert [(r.label, r.head, r.tail) for r in found.document.concept_relations] == [("CID", "D002945", "D058186")]


def test_the_weights_weigh_at_most_50_mb():
    assert sum(path.stat().st_size for path in MODELS_FOLDER.rglob("*.safetensors")) <= 50_000_000


# What these weights reach on the first 60 documents of each dev split, less about 0.015: better weights raise it.
FLOORS = {
    ("clinical_notes", "clinical"): {
        "entities": 0.9,
        "relations": 0.685,
        "relations, gold entities": 0.74,
        "assertion accuracy": 0.93,
    },
    ("biored", "biored"): {
        "entities": 0.855,
        "concept pairs, gold entities": 0.585,
        "concept relations, gold entities": 0.445,
    },
    ("bc5cdr", "bc5cdr"): {"entities": 0.865, "concept relations, gold entities": 0.595},
    ("ncbi_disease", "ncbi_disease"): {"entities": 0.86},
    ("ade", "ade"): {"entities": 0.865, "relations": 0.785},
    ("phee", "phee"): {"entities": 0.77, "relations": 0.64},
}

CEILING = 0.1
"""What mentions' calibration errors stay below; with the network's own scores they do not everywhere."""


@pytest.mark.parametrize(("corpus", "label_set"), FLOORS)
def test_dev_scores_are_above_the_floors(model, corpora, corpus, label_set):
    gold = [as_label_set(document, label_set) for document in load(corpus, "dev", corpora)][:60]
    figures = run_benchmark(gold, load_label_set(label_set), model, corpus=corpus, split="dev").headline()
    low = {name: figures[name] for name, floor in FLOORS[corpus, label_set].items() if figures[name] < floor}
    assert not low, f"below the floor: {low}"
    assert figures["calibration error, entities"] < CEILING
