"""The guidelines as a form: what it may change, what it may not, and what is said of a version."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from review_labels import CLINICAL, SYMMETRIC

from annotation.review.guideline_requests import apply_form, guideline_value, save_form, say_changes
from annotation.review.handlers import note_rows, why_next
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from annotation.store.projects import assign, create_project
from annotation.store.reviews import DraftKey, open_note
from annotation.store.versions import submit
from odin.errors import ConflictError, InputError, LabelError

DRUG = {"label": "Drug", "definition": "a medicine", "examples": ["aspirin"], "counter_examples": ["food"]}


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    create_project(opened, "p", CLINICAL, [document("No complaints.", id="n1")], created_by="lead")
    assign(opened, "p", ["ann"], overlap=1)
    yield opened
    opened.close()


def page_form(guide: dict) -> dict:
    """What the page sends back where nothing was changed."""
    fields = ("label", "definition", "examples", "counter_examples")
    return {
        "entities": [{name: label[name] for name in fields} for label in guide["entities"]],
        "relations": [{name: label[name] for name in (*fields, "sentence")} for label in guide["relations"]],
        "rules": guide["rules"],
        "decisions": guide["decisions"],
    }


def test_a_form_without_changes_is_the_same_label_set_and_makes_no_version(store: Store) -> None:
    value = guideline_value(store, "p")
    form = json.loads(json.dumps(page_form(value["guide"])))
    assert apply_form(CLINICAL, form) == CLINICAL
    with pytest.raises(InputError, match="nothing is changed"):
        save_form(store, "p", {"number": 1, **form}, "lead")
    assert len(guideline_value(store, "p")["versions"]) == 1


def test_texts_change_and_pairs_stay(store: Store) -> None:
    form = {"entities": [DRUG], "relations": [{"label": "treats", "definition": "given for", "pairs": []}]}
    revised = apply_form(CLINICAL, form)
    assert revised.entity("Drug").examples == ("aspirin",)
    assert revised.relation("treats").definition == "given for"
    assert revised.relation("treats").pairs == CLINICAL.relation("treats").pairs
    assert revised.entity_labels == CLINICAL.entity_labels
    assert apply_form(SYMMETRIC, {"decisions": ["x"]}).relation("interacts").symmetric


def test_a_new_mention_and_a_new_relation_can_be_added() -> None:
    device = {**DRUG, "label": "Device"}
    held = {**DRUG, "label": "holds", "sentence": "{head} holds {tail}", "pairs": [["Device", "Drug"]]}
    revised = apply_form(CLINICAL, {"entities": [device], "relations": [held]})
    assert revised.entity_labels[-1] == "Device"
    assert revised.allowed("Device", "Drug") == ("holds",)
    assert say_changes(CLINICAL, revised) == ["Device is new", "holds is new"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"entities": [{**DRUG, "definition": 7}]}, "Drug: the definition must be text"),
        ({"entities": [{**DRUG, "examples": "aspirin"}]}, "Drug: the examples must be a list"),
        ({"entities": "x"}, "must be a list of labels"),
        ({"entities": [{**DRUG, "label": "<b>"}]}, "give it a name of letters"),
        ({"relations": [{**DRUG, "label": "holds"}]}, "holds needs at least one mention"),
        ({"relations": [{**DRUG, "label": "holds", "pairs": [["Drug", "Nothing"]]}]}, "unknown entity label 'Nothing'"),
        ({"relations": [{"label": "treats", "sentence": "it treats"}]}, "must hold {head} and {tail}"),
        ({"rules": ["x" * 20_001]}, "20,000 are the most"),
    ],
)
def test_what_cannot_be_is_refused_in_words(form: dict, message: str) -> None:
    with pytest.raises((InputError, LabelError), match=message):
        apply_form(CLINICAL, form)


def test_versions_tell_who_changed_what_and_mark_what_was_reviewed_before(store: Store) -> None:
    submit(store, DraftKey("p", "n1", "ann"), open_note(store, DraftKey("p", "n1", "ann")).version)
    saved = save_form(store, "p", {"number": 1, "entities": [DRUG], "rules": ["Mark drugs."]}, "lead")
    value = guideline_value(store, "p")
    assert (saved.number, value["number"], value["guide"]["version"]) == (2, 2, "2")
    assert value["versions"][1]["changes"] == ["Drug: definition, examples, counter-examples changed", "rules changed"]
    assert (value["versions"][1]["by"], value["older"]) == ("lead", "1 review under an older version")
    rows = note_rows(store, "p", "ann")
    assert rows == [["n1", "submitted", "reviewed under guidelines 1, now 2"]]
    assert why_next(rows, "n1") == "Note n1 · 0 of 1 left · reviewed under guidelines 1, now 2"


def test_a_form_on_an_older_version_overwrites_nothing(store: Store) -> None:
    save_form(store, "p", {"number": 1, "entities": [DRUG]}, "lead")
    with pytest.raises(ConflictError, match="lead saved guidelines 2"):
        save_form(store, "p", {"number": 1, "rules": ["Mine."]}, "ann")
    for broken in (None, {"rules": []}, {"number": "1"}):
        with pytest.raises(InputError, match="not complete"):
            save_form(store, "p", broken, "ann")
    assert replace(current_guideline(store, "p").labels, entities=CLINICAL.entities) == CLINICAL
