"""Training through Unsloth itself, on its backend for the processor.

Its packages are in the folder UNSLOTH_PACKAGES (default /opt/unsloth), as it needs an earlier transformers than Odin:
`pip install --no-deps --target DIR unsloth==2026.10.9 unsloth-zoo==2026.10.9 transformers==5.17.0
huggingface-hub==1.33.0`.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_causal_model import NOTES, tiny_causal, tiny_settings

from odin.generative.config import GenerativeConfig
from odin.generative.extractor import GenerativeExtractor
from odin.labels import load_label_set
from odin.training.kinds import trainer_of
from odin.training.registry import verify

PACKAGES = Path(os.environ.get("UNSLOTH_PACKAGES", "/opt/unsloth"))
pytestmark = [
    pytest.mark.skipif(
        not (PACKAGES / "unsloth").is_dir() and not os.environ.get("CI"),
        reason=f"Unsloth is not in {PACKAGES}; the head of this file says how to get it",
    ),
    pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing(_enable)?` is deprecated:FutureWarning"),
]

CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """What trains the same adapter with and without Unsloth."""
    folder = tmp_path_factory.mktemp("unsloth")
    base = tiny_causal(folder / "base", size=64)
    return tiny_settings(folder, base, max_steps=3, gradient_checkpointing="on")


def trained_through_unsloth(config: GenerativeConfig, folder: Path) -> str:
    """Train as a person who has Unsloth does, in a process of its own; what it printed."""
    file = folder / "config.json"
    file.write_text(json.dumps(replace(config, unsloth=True).to_json()))
    done = subprocess.run(
        [sys.executable, "-m", "odin", "train", str(file), "--run", str(folder / "run"), "--threads", "1"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGES), os.getcwd()]), "PYTHONWARNINGS": "default"},
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_the_adapter_is_the_one_that_is_learnt_without_it(config, tmp_path):
    printed = trained_through_unsloth(config, tmp_path)
    assert "LlamaForCausalLM on 1 CPU threads" in printed, "Unsloth did not load the base"
    assert "should be imported before" not in printed
    trainer_of(config, tmp_path / "plain").run()
    folders = [tmp_path / "run" / "model", tmp_path / "plain" / "model"]
    fast, plain = (load_file(folder / "adapter_model.safetensors") for folder in folders)
    assert fast.keys() == plain.keys()
    assert any(plain[name].any() for name in plain if "lora_B" in name), "nothing was learnt"
    assert all(torch.allclose(fast[name], plain[name], atol=1e-4) for name in plain)
    assert {file.name for file in folders[0].iterdir()} >= {file.name for file in folders[1].iterdir()}
    verify(folders[0])


def test_what_it_learnt_in_four_bits_extracts_where_it_is_not_installed(config, tmp_path):
    printed = trained_through_unsloth(replace(config, quantization="nf4"), tmp_path)
    assert "4-bit = True" in printed
    extractor = GenerativeExtractor.load(tmp_path / "run" / "model", device="cpu")
    (found,) = extractor.extract(NOTES[:1], CLINICAL)
    assert found.document.text == NOTES[0].text
