"""Which device is computed on, and what is said of one that is not there."""

import pytest
import torch
from transformers import BertConfig, BertModel

from odin.__main__ import main
from odin.devices import device_of, devices
from odin.errors import InputError
from odin.extraction.network import JointNetwork, NetworkConfig


@pytest.fixture
def gpus(monkeypatch):
    """Says how many GPUs torch sees."""
    return lambda count: monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_without_a_name_it_is_a_gpu_where_there_is_one(gpus):
    gpus(2)
    assert devices() == ["cuda:0", "cuda:1", "cpu"]
    assert [device_of(name) for name in (None, "cuda", "cuda:1", "cpu")] == ["cuda:0", "cuda", "cuda:1", "cpu"]
    gpus(0)
    assert device_of(None) == "cpu"


@pytest.mark.parametrize(("count", "name", "words"), [
    (0, "cuda", "no device 'cuda' here, but cpu; for a GPU, install torch for CUDA"),
    (1, "cuda:1", "no device 'cuda:1' here, but cuda:0, cpu$"),
    (0, "gpu", "no device 'gpu' here, but cpu"),
])  # fmt: skip
def test_a_device_that_is_not_there_is_told(gpus, count, name, words):
    gpus(count)
    with pytest.raises(InputError, match=words):
        device_of(name)


def test_the_commands_say_it_before_they_begin(gpus, tmp_path, capsys):
    gpus(0)
    note = tmp_path / "note.txt"
    note.write_text("No fever.")
    found, run = tmp_path / "found.jsonl", tmp_path / "run"
    assert main(["extract", "--input", str(note), "--output", str(found), "--device", "cuda"]) == 2
    assert capsys.readouterr().err.startswith("odin extract: there is no device 'cuda' here")
    assert main(["train", "models/odin-mini/training.json", "--run", str(run), "--device", "cuda"]) == 2
    assert capsys.readouterr().err.startswith("odin train: there is no device 'cuda' here")
    assert not found.exists()
    assert not run.exists()


def test_a_network_attends_by_kernels_that_are_fast_at_any_length():
    encoder = BertModel(BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8))
    before = torch.backends.cuda.cudnn_sdp_enabled(), torch.backends.mha.get_fastpath_enabled()
    torch.backends.cuda.enable_cudnn_sdp(True)
    torch.backends.mha.set_fastpath_enabled(True)
    try:
        JointNetwork(encoder, {}, NetworkConfig())
        assert not torch.backends.cuda.cudnn_sdp_enabled()
        assert not torch.backends.mha.get_fastpath_enabled()
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before[0])
        torch.backends.mha.set_fastpath_enabled(before[1])
