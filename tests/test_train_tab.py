"""What stands behind the Train tab: sources, the check before a start, runs as tables; and the whole loop once."""

from dataclasses import replace

import pytest
from markup import document
from tiny_causal_model import tiny_causal
from tiny_model import tiny_base

from annotation.agreement.adjudication import promote
from annotation.editing import edits
from annotation.editing.suggestions import undecided
from annotation.store import Store
from annotation.store.projects import assign, create_project
from annotation.store.reviews import DraftKey, apply, open_note
from annotation.store.versions import submit
from annotation.train import handlers as train_handlers
from annotation.train import sources as training_sources
from annotation.train import training
from annotation.train.check_report import budget_table, report_words
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.scoring import score_documents
from odin.extraction import catalog
from odin.labels import load_label_set
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.training.checking import check
from odin.training.config import Source, TrainingConfig
from odin.training.few_shot import STEPS
from odin.training.performing import perform
from odin.training.records import Records
from odin.training.run_folder import read_run, runs_folder, this_process, write_json, write_state
from odin.training.runs_command import line_of

CLINICAL = load_label_set("clinical")
FORM = {"base": "minilm", "epochs": 1, "batch_pieces": 512, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(tiny_base(tmp_path_factory.mktemp("base")))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ODIN_STORE", str(tmp_path / "odin.sqlite"))
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path / "none"))


def reviewed(store, notes):
    """The notes as a project whose suggestions one reviewer decided, the first of each note rejected."""
    create_project(store, "loop", CLINICAL, notes, created_by="test")
    assign(store, "loop", ["ann"], overlap=1)
    for note in notes:
        key = DraftKey("loop", note.id, "ann")
        draft = open_note(store, key)
        first = True
        while waiting := undecided(draft.document):
            edit = edits.Reject if first else edits.Accept
            draft, first = apply(store, key, edit(waiting[0].id), draft.version), False
        promote(store, key, submit(store, key, draft.version), reason="one reviewer")


def test_generated_notes_are_reviewed_trained_on_evaluated_and_their_model_is_used(base, tmp_path):
    made = MedicalTextGenerator(options=GenerationOptions(seed=3)).documents(6)
    notes = [replace(n, meta={**n.meta, "split": "dev" if i > 3 else "train"}) for i, n in enumerate(made)]
    store = Store(tmp_path / "odin.sqlite")
    reviewed(store, notes)
    store.close()
    keys = [choice.key for kind in ("train", "dev") for choice in training_sources.choices(kind)]
    assert keys == [
        *("gold|loop|train|clinical", "synthetic||train|clinical", "files||train|"),
        *("gold|loop|dev|clinical", "synthetic||dev|clinical", "files||dev|"),
    ]
    made_from = {"files": (), "file_labels": "clinical", "notes": 5, "seed": 1}
    train = training_sources.sources_of(keys[:1], {"gold of “loop” · train": 2.0}, **made_from)
    dev = training_sources.sources_of(keys[3:4], {}, **made_from)
    gold = list(jsonl.read(train[0]["corpus"]))
    assert train[0]["weight"] == 2.0
    assert [len(n.entities) for n in gold] < [len(n.entities) for n in notes[:4]]
    settings = training.settings_from(train, dev, {**FORM, "base": base}, "")
    perform(settings, runs_folder() / "loop")
    assert training.run_rows()[0][:2] == ["loop", "finished"]
    ticked = train_handlers.tick("loop", "")
    assert "loop: finished" in ticked[3]["words"]
    assert ticked[8] is not None
    shown = train_handlers.show_sample("loop", 0)
    assert shown[0] is not None
    columns, rows = training.compare_rows(["loop"])
    assert columns == ["", "loop"]
    assert ["state", "finished"] in rows
    train_handlers.use("loop")
    assert catalog.model_names()[0] == "loop"
    held_back = list(jsonl.read(dev[0]["corpus"]))
    found = [it.document for it in catalog.load_extractor("loop").extract(held_back, CLINICAL)]
    assert score_documents(held_back, found).documents == 2


