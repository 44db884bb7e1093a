import json
from dataclasses import replace

import pytest
import torch
from markup import document
from tiny_model import tiny_base

from odin.corpora import jsonl
from odin.errors import InputError, ModelError
from odin.extraction import ExtractionOptions
from odin.extraction.encoding import WordPieces
from odin.extraction.neural import NeuralExtractor
from odin.labels import load_label_set
from odin.training.bases import load_base
from odin.training.config import Source, TrainingConfig, read_config
from odin.training.data import epoch_batches
from odin.training.examples import make_examples
from odin.training.loop import Trainer
from odin.training.loss import batch_loss, make_batch

CLINICAL = load_label_set("clinical")
NOTES = [
    document(
        "[Aspirin](Drug|present) for [headache](Symptom|present). Denies [fever](Symptom|negated).",
        ("treats", "Aspirin", "headache"),
        id="n1",
    ),
    document(
        "[Pneumonia](Disease|present) causes [cough](Symptom|present).", ("causes", "Pneumonia", "cough"), id="n2"
    ),
    document("No entity in this one.", id="n3"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def config(base, tmp_path):
    path = tmp_path / "notes.jsonl"
    jsonl.write(NOTES, path)
    source = Source(str(path), "clinical")
    return TrainingConfig(
        sources=(source,),
        dev=(source,),
        base=str(base),
        epochs=3,
        batch_pieces=64,
        learning_rate=2e-3,
        head_learning_rate=2e-3,
        patience=99,
    )


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model" / "model.safetensors")


def test_a_run_learns_its_own_notes(config, tmp_path):
    metrics = Trainer(replace(config, epochs=60, average=0.9), tmp_path / "run").run()
    scores = next(iter(metrics["dev"].values()))
    assert scores["entities"] == 1.0
    assert scores["relations_given_entities"] == 1.0
    extractor = NeuralExtractor.load(tmp_path / "run" / "model")
    (found,) = extractor.extract([NOTES[0].with_annotations(())], CLINICAL)
    assert {entity.key for entity in found.document.entities} == {entity.key for entity in NOTES[0].entities}
    assert {entity.assertion for entity in found.document.entities} == {"present", "negated"}


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(config, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        Trainer(replace(config, epochs=1, seed=seed), tmp_path / name).run()
    first, again, other = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_an_interrupted_run_resumes_to_the_same_weights(config, tmp_path):
    Trainer(config, tmp_path / "whole").run()
    interrupted = Trainer(config, tmp_path / "parts")
    interrupted.folder.mkdir()
    interrupted._train_epoch(0)
    interrupted._finish_epoch(0)
    Trainer(config, tmp_path / "parts").run()
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_labels_that_a_corpus_does_not_annotate_get_no_loss(base):
    encoder, tokenizer = load_base(str(base), ("clinical",), 0.0)
    from odin.extraction.model_folder import head_sizes
    from odin.extraction.network import JointNetwork, NetworkConfig

    network = JointNetwork(encoder, head_sizes({"clinical": CLINICAL}), NetworkConfig(dropout=0.0))
    examples, _ = make_examples(
        NOTES, CLINICAL, WordPieces(tokenizer), max_width=network.config.max_width, annotated=["Drug", "Disease"]
    )
    batch, targets = make_batch(examples, CLINICAL, network.config.max_width, tokenizer.pad_token_id)
    batch_loss(network, batch, targets, CLINICAL, relations=0.0, assertions=0.0)["spans"].backward()
    gradient = network.span_heads["clinical"].span.bias.grad
    masked = [not known for known in examples[0].annotated]
    assert CLINICAL.entity_labels[masked.index(True)] == "Symptom"
    assert gradient[torch.tensor(masked)].abs().sum() == 0
    assert (gradient[~torch.tensor(masked)] != 0).all()


def test_mentions_that_the_network_cannot_express_are_reported(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    text = "knee pain and swelling, overnight"
    from odin.schema import Document, Entity

    note = Document(
        "d",
        text,
        (
            Entity("T1", "Symptom", 0, 22, fragments=((0, 4), (14, 22))),
            Entity("T2", "Symptom", 28, 33),
            Entity("T3", "Symptom", 5, 9),
        ),
    )
    examples, report = make_examples([note], CLINICAL, WordPieces(tokenizer), max_width=16)
    assert [(m.start, m.end) for m in examples[0].mentions] == [(1, 2)]
    assert sorted(why for _, _, why in report.dropped) == [
        "a discontinuous mention",
        "a mention that starts or ends inside a word",
    ]


def test_a_long_note_is_read_to_its_end(config, tmp_path):
    Trainer(replace(config, epochs=1), tmp_path / "run").run()
    extractor = NeuralExtractor.load(tmp_path / "run" / "model")
    words = "word " * 3000
    note = document(words + "[aspirin](Drug) for [headache](Symptom)")
    options = ExtractionOptions(given_entities=True, relation_threshold=0.0)
    (found,) = extractor.extract([note], CLINICAL, options)
    assert found.document.entities == note.entities
    assert [(r.head, r.tail) for r in found.document.relations] == [("T1", "T2")]
    everything = ExtractionOptions(entity_threshold=0.0, relation_threshold=1.0)
    (found,) = extractor.extract([note.with_annotations(())], CLINICAL, everything)
    assert found.document.entities[-1].end == len(note.text)


def test_batches_hold_one_label_set_and_weights_repeat_examples(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    examples, _ = make_examples(NOTES, CLINICAL, WordPieces(tokenizer), max_width=16)
    other = [replace(example, label_set="bc5cdr") for example in examples]
    batches = list(epoch_batches([(2.0, examples), (1 / 3, other)], batch_pieces=200, seed=1, epoch=0))
    assert all(len({example.label_set for example in batch}) == 1 for batch in batches)
    assert sorted(e.document for b in batches for e in b if e.label_set == "clinical") == [
        "n1",
        "n1",
        "n2",
        "n2",
        "n3",
        "n3",
    ]
    assert sum(e.label_set == "bc5cdr" for b in batches for e in b) == 1


def test_a_configuration_with_an_unknown_setting_says_which(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"sources": [], "dev": [], "learning_rat": 1}))
    with pytest.raises(InputError, match=r"config\.json: unknown setting 'learning_rat'"):
        read_config(path)


def test_a_damaged_weights_file_says_so(config, tmp_path):
    Trainer(replace(config, epochs=1), tmp_path / "run").run()
    path = tmp_path / "run" / "model" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        NeuralExtractor.load(path.parent)


def test_a_base_that_is_not_there_says_what_to_name(tmp_path):
    with pytest.raises(ModelError, match="cannot load the base model"):
        load_base(str(tmp_path / "nothing"), ("clinical",), 0.1)
