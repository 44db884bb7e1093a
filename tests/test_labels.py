"""Label sets: the project's own, those of a user, and what is said when one is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odin.errors import LabelError
from odin.labels import (
    EntityLabel,
    LabelSet,
    RelationLabel,
    joins,
    keep_label_set,
    label_set_names,
    load_label_set,
)
from odin.schema import ASSERTIONS

NAMES = ("clinical", "ade", "bc5cdr", "biored", "chemprot", "ncbi_disease", "phee")


def test_the_projects_label_sets_are_seven_and_clinical_comes_first() -> None:
    assert label_set_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_label_set_is_read_whole_and_written_back_the_same(name: str) -> None:
    label_set = load_label_set(name)
    assert label_set.name == name
    assert LabelSet.from_json(json.loads(json.dumps(label_set.to_json()))) == label_set


@pytest.mark.parametrize("name", NAMES)
def test_every_label_says_what_it_means_and_every_entity_label_gives_an_example(name: str) -> None:
    label_set = load_label_set(name)
    for label in label_set.entities:
        assert label.definition, label.label
        assert label.examples, label.label
    for relation in label_set.relations + label_set.concept_relations:
        assert relation.definition, relation.label
        assert "{head}" in relation.sentence, relation.label
        assert "{tail}" in relation.sentence, relation.label
        assert relation.pairs, relation.label


def test_clinical_has_its_five_labels_four_relations_and_six_assertions() -> None:
    clinical = load_label_set("clinical")
    assert clinical.entity_labels == ("Disease", "Symptom", "Drug", "Procedure", "Lab_Test")
    assert clinical.relation_labels == ("treats", "causes", "indicates", "prevents")
    assert tuple(value for value, _ in clinical.assertions) == ASSERTIONS
    assert all(definition for _, definition in clinical.assertions)
    assert all(label.counter_examples for label in clinical.entities)
    assert clinical.rules
    assert clinical.decisions


@pytest.mark.parametrize(
    ("head", "tail", "labels"),
    [
        ("Drug", "Disease", ("treats", "causes", "prevents")),
        ("Procedure", "Disease", ("treats", "causes", "indicates", "prevents")),
        ("Lab_Test", "Disease", ("indicates",)),
        ("Lab_Test", "Symptom", ()),
        ("Symptom", "Disease", ("indicates",)),
        ("Disease", "Symptom", ("causes",)),
        ("Disease", "Drug", ()),
    ],
)
def test_clinical_allows_the_pairs_of_its_guidelines(head: str, tail: str, labels: tuple[str, ...]) -> None:
    assert load_label_set("clinical").allowed(head, tail) == labels


def test_a_relation_is_said_in_plain_words() -> None:
    assert load_label_set("clinical").relation("treats").say("aspirin", "headache") == "aspirin treats headache"
    assert load_label_set("ade").relation("has_dosage").say("{tail}", "5 mg") == "{tail} is given at 5 mg"


def test_the_relations_of_biored_hold_between_concepts_either_way_round() -> None:
    biored = load_label_set("biored")
    assert biored.relations == ()
    assert set(biored.concept_relation_labels) == {
        "Association",
        "Positive_Correlation",
        "Negative_Correlation",
        "Bind",
        "Cotreatment",
        "Comparison",
        "Drug_Interaction",
        "Conversion",
    }
    assert all(relation.symmetric for relation in biored.concept_relations)
    correlation = next(r for r in biored.concept_relations if r.label == "Negative_Correlation")
    assert joins(correlation, "ChemicalEntity", "DiseaseOrPhenotypicFeature")
    assert joins(correlation, "DiseaseOrPhenotypicFeature", "ChemicalEntity")


def test_cid_leads_from_the_chemical_to_the_disease_only() -> None:
    (cid,) = load_label_set("bc5cdr").concept_relations
    assert joins(cid, "Chemical", "Disease")
    assert not joins(cid, "Disease", "Chemical")


def test_the_classes_of_chemprot_are_those_that_were_published() -> None:
    chemprot = load_label_set("chemprot")
    assert chemprot.entity_labels == ("Chemical", "Protein")
    assert {"INHIBITOR", "INDIRECT-UPREGULATOR", "PRODUCT-OF", "AGONIST-ACTIVATOR"} <= set(chemprot.relation_labels)
    assert all(relation.pairs == (("Chemical", "Protein"),) for relation in chemprot.relations)


CORPUS_FILES = {
    "clinical_notes/train.jsonl": "clinical",
    "clinical_notes/dev.jsonl": "clinical",
    "biored/reference/train.jsonl": "biored",
    "biored/reference/dev.jsonl": "biored",
    "bc5cdr/reference/train.jsonl": "bc5cdr",
    "bc5cdr/reference/dev.jsonl": "bc5cdr",
    "ade/reference/train.jsonl": "ade",
    "ade/reference/dev.jsonl": "ade",
}


@pytest.mark.parametrize("file", CORPUS_FILES)
def test_every_label_and_pair_of_the_real_corpora_is_allowed(file: str, corpora: Path) -> None:
    label_set = load_label_set(CORPUS_FILES[file])
    concept_relations = {relation.label: relation for relation in label_set.concept_relations}
    for document in _documents(corpora / file):
        labels = {entity["id"]: entity["label"] for entity in document["entities"]}
        assert set(labels.values()) <= set(label_set.entity_labels)
        for relation in document["relations"]:
            found = (labels[relation["head"]], labels[relation["tail"]])
            assert relation["label"] in label_set.allowed(*found), (document["id"], relation)
        of_concept = _labels_by_concept(document)
        for relation in document.get("concept_relations", ()):
            pairs = [(h, t) for h in of_concept[relation["head"]] for t in of_concept[relation["tail"]]]
            assert any(joins(concept_relations[relation["label"]], h, t) for h, t in pairs), (document["id"], relation)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_every_class_of_the_published_chemprot_is_in_its_label_set(part: str, corpora: Path) -> None:
    labels = {row["label"] for row in _documents(corpora / "chemprot" / f"{part}.txt")}
    assert labels <= set(load_label_set("chemprot").relation_labels)


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _labels_by_concept(document: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entity in document["entities"]:
        concept = entity.get("concept") or "-"
        for part in {concept, *concept.replace(";", ",").split(","), *concept.split("|")}:
            found.setdefault(part, set()).add(entity["label"])
    return found


def test_a_label_set_of_the_users_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "allergies.json"
    path.write_text(
        json.dumps(
            {
                "name": "allergies",
                "entities": [{"label": "Allergen"}, {"label": "Reaction", "definition": "What it did."}],
                "relations": [{"label": "led_to", "pairs": [["Allergen", "Reaction"]]}],
            }
        ),
        encoding="utf-8",
    )
    label_set = load_label_set(path)
    assert label_set == load_label_set(str(path))
    assert label_set.entity("Reaction").definition == "What it did."
    assert label_set.allowed("Allergen", "Reaction") == ("led_to",)
    assert label_set.relation("led_to").say("peanut", "hives") == "peanut led to hives"


def _set(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = {"name": "x", "entities": [{"label": "A"}, {"label": "B"}]}
    return value | changes


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (_set(entities=[]), "at least one entity label"),
        (_set(entities=[{"label": "A"}, {"label": "A"}]), "'A' is defined twice"),
        (_set(relations=[{"label": "r", "pairs": [["A", "C"]]}]), "relation r joins the unknown entity label 'C'"),
        (_set(relations=[{"label": "r"}]), "the key 'pairs' is missing"),
        (_set(relations=[{"label": "r", "pairs": [["A"]]}]), "not a label set"),
        ({"entities": [{"label": "A"}]}, "the key 'name' is missing"),
        ([], "not a label set"),
    ],
)
def test_a_wrong_label_set_file_is_named_with_what_is_wrong(value: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(LabelError, match=r"wrong\.json") as caught:
        load_label_set(path)
    assert message in str(caught.value)


def test_a_label_set_file_that_is_absent_or_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"absent\.json: cannot read"):
        load_label_set(tmp_path / "absent.json")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabelError, match=r"broken\.json: the label set is not valid JSON"):
        load_label_set(tmp_path / "broken.json")


def test_an_unknown_label_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LabelError, match=r"unknown label set 'clinic': choose one of clinical, ade"):
        load_label_set("clinic")


def test_an_unknown_label_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LabelError, match=r"unknown relation label 'cures' in label set clinical: it has treats"):
        load_label_set("clinical").relation("cures")


names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True)
words = st.lists(st.text(max_size=12), max_size=3).map(tuple)


@st.composite
def label_sets(draw: st.DrawFn) -> LabelSet:
    entities = draw(names)
    pair = st.tuples(st.sampled_from(entities), st.sampled_from(entities))
    relations = tuple(
        RelationLabel(
            label, tuple(draw(st.lists(pair, max_size=3))), draw(st.text()), "", draw(words), (), draw(st.booleans())
        )
        for label in draw(names)
    )
    return LabelSet(
        draw(st.text()),
        tuple(EntityLabel(label, draw(st.text()), draw(words)) for label in entities),
        relations,
        relations[:1],
        (("present", draw(st.text())),),
        rules=draw(words),
        decisions=draw(words),
    )


@given(label_sets())
def test_any_label_set_survives_its_file(label_set: LabelSet) -> None:
    assert LabelSet.from_json(json.loads(json.dumps(label_set.to_json()))) == label_set


@pytest.fixture
def own(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    path = tmp_path / "mine.json"
    path.write_text('{"name": "wounds", "entities": [{"label": "Wound", "definition": "Broken skin."}]}')
    return path


def test_a_label_set_that_is_kept_is_known_by_its_name(own: Path) -> None:
    kept = keep_label_set(own)
    assert label_set_names() == (*NAMES, "wounds")
    assert label_set_names(own=False) == NAMES
    assert load_label_set("wounds") == kept == keep_label_set(own)
    own.write_text('{"name": "wounds", "entities": [{"label": "Scar"}]}')
    assert load_label_set(own).entity_labels == ("Scar",)  # a file that changed is read again
    with pytest.raises(LabelError, match=r"mine.json: there is another label set 'wounds'; give this one another name"):
        keep_label_set(own)
    assert load_label_set("wounds") == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "it is no JSON object"),
        ("{", "not valid JSON"),
        ('{"name": "../up", "entities": [{"label": "Wound"}]}', "may hold letters, digits, '_' and '-' only"),
        ('{"name": "clinical", "entities": [{"label": "Wound"}]}', "another label set 'clinical'"),
        ('{"name": "none"}', "the key 'entities' is missing"),
    ],
)
def test_what_is_no_label_set_or_takes_anothers_name_is_not_kept(own: Path, text: str, said: str) -> None:
    own.write_text(text)
    with pytest.raises(LabelError, match=said):
        keep_label_set(own)
    assert label_set_names() == NAMES