def test_the_check_tells_what_is_windowed_what_leaks_and_what_it_takes(base, tmp_path):
    long = document("word " * 1600 + "[aspirin](Drug) for [headache](Symptom).", id="long")
    inside = document("[Pneumonia](Disease) with cough, and [aspirin](Drug).", id="short")
    jsonl.write([long, inside], tmp_path / "train.jsonl")
    jsonl.write([replace(long, id="again"), document("Nothing here.", id="other")], tmp_path / "dev.jsonl")
    config = TrainingConfig(
        (Source(str(tmp_path / "train.jsonl"), "clinical"),),
        (Source(str(tmp_path / "dev.jsonl"), "clinical"),),
        base=base,
        epochs=2,
    )
    report = check(config.to_json())
    (budget,) = report["budget"]
    assert (budget["documents"], budget["windowed"], budget["chunked"], budget["entities"]) == (2, 1, 1, 4)
    assert budget["lost"] == {}
    assert report["leaks"]["documents"] == 1
    assert "long and again: the same text" in report["leaks"]["examples"]
    assert report["seconds"]["run"] >= 0
    assert 0 < report["memory"]["peak_mb"] < report["memory"]["total_mb"]
    assert report["command"]["here"].endswith("-m odin train config.json --run runs/NAME --device cpu")
    words, tone, items = report_words(report, "cpu")
    assert "1 documents are read in several windows, none is cut" in words
    assert tone == "warning"
    assert items[0].startswith("1 of 2 training documents are held back")


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
def test_a_language_model_is_set_up_checked_and_reported_from_the_same_form(tmp_path):
    jsonl.write([document("[Aspirin](Drug) for [headache](Symptom).", id="n")], tmp_path / "notes.jsonl")
    notes = [{"corpus": str(tmp_path / "notes.jsonl"), "label_set": "clinical"}]
    form = {
        "kind": "generative", "base": str(tiny_causal(tmp_path / "base")), "epochs": 1, "learning_rate": 1e-3,
        "quantization": "none", "batch_size": 1, "max_tokens": 2048,
    }  # fmt: skip
    with pytest.raises(InputError, match="max_tokens: 0 is too little; give 128"):
        training.settings_from(notes, notes, {**form, "max_tokens": 0}, "")
    report = check(training.settings_from(notes, notes, form, '{"definitions": false}'))
    words, tone, items = report_words(report, "cpu")
    assert "evaluations not counted" in words
    assert tone == "warning"
    assert items[0].startswith("1 of 1 training documents are held back")
    table = budget_table(report)
    assert dict(zip(table["headers"], table["data"][0], strict=True))["Windows"] == 1
    base, encoder, language_model, epochs, _, few = train_handlers.kind_chosen(tuple, "generative")
    assert base["value"] == "meta-llama/Llama-3.2-1B-Instruct"
    assert (encoder["visible"], language_model["visible"], epochs) == (False, True, 3)
    assert not few["visible"]


def test_the_settings_for_few_notes_need_nothing_to_score_on():
    base, epochs, rate, pieces, dev, more = train_handlers.few_notes()
    form = {**FORM, "base": base, "epochs": epochs, "learning_rate": rate, "batch_pieces": pieces}
    settings = training.settings_from([{"corpus": "x.jsonl", "label_set": "clinical"}], dev, form, more)
    assert (settings["base"], settings["dev"], settings["max_steps"]) == ("odin-mini", (), STEPS)


def test_settings_that_cannot_be_say_which(base):
    source = [{"corpus": "x.jsonl", "label_set": "clinical"}]
    with pytest.raises(InputError, match="choose at least one source to train on"):
        training.settings_from([], source, FORM, "")
    with pytest.raises(InputError, match="source to score on, or the settings for about 20 notes"):
        training.settings_from(source, [], FORM, "")
    with pytest.raises(InputError, match="epochs: 0 is too little"):
        training.settings_from(source, source, {**FORM, "epochs": 0}, "")
    with pytest.raises(InputError, match="unknown setting 'dropuot'"):
        training.settings_from(source, source, FORM, '{"dropuot": 0.2}')
    with pytest.raises(InputError, match="weight of a: 'much' is not a number"):
        train_handlers.weight_rows([], [["a", "much"]])
    with pytest.raises(InputError, match=r"there is no run '\.\./else'"):
        train_handlers.pause("../else")


def test_the_time_that_is_left_is_that_of_the_stage_which_is_trained():
    for name, stage in (("one", None), ("several", 1)):
        folder = runs_folder() / name
        folder.mkdir(parents=True)
        write_json(folder / "config.json", {})
        write_state(folder, "running", created=1.0, device="cpu", **this_process())
        told = {"seconds_left": 600.0, "pieces_per_second": 100, "memory_mb": 900}
        Records(folder, stage).add(5, 50, told)
    assert {row[0]: row[5] for row in training.run_rows()} == {"one": "10 min", "several": "10 min of this stage"}
    one, several = (read_run(runs_folder() / name) for name in ("one", "several"))
    for words in (training.status_words(several)[0], line_of(several)):
        assert "10 min of this stage left" in words
    assert "stage" not in training.status_words(one)[0] + line_of(one)
