"""`python -m odin evaluate` and NERREvaluator: the printed forms, files in any order, and what is said of bad ones."""

import gzip
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document
from test_scores import annotated

from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import FormatError, InputError
from odin.evaluation import NERREvaluator, streaming
from odin.evaluation.annotations import Annotations, annotations_of, symmetric_labels
from odin.evaluation.native import read_line
from odin.evaluation.scoring import score_documents
from odin.evaluation.streaming import Job, score_files
from odin.schema import Document, Entity

GOLD = [
    document("[Metformin](Drug) treats [diabetes](Disease).", ("treats", "Metformin", "diabetes"), id="a"),
    document(
        "[Aspirin](Drug) and [rest](Procedure) for [headache](Symptom).", ("treats", "Aspirin", "headache"), id="b"
    ),
    document("[Fever](Symptom|negated).", id="c"),
]
PREDICTED = [
    document("[Metformin](Drug) treats [diabetes](Symptom).", ("treats", "Metformin", "diabetes"), id="a"),
    document(
        "[Aspirin](Drug) and [rest](Procedure) for [headache](Symptom).",
        ("treats", "Aspirin", "headache"),
        ("treats", "rest", "headache"),
        id="b",
    ),
    document("[Fever](Symptom|negated).", id="c"),
]


@pytest.fixture
def files(tmp_path: Path):
    def write(gold: Sequence[Document], predicted: Sequence[Document]) -> tuple[Path, Path]:
        paths = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
        for path, documents in zip(paths, (gold, predicted), strict=True):
            jsonl.write(documents, path)
        return paths

    return write


def evaluate(paths: tuple[Path, Path], *options: str) -> int:
    return main(["evaluate", "--gold", str(paths[0]), "--predicted", str(paths[1]), *options])


