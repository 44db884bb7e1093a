import gc
import gzip
import json
import sys
import tracemalloc
from dataclasses import replace

import psutil
import pytest
import torch
from markup import document
from safetensors.torch import load_file
from tiny_model import NOTES, same_weights, tiny_base, tiny_config

from odin.corpora import jsonl
from odin.errors import InputError, ModelError
from odin.extraction import ExtractionOptions
from odin.extraction.encoding import WordPieces, collate
from odin.extraction.neural import NeuralExtractor
from odin.labels import load_label_set
from odin.training import loop
from odin.training.bases import load_base
from odin.training.config import Source, read_config
from odin.training.data import epoch_batches, source_documents
from odin.training.examples import make_examples
from odin.training.kinds import configuration, trainer_of
from odin.training.loss import batch_loss, class_weights, make_targets, read_batch
from odin.training.memory import give_back

CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def config(base, tmp_path):
    return replace(tiny_config(tmp_path, base), learning_rate=2e-3, head_learning_rate=2e-3)


def test_a_native_file_is_a_source_packed_or_not(tmp_path):
    path = tmp_path / "notes.jsonl"
    jsonl.write(NOTES, path)
    (tmp_path / "notes.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    for name in ("notes.jsonl", "notes.jsonl.gz"):
        assert source_documents(Source.named(str(tmp_path / name), "clinical")) == list(NOTES)
    with pytest.raises(InputError, match=r"'notes\.txt' is neither corpus:split"):
        Source.named("notes.txt", "clinical")


def test_a_run_learns_its_own_notes(config, tmp_path):
    metrics = trainer_of(replace(config, epochs=60, average=0.9), tmp_path / "run").run()
    scores = next(iter(metrics["dev"].values()))
    assert scores["entities"] == 1.0
    assert scores["relations_given_entities"] == 1.0
    extractor = NeuralExtractor.load(tmp_path / "run" / "model")
    (found,) = extractor.extract([NOTES[0].with_annotations(())], CLINICAL)
    assert {entity.key for entity in found.document.entities} == {entity.key for entity in NOTES[0].entities}
    assert {entity.assertion for entity in found.document.entities} == {"present", "negated"}


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(config, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        trainer_of(replace(config, epochs=1, seed=seed), tmp_path / name).run()
    assert same_weights(tmp_path / "a", tmp_path / "b")
    assert not same_weights(tmp_path / "a", tmp_path / "c")


def test_an_interrupted_run_resumes_to_the_same_weights(config, tmp_path):
    trainer_of(config, tmp_path / "whole").run()
    interrupted = trainer_of(config, tmp_path / "parts")
    interrupted.folder.mkdir()
    interrupted._train_epoch(0)
    interrupted._finish_epoch(0)
    trainer_of(config, tmp_path / "parts").run()
    assert same_weights(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize(("every", "scored"), [(1, [0, 1, 2]), (2, [1, 2]), (0, [2])])
def test_dev_is_scored_every_so_many_epochs_and_at_the_end(config, tmp_path, every, scored):
    trainer = trainer_of(replace(config, dev_every=every), tmp_path / "run")
    assert [epoch for epoch in range(config.epochs) if trainer.scores(epoch)] == scored
    trainer.run()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [record["epoch"] for record in map(json.loads, lines) if "dev" in record] == scored
    assert (tmp_path / "run" / "model").is_dir()


def test_labels_that_a_corpus_does_not_annotate_get_no_loss(base):
    encoder, tokenizer = load_base(str(base), ("clinical",), 0.0)
    from odin.extraction.model_folder import head_sizes
    from odin.extraction.network import JointNetwork, NetworkConfig

    network = JointNetwork(encoder, head_sizes({"clinical": CLINICAL}), NetworkConfig(dropout=0.0))
    examples, _ = make_examples(
        NOTES, CLINICAL, WordPieces(tokenizer), max_width=network.config.max_width, annotated=["Drug", "Disease"]
    )
    batch, targets = collate([example.encoded for example in examples]), make_targets(examples, CLINICAL)
    answers = read_batch(network, batch, targets, CLINICAL)
    losses = batch_loss(answers, targets, batch.word_mask, relations=0.0, assertions=0.0, weights=torch.ones(6))
    losses["spans"].backward()
    gradient = network.span_heads["clinical"].span.bias.grad
    masked = [not known for known in examples[0].annotated]
    assert CLINICAL.entity_labels[masked.index(True)] == "Symptom"
    assert gradient[torch.tensor(masked)].abs().sum() == 0
    assert (gradient[~torch.tensor(masked)] != 0).all()


def test_a_corpus_without_relations_teaches_mentions_alone(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    whole, _ = make_examples(NOTES, CLINICAL, WordPieces(tokenizer), max_width=16)
    alone, _ = make_examples(NOTES, CLINICAL, WordPieces(tokenizer), max_width=16, relations=False)
    assert any(len(example.pairs) for example in whole)
    assert not any(len(example.pairs) or len(example.targets) for example in alone)
    assert [example.mentions for example in alone] == [example.mentions for example in whole]


def test_rare_relation_labels_weigh_more_and_the_mean_over_examples_is_one(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    (example, *_), _ = make_examples(NOTES, CLINICAL, WordPieces(tokenizer), max_width=16)
    examples = [replace(example, targets=(0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5))]
    none, *labels, denied = class_weights(examples, CLINICAL, 0.5).tolist()
    assert (none, denied) == (1, 1)
    assert 6 * labels[0] + 2 * labels[1] + labels[2] == pytest.approx(9)
    assert labels[1] / labels[0] == pytest.approx(3**0.5)
    assert labels[0] < labels[1] < labels[2] < labels[3]
    assert class_weights(examples, CLINICAL, 0.0).tolist() == [1] * 6


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
    trainer_of(replace(config, epochs=1), tmp_path / "run").run()
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


def test_memory_that_is_free_goes_back_to_the_system_with_each_record(config, tmp_path, monkeypatch):
    def resident():
        return psutil.Process().memory_info().rss / 1e6

    blocks = [bytearray(100_000) for _ in range(3000)]
    kept, before = blocks[::100], resident()
    del blocks
    give_back()
    assert before - resident() > 200 or sys.platform != "linux"
    assert len(kept) == 30
    given = []
    monkeypatch.setattr(loop, "GIVE_BACK_SECONDS", 0)
    monkeypatch.setattr(loop, "give_back", lambda: given.append(True))
    trainer_of(replace(config, epochs=1), tmp_path / "run").run()
    records = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert len(given) == sum("loss" in record for record in records) > 0


def test_examples_take_little_memory(base):
    pieces_of = WordPieces(load_base(str(base), ("clinical",), 0.0)[1])
    note = document("[Aspirin](Drug|present) was given for [headache](Symptom|present) on that day. " * 40)

    def made():
        return make_examples([note], CLINICAL, pieces_of, max_width=16)[0]

    made()  # what is kept of its words takes memory once
    tracemalloc.start()
    try:
        (example,) = made()
        gc.collect()  # Python keeps some tuples for the next ones
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    words, pairs = len(example.encoded.first), len(example.pairs)
    assert pairs > 1000
    assert held < 24 * pairs + 16 * words + 8 * example.size + 100 * len(example.mentions)


def test_a_configuration_with_an_unknown_setting_says_which(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"sources": [], "dev": [], "learning_rat": 1}))
    with pytest.raises(InputError, match=r"config\.json: unknown setting 'learning_rat'"):
        read_config(path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": "three"}, 'epochs is a whole number, not "three"'),
        ({"epochs": True}, "epochs is a whole number, not true"),
        ({"max_steps": -3}, "max_steps is 0 or more, not -3"),
        ({"learning_rate": float("nan")}, "learning_rate is a number, not NaN"),
        ({"dropout": 5}, "dropout is from 0 to 1, not 5"),
        ({"precision": "float8"}, 'precision is one of float32, bfloat16, not "float8"'),
        ({"seed": 10**18}, "seed is from "),
        ({"teachers": [3]}, r"teachers is a list of texts, not \[3\]"),
        ({"first": [3]}, "first is a list of configurations"),
        ({"first": [{"sources": [], "patience": -1}]}, "first: patience is 0 or more, not -1"),
        ({"sources": "ade"}, "sources is a list, such as"),
        ({"sources": [1]}, "a source is an object, such as .* not 1"),
        ({"sources": [{"corpus": "ade", "weight": -1}]}, "the source ade: weight is 0 or more, not -1"),
        ({"sources": [{"corpus": "ade", "annotated": "Drug"}]}, "the source ade: annotated is a list of labels"),
        ({"kind": ["joint"]}, '"kind" is '),
        ({"kind": "masked", "precision": "auto"}, 'precision is one of float32, bfloat16, not "auto"'),
        ({"kind": "generative", "lora_dropout": 2}, "lora_dropout is from 0 to 1, not 2"),
    ],
)
def test_a_setting_that_cannot_be_says_how_it_must_be(settings, said):
    with pytest.raises(InputError, match=f"mine.json: {said}"):
        configuration({"sources": [], **settings}, place="mine.json")


def test_a_damaged_weights_file_says_so(config, tmp_path):
    trainer_of(replace(config, epochs=1), tmp_path / "run").run()
    path = tmp_path / "run" / "model" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        NeuralExtractor.load(path.parent)


def test_a_base_that_is_not_there_says_what_to_name(tmp_path):
    with pytest.raises(ModelError, match="cannot load the base model"):
        load_base(str(tmp_path / "nothing"), ("clinical",), 0.1)


def test_training_from_a_model_folder_begins_where_that_model_stands(config, tmp_path):
    trainer_of(config, tmp_path / "first").run()
    trained = NeuralExtractor.load(tmp_path / "first" / "model")
    other = replace(config.sources[0], label_set="ade")
    again = replace(config, base=str(tmp_path / "first" / "model"), sources=(other, *config.sources))
    network = trainer_of(again, tmp_path / "second").learner.network.eval()
    examples, _ = make_examples(NOTES[:1], CLINICAL, trained.pieces_of, max_width=16)
    batch, targets = collate([example.encoded for example in examples]), make_targets(examples, CLINICAL)
    scores = []
    for each in (network, trained.network):
        states = each.read_mentions(*each.encode(batch), batch, targets.mentions, "clinical")
        scores.append(each.score_pairs(states, targets.pairs, targets.features, "clinical"))
    torch.testing.assert_close(scores[0], scores[1], atol=2e-3, rtol=2e-3)


def test_what_is_kept_lies_between_the_weights_begun_with_and_those_trained(config, tmp_path):
    trainer_of(config, tmp_path / "first").run()
    other = replace(config.sources[0], label_set="ade")
    again = replace(config, base=str(tmp_path / "first" / "model"), sources=(other, *config.sources), epochs=1)
    for share in (0.0, 0.25, 1.0):
        trainer_of(replace(again, kept_share=share), tmp_path / str(share)).run()
    begun, first, between, trained = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("first", "0.0", "0.25", "1.0")
    )
    for name in ("encoder.encoder.layer.1.output.dense.weight", "span_heads.clinical.span.weight"):
        assert torch.equal(first[name], begun[name])
        assert not torch.equal(trained[name], begun[name])
        torch.testing.assert_close(between[name], begun[name].lerp(trained[name], 0.25), atol=1e-3, rtol=1e-2)
    new = "span_heads.ade.span.weight"
    assert torch.equal(first[new], trained[new])
    labels, known = "relation.labels.weight", len(CLINICAL.entities)
    assert torch.equal(first[labels][-known:], begun[labels])
    assert torch.equal(first[labels][:-known], trained[labels][:-known])
