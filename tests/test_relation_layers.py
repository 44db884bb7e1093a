"""More relation layers than the model has that training begins with: none of its answers change, then they learn."""

from dataclasses import replace

import pytest
import torch
from tiny_model import NOTES, tiny_base, tiny_config

from odin.errors import InputError
from odin.extraction import ExtractionOptions
from odin.extraction.model_folder import read_model
from odin.labels import load_label_set
from odin.training.config import TrainingConfig
from odin.training.joint import JointLearner
from odin.training.kinds import trainer_of

CLINICAL = load_label_set("clinical")
ALL = ExtractionOptions(relation_threshold=0.0, given_entities=True)


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    folder = tmp_path_factory.mktemp("config")
    return tiny_config(folder, tiny_base(folder / "base"))


@pytest.fixture(scope="module")
def trained(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    trainer_of(config, folder).run()
    return folder / "model"


def layers_of(network) -> list[torch.nn.Module]:
    return list(network.relation.layers.layers)


def relations(extractor) -> list[tuple[str, str, str, float]]:
    found = extractor.extract(NOTES, CLINICAL, ALL)
    return [(r.label, r.head, r.tail, r.score) for item in found for r in item.document.relations]


def test_a_base_keeps_its_number_and_an_encoder_gets_the_usual_one(config, trained, tmp_path):
    assert len(layers_of(read_model(trained).network)) == 2
    trainer_of(replace(config, base=str(trained), epochs=1, relation_layers=3), tmp_path / "more").run()
    more = str(tmp_path / "more" / "model")
    assert len(layers_of(JointLearner(config, base=more).network)) == 3
    with pytest.raises(InputError, match=r"relation_layers is 2, and .* has 3, of which none can be left out"):
        JointLearner(replace(config, relation_layers=2), base=more)


def test_new_layers_change_nothing_at_first(config, trained):
    before = relations(read_model(trained))
    learner = JointLearner(replace(config, relation_layers=5), base=str(trained))
    assert len(layers_of(learner.network)) == 5
    with learner.evaluating() as extractor:
        extractor.decoding = read_model(trained).decoding
        after = relations(extractor)
    assert before
    assert [(*kept, pytest.approx(score, abs=1e-5)) for *kept, score in after] == before


def test_new_layers_learn(config, trained, tmp_path):
    trainer_of(replace(config, base=str(trained), epochs=1, relation_layers=3), tmp_path / "run").run()
    new = layers_of(read_model(tmp_path / "run" / "model").network)[2]
    assert new.self_attn.out_proj.weight.abs().max() > 0
    assert new.linear2.weight.abs().max() > 0


def test_fewer_than_none_are_refused():
    with pytest.raises(InputError, match="relation_layers is a number of layers, not -1"):
        TrainingConfig.from_json({"sources": [], "relation_layers": -1})