def test_the_json_is_the_documented_form_with_the_counts_made_by_hand(files, capsys) -> None:
    assert evaluate(files(GOLD, PREDICTED), "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert set(value) == {"documents", "entities", "relations", "concept_relations"}
    assert value["documents"] == 3
    exact = value["entities"]["exact"]
    assert exact["micro"] == {
        "precision": 5 / 6,
        "recall": 5 / 6,
        "f1": 5 / 6,
        "true_positives": 5,
        "false_positives": 1,
        "false_negatives": 1,
    }
    assert exact["per_label"]["Disease"]["precision"] is None
    assert exact["per_label"]["Disease"]["recall"] == 0
    assert value["relations"]["strict"]["micro"]["true_positives"] == 1
    assert value["relations"]["boundaries"]["micro"]["true_positives"] == 2
    assert value["concept_relations"]["micro"]["f1"] is None


def test_the_tables_name_every_view_with_its_interval(files, capsys) -> None:
    assert evaluate(files(GOLD, PREDICTED), "--labels", "clinical", "--resamples", "50") == 0
    printed = capsys.readouterr().out
    for title in ("Entities, exact", "Entities, partial", "Relations, strict", "Relations, boundaries", "95 %"):
        assert title in printed
    assert "Assertion accuracy on found mentions: 1.000 of 1" in printed
    assert "Co-occurrence false-positive rate: 1.000 (1 of 1" in printed
    assert "Concept" not in printed


def test_files_in_another_order_give_the_same_scores(files, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "BATCH", 2)
    many = [replace(one, id=f"{one.id}{place}") for place in range(5) for one in GOLD]
    other = [replace(one, id=f"{one.id}{place}") for place in range(5) for one in PREDICTED]
    in_step = score_files(Job(*files(many, other)))
    assert in_step.scores == score_files(Job(*files(many, other[::-1]))).scores
    assert in_step.scores.to_json() == score_documents(many, other).to_json()


def test_several_processors_give_the_same_scores(files, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "BATCH", 4)
    monkeypatch.setattr(streaming, "PARALLEL_BYTES", 0)
    many = [replace(one, id=f"{one.id}{place}") for place in range(5) for one in GOLD]
    other = [replace(one, id=f"{one.id}{place}") for place in range(5) for one in reversed(PREDICTED)]
    paths = files(many, other)
    assert score_files(Job(*paths), processes=2).scores == score_files(Job(*paths), processes=1).scores


def test_documents_that_were_not_predicted_count_as_missed_and_are_reported(files, capsys) -> None:
    assert evaluate(files(GOLD, PREDICTED[:2]), "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["entities"]["exact"]["per_label"]["Symptom"]["false_negatives"] == 1
    assert "1 of 3 gold documents were not predicted (first: 'c')" in printed.err


def test_predicted_documents_without_gold_are_reported_and_the_exit_code_says_so(files, capsys) -> None:
    assert evaluate(files(GOLD[:2], PREDICTED)) == 1
    assert "1 predicted documents have no gold (first: 'c'); they were not scored" in capsys.readouterr().err


def test_another_text_under_the_same_id_is_an_error(files, capsys) -> None:
    assert evaluate(files(GOLD, [*PREDICTED[:2], Document("c", "Fever!")])) == 2
    assert "document c: the predicted text differs from gold at character 5" in capsys.readouterr().err


def test_an_id_that_stands_twice_is_named_with_both_lines(files, capsys) -> None:
    paths = files(GOLD, PREDICTED)
    paths[1].write_bytes(paths[1].read_bytes() + paths[1].read_bytes().splitlines(keepends=True)[0])
    assert evaluate(paths) == 2
    assert f"{paths[1]}:4: the predicted document has the id of line 1 too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": "a"', "not valid JSON"),
        (b'{"id": "a"}', 'needs "text"'),
        (b"\xff\xfe", "is not UTF-8"),
        (b'{"id": "a", "text": "x", "entities": [{"id": "T", "label": "A", "start": 0, "end": 9}]}', "not a span"),
        (
            b'{"id": "a", "text": "xy", "entities": [{"id": "T", "label": "A", "start": 0, "end": 1, "text": "y"}]}',
            "'y'",
        ),
        (b'{"id": "a", "text": "x", "entities": [{"id": "T", "label": "A", "start": 0, "end": true}]}', "whole number"),
        (b'{"id": "a", "text": "x", "relations": [{"id": "R", "label": "r", "head": "T", "tail": "U"}]}', "unknown"),
        (b'{"id": "a", "text": "x", "meta": NaN}', "NaN"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_number(line: bytes, message: str, files, capsys) -> None:
    paths = files(GOLD, PREDICTED)
    whole = paths[1].read_bytes().splitlines(keepends=True)
    paths[1].write_bytes(b"".join([*whole[:2], b"\n", line + b"\n", whole[2]]))
    assert evaluate(paths) == 2
    printed = capsys.readouterr().err
    assert f"{paths[1]}:4:" in printed
    assert message in printed


def test_a_file_that_is_absent_or_empty_is_named(files, capsys, tmp_path: Path) -> None:
    paths = files([], [])
    assert evaluate(paths) == 2
    assert "there is no document to score against" in capsys.readouterr().err
    assert evaluate((paths[0], tmp_path / "absent.jsonl")) == 2
    assert "absent.jsonl: no such file" in capsys.readouterr().err


def standard_input(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_one_of_the_two_files_may_come_by_standard_input(side: str, files, capsys, monkeypatch) -> None:
    paths = files(GOLD, PREDICTED[::-1])
    assert evaluate(paths, "--json") == 0
    expected = json.loads(capsys.readouterr().out)
    standard_input(monkeypatch, dict(zip(("gold", "predicted"), paths, strict=True))[side].read_bytes())
    assert main(["evaluate", "--gold", str(paths[0]), "--predicted", str(paths[1]), f"--{side}", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == expected


def test_what_is_wrong_with_standard_input_is_said_of_stdin(files, capsys, monkeypatch) -> None:
    paths = files(GOLD, PREDICTED)
    given = ["evaluate", "--gold", str(paths[0]), "--predicted", "-"]
    for data, words in (
        (paths[1].read_bytes() + b"{", "stdin:4: not valid JSON"),
        (paths[1].read_bytes() * 2, "stdin:4: the predicted document has the id of line 1 too"),
        (gzip.compress(paths[1].read_bytes()), "stdin: is packed with gzip; unpack it on the way"),
    ):
        standard_input(monkeypatch, data)
        assert main(given) == 2
        assert words in capsys.readouterr().err
    assert main(["evaluate", "--gold", "-", "--predicted", "-"]) == 2
    assert "standard input holds one file" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_file_is_read_once_and_scored_in_any_order(files, tmp_path: Path, capsys) -> None:
    gold, predicted = files(GOLD, PREDICTED[::-1])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[predicted.read_bytes()])
    writer.start()
    assert evaluate((gold, pipe), "--json") == 0
    writer.join()
    assert json.loads(capsys.readouterr().out)["documents"] == 3


@given(annotated())
def test_a_line_read_the_short_way_holds_what_the_document_holds(one: Document) -> None:
    found = read_line(json.dumps(one.to_json()).encode(), symmetric_labels(), path=Path("x"), number=1)
    assert (found.id, found.text) == (one.id, one.text)
    expected = annotations_of(one, symmetric_labels())
    assert found.annotations._replace(concept_labels={}) == expected._replace(concept_labels={})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | st.text(max_size=2), lambda inner: st.lists(inner, max_size=2)
)


@given(st.data(), annotated())
def test_whatever_is_wrong_with_a_line_the_short_way_refuses_it_too(data: st.DataObject, one: Document) -> None:
    value = one.to_json()
    kind = data.draw(st.sampled_from(["entities", "relations", "concept_relations"]))
    if value.get(kind):
        item = data.draw(st.sampled_from(value[kind]))
        keys = {
            "entities": ["id", "label", "start", "end", "text", "assertion", "score", "concept"],
            "relations": ["id", "label", "head"],
            "concept_relations": ["label", "head"],
        }[kind]
        item[data.draw(st.sampled_from(keys))] = data.draw(json_values)
    line = json.dumps(value).encode()
    assert what_is_read(lambda: read_line(line, (), path=Path("x"), number=1).annotations) == what_is_read(
        lambda: annotations_of(next(jsonl.parse([line], "x")), ())
    )


def what_is_read(read: Callable[[], Annotations]) -> Annotations | str:
    try:
        return read()
    except FormatError as err:
        return str(err)


def test_discontinuous_mentions_are_read_as_such() -> None:
    broken = Document("d", "ankle and foot pain", (Entity("T1", "Symptom", 0, 19, ((0, 5), (15, 19))),))
    found = read_line(json.dumps(broken.to_json()).encode(), (), path=Path("x"), number=1)
    assert list(found.annotations.mentions) == [("Symptom", ((0, 5), (15, 19)))]


def test_the_evaluator_prints_a_table_and_returns_its_figures() -> None:
    output = io.StringIO()
    evaluator = NERREvaluator(matching_mode="exact", output=output)
    assert evaluator.evaluate_entities(PREDICTED, GOLD)["f1"] == 5 / 6
    assert evaluator.evaluate_entities_per_type(PREDICTED, GOLD)["Drug"]["true_positives"] == 2
    relations = evaluator.evaluate_relations(PREDICTED, GOLD)
    assert (relations["precision"], relations["recall"]) == (1 / 3, 1 / 2)
    assert "Entities, exact (span and label)" in output.getvalue()
    assert "Relations, strict" in output.getvalue()


def test_the_evaluator_takes_documents_in_their_json_form_and_prints_to_the_screen(capsys) -> None:
    evaluator = NERREvaluator()
    as_json = [one.to_json() for one in PREDICTED]
    assert evaluator.evaluate_entities(as_json, GOLD) == evaluator.evaluate_entities(PREDICTED, GOLD)
    assert "micro" in capsys.readouterr().out


def test_the_modes_of_the_evaluator_forgive_more_and_more() -> None:
    gold = document("[severe headache](Symptom) after [aspirin](Drug)", ("causes", "aspirin", "severe headache"))
    near = document("severe [headache](Symptom) after [aspirin](Drug)", ("causes", "aspirin", "headache"))
    far = document("severe headache [after](Symptom) [aspirin](Drug)", ("causes", "aspirin", "after"))
    found = {
        mode: [
            (
                NERREvaluator(mode, output=io.StringIO()).evaluate_entities([one], [gold])["true_positives"],
                NERREvaluator(mode, output=io.StringIO()).evaluate_relations([one], [gold])["true_positives"],
            )
            for one in (gold, near, far)
        ]
        for mode in ("exact", "partial", "type")
    }
    assert found == {
        "exact": [(2, 1), (1, 0), (1, 0)],
        "partial": [(2, 1), (2, 1), (1, 0)],
        "type": [(2, 1), (2, 1), (2, 1)],
    }


def test_an_unknown_matching_mode_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown matching mode 'strict': choose one of exact, partial, type"):
        NERREvaluator(matching_mode="strict")
