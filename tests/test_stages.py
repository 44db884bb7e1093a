"""Training in stages: each goes on from the weights of the one before, whenever the run is killed."""

from dataclasses import replace

import pytest
from tiny_model import same_weights, tiny_base, tiny_config

from odin.errors import InputError
from odin.extraction.neural import NeuralExtractor
from odin.generative.config import GenerativeConfig
from odin.training import stages
from odin.training.checking import check
from odin.training.config import TrainingConfig, in_stages
from odin.training.kinds import trainer_of
from odin.training.loop import Trainer
from odin.training.performing import perform
from odin.training.run_folder import metrics_of, read_json, read_run


class Killed(BaseException):
    """Ends a run as SIGKILL does: nothing that the run would do on an error is done."""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("config")
    one = tiny_config(folder, tiny_base(folder / "base"))
    return in_stages(
        [replace(one, epochs=2), replace(one, epochs=2, seed=2, base="not looked at"), replace(one, epochs=1)]
    )


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory):
    """The folder of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    perform(config.to_json(), folder)
    return folder


def test_stages_are_the_runs_that_one_would_start_by_hand(config, whole, tmp_path):
    base = config.first[0].base
    for number, stage in enumerate(config.stages):
        folder = tmp_path / str(number)
        trainer_of(replace(stage, base=base, first=()), folder).run()
        base = str(folder / "model")
    assert same_weights(whole, folder)
    assert same_weights(whole / "stage-1", tmp_path / "0")
    assert NeuralExtractor.load(whole / "model").label_sets() == ("clinical",)
    records = metrics_of(whole)
    assert [record["step"] for record in records] == sorted(record["step"] for record in records)
    assert [record["stage"] for record in records if "dev" in record] == [1, 1, 2, 2, 3]
    assert [item["stage"] for item in read_json(whole / "data.json")["sources"]] == [1, 2, 3]
    assert TrainingConfig.from_json(read_run(whole).config) == config
    assert sorted(path.name for path in whole.glob("**/checkpoint.pt")) == ["checkpoint.pt"]


STEPS = {"in the first stage": (1, 1), "in the second": (2, 3), "in the last": (3, 1)}
"""Stage and step."""


@pytest.mark.parametrize("moment", [*STEPS, "before the first stage is closed", "when it is closed"])
def test_a_run_that_is_killed_at_any_moment_goes_on_to_the_same_weights(config, whole, moment, tmp_path, monkeypatch):
    step, close = Trainer.step, stages._close

    def then_die(trainer, batch):
        if STEPS.get(moment) == (trainer.records.stage, trainer.progress.step):
            raise Killed
        trainer._checkpoint()
        return step(trainer, batch)

    def half_closed(part, over):
        if moment == "when it is closed":
            part.rename(over)
        raise Killed

    monkeypatch.setattr(Trainer, "step", then_die)
    if moment not in STEPS:
        monkeypatch.setattr(stages, "_close", half_closed)
    with pytest.raises(Killed):
        perform(config.to_json(), tmp_path)
    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(stages, "_close", close)
    perform(config.to_json(), tmp_path)
    assert read_run(tmp_path).state == "finished"
    assert same_weights(whole, tmp_path)
    one, other = ([(r["step"], r.get("score")) for r in metrics_of(folder)] for folder in (whole, tmp_path))
    assert one == other


def test_the_check_measures_each_stage_before_there_are_weights_to_go_on_from(config):
    report = check(config.to_json())
    assert [stage["steps"] > 0 for stage in report["stages"]] == [True, True, True]
    assert report["seconds"]["run"] == sum(stage["seconds"]["run"] for stage in report["stages"])


def test_a_language_model_is_no_stage(config):
    with pytest.raises(InputError, match="go on from one another; this one is 'generative'"):
        in_stages([config, GenerativeConfig(config.sources)])
