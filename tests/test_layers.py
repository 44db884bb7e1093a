"""More layers than the model has that training begins with: none of its answers change, then they learn."""

from dataclasses import replace

import pytest
import torch
from tiny_model import NOTES, tiny_base, tiny_config

from odin.errors import InputError
from odin.extraction import ExtractionOptions
from odin.extraction.model_folder import read_model
from odin.labels import load_label_set
from odin.training.config import LAYERS, TrainingConfig
from odin.training.joint import JointLearner
from odin.training.kinds import trainer_of

CLINICAL = load_label_set("clinical")
FOUND = ExtractionOptions(entity_threshold=0.0, relation_threshold=0.0)
GIVEN = ExtractionOptions(relation_threshold=0.0, given_entities=True)
USUAL = {"word_layers": 0, "relation_layers": 2}


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    folder = tmp_path_factory.mktemp("config")
    return tiny_config(folder, tiny_base(folder / "base"))


@pytest.fixture(scope="module")
def trained(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    trainer_of(config, folder).run()
    return folder / "model"


def layers_of(network, name: str) -> list[torch.nn.Module]:
    stack = {"word_layers": network.words, "relation_layers": network.relation.layers}[name]
    return list(stack.layers)


def answers(extractor) -> list[tuple[str, str, str, float]]:
    found, given = extractor.extract(NOTES, CLINICAL, FOUND), extractor.extract(NOTES, CLINICAL, GIVEN)
    entities = [
        (e.label, e.assertion, str((e.start, e.end)), e.score) for item in found for e in item.document.entities
    ]
    return entities + [(r.label, r.head, r.tail, r.score) for item in given for r in item.document.relations]


@pytest.mark.parametrize("name", LAYERS)
def test_a_base_keeps_its_number_and_an_encoder_gets_the_usual_one(name, config, trained, tmp_path):
    assert len(layers_of(read_model(trained).network, name)) == USUAL[name]
    trainer_of(replace(config, base=str(trained), epochs=1, **{name: 3}), tmp_path / "more").run()
    more = str(tmp_path / "more" / "model")
    assert len(layers_of(JointLearner(config, base=more).network, name)) == 3
    with pytest.raises(InputError, match=rf"{name} is 2, and .* has 3, of which none can be left out"):
        JointLearner(replace(config, **{name: 2}), base=more)


@pytest.mark.parametrize("name", LAYERS)
def test_new_layers_change_nothing_at_first(name, config, trained):
    before = answers(read_model(trained))
    learner = JointLearner(replace(config, **{name: 5}), base=str(trained))
    assert len(layers_of(learner.network, name)) == 5
    with learner.evaluating() as extractor:
        extractor.decoding = read_model(trained).decoding
        after = answers(extractor)
    assert len(before) > 5
    assert [(*kept, pytest.approx(score, abs=1e-5)) for *kept, score in after] == before


@pytest.mark.parametrize("name", LAYERS)
def test_new_layers_learn(name, config, trained, tmp_path):
    trainer_of(replace(config, base=str(trained), epochs=1, **{name: 3}), tmp_path / "run").run()
    new = layers_of(read_model(tmp_path / "run" / "model").network, name)[2]
    assert new.self_attn.out_proj.weight.abs().max() > 0
    assert new.linear2.weight.abs().max() > 0


def test_an_encoder_alone_can_have_word_layers(config, tmp_path):
    trainer_of(replace(config, epochs=1, word_layers=1), tmp_path / "run").run()
    read = read_model(tmp_path / "run" / "model")
    assert len(layers_of(read.network, "word_layers")) == 1
    alone, beside = (next(iter(read.extract(notes, CLINICAL, FOUND))).document for notes in (NOTES[:1], NOTES))
    assert alone.entities, "an untrained model of threshold 0 finds anything"
    assert [(e.start, e.end, e.label) for e in alone.entities] == [(e.start, e.end, e.label) for e in beside.entities]


@pytest.mark.parametrize("name", LAYERS)
def test_fewer_than_none_are_refused(name):
    with pytest.raises(InputError, match=f"{name} is a number of layers, not -1"):
        TrainingConfig.from_json({"sources": [], name: -1})
