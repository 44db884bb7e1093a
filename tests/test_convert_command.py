"""`python -m odin convert` prints what was read, written and lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from markup import document

from odin.__main__ import main
from odin.corpora import FORMATS, brat, brat_writing, jsonl
from odin.corpora.loss import Holds, held
from odin.schema import ReadReport


def convert(source: str, target: str, *paths: Path) -> int:
    return main(["convert", "--from", source, "--to", target, *map(str, paths)])


def test_a_chain_of_conversions_keeps_entities_and_relations(tmp_path: Path, capsys):
    note = document(
        "[Aspirin](Drug) treats [chest [pain](Symptom)](Symptom|present).", ("treats", "Aspirin", "chest pain")
    )
    jsonl.write([note], tmp_path / "a.jsonl")
    assert convert("jsonl", "brat", tmp_path / "a.jsonl", tmp_path / "b") == 0
    assert convert("brat", "bioc-xml", tmp_path / "b", tmp_path / "c.xml") == 0
    assert convert("bioc-xml", "bioc-json", tmp_path / "c.xml", tmp_path / "d.json") == 0
    assert convert("bioc-json", "jsonl", tmp_path / "d.json", tmp_path / "e.jsonl") == 0
    assert list(jsonl.read(tmp_path / "e.jsonl")) == [note]
    printed = capsys.readouterr().out
    assert printed.count("1 documents, 3 entities, 1 relations, 0 concept relations kept") == 8
    assert "dropped" not in printed


def test_the_loss_is_printed_with_count_share_and_reason(tmp_path: Path, capsys):
    note = document("[Aspirin](Drug) treats [chest [pain](Symptom)](Symptom).", ("treats", "Aspirin", "pain"))
    jsonl.write([note], tmp_path / "a.jsonl")
    assert convert("jsonl", "conll", tmp_path / "a.jsonl", tmp_path / "b.conll") == 0
    printed = capsys.readouterr().out
    assert "2 dropped (50.0 %)\n  1: CoNLL holds no relations between mentions (first: d1 relation R1)" in printed
    assert "1: CoNLL tags hold no nested or crossing entities: the longest is kept (first: d1 entity T3)" in printed


def test_a_bad_line_is_reported_the_rest_converted_and_the_exit_code_is_1(tmp_path: Path, capsys):
    (tmp_path / "a.jsonl").write_text('{"id":"a","text":"x"}\nnonsense\n{"id":"b","text":"y"}\n')
    assert convert("jsonl", "pubtator", tmp_path / "a.jsonl", tmp_path / "b") == 1
    assert "a.jsonl:2 document" in capsys.readouterr().out
    assert (tmp_path / "b").read_text() == "a|t|x\na|a|\n\nb|t|y\nb|a|\n\n"
    assert main(["convert", "--strict", "--from", "jsonl", "--to", "pubtator", str(tmp_path / "a.jsonl"), "x"]) == 2
    assert "a.jsonl:2: not valid JSON" in capsys.readouterr().err


def test_formats_that_are_only_read_are_not_offered_to_write(tmp_path: Path, capsys):
    assert {name for name, form in FORMATS.items() if not form.write} == {
        "ade",
        "phee",
        "chemprot",
        "crowdtruth",
        "roam",
    }
    with pytest.raises(SystemExit) as caught:
        convert("jsonl", "ade", tmp_path, tmp_path)
    assert caught.value.code == 2
    assert "invalid choice: 'ade'" in capsys.readouterr().err


def test_ids_and_labels_that_brat_cannot_write_are_changed_and_said(tmp_path: Path):
    note = document("[Aspirin](Brand name) 😀")
    report = FORMATS["brat"].write([note], tmp_path / "out")
    assert report.dropped == [("d1", "entity T1 label", "brat labels hold no white space: _ is written")]
    assert [entity.label for entity in next(brat.read(tmp_path / "out")).entities] == ["Brand_name"]


def test_entities_that_a_format_makes_alike_become_one_that_takes_the_relations():
    note = document("[a [b](X)](X) [c](Y)", ("r", "b", "c"))
    report = ReadReport()
    assert held(note, Holds("any"), report) == note
    assert report.lossless
    none = held(note, Holds("none", (), None, None), report)
    assert none.relations == ()
    assert report.dropped == [("d1", "relation R1", "none holds no relations between mentions")]


def test_the_input_is_never_written_over(tmp_path: Path, capsys):
    lines = '{"id":"a","text":"x"}\nnonsense\n'
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "a.jsonl")
    for target in (tmp_path / "a.jsonl", tmp_path / "link.jsonl"):
        assert convert("jsonl", "jsonl", tmp_path / "a.jsonl", target) == 2
        assert "is the input too" in capsys.readouterr().err
    assert (tmp_path / "a.jsonl").read_text() == lines
    brat_writing.write([document("[Aspirin](Drug)")], tmp_path / "b")
    assert convert("brat", "brat", tmp_path / "b", tmp_path / "b") == 2


def test_a_dash_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    jsonl.write([document("[Aspirin](Drug)")], "a.jsonl")
    assert convert("jsonl", "conll", Path("a.jsonl"), Path("-")) == 2
    assert "give paths, not -" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
