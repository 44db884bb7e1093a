"""Sending to the hub, against a stand-in of its HTTP API: what was listed arrives, and nothing goes without a yes."""

import warnings
from pathlib import Path

import pytest
from hub_server import TOKEN, Hub, hub_server
from markup import document

from odin.corpora import jsonl
from odin.errors import InputError
from odin.hub import HubError, plan_upload, push

# huggingface_hub 2.4 uploads by a form of httpx2 that is going out of use
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<:DeprecationWarning")

NOTE = document("[Aspirin](Drug) treats [headache](Symptom).", ("treats", "Aspirin", "headache"), id="n1")
NAMED = document("Patient name: John Smith, MRN: 4711823. [Aspirin](Drug).", id="n2")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch):
    with hub_server(monkeypatch) as running:
        yield running


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "logs").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 1000)
    (folder / "README.md").write_text("# A model, see https://example.org, 1 May 2026\n")
    (folder / "logs" / "metrics.json").write_text('{"f1": 0.8873338812345, "name": "John"}')
    (folder / ".cache").write_text("not for others")
    return folder


def agree(said: list[str]):
    return lambda summary: said.append(summary) is None


def test_a_model_folder_arrives_whole_and_private_as_it_was_listed(hub: Hub, model: Path) -> None:
    said: list[str] = []
    upload = plan_upload(model, "ann/mini", "model")
    assert not [request for request in hub.requests if not request.startswith("GET")]
    address = push(upload, confirm=agree(said))
    assert address.startswith(hub.url)
    assert hub.repos == {"models/ann/mini": True}
    assert hub.files == {
        f"models/ann/mini/{path.relative_to(model).as_posix()}": path.read_bytes()
        for path in model.rglob("*")
        if path.is_file() and path.name != ".cache"
    }
    for words in ("ann/mini (new, private) go 3 files, 256.1 kB", "model.safetensors  256.0 kB", "finds nothing"):
        assert words in said[0]
    push(plan_upload(model, "ann/mini", "model"), confirm=agree(said))
    assert "(there already, private)" in said[1]


def test_nothing_is_sent_without_a_yes_or_to_a_public_place_unasked(hub: Hub, model: Path) -> None:
    with pytest.raises(InputError, match="not confirmed; nothing was sent"):
        push(plan_upload(model, "ann/mini", "model"), confirm=lambda _: False)
    hub.repos["models/ann/open"] = False
    with pytest.raises(InputError, match="there already and public"):
        plan_upload(model, "ann/open", "model")
    assert plan_upload(model, "ann/open", "model", public=True).public
    assert not hub.files
    assert "models/ann/mini" not in hub.repos


def test_identifiers_stop_it_unless_overridden(hub: Hub, model: Path) -> None:
    (model / "notes.jsonl").write_text('{"text": "Seen by Dr. Miller, phone 555-123-4567"}\n')
    upload = plan_upload(model, "ann/mini", "model")
    with pytest.raises(InputError, match=r"nothing was sent: .*notes\.jsonl: 1 name, 1 phone number"):
        push(upload, confirm=lambda _: True)
    assert not hub.repos
    said: list[str] = []
    push(upload, confirm=agree(said), allow_phi=True)
    assert "notes.jsonl: 1 name, 1 phone number" in said[0]
    assert len(hub.files) == 4


def test_what_is_wrong_is_said_and_the_token_is_not(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for repo in ("mini", "ann/mini/x", "ann/../x", "ann/"):
        with pytest.raises(InputError, match="give OWNER/NAME"):
            plan_upload(model, repo, "model")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong_token")
    with pytest.raises(HubError, match="the token is refused") as caught:
        plan_upload(model, "ann/mini", "model")
    assert "hf_wrong_token" not in str(caught.value)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(InputError, match="set HF_TOKEN"):
        plan_upload(model, "ann/mini", "model")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        plan_upload(model, "ann/mini", "model")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="cannot be reached"):
        plan_upload(model, "ann/mini", "model")
    with pytest.raises(InputError, match="no files to send"):
        plan_upload(model / "empty", "ann/mini", "model")


def test_a_gold_set_is_sent_by_the_command_and_loads_as_a_dataset(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from odin.__main__ import main

    source = tmp_path / "gold.jsonl"
    jsonl.write([NOTE], source)
    command = ["gold", str(tmp_path / "gold.zip"), "--input", str(source), "--formats", "jsonl,huggingface"]
    command += ["--push-to", "ann/notes"]
    assert main(command) == 2
    assert "give --yes" in capsys.readouterr().err
    assert not hub.files
    assert main([*command, "--yes", "--licence", "CC-BY-4.0"]) == 0
    assert "sent: http://127.0.0.1" in capsys.readouterr().out
    assert hub.repos == {"datasets/ann/notes": True}
    for name, content in hub.files.items():
        path = tmp_path / "hub" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder = tmp_path / "hub" / "datasets" / "ann" / "notes"
    assert (folder / "README.md").read_text().startswith("---\nlicense: cc-by-4.0\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets

        loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert [row["text"] for split in loaded.values() for row in split] == [NOTE.text]


def test_a_gold_set_with_identifiers_stays_here(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from odin.__main__ import main

    source = tmp_path / "gold.jsonl"
    jsonl.write([NOTE, NAMED], source)
    command = ["gold", str(tmp_path / "gold.zip"), "--input", str(source), "--formats", "huggingface"]
    command += ["--push-to", "ann/notes", "--yes"]
    assert main(command) == 2
    assert "n2: 1 name, 1 record number" in capsys.readouterr().err
    assert not hub.repos
    assert main([*command, "--allow-phi"]) == 0
    assert hub.commits == 1
