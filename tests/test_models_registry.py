"""Models as folders: kept from runs with card and hashes, listed, chosen, and refused where they are not whole."""

import argparse
import json
import shutil

import pytest
from markup import document
from tiny_model import tiny_base, tiny_mpnet_base

from annotation.train import handlers
from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import InputError, ModelError
from odin.extraction import catalog, model_folder
from odin.generative import model_folder as generative
from odin.labels import load_label_set
from odin.schema import Document
from odin.training import SLMTrainer
from odin.training.command import add_arguments, settings_of
from odin.training.config import MaskedConfig, Source
from odin.training.launching import start
from odin.training.performing import perform
from odin.training.registry import CARD, PROVENANCE, keep_model, verify, write_sums
from odin.training.run_folder import read_run, runs_folder

NOTES = [
    document(
        f"[Aspirin](Drug|present) for [headache](Symptom|present). Seen {number} times.",
        ("treats", "Aspirin", "headache"),
        id=f"n{number}",
    )
    for number in range(24)
]


@pytest.fixture(scope="module", params=["bert", "mpnet"])
def run(request, tmp_path_factory):
    """A run of a tiny base of either kind, made as a Python user does."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ODIN_HOME", str(folder / "home"))
        make = tiny_base if request.param == "bert" else tiny_mpnet_base
        jsonl.write(NOTES, folder / "notes.jsonl")
        trainer = SLMTrainer(str(make(folder / "base")), epochs=1, batch_pieces=256)
        yield trainer.train(folder / "notes.jsonl", run="first")


def test_a_run_from_python_gives_a_model_that_is_kept_listed_and_chosen(run, capsys):
    assert run.state == "finished"
    held_back = json.loads((run.folder / "data.json").read_text())["dev"][0]["documents"]
    assert 0 < held_back < 12
    folder = keep_model(run.folder)
    assert main(["models", "list"]) == 0
    assert " first " in capsys.readouterr().out
    assert catalog.default_model() == "odin-mini"
    assert main(["models", "use", "first"]) == 0
    assert catalog.model_names()[0] == "first"
    assert main(["models", "card", "first"]) == 0
    said = capsys.readouterr().out
    assert "| clinical | 1.0 |" in said
    assert json.loads((folder / PROVENANCE).read_text())["data"]["sources"][0]["sha256"][:12] in said
    (found,) = catalog.load_extractor("first").extract([Document("d", "Aspirin.")], load_label_set("clinical"))
    assert found.document.text == "Aspirin."
    keep_model(run.folder)
    assert main(["models", "pull", "nowhere"]) == 2
    assert "'nowhere' is no name of a repository" in capsys.readouterr().err


def test_the_dictionary_can_be_used_and_has_no_folder_to_work_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    assert main(["models", "use", "dictionary"]) == 0
    assert catalog.default_model() == "dictionary"
    assert catalog.model_names()[0] == "dictionary"
    assert main(["models", "check", "dictionary"]) == 2
    assert "models check: dictionary is terms of the knowledge graph" in capsys.readouterr().err


def test_a_run_whose_model_could_not_be_used_is_refused_at_its_start(tmp_path, monkeypatch):
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    (catalog.own_models_folder() / "pulled").mkdir(parents=True)
    for name, words in (
        ("odin-mini", "'odin-mini' is the name of a shipped model"),
        ("dictionary", "'dictionary' is the name of a shipped model"),
        ("pulled", "there is a model 'pulled' already"),
    ):
        with pytest.raises(InputError, match=f"{words}: give another name"):
            start({}, name)
        assert not (runs_folder() / name).exists()
    (catalog.own_models_folder() / "pulled" / PROVENANCE).write_text('{"run": "pulled"}')
    with pytest.raises(InputError, match="there is no device 'abacus'"):  # the name is its own
        start({}, "pulled", device="abacus")


def test_a_folder_that_is_not_whole_says_which_file(run):
    folder = keep_model(run.folder, "second")
    verify(folder)
    (folder / "labels.json").write_text("[]")
    with pytest.raises(ModelError, match=r"labels\.json: .*damaged or changed"):
        verify(folder)
    write_sums(folder)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:100])
    with pytest.raises(ModelError, match=r"model\.safetensors: is damaged"):
        verify(folder)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin: a pickle"):
        verify(folder)


def test_the_card_and_scores_of_a_model_may_be_written_anew_and_what_it_is_read_from_not(run):
    folder = keep_model(run.folder, "third")
    for name in (CARD, "metrics.json", PROVENANCE):
        (folder / name).write_text("{}")
    verify(folder)
    settings = folder / "tokenizer_config.json"
    settings.write_text(settings.read_text() + " ")
    with pytest.raises(ModelError, match=r"tokenizer_config\.json: .*damaged or changed"):
        verify(folder)
    with pytest.raises(ModelError, match=r"tokenizer_config\.json: .*damaged or changed"):
        catalog.use_model("third")
    assert catalog.chosen_model() != "third"


def test_the_shipped_models_have_the_sums_of_what_they_are_read_from():
    for name, files in (("odin-mini", model_folder.FILES), ("odin-smollm2", generative.FILES)):
        folder = catalog.MODELS_FOLDER / name
        assert {*files} <= {line.split("  ")[1] for line in (folder / model_folder.SUMS).read_text().splitlines()}
        verify(folder)
    mini = (catalog.MODELS_FOLDER / "odin-mini" / model_folder.SUMS).read_text()  # the benchmark writes its card anew
    assert "README.md" not in mini
    assert "tokenizer_config.json" in mini


def test_an_encoder_alone_is_no_model_to_extract_with(tmp_path, monkeypatch):
    monkeypatch.setenv("ODIN_HOME", str(tmp_path / "home"))
    notes = tmp_path / "notes.jsonl"
    jsonl.write(NOTES, notes)
    config = MaskedConfig((Source(str(notes)),), base=str(tiny_base(tmp_path / "base")), max_steps=1)
    folder = runs_folder() / "words"
    perform(config.to_json(), folder)
    assert [button["interactive"] for button in handlers._buttons(read_run(folder))] == [False] * 4
    with pytest.raises(InputError, match=r"words gave an encoder alone.*model as the base"):
        handlers.use("words")
    assert catalog.model_names() == ("odin-mini", "odin-smollm2", "dictionary")
    shutil.copytree(folder / "model", catalog.own_models_folder() / "words")
    with pytest.raises(ModelError, match="to use another encoder, train a model from it"):
        catalog.use_model("words")


def test_python_and_the_command_line_take_either_kind_of_model():
    assert SLMTrainer(kind="generative", lora_rank=4).config.base == "meta-llama/Llama-3.2-1B-Instruct"
    with pytest.raises(InputError, match="SLMTrainer: unknown setting 'lora_rank'"):
        SLMTrainer(lora_rank=4)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = parser.parse_args(["smollm2", "--kind", "generative", "--data", "ade", "--labels", "ade"])
    settings = settings_of(given)
    assert (settings["kind"], settings["base"], settings["dev"][0]["split"]) == ("generative", "smollm2", "dev")
    assert settings["seed"] == 1
    again = parser.parse_args(["smollm2", "--kind", "generative", "--data", "ade", "--seed", "7"])
    assert settings_of(again)["seed"] == 7
    with pytest.raises(InputError, match="begin with one base, not with a and b"):
        settings_of(parser.parse_args(["a", "b", "--data", "ade"]))
