"""Agreement of reviewers: counted by hand, against scikit-learn, and what is said where it is not defined."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import document
from test_scores import annotated, flat_documents

from annotation.agreement import ONE_CATEGORY, agreement, pair_confusion, pairwise, token_confusion
from annotation.agreement.kappa import kappa, kappa_interval, total
from annotation.review.preannotation import preannotation_bias
from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.annotations import annotations_of
from odin.schema import Document

NOTE = "[Metformin](Drug) treats [diabetes](Disease), not [obesity](Disease)."
FIRST = document(NOTE, ("treats", "Metformin", "diabetes"))
SECOND = document("[Metformin](Drug) treats [diabetes](Disease), not obesity.", ("causes", "Metformin", "diabetes"))


def overall(name: str, first: list[Document], second: list[Document]):
    return agreement(first, second).measures[name].overall


def test_entity_agreement_counted_by_hand() -> None:
    found = agreement([FIRST], [SECOND]).measures["entity_f1_exact"]
    assert found.overall.value == 4 / 5
    assert found.per_label["Drug"].value == 1
    assert found.per_label["Disease"].value == 2 / 3


def test_partial_agreement_forgives_boundaries() -> None:
    one, two = document("[right knee pain](Symptom)"), document("right [knee pain](Symptom)")
    assert overall("entity_f1_exact", [one], [two]).value == 0
    assert overall("entity_f1_partial", [one], [two]).value == 1


def test_token_kappa_counted_by_hand() -> None:
    # 7 tokens: Metformin treats diabetes , not obesity .  They differ on "obesity" alone.
    # chance: Drug 1*1, Disease 2*1, none 4*5, of 49
    found = overall("token_kappa", [FIRST], [SECOND])
    chance = (1 + 2 + 20) / 49
    assert found.value == pytest.approx((6 / 7 - chance) / (1 - chance))
    assert found.items == 7


@pytest.mark.parametrize("seed", range(4))
def test_token_kappa_is_that_of_scikit_learn(seed: int) -> None:
    from sklearn.metrics import cohen_kappa_score

    first, second = (spaced(documents) for documents in flat_documents(seed, 10))
    found = agreement(first, second).measures["token_kappa"]
    labels = [[label for one in side for label in word_labels(one)] for side in (first, second)]
    assert found.overall.value == pytest.approx(cohen_kappa_score(*labels))
    for label, figure in found.per_label.items():
        binary = [[word == label for word in side] for side in labels]
        assert figure.value == pytest.approx(cohen_kappa_score(*binary))


def spaced(documents: list[Document]) -> list[Document]:
    """Each character is a token of its own."""
    return [replace(one, text="." * len(one.text)) for one in documents]


def word_labels(one: Document) -> list[str]:
    labels = ["O"] * len(one.text)
    for entity in one.entities:
        labels[entity.start : entity.end] = [entity.label] * (entity.end - entity.start)
    return labels


def test_nested_mentions_give_a_token_both_labels() -> None:
    nested = document("[[penicillin](Drug) allergy](Disease)")
    confusion = token_confusion(nested, nested)
    both, one = frozenset({"Drug", "Disease"}), frozenset({"Disease"})
    assert confusion == Counter({(both, both): 1, (one, one): 1})


def test_relation_agreement_with_exact_and_with_overlapping_endpoints() -> None:
    one = document("[aspirin](Drug) for [severe headache](Symptom)", ("treats", "aspirin", "severe headache"))
    two = document("[aspirin](Drug) for severe [headache](Symptom)", ("treats", "aspirin", "headache"))
    found = agreement([one], [two]).measures
    assert found["relation_f1_exact"].overall.value == 0
    assert found["relation_f1_overlapping"].overall.value == 1
    assert found["relation_f1_overlapping"].per_label["treats"].value == 1


def test_relations_given_shared_entities_ask_about_relations_alone() -> None:
    one = document(NOTE, ("treats", "Metformin", "diabetes"), ("treats", "Metformin", "obesity"))
    two = document("[Metformin](Drug) treats [diabetes](Disease), not obesity.", ("treats", "Metformin", "diabetes"))
    found = agreement([one], [two]).measures
    assert found["relation_f1_exact"].overall.value == pytest.approx(2 / 3)
    assert found["relation_f1_given_shared_entities"].overall.value == 1
    assert found["relation_kappa_given_shared_entities"].overall.value == 1
    assert found["relation_kappa_given_shared_entities"].overall.items == 2


def test_relation_kappa_counted_by_hand() -> None:
    one = document(NOTE, ("treats", "Metformin", "diabetes"), ("treats", "Metformin", "obesity"))
    two = document(NOTE, ("treats", "Metformin", "diabetes"))
    # six ordered pairs: one agreed relation, one of the first alone, four of none
    chance = (2 * 1 + 4 * 5) / 36
    found = overall("relation_kappa_given_shared_entities", [one], [two])
    assert found.value == pytest.approx((5 / 6 - chance) / (1 - chance))
    confusion = pair_confusion(annotations_of(one, ()), annotations_of(two, ()))
    assert sum(confusion.values()) == 6


def test_assertion_kappa_is_that_of_scikit_learn_over_shared_mentions() -> None:
    from sklearn.metrics import cohen_kappa_score

    one = document("[a](X|negated) [b](X|present) [c](X|family) [d](X|negated) [e](X)")
    two = document("[a](X|negated) [b](X|negated) [c](X|family) d [e](X|present)")
    expected = cohen_kappa_score(
        ["negated", "present", "family", "present"], ["negated", "negated", "family", "present"]
    )
    found = agreement([one], [two]).measures["assertion_kappa"]
    assert found.overall.value == pytest.approx(expected)
    assert found.per_label["family"].value == 1


def test_what_is_not_defined_says_why() -> None:
    bare = document("Nothing to see.")
    found = agreement([bare], [bare]).measures
    assert {name: measure.overall.value for name, measure in found.items()} == dict.fromkeys(found)
    assert found["entity_f1_exact"].overall.why == "neither marked any"
    assert found["token_kappa"].overall.why == ONE_CATEGORY
    assert found["assertion_kappa"].overall.why == "no shared entity"
    assert found["relation_kappa_given_shared_entities"].overall.why == "no two shared entities in a document"
    assert found["relation_f1_given_shared_entities"].overall.why == "no relation joins shared entities"
    assert overall("token_kappa", [], []).why == "no tokens"


def test_documents_of_one_reviewer_alone_are_named_and_not_compared() -> None:
    found = agreement([FIRST, document("x", id="mine")], [document("y", id="yours"), SECOND])
    assert (found.documents, found.only_first, found.only_second) == (1, ("mine",), ("yours",))
    with pytest.raises(InputError, match="differs"):
        agreement([FIRST], [document("Other text.")])
    with pytest.raises(InputError, match="second reviewer: two documents have the id 'd1'"):
        agreement([FIRST], [SECOND, SECOND])


def test_each_pair_of_reviewers_and_the_model_is_compared() -> None:
    found = pairwise({"ann": [FIRST], "ben": [SECOND], "odin-mini": [FIRST]})
    assert set(found) == {("ann", "ben"), ("ann", "odin-mini"), ("ben", "odin-mini")}
    assert found["ann", "odin-mini"].measures["entity_f1_exact"].overall.value == 1


def test_intervals_hold_the_figure_and_need_two_documents() -> None:
    first, second = (spaced(documents) for documents in flat_documents(3, 40))
    for name in ("entity_f1_exact", "token_kappa"):
        figure = overall(name, first, second)
        low, high = figure.interval
        assert low < figure.value < high
        assert overall(name, first[:1], second[:1]).interval is None


@given(annotated(), annotated())
@settings(max_examples=40)
def test_agreement_is_symmetric_and_whole_with_oneself(first: Document, second: Document) -> None:
    there, back = agreement([first], [second], resamples=10), agreement([second], [first], resamples=10)
    for name, measure in there.measures.items():
        assert measure.overall.value == pytest.approx(back.measures[name].overall.value)
    for measure in agreement([first], [first], resamples=10).measures.values():
        assert measure.overall.value in (1, None)


cells = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("abc")), min_size=2, max_size=30)


@given(cells)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    confusion = Counter((frozenset(one), frozenset(two)) for one, two in pairs)
    if len(set(confusion)) == 1 and pairs[0][0] == pairs[0][1]:
        assert kappa(confusion) is None
    else:
        expected = cohen_kappa_score([one for one, _ in pairs], [two for _, two in pairs])
        assert kappa(confusion) == pytest.approx(expected)


def test_the_interval_of_kappa_does_not_depend_on_the_order_of_documents() -> None:
    choose = random.Random(0)
    a, b = frozenset("a"), frozenset("b")
    documents = [
        Counter({(a, a): choose.randint(1, 9), (a, b): choose.randint(0, 3), (b, b): choose.randint(1, 9)})
        for _ in range(30)
    ]
    low, high = kappa_interval(documents)
    assert low < kappa(total(documents)) < high
    assert kappa_interval(documents[::-1]) == (low, high)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = []
    for name, documents in (("ann", [FIRST, document("x", id="mine")]), ("ben", [SECOND]), ("cy", [FIRST])):
        jsonl.write(documents, tmp_path / f"{name}.jsonl")
        paths.append(str(tmp_path / f"{name}.jsonl"))
    return paths


def test_the_command_prints_each_measure_and_who_was_left_out(files: list[str], capsys) -> None:
    assert main(["agreement", *files[:2]]) == 0
    printed = capsys.readouterr()
    assert "Entities, F1 exact (span and label)" in printed.out
    assert "undefined: neither marked any" not in printed.out
    assert "Assertions of shared entities, Cohen's kappa" in printed.out
    assert ONE_CATEGORY in printed.out
    assert "1 documents stand in" in printed.err


def test_the_command_prints_json_for_a_pair_and_a_list_for_more(files: list[str], capsys) -> None:
    assert main(["agreement", "--json", *files[:2]]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["entity_f1_exact"]["overall"]["value"] == 4 / 5
    assert value["documents"] == 1
    assert value["assertion_kappa"]["overall"]["undefined"] == ONE_CATEGORY
    assert main(["agreement", "--json", "--labels", "clinical", *files]) == 0
    assert [(Path(one["first"]).stem, Path(one["second"]).stem) for one in json.loads(capsys.readouterr().out)] == [
        ("ann", "ben"),
        ("ann", "cy"),
        ("ben", "cy"),
    ]


def test_the_command_refuses_one_file_and_reports_files_without_common_documents(
    files: list[str], tmp_path: Path, capsys
) -> None:
    assert main(["agreement", files[0]]) == 2
    assert main(["agreement", files[0], files[0]]) == 2
    jsonl.write([document("y", id="else")], tmp_path / "else.jsonl")
    assert main(["agreement", files[0], str(tmp_path / "else.jsonl")]) == 1
    assert "have no document in common" in capsys.readouterr().err


def test_reviewers_who_agree_with_the_model_only_where_they_saw_it_are_biased() -> None:
    same = [(replace(FIRST, id=str(i)), replace(FIRST, id=str(i))) for i in range(20)]
    other = [(replace(SECOND, id=str(i)), replace(FIRST, id=str(i))) for i in range(20)]
    found = preannotation_bias(other, same)
    assert (found.blind, found.shown) == (4 / 5, 1)
    assert found.difference == pytest.approx(1 / 5)
    assert found.interval == pytest.approx((1 / 5, 1 / 5))
    assert preannotation_bias(same[:1], same[:1]).interval is None
    undefined = preannotation_bias([], same)
    assert (undefined.difference, undefined.why) == (None, "no entity in the blind arm")
