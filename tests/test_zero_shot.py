"""Zero-shot: what is left out is in no source and no dev set, and the model is tested on it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from tiny_model import tiny_base

from odin.__main__ import main
from odin.benchmark.tasks import folded
from odin.benchmark.zero_shot import LeftOut, configuration_without, held_out_documents, held_out_task, parse_left_out
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.report import number
from odin.training.config import Source, TrainingConfig, in_stages
from odin.training.data import source_documents

NOTE = document("[Aspirin](Drug) for [headache](Symptom).", ("treats", "Aspirin", "headache"))
ABSTRACT = document("[Ataxia](SpecificDisease) in mice.")


@pytest.fixture
def config(tmp_path: Path, monkeypatch) -> TrainingConfig:
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    for split in ("train", "dev"):
        notes = [replace(NOTE, id=f"{split}{i}", meta={"source": "ab"[i % 2]}) for i in range(4)]
        jsonl.write(notes, tmp_path / "clinical_notes" / f"{split}.jsonl")
        jsonl.write([replace(ABSTRACT, id=split)], tmp_path / "ncbi_disease" / f"{split}.jsonl")
    pairs = (("clinical_notes", "clinical"), ("ncbi_disease", "ncbi_disease"))
    return TrainingConfig(
        sources=tuple(Source(corpus, labels) for corpus, labels in pairs),
        dev=tuple(Source(corpus, labels, "dev") for corpus, labels in pairs),
        epochs=1,
        batch_pieces=64,
    )


def test_a_corpus_that_is_left_out_is_in_no_source_and_no_dev_set(config: TrainingConfig, tmp_path: Path) -> None:
    rest = configuration_without(config, LeftOut("ncbi_disease"), tmp_path)
    assert [source.corpus for source in (*rest.sources, *rest.dev)] == ["clinical_notes", "clinical_notes"]
    with pytest.raises(InputError, match="does not train on ade: leave out one of clinical_notes, ncbi_disease"):
        configuration_without(config, LeftOut("ade"), tmp_path)
    with pytest.raises(InputError, match="nothing to train on"):
        configuration_without(rest, LeftOut("clinical_notes"), tmp_path)


def test_what_was_made_in_the_way_of_a_corpus_goes_with_it(config: TrainingConfig, tmp_path: Path) -> None:
    made = [Source("annotated_abstracts", split, split=split) for split in ("ade", "chemprot", "ncbi_disease")]
    made += [Source(f"data/written_texts/{name}.jsonl.gz", name) for name in ("ade", "ncbi_disease")]
    rest = configuration_without(
        replace(config, sources=(*config.sources, *made)), LeftOut("ncbi_disease"), tmp_path
    )  # the sentences of chemprot are of texts of NCBI-disease too
    kept = [(source.corpus, source.label_set) for source in rest.sources]
    assert kept == [
        ("clinical_notes", "clinical"),
        ("annotated_abstracts", "ade"),
        ("data/written_texts/ade.jsonl.gz", "ade"),
    ]


def test_notes_under_the_guidelines_of_clinical_notes_go_with_it(config: TrainingConfig, tmp_path: Path) -> None:
    made = [Source("annotated_abstracts", "clinical", split="clinical_cases"), Source("mtsamples", "clinical")]
    made += [Source(str(tmp_path / f"data/written_notes/{name}.jsonl"), "clinical") for name in ("notes", "sections")]
    more = replace(config, sources=(*config.sources, *made))
    rest = configuration_without(more, LeftOut("clinical_notes"), tmp_path)
    assert [source.corpus for source in rest.sources] == ["ncbi_disease"]
    rest = configuration_without(more, LeftOut("ncbi_disease"), tmp_path)
    assert list(rest.sources) == [config.sources[0], *made]


def test_no_stage_learns_from_what_is_left_out(config: TrainingConfig, tmp_path: Path) -> None:
    rest = configuration_without(in_stages([config, config]), LeftOut("ncbi_disease"), tmp_path)
    assert [source.corpus for stage in rest.stages for source in stage.sources] == ["clinical_notes"] * 2


def test_a_part_that_is_left_out_is_tested_on_and_the_rest_stays(config: TrainingConfig, tmp_path: Path) -> None:
    left = parse_left_out("clinical_notes", "source=b")
    rest = configuration_without(config, left, tmp_path / "run")
    for source in (rest.sources[0], rest.dev[0]):
        assert {one.meta["source"] for one in source_documents(source)} == {"a"}
    task = held_out_task(rest, left, None)
    assert {one.meta["source"] for one in held_out_documents(task, left)} == {"b"}
    with pytest.raises(InputError, match="give KEY=VALUE"):
        parse_left_out("clinical_notes", "source")


def test_the_label_set_of_the_test_is_one_that_the_rest_trains(config: TrainingConfig, tmp_path: Path) -> None:
    left = LeftOut("ncbi_disease")
    rest = configuration_without(config, left, tmp_path)
    with pytest.raises(InputError, match="does not train the label set 'ncbi_disease': name one of clinical"):
        held_out_task(rest, left, None)
    task = held_out_task(rest, left, "clinical")
    documents = held_out_documents(task, left)
    assert [entity.label for one in documents for entity in one.entities] == ["Disease"]
    answer = document("[Ataxia](Disease) and [fever](Symptom) from [lithium](Drug).", ("causes", "lithium", "Ataxia"))
    scored = folded(answer, task)
    assert [entity.label for entity in scored.entities] == ["Disease"]
    assert not scored.relations


def test_a_corpus_is_asked_under_a_neighbour_whose_labels_are_known_as_its_own(config: TrainingConfig) -> None:
    neighbours = replace(config, sources=(Source("phee", "phee"), Source("chemprot", "chemprot")))
    task = held_out_task(neighbours, LeftOut("ade"), "phee")
    text = "[Rash](Effect) from 5 mg of [lithium](Drug) for [mania](Disorder)."
    answer = document(text, ("causes_adverse_effect", "lithium", "Rash"), ("treats", "lithium", "mania"))
    scored = folded(answer, task)
    assert [entity.label for entity in scored.entities] == ["Effect", "Drug"]
    assert [relation.label for relation in scored.relations] == ["causes_adverse_effect"]
    with pytest.raises(InputError, match=r"which labels of ade are which of 'chemprot': .* the rest trains: phee"):
        held_out_task(neighbours, LeftOut("ade"), "chemprot")


def test_the_command_trains_without_a_corpus_and_tests_on_it(config: TrainingConfig, tmp_path: Path, capsys) -> None:
    settings = replace(config, base=str(tiny_base(tmp_path / "base"))).to_json()
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    run = tmp_path / "run"
    asked = ["zero-shot", str(path), "--without", "ncbi_disease", "--labels", "clinical", "--run", str(run)]
    assert main(asked) == 0
    assert "zero-shot, trained without ncbi_disease:" in capsys.readouterr().out
    report = json.loads((run / "zero_shot.json").read_text())
    assert (report["without"], report["label_set"], report["documents"]) == ("ncbi_disease", "clinical", 1)
    done = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert report["steps"] == max(done) > 0
    assert report["tables"]["entities"]["micro"]["false_negatives"] >= 0
    assert [one["name"] for one in json.loads((run / "model" / "labels.json").read_text())] == ["clinical"]


def test_the_reports_of_corpora_left_out_in_turn_make_one_table(config: TrainingConfig, tmp_path: Path, capsys) -> None:
    settings = replace(config, base=str(tiny_base(tmp_path / "base"))).to_json()
    path, kept, page = tmp_path / "config.json", tmp_path / "kept", tmp_path / "page.md"
    path.write_text(json.dumps(settings), encoding="utf-8")
    page.write_text("<!-- zero-shot -->\n<!-- /zero-shot -->\n")
    asked = ["zero-shot", str(path), "--output", str(kept), "--into", str(page), "--labels", "clinical", "--without"]
    part = ["clinical_notes", "--where", "source=b"]
    for run, left in (("1", ["ncbi_disease"]), ("2", part), ("3", ["ncbi_disease"])):
        assert main([*asked, *left, "--run", str(tmp_path / run)]) == 0
    rows = [line.split(" | ")[0] for line in page.read_text().splitlines() if line.startswith("| ")]
    assert list(dict.fromkeys(rows)) == ["| trained without", "| clinical_notes source=b", "| ncbi_disease"]
    assert len(json.loads((kept / "zero_shot.json").read_text())) == 2
    assert all(line.endswith(" |  |") for line in page.read_text().splitlines()[3:-1])  # nothing was beside them
    capsys.readouterr()
    (kept / "zero_shot.json").write_text('[{"without": "b"}]')
    assert main([*asked, "ncbi_disease", "--run", str(tmp_path / "4")]) == 2
    assert "not the reports of zero-shot; remove it" in capsys.readouterr().err
    assert not (tmp_path / "4").exists()
    assert main(["zero-shot", str(path), "--without", "a", "--run", "b", "--into", str(page)]) == 2
    assert "give both" in capsys.readouterr().err


def test_a_model_that_learnt_from_all_is_asked_the_same(config: TrainingConfig, tmp_path: Path, capsys) -> None:
    settings = replace(config, base=str(tiny_base(tmp_path / "base"))).to_json()
    path, page, whole = tmp_path / "config.json", tmp_path / "page.md", tmp_path / "whole"
    path.write_text(json.dumps(settings), encoding="utf-8")
    page.write_text("<!-- zero-shot -->\n<!-- /zero-shot -->\n")
    assert main(["train", str(path), "--run", str(whole)]) == 0
    asked = ["zero-shot", str(path), "--without", "ncbi_disease", "--labels", "clinical", "--run", str(tmp_path / "1")]
    kept = ["--output", str(tmp_path / "kept"), "--into", str(page)]
    assert main([*asked, *kept, "--beside", str(whole / "model")]) == 0
    report = json.loads((tmp_path / "1" / "zero_shot.json").read_text())
    assert report["beside"]["model"] != report["model"]
    counted = [tables["entities"]["micro"] for tables in (report["tables"], report["beside"]["tables"])]
    assert len({one["true_positives"] + one["false_negatives"] for one in counted}) == 1  # of the same gold
    with_it = report["beside"]["tables"]["entities"]["micro"]["f1"]
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ncbi_disease")]
    assert rows[0].endswith(f" | {number(with_it)} |")
    path.write_text(json.dumps({**settings, "sources": settings["sources"][1:], "dev": settings["dev"][1:]}))
    assert main(["train", str(path), "--run", str(tmp_path / "less")]) == 0
    path.write_text(json.dumps(settings))
    capsys.readouterr()
    assert main([*asked[:-1], str(tmp_path / "2"), "--beside", str(tmp_path / "less" / "model")]) == 2
    assert "does not answer with the label set 'clinical': name another" in capsys.readouterr().err
    assert not (tmp_path / "2" / "model").exists()
