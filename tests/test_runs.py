"""Runs: detached processes that are paused, stopped, killed and resumed, and told from their folder alone."""

import gc
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from patience import SECONDS
from tiny_causal_model import tiny_causal
from tiny_model import NOTES, same_weights, tiny_base, tiny_config

from odin.__main__ import main
from odin.errors import InputError
from odin.generative.config import GenerativeConfig
from odin.training import data, device_queue
from odin.training.checking import commands
from odin.training.config import Source, TrainingConfig, in_stages
from odin.training.control import CONTROL, PAUSE, STOP, ask
from odin.training.environment import describe_source
from odin.training.failures import failure_words
from odin.training.joint import JointLearner
from odin.training.kinds import trainer_of
from odin.training.launching import resume
from odin.training.loop import Trainer
from odin.training.performing import perform
from odin.training.records import Records
from odin.training.run_folder import (
    list_runs,
    metrics_of,
    read_json,
    read_run,
    samples_of,
    this_process,
    write_json,
    write_state,
)
from odin.training.stages import train


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def config(base, tmp_path):
    return tiny_config(tmp_path, base)


def wait(folder, condition):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        run = read_run(folder)
        if condition(run):
            return run
        time.sleep(0.1)
    raise AssertionError(f"{read_run(folder)}\n{(folder / 'log.txt').read_text()[-2000:]}")


def test_a_run_ends_with_its_minutes_and_its_learning_rate_with_them(config, tmp_path, monkeypatch):
    monkeypatch.setattr(JointLearner, "log_steps", 1)
    often = tuple(replace(source, weight=3000.0) for source in config.sources)
    timed = replace(config, sources=often, dev=(), max_minutes=0.02, warmup=0.5)
    assert perform(timed.to_json(), tmp_path / "run") is not None
    assert read_run(tmp_path / "run").state == "finished"
    records = metrics_of(tmp_path / "run")
    assert {record["epoch"] for record in records} == {0}
    last = [record for record in records if "learning_rate" in record][-1]
    assert 0 < last["step"] < last["steps"]
    assert last["seconds"] >= 0.9
    assert last["learning_rate"] < 0.5 * max(record.get("learning_rate", 0) for record in records)
    step = records[-1]["step"]
    assert perform(timed.to_json(), tmp_path / "run") is not None  # nothing is left to do
    assert metrics_of(tmp_path / "run")[-1]["step"] == step


def test_a_run_is_stopped_in_mid_epoch_and_resumes_to_the_same_weights(config, tmp_path, monkeypatch):
    whole = perform(config.to_json(), tmp_path / "whole")
    step = Trainer.step

    def then_stop(trainer, examples):
        losses = step(trainer, examples)
        if trainer.progress.step == 3:
            (trainer.folder / CONTROL).write_text(STOP)
        return losses

    monkeypatch.setattr(Trainer, "step", then_stop)
    folder = tmp_path / "parts"
    assert perform(config.to_json(), folder) is None
    assert read_run(folder).state == "stopped"
    assert metrics_of(folder)[-1]["step"] == 4
    monkeypatch.setattr(Trainer, "step", step)
    assert perform(config.to_json(), folder)["score"] == whole["score"]
    assert read_run(folder).state == "finished"
    assert same_weights(tmp_path / "whole", folder)
    kept, parts = metrics_of(tmp_path / "whole"), metrics_of(folder)
    assert [(r["step"], r.get("score")) for r in kept] == [(r["step"], r.get("score")) for r in parts]
    assert [r["loss"] for r in parts if "loss" in r]
    assert samples_of(folder)[0]["gold"]["id"] == "n1"
    data, environment = (read_json(folder / name) for name in ("data.json", "environment.json"))
    assert data["sources"][0]["documents"] == 3
    assert len(data["sources"][0]["sha256"]) == 64
    assert environment["code"]


