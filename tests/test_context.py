"""The rule baseline of assertions, and the cues that it names."""

import pytest
from markup import document

from odin.errors import FormatError
from odin.extraction.context import assign_assertions, find_cue, load_rules
from odin.schema import ASSERTIONS, Document


def assertions(markup: str) -> dict[str, tuple[str | None, str | None]]:
    """Surface -> (assertion, cue words) of the mentions of a markup text."""
    done = assign_assertions(document(markup))
    return {
        entity.text_in(done.text): (entity.assertion, done.text[slice(*entity.cue)] if entity.cue else None)
        for entity in done.entities
    }


@pytest.mark.parametrize(
    ("markup", "surface", "assertion", "cue"),
    [
        ("Patient denies [fever](Symptom) or [chills](Symptom).", "chills", "negated", "denies"),
        ("No [edema](Symptom).", "edema", "negated", "No"),
        ("[Pulmonary embolism](Disease) was ruled out.", "Pulmonary embolism", "negated", "was ruled out"),
        ("[DVT](Disease) is unlikely.", "DVT", "negated", "unlikely"),
        ("[DVT](Disease) has not been ruled out.", "DVT", "uncertain", "not been ruled out"),
        ("Findings suspicious for [pneumonia](Disease).", "pneumonia", "uncertain", "suspicious for"),
        ("Possible [appendicitis](Disease).", "appendicitis", "uncertain", "Possible"),
        ("Return if [fever](Symptom) recurs.", "fever", "hypothetical", "Return if"),
        ("Discussed the risk of [bleeding](Symptom).", "bleeding", "hypothetical", "Discussed the risk of"),
        ("S/p [cholecystectomy](Procedure).", "cholecystectomy", "historical", "S/p"),
        ("She underwent [hysterectomy](Procedure) in 1998.", "hysterectomy", "historical", "underwent"),
        ("Mother had [breast cancer](Disease).", "breast cancer", "family", "Mother"),
        ("FAMILY HISTORY:\nHas [diabetes](Disease).", "diabetes", "family", "FAMILY HISTORY"),
        ("There is no family history of [stroke](Disease).", "stroke", "negated", "no family history of"),
        ("[Hypertension](Disease) is stable.", "Hypertension", "present", None),
    ],
)
def test_a_cue_settles_the_assertion_of_the_mention(markup: str, surface: str, assertion: str, cue: str | None) -> None:
    assert assertions(markup)[surface] == (assertion, cue)


@pytest.mark.parametrize(
    "markup",
    [
        "Denies fever but has [cough](Symptom).",
        "No fever. [Cough](Symptom) for a week.",
        "No change in [murmur](Symptom).",
        "Gram negative [sepsis](Disease).",
        "Mother states he has [cough](Symptom).",
    ],
)
def test_a_scope_ends_at_terminators_and_sentences_and_pseudo_cues_open_none(markup: str) -> None:
    assert [value for value, _ in assertions(markup).values()] == ["present"]


def test_a_weak_cue_is_named_for_a_known_assertion_but_decides_nothing() -> None:
    text = "She had a headache."
    assert find_cue(text, 10, 18, "historical") == (4, 9)
    assert find_cue(text, 10, 18, "historical", "Symptom") is None


def test_a_surgical_history_makes_procedures_historical_but_not_diseases() -> None:
    found = assertions("PAST SURGICAL HISTORY:\n[Appendectomy](Procedure)\n[Asthma](Disease)")
    assert found["Appendectomy"][0] == "historical"
    assert found["Asthma"][0] == "present"


def test_every_rule_speaks_of_an_assertion_of_the_schema() -> None:
    rules, sections = load_rules()
    assert {rule.assertion for rule in rules} == set(ASSERTIONS) - {"present"}
    assert {section.assertion for section in sections} <= set(ASSERTIONS)


def test_a_broken_rule_file_is_named(tmp_path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"rules": [{"assertion": "negated", "direction": "forward", "phrases": ["("]}], "sections": []}')
    with pytest.raises(FormatError, match=r"rules\.json"):
        load_rules(path)


def test_an_empty_document_stays_empty() -> None:
    assert assign_assertions(Document("d", "")).entities == ()
