"""Finding and loading models: by name, folder and hub id, and what is said about folders that are not right."""

import json
import os
from fnmatch import fnmatch
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from word_extractor import write_word_model

from odin.errors import ModelError
from odin.extraction import catalog
from odin.extraction.catalog import WEIGHTS, find_model, load_extractor, model_names, summarise


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder in which "words" is an architecture."""
    monkeypatch.setattr(catalog, "MODELS_FOLDER", tmp_path / "models")
    monkeypatch.setitem(catalog.ARCHITECTURES, "words", ("word_extractor", "WordExtractor"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_the_default_model_comes_first_and_unfinished_folders_are_not_listed(models: Path) -> None:
    for name in ("alpha", "odin-mini"):
        write_word_model(models / name)
    (models / "half").mkdir()
    (models / "half" / "config.json").write_text("{}")
    assert model_names()[:2] == ("odin-mini", "alpha")
    assert "half" not in model_names()


def test_a_model_is_loaded_by_name_and_by_folder_once(models: Path) -> None:
    folder = write_word_model(models / "odin-mini")
    assert load_extractor() is load_extractor("odin-mini") is load_extractor(folder)
    assert load_extractor().name == "odin-mini@test"


def test_replaced_weights_are_loaded_again(models: Path) -> None:
    folder = write_word_model(models / "odin-mini")
    before = load_extractor()
    os.utime(folder / WEIGHTS, ns=(1, 1))
    assert load_extractor() is not before


def test_an_unknown_name_lists_what_there_is(models: Path) -> None:
    write_word_model(models / "odin-mini")
    with pytest.raises(ModelError, match="no model 'oden': the models at hand are odin-mini"):
        load_extractor("oden")
    with pytest.raises(ModelError, match="no model ''"):
        load_extractor("")


@pytest.mark.parametrize(
    ("config", "files", "message"),
    [
        (None, [WEIGHTS], "config.json is missing"),
        ("{not json", [WEIGHTS], "config.json: not valid JSON"),
        ("[]", [WEIGHTS], '"architecture" is None'),
        ('{"architecture": "BertModel"}', [WEIGHTS], "\"architecture\" is 'BertModel'"),
        ('{"architecture": "words"}', [], "the weights are missing; get the model folder again"),
        ('{"architecture": "words"}', ["pytorch_model.bin"], "pytorch_model.bin is a pickle, which may run code"),
    ],
)
def test_a_folder_that_is_not_right_is_named_with_what_to_do(
    models: Path, config: str | None, files: list[str], message: str
) -> None:
    folder = models / "broken"
    folder.mkdir()
    if config is not None:
        (folder / "config.json").write_text(config)
    for name in files:
        (folder / name).write_bytes(b"")
    with pytest.raises(ModelError) as error:
        load_extractor(folder)
    assert str(folder) in str(error.value)
    assert message in str(error.value)


def test_files_that_do_not_fit_together_are_a_model_error(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_word_model(models / "odd")

    def load(folder: Path, *, device: str) -> None:
        raise RuntimeError("size mismatch for span.weight")

    monkeypatch.setattr("word_extractor.WordExtractor.load", load)
    with pytest.raises(ModelError, match="its files do not fit together: size mismatch"):
        load_extractor(folder)


def test_a_hub_id_fetches_safetensors_and_no_pickle(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def snapshot_download(repo_id: str, *, allow_patterns: list[str]) -> str:
        asked[repo_id] = allow_patterns
        return str(write_word_model(models.parent / "snapshot"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert load_extractor("someone/odin-mini").name == "snapshot@test"
    assert "*.safetensors" in asked["someone/odin-mini"]
    for name in (
        "pytorch_model.bin",
        "model.pt",
        "model.pkl",
        "modeling_odin.py",
        "tokenizer.py",
        "vocab.bin",
        "vocab.pt",
    ):
        assert not any(fnmatch(name, pattern) for pattern in asked["someone/odin-mini"])


def test_a_hub_out_of_reach_says_so(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot_download(repo_id: str, *, allow_patterns: list[str]) -> str:
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(ModelError, match="someone/odin-mini: the hub cannot be reached"):
        load_extractor("someone/odin-mini")


def test_a_path_that_does_not_exist_is_not_taken_for_a_hub_id(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models.parent)
    with pytest.raises(ModelError, match="no model 'models/absent'"):
        find_model("models/absent")


def test_a_summary_gives_label_sets_and_thresholds_without_loading_the_weights(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_word_model(models / "odin-mini")
    monkeypatch.setattr("word_extractor.WordExtractor.load", None)
    config = json.loads((folder / "config.json").read_text())
    config["decoding"]["biored"] = {"entity_threshold": 0.4, "relation_threshold": 0.3}
    (folder / "config.json").write_text(json.dumps(config))
    summary = summarise("odin-mini")
    assert summary.label_sets == ("clinical", "biored")
    assert summary.thresholds["biored"] == (0.4, 0.3)
    (folder / "config.json").write_text('{"architecture": "words", "decoding": {"clinical": {}}}')
    with pytest.raises(ModelError, match="its thresholds cannot be read"):
        summarise("odin-mini")


def test_the_dictionary_is_a_model_by_name() -> None:
    assert model_names()[-1] == "dictionary"
    assert summarise("dictionary").label_sets == load_extractor("dictionary").label_sets()
    assert load_extractor("dictionary") is load_extractor("dictionary")
