"""The annotation cycle: a scripted reviewer makes every suggestion right, and a model learns from the gold."""

import json
from dataclasses import replace

import pytest
from markup import document
from tiny_model import tiny_base, tiny_config

from annotation.cycle.cycle import PROJECT, figures
from annotation.cycle.reviewer import review
from annotation.store import Store
from annotation.store.projects import add_suggestions, assign, create_project
from annotation.store.reviews import DraftKey
from annotation.store.versions import gold_versions
from odin.__main__ import main
from odin.corpora import jsonl
from odin.labels import load_label_set
from odin.schema import Document
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.training.kinds import trainer_of

RIGHT = document(
    "[Aspirin](Drug|present) for [headache](Symptom|present). Denies [fever](Symptom|negated). [MI](Disease|present).",
    ("treats", "Aspirin", "headache"),
    id="n",
)
WRONG = document(
    "[Aspirin](Drug|present) for [headache](Disease|present). Denies [fever](Symptom|present). MI.",
    ("treats", "Aspirin", "headache"),
    id="n",
)


def said(note: Document) -> tuple[list[object], list[object]]:
    """What a note says, whatever its ids."""
    places = {entity.id: (entity.label, entity.start, entity.end, entity.assertion) for entity in note.entities}
    relations = [(x.label, places[x.head], places[x.tail], x.negated) for x in note.relations]
    return sorted(places.values()), sorted(relations)


def reviewed(store: Store, right: list[Document], suggested: list[Document]) -> list[Document]:
    bare = [note.with_annotations(()) for note in right]
    create_project(store, PROJECT, load_label_set("clinical"), bare, created_by="test")
    assign(store, PROJECT, ["script"], overlap=1)
    add_suggestions(store, PROJECT, suggested, source="test")
    for note in right:
        review(store, DraftKey(PROJECT, note.id, "script"), note)
    return [version.document for version in gold_versions(store, PROJECT)]


def test_whatever_was_suggested_the_gold_says_what_is_right(tmp_path):
    generated = list(MedicalTextGenerator(options=GenerationOptions(seed=5, max_words=80)).documents(12))
    shifted = [
        note.with_annotations([replace(entity, label="Disease") for entity in note.entities[::2]]) for note in generated
    ]
    store = Store(tmp_path / "odin.sqlite")
    gold = reviewed(store, [RIGHT, *generated], [WRONG, *shifted])
    store.close()
    assert {note.id: said(note) for note in gold} == {note.id: said(note) for note in [RIGHT, *generated]}
    assert figures([RIGHT, *generated], gold)["relations"]["f1"] == 1
    assert figures([RIGHT], [WRONG])["entities"]["f1"] == pytest.approx(2 * 2 / (4 + 3))


def test_the_whole_cycle_is_one_command_that_goes_on_where_it_stopped(tmp_path, capsys):
    real, readme = tmp_path / "real.jsonl", tmp_path / "README.md"
    jsonl.write([RIGHT], real)
    readme.write_text("<!-- cycle -->\nold\n<!-- /cycle -->\n")
    trainer_of(tiny_config(tmp_path, tiny_base(tmp_path / "base")), tmp_path / "run").run()
    command = ["cycle", str(tmp_path / "cycle"), "--base", str(tmp_path / "run" / "model"), "--real", str(real)]
    command += ["--notes", "16", "--test-notes", "2", "--max-words", "80", "--epochs", "1"]
    command += ["--output", str(tmp_path), "--into", str(readme)]
    assert main(command) == 0
    record = json.loads((tmp_path / "cycle.json").read_text())
    assert record["edits"]["add_entity"] > 0
    assert set(record["before"]) == set(record["after"]) == {"synthetic, held out", str(real)}
    assert "| synthetic, held out | entities |" in readme.read_text()
    assert "old" not in readme.read_text()
    weights = tmp_path / "cycle" / "run" / "model" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert main([*command, "--json"]) == 0
    assert json.loads((tmp_path / "cycle.json").read_text())["after"] == record["after"]
    assert weights.stat().st_mtime_ns == before
    capsys.readouterr()
    assert main([*command, "--seed", "8"]) == 2
    assert "other settings" in capsys.readouterr().err
