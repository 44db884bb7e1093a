"""Assertions by the rules, by rules and network together, and the hand-made cases of scope that the model must tell."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from markup import document

from odin.corpora.jsonl import read
from odin.extraction.assertion import decide_assertion
from odin.extraction.catalog import load_extractor
from odin.extraction.context import assertion_by_rules
from odin.labels import load_label_set
from odin.schema import ASSERTIONS

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


def test_the_shipped_model_tells_the_hand_made_cases_apart_in_each_class() -> None:
    cases = list(read(CASES))
    bare = (case.with_annotations(()) for case in cases)
    answers = [item.document for item in load_extractor("odin-mini").extract(bare, load_label_set("clinical"))]
    right, total = defaultdict(int), defaultdict(int)
    for case, answer in zip(cases, answers, strict=True):
        found = {mention.key: mention.assertion for mention in answer.entities}
        for mention in case.entities:
            if mention.key in found:
                total[mention.assertion] += 1
                right[mention.assertion] += found[mention.key] == mention.assertion
    assert set(total) == set(ASSERTIONS)
    assert sum(total.values()) >= 0.9 * len(cases)
    assert sum(right.values()) >= 0.9 * sum(total.values())
    assert all(right[name] >= 0.75 * count for name, count in total.items()), dict(right)


def scores(**probabilities: float) -> np.ndarray:
    """The log-probabilities of a network that leaves what is not named equally likely."""
    rest = (1 - sum(probabilities.values())) / (len(ASSERTIONS) - len(probabilities))
    return np.log([probabilities.get(assertion, rest) for assertion in ASSERTIONS])


def test_a_rule_decides_where_the_network_is_unsure_and_gives_its_cue() -> None:
    text = "She used to take metformin."
    start, end = text.index("metformin"), text.index(".")
    assert assertion_by_rules(text, start, end, "Drug") == ("historical", (4, 16))
    assert decide_assertion(text, start, end, "Drug", scores(present=0.6, historical=0.3)) == ("historical", (4, 16))
    assert decide_assertion(text, start, end, "Drug", scores(present=0.9, historical=0.05)) == ("present", None)


def test_the_network_decides_where_no_rule_finds_a_cue() -> None:
    text = "Metformin made no sense to her."
    assert assertion_by_rules(text, 0, 9, "Drug") == ("present", None)
    assert decide_assertion(text, 0, 9, "Drug", scores(present=0.4, hypothetical=0.5)) == ("hypothetical", None)
