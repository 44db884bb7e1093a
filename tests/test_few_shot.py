"""Few-shot: a label set of one's own from a few reviewed notes, and what it is worth on a corpus."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from tiny_model import tiny_base

from odin.__main__ import main
from odin.benchmark.few_shot import LEAST, labels_of, under
from odin.benchmark.few_shot_command import HEADER, few_shot_rows
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.report import markdown_table
from odin.training import few_shot
from odin.training.config import Source
from odin.training.few_shot import SETTINGS, few_shot_config

NOTE = document("[Aspirin](Drug) for [headache](Symptom) and [fever](Symptom).")


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(few_shot, "SETTINGS", {**SETTINGS, "epochs": 1, "batch_pieces": 128})


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch) -> None:
    for split in ("train", "dev"):
        notes = [replace(NOTE, id=f"{split}{number}") for number in range(12)]
        jsonl.write(notes, tmp_path / "corpora" / "clinical_notes" / f"{split}.jsonl")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path / "corpora"))


def test_only_labels_that_the_notes_show_often_are_learnt() -> None:
    notes = [replace(NOTE, id=f"n{number}") for number in range(LEAST // 2)]
    labels = labels_of(notes, name="own")
    assert labels.entity_labels == ("Symptom",)
    assert [entity.text_in(NOTE.text) for entity in under(NOTE, labels).entities] == ["headache", "fever"]
    with pytest.raises(InputError, match="no label stands 20 times in 1 notes; draw more"):
        labels_of(notes[:1], name="own")


def test_a_corpus_is_learnt_from_a_few_of_its_notes_and_tested_on_its_dev(
    corpus, quick, tmp_path: Path, capsys
) -> None:
    asked = ["few-shot", "clinical_notes", "--base", str(tiny_base(tmp_path / "base")), "--run", str(tmp_path / "run")]
    (readme := tmp_path / "README.md").write_text("<!-- few-shot -->\n<!-- /few-shot -->\n")
    written = ["--output", str(tmp_path), "--into", str(readme)]
    assert main([*asked, "--notes", "10", "--seeds", "1", "2", *written]) == 0
    assert "mean" in capsys.readouterr().out
    found = json.loads((tmp_path / "few_shot.json").read_text())
    assert markdown_table(HEADER, few_shot_rows(found)) in readme.read_text()
    assert [(one["seed"], one["notes"], one["mentions"], one["documents"]) for one in found] == [
        (1, 10, 20, 12), (2, 10, 20, 12),
    ]  # fmt: skip
    assert found[0]["labels"] == ["Symptom"]
    assert all(0 <= one["f1"] <= 1 and one["seconds"] > 0 for one in found)
    drawn = [{note.id for note in jsonl.read(tmp_path / "run" / f"seed-{seed}" / "notes.jsonl")} for seed in (1, 2)]
    assert drawn[0] != drawn[1]
    assert all(name.startswith("train") for name in drawn[0] | drawn[1])
    assert main([*asked, "--notes", "13"]) == 2
    assert "clinical_notes train has 12" in capsys.readouterr().err


def test_reviewed_notes_and_a_label_file_make_a_model_that_answers_with_those_labels(
    quick, tmp_path: Path, capsys
) -> None:
    labels, notes = tmp_path / "own.json", tmp_path / "reviewed.jsonl"
    labels.write_text('{"name": "own", "entities": [{"label": "Drug"}, {"label": "Symptom"}]}')
    jsonl.write([NOTE], notes)
    base = str(tiny_base(tmp_path / "base"))
    asked = ["train", base, "--data", str(notes), "--labels", str(labels)]
    assert main([*asked, "--few-shot", "--run", str(tmp_path / "run")]) == 0
    read = ["extract", "--input", str(notes), "--labels", str(labels), "--output", str(tmp_path / "found.jsonl")]
    capsys.readouterr()
    assert main([*read, "--model", "odin-mini"]) == 2
    assert "about 20 notes that you reviewed are a start, see --few-shot" in capsys.readouterr().err
    assert main([*read, "--model", str(tmp_path / "run" / "model")]) == 0
    assert main([*asked, "--run", str(tmp_path / "other")]) == 2
    assert "give --few-shot for a few notes that are all learnt" in capsys.readouterr().err
    assert main(["train", "config.json", "--few-shot", "--run", str(tmp_path / "other")]) == 2
    assert "--few-shot goes with --data" in capsys.readouterr().err


def test_what_is_given_takes_the_place_of_the_settings_for_few_notes() -> None:
    config = few_shot_config((Source("a.jsonl", "clinical"),), base="minilm", seed=3)
    assert (config.base, config.seed, config.max_steps, config.dev) == ("minilm", 3, SETTINGS["max_steps"], ())
