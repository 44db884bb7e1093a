"""The linear assertion model, and the hand-made cases of scope: pseudo-negation, answers, relatives, conditions."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from markup import document

from odin.corpora.jsonl import read
from odin.errors import InputError, ModelError
from odin.extraction.assertion import AssertionModel, load_assertion_model
from odin.extraction.assertion_features import buckets, mention_features
from odin.extraction.context import assertion_by_rules
from odin.schema import ASSERTIONS, Document
from odin.training.assertion import train_assertion_model

CASES = Path(__file__).parents[1] / "data" / "samples" / "assertion_cases.jsonl"


def by_rules(markup: str) -> list[str]:
    """The assertions of the mentions of a markup text, by the rules."""
    made = document(markup)
    return [assertion_by_rules(made.text, e.start, e.end, e.label)[0] for e in made.entities]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Any [chest pain](Symptom)? No.", ["negated"]),
        ("Doctor: Do you get [dizzy](Symptom)?\nPatient: Not really.", ["negated"]),
        ("Does he have [pain](Symptom)? Yes. Any [rash](Symptom)? No.", ["present", "negated"]),
        ("His father had a [stroke](Disease). He had [diabetes](Disease) too.", ["family", "family"]),
        ("Mother says he has [cough](Symptom). He has [fever](Symptom).", ["present", "present"]),
        ("If her [pain](Symptom) does not improve, we will order an [MRI](Procedure).", ["present", "hypothetical"]),
        ("No [change in bowel habits](Symptom).", ["negated"]),
        ("No change in [weight loss](Symptom).", ["present"]),
        ("X-ray shows no [acute fracture](Disease).", ["negated"]),
        ("No fracture on [X-ray](Procedure).", ["present"]),
        ("[NKDA](Disease).", ["negated"]),
        ("History of [kidney stones](Disease).", ["historical"]),
        ("History of [hypertension](Disease).", ["present"]),
    ],
)
def test_the_scope_of_a_cue_is_that_of_a_reader(markup: str, expected: list[str]) -> None:
    assert by_rules(markup) == expected


def test_the_hand_made_cases_are_told_apart_in_each_class() -> None:
    model = load_assertion_model()
    assert model is not None
    right, total = defaultdict(int), defaultdict(int)
    for case in read(CASES):
        for mention in case.entities:
            scores = model.log_probabilities(case.text, mention.start, mention.end, mention.label)
            total[mention.assertion] += 1
            right[mention.assertion] += ASSERTIONS[int(scores.argmax())] == mention.assertion
    assert set(total) == set(ASSERTIONS)
    assert sum(right.values()) >= 0.88 * sum(total.values())
    assert all(right[name] >= 0.75 * count for name, count in total.items()), dict(right)


def test_probabilities_sum_to_one_and_know_the_label() -> None:
    model = load_assertion_model()
    assert model is not None
    text = "She had surgery."
    by_label = [model.log_probabilities(text, 8, 15, label) for label in ("Procedure", "Symptom")]
    assert all(np.exp(scores).sum() == pytest.approx(1) for scores in by_label)
    assert not np.allclose(*by_label)


def test_a_model_learns_the_wording_of_its_notes() -> None:
    notes = [
        replace(made, entities=tuple(replace(e, assertion=assertion) for e in made.entities))
        for i in range(4)
        for assertion, made in zip(
            ASSERTIONS,
            [document(f"{word} [pain{i}](Symptom) zz.") for word in ("Has", "Sans", "Mayhap", "Lest", "Erst", "Kin")],
            strict=True,
        )
    ]
    model = train_assertion_model(notes)
    scores = model.log_probabilities("Sans pain9 zz.", 5, 10, "Symptom")
    assert ASSERTIONS[int(scores.argmax())] == "negated"


def test_notes_that_lack_an_assertion_are_refused() -> None:
    with pytest.raises(InputError, match="no mention that is present"):
        train_assertion_model([Document("d", "No pain.")])


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    AssertionModel(np.zeros((4, 6)), np.zeros(6)).save(path)
    with pytest.raises(ModelError, match="does not fit"):
        load_assertion_model(path)
    path.write_bytes(b"not tensors")
    load_assertion_model.cache_clear()
    with pytest.raises(ModelError, match="damaged"):
        load_assertion_model(path)


def test_without_weights_there_is_no_model(tmp_path: Path) -> None:
    assert load_assertion_model(tmp_path / "none.safetensors") is None


def test_features_are_hashed_to_the_same_places_everywhere() -> None:
    assert buckets(["rule=negated", "label=Symptom", "rule=negated"]) == [10569, 18387]
    assert "left1=denies|Symptom" in mention_features("He denies pain.", 10, 14, "Symptom")
