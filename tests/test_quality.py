"""The measures of the quality report, by hand."""

import json
from dataclasses import replace

import pytest
from markup import document
from notes_graph import notes_graph

from odin.__main__ import main
from odin.corpora import jsonl
from odin.synthesis.consistency import checked_relations, contradictions
from odin.synthesis.leakage import longest_shared
from odin.synthesis.quality import (
    compare,
    distinct,
    headings,
    jensen_shannon,
    largest_template,
    profile,
    real_or_synthetic_auc,
    self_bleu,
    shares,
)  # fmt: skip


def test_jensen_shannon_is_zero_for_equal_and_one_bit_for_disjoint():
    assert jensen_shannon({"a": 1.0}, {"a": 1.0}) == 0
    assert jensen_shannon({"a": 1.0}, {"b": 1.0}) == 1
    assert jensen_shannon({"a": 1.0}, {"a": 0.5, "b": 0.5}) == pytest.approx(0.3113, abs=1e-4)
    left, right = {"a": 0.2, "b": 0.8}, {"b": 1.0}
    assert jensen_shannon(left, right) == pytest.approx(jensen_shannon(right, left))


def test_distinct_counts_different_runs():
    assert distinct(["a", "b", "a", "b"], 2) == pytest.approx(2 / 3)
    assert distinct(["a"], 2) == 0


def test_self_bleu_is_one_for_copies_and_near_zero_for_strangers():
    note = ["the", "patient", "denies", "fever", "and", "chills", "today"]
    assert self_bleu([note, note]) == pytest.approx(1)
    assert self_bleu([note, ["lungs", "are", "clear", "to", "auscultation", "both", "sides"]]) < 0.01
    assert self_bleu([note]) is None


def test_a_profile_counts_by_sentence_and_label():
    value = document(
        "[Aspirin](Drug) for [headache](Symptom). He slept well. [Fever](Symptom|negated) absent.",
        ("treats", "Aspirin", "headache"),
    )
    found = profile([value])
    assert found.labels == {"Symptom": pytest.approx(2 / 3), "Drug": pytest.approx(1 / 3)}
    assert found.sentences_without_entity == pytest.approx(1 / 3)
    assert (found.same_sentence_relations, found.relations, found.documents) == (1, {"treats": 1}, 1)
    assert found.assertions == {"present": pytest.approx(2 / 3), "negated": pytest.approx(1 / 3)}


def test_the_longest_shared_run_is_found_whatever_the_case():
    assert longest_shared(["one Two three four five six"], ["x two three FOUR five six y"]) == (
        5,
        "two three four five six",
    )
    assert longest_shared(["one two three four"], ["one two three four"]) == (0, "")
    assert longest_shared(["a b c d e f"], ["z a b c d e", "a b c d e f"]) == (6, "a b c d e f")


def test_contradictions_are_named():
    graph = notes_graph()
    value = document("[prostatitis](Disease)", id="n1")
    value = replace(
        value, entities=(replace(value.entities[0], concept="Disease:prostatitis"),), meta={"sex": "female", "age": 40}
    )
    assert contradictions([value], graph) == ("n1: T1 prostatitis in a 40-year-old female",)
    wrong = document("[rash](Symptom) [gout](Disease)", ("treats", "rash", "gout"), id="n2")
    assert contradictions([wrong], graph) == ("n2: R1 treats joins Symptom to Disease",)


def test_relations_are_checked_where_both_concepts_are_known():
    graph = notes_graph()
    value = document(
        "[metformin](Drug) [hypertension](Disease) [lisinopril](Drug)",
        ("treats", "metformin", "hypertension"),
        ("treats", "lisinopril", "hypertension"),
    )
    ids = ("Drug:metformin", "Disease:hypertension", "Drug:lisinopril")
    value = replace(value, entities=tuple(replace(e, concept=id) for e, id in zip(value.entities, ids, strict=True)))
    assert checked_relations([value], graph) == (1, 2)


def test_a_classifier_tells_two_languages_apart_and_not_one_from_itself():
    left = [document(f"the patient reports pain number {n}", id=f"a{n}") for n in range(30)]
    right = [document(f"xylophone zebra quince {n}", id=f"b{n}") for n in range(30)]
    assert real_or_synthetic_auc(left, right) == 1
    assert real_or_synthetic_auc(left[:5], right) is None


def test_headings_templates_and_duplicates_are_counted():
    assert headings("PLAN\nRest.\nMeds: none\nhe said so") == ["PLAN", "MEDS"]
    value = document("x", id="n")
    documents = [
        replace(value, id=f"n{n}", meta={"templates": ["a.p1", "bare.heading", "b.p1", "a.p1"]}) for n in range(2)
    ]
    assert largest_template(documents) == ("a.p1", pytest.approx(2 / 3))
    assert compare(documents).duplicates == 1
    assert shares("aab") == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}


def test_the_command_prints_the_report(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    jsonl.write(
        [document("[Aspirin](Drug) for [pain](Symptom).", ("treats", "Aspirin", "pain"))], tmp_path / "notes.jsonl"
    )
    assert main(["quality", str(tmp_path / "notes.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"]["documents"] == 1
    assert main(["quality", str(tmp_path / "notes.jsonl"), "--no-leakage"]) == 0
    assert "contradictions" in capsys.readouterr().out
