"""Parts of the network that learn while the rest keeps its weights, and assertions in a label set that is new."""

import json
from dataclasses import replace

import pytest
import torch
from markup import document
from safetensors.torch import load_file
from tiny_model import tiny_base, tiny_config

from odin.corpora import jsonl
from odin.errors import InputError
from odin.labels import load_label_set
from odin.training.checking import check
from odin.training.config import Source, TrainingConfig
from odin.training.joint import JointLearner
from odin.training.kinds import trainer_of


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    folder = tmp_path_factory.mktemp("config")
    return tiny_config(folder, tiny_base(folder / "base"))


@pytest.fixture(scope="module")
def model(config, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    trainer_of(config, folder).run()
    return str(folder / "model")


def test_only_the_named_parts_change(config, model, tmp_path):
    trainer_of(replace(config, base=model, trained=("assertion",)), tmp_path / "run").run()
    before, after = load_file(f"{model}/model.safetensors"), load_file(tmp_path / "run" / "model" / "model.safetensors")
    changed = {name.partition(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"assertion", "assertion_heads"}


def test_a_batch_with_nothing_for_the_parts_that_learn_teaches_nothing(config, model, tmp_path):
    path = tmp_path / "bare.jsonl"
    jsonl.write([document("[Aspirin](Drug) for [headache](Symptom).", ("treats", "Aspirin", "headache"))], path)
    bare = replace(config, sources=(Source(str(path), "clinical"),), base=model, trained=("assertion",))
    learner = JointLearner(bare, base=model)
    losses = [learner.losses(step) for step in learner.prepared(learner.batches(0))]
    assert [set(each) for each in losses] == [{"spans", "relations"}]
    assert all(parameter.grad is None for parameter in learner.parameters())
    assert (learner.network.encoder.training, learner.network.assertion.training) == (False, True)


def test_the_check_counts_the_parameters_that_learn(config, model):
    learner = JointLearner(replace(config, base=model, trained=("assertion",)), base=model)
    own = sum(len(one.flatten()) for name, one in learner.network.named_parameters() if name.startswith("assertion"))
    assert check(learner.config.to_json())["memory"]["parameters"] == own


def test_what_names_no_part_is_refused(config, model):
    with pytest.raises(InputError, match=r"no part of the network: asertion; it has encoder, .*assertion"):
        JointLearner(replace(config, trained=("assertion", "asertion")), base=model)
    with pytest.raises(InputError, match=r'mine.json: trained is a list, such as \["assertion"\]'):
        TrainingConfig.from_json({"sources": [], "trained": "assertion"}, place="mine.json")


def test_a_new_label_set_begins_with_the_assertions_that_the_base_knows(config, model, tmp_path):
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(replace(load_label_set("clinical"), name="mine").to_json()))
    sources = tuple(replace(source, label_set=str(mine)) for source in config.sources)
    learner = JointLearner(replace(config, sources=sources, dev=sources), base=model)
    known = load_file(f"{model}/model.safetensors")
    for name, own in learner.network.assertion_heads["mine"].state_dict().items():
        assert torch.equal(own.half(), known[f"assertion_heads.clinical.{name}"])