@pytest.fixture
def one_thread():
    """Sums of several threads differ in their last digits from those of one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_detached_run_is_paused_in_one_stage_killed_in_the_next_and_resumed_to_the_same_weights(
    config, tmp_path, one_thread
):
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    stages = [replace(config, epochs=6), replace(config, epochs=8, seed=2, base="whatever the first keeps")]
    for path, stage in zip(files, stages, strict=True):
        path.write_text(json.dumps(stage.to_json()))
    train(in_stages(stages), tmp_path / "whole")
    folder = tmp_path / "runs" / "parts"
    command = ["train", *map(str, files), "--run", str(folder), "--threads", "1", "--detach"]
    assert main(command) == 0
    wait(folder, lambda run: len(metrics_of(folder)) > 3)
    ask(folder, PAUSE)
    paused = wait(folder, lambda run: run.state != "running")
    assert paused.state == "paused"
    assert os.getsid(paused.pid) != os.getsid(0)
    with pytest.raises(InputError, match="is at work on this run"):
        perform(in_stages(stages).to_json(), folder)
    resume(folder)
    second = wait(folder, lambda run: any(record["stage"] == 2 for record in metrics_of(folder)))
    assert second.message == "stage 2 of 2"
    os.kill(paused.pid, signal.SIGKILL)
    lost = wait(folder, lambda run: not run.alive)
    assert lost.state == "lost"
    assert "ran out of memory" in lost.message
    assert [run.name for run in list_runs(tmp_path / "runs")] == ["parts"]
    assert main(command) == 0
    assert wait(folder, lambda run: not run.alive).state == "finished"
    assert same_weights(tmp_path / "whole", folder)
    records = metrics_of(folder)
    assert len({(record["step"], "dev" in record) for record in records}) == len(records)
    assert [record["stage"] for record in records] == sorted(record["stage"] for record in records)


def test_a_device_takes_one_run_at_a_time_and_the_first_queued_goes_first(tmp_path):
    for name, created in (("a", 1.0), ("b", 2.0)):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "config.json", {})
        write_state(tmp_path / name, "queued", created=created, device="cpu", **this_process())
    assert not device_queue._is_next(tmp_path / "b", "cpu")
    assert device_queue._is_next(tmp_path / "a", "cpu")
    with device_queue.holding("cpu", tmp_path / "a") as held:
        assert held
        write_state(tmp_path / "a", "running")
        (tmp_path / "b" / CONTROL).write_text(STOP)
        with device_queue.holding("cpu", tmp_path / "b") as second:
            assert not second
        (tmp_path / "b" / CONTROL).unlink()
        with device_queue.holding("cuda:0", tmp_path / "b") as other:
            assert other
    write_state(tmp_path / "a", "running", pid=2**22 - 1)
    with device_queue.holding("cpu", tmp_path / "b") as held:
        assert held


def test_a_damaged_run_says_so_and_hides_no_other_and_holds_none_up(tmp_path, capsys):
    for name in ("damaged", "whole"):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "config.json", {})
        write_state(tmp_path / name, "queued", created=1.0, device="cpu", **this_process())
    (tmp_path / "damaged" / "state.json").write_text("")  # as when the power went
    assert main(["runs", "list", "--home", str(tmp_path)]) == 0
    whole, damaged = capsys.readouterr().out.splitlines()
    assert "whole" in whole
    assert re.search(r"damaged .*failed .*state\.json: cannot be read", damaged)
    with device_queue.holding("cpu", tmp_path / "whole") as held:
        assert held


def test_sample_predictions_of_a_note_with_a_line_separator_are_read(tmp_path):
    sample = {"name": "x", "gold": {"text": "fever\u2028and\x85cough"}}
    Records(tmp_path).write_samples([sample])
    assert samples_of(tmp_path) == [sample]


def test_a_run_is_named_and_one_that_was_not_named_says_so(capsys):
    for action in ("show", "pause", "stop", "resume"):
        assert main(["runs", action]) == 2
        assert f"runs {action}: name a run; `python -m odin runs list`" in capsys.readouterr().err


def test_a_run_is_stopped_while_its_documents_are_loaded_and_goes_on_afterwards(config, tmp_path, monkeypatch):
    folder, read = tmp_path / "run", []

    def stopping(path):
        read.append(path)
        (folder / CONTROL).write_text(STOP)
        return real(path)

    real = data.jsonl.read
    monkeypatch.setattr(data.jsonl, "read", stopping)
    config = replace(config, epochs=1)
    assert perform(config.to_json(), folder) is None
    stopped = read_run(folder)
    assert (len(read), stopped.state) == (1, "stopped")
    assert stopped.message == "stopped while its documents were loaded; resume it to go on"
    assert not (folder / CONTROL).exists()
    monkeypatch.undo()
    assert perform(config.to_json(), folder) is not None
    assert read_run(folder).state == "finished"


def test_a_source_is_read_once_to_be_described_and_learnt(config, tmp_path, monkeypatch):
    twice = (*config.sources, replace(config.sources[0], weight=2.0))
    config = replace(config, sources=twice, epochs=1)
    stages, folder, read = in_stages([config, replace(config, seed=2)]), tmp_path / "run", []
    real = data.jsonl.read
    monkeypatch.setattr(data.jsonl, "read", lambda path: read.append(gc.isenabled()) or real(path))
    perform(stages.to_json(), folder)
    assert read == [False] * 2 * len((*config.sources, *config.dev))
    assert gc.isenabled()
    monkeypatch.undo()
    own = {key: [describe_source(each, NOTES) for each in getattr(config, key)] for key in ("sources", "dev")}
    expected = {key: [{"stage": stage, **row} for stage in (1, 2) for row in rows] for key, rows in own.items()}
    assert read_json(folder / "data.json") == expected


def test_a_source_that_the_last_stage_lacks_is_told_before_the_first(config, tmp_path, monkeypatch):
    missing = replace(config, dev=(Source(str(tmp_path / "gone.jsonl"), "clinical"),))
    monkeypatch.setattr(Trainer, "run", lambda trainer: pytest.fail("trained"))
    with pytest.raises(InputError, match=r"gone\.jsonl: no such file"):
        perform(in_stages([config, missing]).to_json(), tmp_path / "run")
    other = replace(config, sources=(Source("clinical_notes", "clinical", "trian"),))
    (tmp_path / "clinical_notes").mkdir()
    (tmp_path / "clinical_notes" / "train.jsonl").write_text("")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    with pytest.raises(InputError, match="the corpus clinical_notes has no split 'trian'"):
        perform(in_stages([config, other]).to_json(), tmp_path / "other")


def test_a_label_that_a_source_cannot_annotate_is_refused(config, tmp_path):
    slip = replace(config.sources[0], annotated=("Drug", "Simptom"))
    with pytest.raises(InputError, match="annotated names 'Simptom', and the labels of clinical are Disease, Symptom"):
        perform(replace(config, sources=(slip,)).to_json(), tmp_path / "run")
    assert "annotated names 'Simptom'" in read_run(tmp_path / "run").message


def test_a_full_disk_keeps_the_last_checkpoint_and_says_what_to_do(config, tmp_path):
    folder = tmp_path / "run"
    perform(replace(config, epochs=1).to_json(), folder)
    before = (folder / "checkpoint.pt").read_bytes()
    (folder / "checkpoint.part").symlink_to("/dev/full")
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"the disk that holds .* is full .*free some space"):
        perform({**config.to_json(), "epochs": 3}, folder)
    assert read_run(folder).state == "failed"
    assert (folder / "checkpoint.pt").read_bytes() == before


def test_out_of_memory_says_what_to_lower(tmp_path):
    import torch

    config = TrainingConfig((), ()).to_json()
    errors = torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("DefaultCPUAllocator: can't allocate memory")
    for err in (*errors, MemoryError()):
        words = failure_words(err, config, tmp_path, "cuda:0")
        assert words.startswith("out of memory on cuda:0: lower batch_pieces from 2048 to 1024")


def test_a_finished_run_is_not_begun_again(tmp_path):
    (tmp_path / "done").mkdir()
    write_json(tmp_path / "done" / "config.json", {})
    write_state(tmp_path / "done", "finished", created=1.0, device="cpu")
    with pytest.raises(InputError, match="the run done is finished already"):
        resume(tmp_path / "done")
    assert read_run(tmp_path / "done").state == "finished"


def test_another_configuration_in_the_folder_of_a_run_is_refused(config, tmp_path):
    perform(replace(config, epochs=1).to_json(), tmp_path / "run")
    with pytest.raises(InputError, match=r"another configuration \(seed differ"):
        perform(replace(config, epochs=1, seed=2).to_json(), tmp_path / "run")


def test_the_terminal_tells_how_runs_stand_and_stops_one_on_a_signal(config, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(replace(config, epochs=4000).to_json()))
    folder = tmp_path / "runs" / "long"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "odin", "train", str(path), "--run", str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while not metrics_of(folder) and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert b"stopped; the same command goes on" in said
    found = subprocess.run(
        [sys.executable, "-m", "odin", "runs", "list", "--home", str(folder.parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "long" in found.stdout
    assert "stopped" in found.stdout


def two_processes(config, folder):
    """The launcher of two processes that share a run in `folder`."""
    path = folder.with_name("config.json")
    path.write_text(json.dumps(config.to_json()), encoding="utf-8")
    line = commands("cpu", None)["accelerate"].replace("config.json", str(path)).replace("runs/NAME", str(folder))
    command = [sys.executable, "-m", "accelerate.commands.accelerate_cli", *shlex.split(line)[1:]]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_processes_are_stopped_while_their_documents_are_loaded(config, tmp_path):
    folder = tmp_path / "run"
    with two_processes(replace(config, sources=config.sources * 3000), folder) as launched:
        while read_json(folder / "state.json").get("state") != "running" and launched.poll() is None:
            time.sleep(0.1)
        ask(folder, STOP)
        said, _ = launched.communicate(timeout=SECONDS)
    stopped = read_run(folder)
    assert (launched.returncode, stopped.state) == (1, "stopped"), said[-2000:]
    assert stopped.message == "stopped while its documents were loaded; resume it to go on"


@pytest.mark.parametrize("kind", ["joint", "generative"])
def test_two_processes_share_share_a_run_as_the_check_says(config, kind, tmp_path):
    if kind == "generative":
        own = {"definitions": False, "batch_size": 1, "accumulate": 1, "lora_rank": 2}
        config = GenerativeConfig(config.sources, base=str(tiny_causal(tmp_path / "causal")), epochs=2, **own)
    folder = tmp_path / "shared"
    with two_processes(config, folder) as launched:
        said, _ = launched.communicate(timeout=SECONDS)
    assert launched.returncode == 0, said[-2000:]
    alone = trainer_of(config, tmp_path / "alone")
    (final,) = [record for record in metrics_of(folder) if record["step"] == record["steps"] and "dev" in record]
    assert 1 < final["steps"] < alone.steps
    assert any((folder / "model").glob("*.safetensors"))
