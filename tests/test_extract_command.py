"""`python -m odin extract`, called as a user calls it, with a small extractor in a real model folder."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from word_extractor import write_word_model

from odin.__main__ import main
from odin.extraction import catalog

NOTE = "Metformin treats type 2 diabetes.\nDenies fever."


@pytest.fixture(autouse=True)
def _word_model(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path_factory.mktemp("models")
    write_word_model(models / "odin-mini")
    monkeypatch.setattr(catalog, "MODELS_FOLDER", models)
    monkeypatch.setitem(catalog.ARCHITECTURES, "words", ("word_extractor", "WordExtractor"))


def extract(tmp_path: Path, source: Path, *options: str) -> tuple[int, list[dict]]:
    """The exit code and the documents of the output file."""
    output = tmp_path / "out.jsonl"
    code = main(["extract", "--input", str(source), "--output", str(output), *options])
    return code, [json.loads(line) for line in output.read_text("utf-8").splitlines()] if output.exists() else []


def test_a_note_gives_its_entities_relations_and_provenance_in_the_native_format(tmp_path: Path) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    code, [document] = extract(tmp_path, tmp_path / "visit.txt")
    assert code == 0
    assert (document["id"], document["text"]) == ("visit", NOTE)
    assert [(e["label"], e["text"], e["assertion"]) for e in document["entities"]] == [
        ("Drug", "Metformin", "present"),
        ("Disease", "type 2 diabetes", "present"),
        ("Symptom", "fever", "negated"),
    ]
    assert [(r["label"], r["head"], r["tail"], r["score"]) for r in document["relations"]] == [
        ("treats", "T1", "T2", 0.91)
    ]
    assert document["provenance"] == {"source": "model", "name": "odin-mini@test"}


def test_failures_are_named_on_stderr_with_file_and_line_and_the_rest_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps({"id": f"n{i}", "text": f"aspirin treats headache {i}"}) for i in range(1, 41)]
    lines[16] = "{broken"
    lines[29] = json.dumps({"id": "n30", "text": "an unreadable note"})
    source = tmp_path / "notes.jsonl"
    source.write_text("\n".join(lines))
    code, documents = extract(tmp_path, source)
    errors = capsys.readouterr().err
    assert code == 1
    assert [d["id"] for d in documents] == [f"n{i}" for i in range(1, 41) if i not in (17, 30)]
    assert f"{source}:17: not valid JSON" in errors
    assert "document n30: cannot be read by the test extractor" in errors
    assert "2 inputs could not be done (named above), 38 were" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "nonsense"], "unknown label set 'nonsense': choose one of clinical"),
        (
            ["--labels", "ade"],
            "the model odin-mini@test cannot answer with the label set 'ade'; it knows clinical",
        ),
        (["--model", "nonsense"], "no model 'nonsense': the models at hand are odin-mini"),
        (["--input", "absent.txt"], "absent.txt: no such file or folder; check the path"),
        (["--output", "."], ". is a folder; give the path of the .jsonl file to write"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_writes_nothing_and_returns_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    code, documents = extract(tmp_path, tmp_path / "visit.txt", *options)
    assert (code, documents) == (2, [])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--threads=0", "--entity-threshold=1.5", "--batch-size=x"])
def test_a_value_out_of_range_is_refused(tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        extract(tmp_path, tmp_path, option)
    assert exit_.value.code == 2
    assert "is not a" in capsys.readouterr().err


def test_input_and_output_may_not_be_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": "a", "text": NOTE}))
    assert main(["extract", "--input", str(source), "--output", str(source)]) == 2
    assert "is the input too" in capsys.readouterr().err
    assert json.loads(source.read_text())["id"] == "a"


def test_given_entities_are_kept_and_only_relations_predicted(tmp_path: Path) -> None:
    given = [
        {"id": "E7", "label": "Drug", "start": 0, "end": 5, "concept": "RXNORM:1"},
        {"id": "E9", "label": "Disease", "start": 13, "end": 16},
    ]
    source = tmp_path / "notes.jsonl"
    source.write_text(json.dumps({"id": "a", "text": "Drugx treats flu", "entities": given}))
    code, [document] = extract(tmp_path, source, "--given-entities")
    assert code == 0
    assert [(e["id"], e.get("concept")) for e in document["entities"]] == [("E7", "RXNORM:1"), ("E9", None)]
    assert [(r["label"], r["head"], r["tail"]) for r in document["relations"]] == [("treats", "E7", "E9")]


def test_thresholds_of_the_call_replace_those_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "visit.txt").write_text("Penicillin causes rash")
    _, [document] = extract(tmp_path, tmp_path / "visit.txt", "--relation-threshold", "0.7")
    assert (len(document["entities"]), document["relations"]) == (2, [])
    _, [document] = extract(tmp_path, tmp_path / "visit.txt", "--entity-threshold", "0.6")
    assert [e["text"] for e in document["entities"]] == ["Penicillin"]


def test_a_pipe_reads_standard_input_and_writes_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("😀 aspirin".encode())))
    assert main(["extract", "--input", "-", "--output", "-"]) == 0
    output = json.loads(capfdbinary.readouterr().out)
    assert (output["id"], output["entities"][0]["start"]) == ("stdin", 2)


def test_an_output_that_stood_there_survives_a_broken_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    (tmp_path / "out.jsonl").write_text('{"id": "old", "text": ""}\n')
    monkeypatch.setattr("odin.extraction.command.line_of", lambda document, path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        extract(tmp_path, tmp_path / "visit.txt")
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".txt"] == ["out.jsonl"]
    assert "old" in (tmp_path / "out.jsonl").read_text()


def test_half_a_surrogate_pair_in_an_id_or_in_meta_ends_nothing(tmp_path: Path) -> None:
    notes = tmp_path / "notes.jsonl"
    notes.write_text('{"id":"a\\ud83d","text":"aspirin"}\n{"id":"b","text":"aspirin","meta":{"from":"\\ude00"}}\n')
    code, found = extract(tmp_path, notes)
    assert (code, [document["id"] for document in found]) == (0, ["a\ud83d", "b"])


def test_what_is_written_is_never_a_number_that_json_has_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.jsonl"
    notes.write_text('{"id":"a","text":"aspirin","meta":{"weight":1e999}}\n{"id":"b","text":"aspirin"}\n')
    code, found = extract(tmp_path, notes)
    assert (code, [document["id"] for document in found]) == (1, ["b"])
    assert f"{notes}:1: 1e999 is too large a number" in capsys.readouterr().err


def test_a_pipe_that_is_named_as_output_is_written_to_and_stays(tmp_path: Path) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    pipe = tmp_path / "out.jsonl"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert main(["extract", "--input", str(tmp_path / "visit.txt"), "--output", str(pipe)]) == 0
        assert json.loads(os.read(reader, 100_000))["id"] == "visit"
    finally:
        os.close(reader)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "visit.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Aspirin for headache.", encoding="utf-8")
    assert main(["extract", "--input", str(note), "--output", "/dev/full", "--model", "dictionary"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("odin extract: the disk is full; free some space")


def test_of_an_output_that_is_a_link_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    (tmp_path / "disk").mkdir()
    (tmp_path / "out.jsonl").symlink_to(tmp_path / "disk" / "found.jsonl")
    assert extract(tmp_path, tmp_path / "visit.txt")[0] == 0
    assert (tmp_path / "out.jsonl").is_symlink()
    assert json.loads((tmp_path / "disk" / "found.jsonl").read_text())["id"] == "visit"


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_a_path_that_is_too_long_is_a_wrong_call(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "visit.txt").write_text(NOTE)
    given = {"--input": str(tmp_path / "visit.txt"), "--output": str(tmp_path / "out.jsonl")}
    given[option] = "He takes metformin. " * 20
    assert main(["extract", *(word for pair in given.items() for word in pair)]) == 2
    assert "metformin" in capsys.readouterr().err


def test_input_without_any_note_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.jsonl").write_text("\n\n")
    assert extract(tmp_path, tmp_path / "notes.jsonl")[0] == 2
    assert "holds no notes" in capsys.readouterr().err
