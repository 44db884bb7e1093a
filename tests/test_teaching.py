"""Learning from teachers, from masked text, within minutes, and batches made ahead."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import NOTES, tiny_base, tiny_config, tiny_mpnet_base
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from odin.corpora import jsonl
from odin.errors import FormatError, InputError, ModelError
from odin.extraction.encoding import WordPieces
from odin.extraction.neural import NeuralExtractor
from odin.extraction.windows import split_words
from odin.labels import load_label_set
from odin.schema import Document
from odin.training.ahead import in_processes
from odin.training.bases import load_base
from odin.training.config import MaskedConfig, Source
from odin.training.examples import make_examples
from odin.training.kinds import trainer_of
from odin.training.loss import assertion_loss, make_targets, relation_loss, span_loss
from odin.training.masked import MaskedLearner
from odin.training.vocabulary import with_words

CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def config(base, tmp_path):
    return replace(tiny_config(tmp_path, base), learning_rate=2e-3, head_learning_rate=2e-3)


@pytest.fixture
def learnt(config, tmp_path):
    """A teacher that knows NOTES by heart."""
    trainer_of(replace(config, epochs=60, average=0.9), tmp_path / "teacher").run()
    return tmp_path / "teacher" / "model"


def test_a_pupil_learns_what_only_its_teacher_knows(config, learnt, tmp_path):
    taught = replace(config.sources[0], taught=True)
    pupil = replace(config, sources=(taught,), epochs=60, average=0.9, teachers=(str(learnt),), seed=2)
    metrics = trainer_of(pupil, tmp_path / "pupil").run()
    scores = metrics["dev"][taught.name]
    assert scores["entities"] == 1.0
    assert scores["relations_given_entities"] == 1.0
    assert scores["assertions"] == 1.0


def test_a_teacher_may_read_other_word_pieces(config, tmp_path):
    other = tiny_mpnet_base(tmp_path / "mpnet")
    trainer_of(replace(config, base=str(other), epochs=1), tmp_path / "teacher").run()
    pupil = replace(config, epochs=1, teachers=(str(tmp_path / "teacher" / "model"),))
    learner = trainer_of(pupil, tmp_path / "pupil").learner
    (step, *_) = learner.prepared(learner.batches(0))
    own, others = step.readings
    assert own.word_mask.equal(others.word_mask)
    assert not own.pieces.equal(others.pieces)
    assert learner.losses(step).keys() == {"spans", "assertions", "relations"}


def test_a_teacher_without_a_label_set_of_the_run_is_refused(config, learnt, tmp_path):
    other = replace(config.sources[0], label_set="ade")
    with pytest.raises(ModelError, match="does not answer with the label set 'ade'"):
        trainer_of(replace(config, sources=(other,), dev=(), teachers=(str(learnt),)), tmp_path / "pupil")


def test_mentions_alike_are_one_concept_where_teachers_are_asked(base):
    labels = load_label_set("bc5cdr")
    _, tokenizer = load_base(str(base), ("bc5cdr",), 0.0)
    text = "Aspirin and aspirin for headache"
    entities = [
        {"id": "T1", "label": "Chemical", "start": 0, "end": 7, "text": "Aspirin"},
        {"id": "T2", "label": "Chemical", "start": 12, "end": 19, "text": "aspirin"},
        {"id": "T3", "label": "Disease", "start": 24, "end": 32, "text": "headache"},
    ]
    note = Document.from_json({"id": "n", "text": text, "entities": entities})
    (asked,), _ = make_examples([note], labels, WordPieces(tokenizer), max_width=16, taught=True)
    (alone,), _ = make_examples([note], labels, WordPieces(tokenizer), max_width=16)
    assert [*map(tuple, asked.pairs)] == [(1, 2), (0, 2)]
    assert [*asked.groups] == [0, 0]
    assert not any(asked.annotated)
    assert len(alone.pairs) == 0


def test_teachers_count_by_their_share_and_alone_where_nothing_is_annotated(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    examples, _ = make_examples(NOTES[:1], CLINICAL, WordPieces(tokenizer), max_width=16)
    targets = make_targets(examples, CLINICAL)
    words = len(examples[0].encoded.first)
    logits = torch.zeros(1, words, 16, len(CLINICAL.entities))
    mask = torch.ones(1, words, dtype=torch.bool)
    sure = torch.ones_like(logits)

    def spans(taught, share):
        own = logits.clone().requires_grad_()
        span_loss(own, targets, mask, taught, torch.tensor([share])).backward()
        return own.grad

    inside = spans(None, 0.0) != 0
    assert torch.allclose(spans(sure, 0.0), spans(None, 0.0))
    assert (spans(sure, 1.0)[inside] < 0).all()  # the teacher says yes everywhere
    mixed = 0.25 * spans(sure, 1.0) + 0.75 * spans(None, 0.0)
    assert torch.allclose(spans(sure, 0.25), mixed, atol=1e-6)
    unknown = replace(targets, annotated=torch.zeros_like(targets.annotated))
    assert span_loss(logits, unknown, mask, None, torch.tensor([0.0])) == 0


def test_of_mentions_that_a_corpus_does_not_annotate_at_all_teachers_are_not_asked(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)

    def loss(taught=False, annotated=(), share=0.5):
        examples, _ = make_examples(
            NOTES[:1], CLINICAL, WordPieces(tokenizer), max_width=16, annotated=annotated, taught=taught
        )
        logits = torch.zeros(1, len(examples[0].encoded.first), 16, len(CLINICAL.entities))
        targets = make_targets(examples, CLINICAL)
        words = torch.ones(logits.shape[:2], dtype=torch.bool)
        shares = torch.maximum(targets.taught, torch.tensor([share]))
        return span_loss(logits, targets, words, torch.ones_like(logits), shares)

    assert loss() == 0
    assert loss(taught=True) > 0
    assert loss(annotated=("Drug",)) > loss(annotated=("Drug",), share=0.0) > 0  # of the other labels they are


def test_decisions_and_assertions_follow_the_teacher_by_its_share(base):
    _, tokenizer = load_base(str(base), ("clinical",), 0.0)
    examples, _ = make_examples(NOTES[:1], CLINICAL, WordPieces(tokenizer), max_width=16)
    targets = make_targets(examples, CLINICAL)
    weights = torch.ones(2 + len(CLINICAL.relations))
    scores = torch.randn(len(targets.classes), len(weights), generator=torch.Generator().manual_seed(1))
    same = torch.nn.functional.one_hot(targets.classes, len(weights)).float()
    plain = relation_loss(scores, targets, weights, None, torch.tensor([0.0]))
    assert torch.allclose(relation_loss(scores, targets, weights, same, torch.tensor([0.7])), plain)
    said = torch.randn(*targets.assertions.shape, 6, generator=torch.Generator().manual_seed(2))
    silent = replace(targets, assertions=torch.full_like(targets.assertions, -1))
    uniform = torch.full_like(said, 1 / 6)
    assert assertion_loss(said, silent, None, torch.tensor([0.0])) == 0
    expected = -said.log_softmax(-1).mean(-1).mean()
    assert torch.allclose(assertion_loss(said, silent, uniform, torch.tensor([0.5])), expected)


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.jsonl"
    words = ["abc", "abd", "abe"]
    jsonl.write([Document(f"t{i}", " ".join(words[(i + j) % 3] for j in range(300))) for i in range(20)], path)
    return path


def masked_config(base, texts, **settings):
    settings = {"epochs": 2, "batch_pieces": 2048, "learning_rate": 3e-3, **settings}
    return MaskedConfig((Source(str(texts)),), base=str(base), **settings)


def test_continued_pretraining_guesses_better_and_gives_an_encoder_to_train_from(base, texts, config, tmp_path):
    before = MaskedLearner(masked_config(base, texts), base=str(base))
    with before.evaluating() as network:
        untrained = before.evaluate(network).score
    metrics = trainer_of(masked_config(base, texts, epochs=30), tmp_path / "run").run()
    assert metrics["score"] > max(0.3, untrained)
    weights = load_file(tmp_path / "run" / "model" / "model.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    learner = trainer_of(replace(config, base=str(tmp_path / "run" / "model")), tmp_path / "joint").learner
    own = dict(learner.network.encoder.named_parameters())
    name = "encoder.layer.0.output.dense.weight"
    assert own[name].dtype == torch.float32
    assert torch.equal(own[name], weights[name].float())


def test_a_model_of_a_base_in_half_precision_reads_in_single_precision(base, config, tmp_path):
    encoder, tokenizer = load_base(str(base), (), 0.1)
    encoder.half().save_pretrained(tmp_path / "half")
    tokenizer.save_pretrained(tmp_path / "half")
    trainer_of(replace(config, base=str(tmp_path / "half"), epochs=1), tmp_path / "run").run()
    extractor = NeuralExtractor.load(tmp_path / "run" / "model")
    assert {value.dtype for value in extractor.network.parameters()} == {torch.float32}
    assert len(list(extractor.extract(NOTES, CLINICAL))) == len(NOTES)


def test_word_pieces_are_right_after_those_known_were_forgotten(base, monkeypatch):
    _, tokenizer = load_base(str(base), (), 0.1)
    pieces_of = WordPieces(tokenizer)
    first, second = split_words("aspirin for pain"), split_words("pain and aspirin")
    expected = pieces_of(second)
    monkeypatch.setattr("odin.extraction.encoding.MOST_KNOWN", 2)
    again = WordPieces(tokenizer)
    again(first)
    assert again(second) == expected


def test_an_interrupted_pretraining_resumes_to_the_same_weights(base, texts, tmp_path):
    config = masked_config(base, texts)
    trainer_of(config, tmp_path / "whole").run()
    interrupted = trainer_of(config, tmp_path / "parts")
    interrupted.folder.mkdir()
    interrupted._train_epoch(0)
    interrupted._finish_epoch(0)
    trainer_of(config, tmp_path / "parts").run()
    one, other = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_layers_are_stacked_in_pairs(base, texts):
    learner = MaskedLearner(masked_config(base, texts, layers=4), base=str(base))
    layers = learner.network.encoder.encoder.layer
    assert len(layers) == learner.network.encoder.config.num_hidden_layers == 4
    first, second, third = (layer.output.dense.weight for layer in layers[:3])
    assert torch.equal(first, second)
    assert not torch.equal(second, third)
    with pytest.raises(InputError, match="give a multiple"):
        MaskedLearner(masked_config(base, texts, layers=3), base=str(base))


def test_words_that_the_base_cuts_are_added_as_pieces_of_their_own(base, config, tmp_path):
    texts = tmp_path / "texts.jsonl"
    words = ["Aspirin"] * 6 + ["pain"] * 9 + ["rare"] * 4 + ["a1c"] * 9
    jsonl.write([Document("t", " ".join(words))], texts)
    trainer_of(masked_config(base, texts, epochs=1, added_words=10), tmp_path / "run").run()
    learner = trainer_of(replace(config, base=str(tmp_path / "run" / "model")), tmp_path / "joint").learner
    tokenizer = learner.readers[0].tokenizer
    _, cut = load_base(str(base), (), 0.1)
    assert tokenizer.tokenize("ASPIRIN pain rare a1c") == ["aspirin", "pain", *cut.tokenize("rare a1c")]
    assert tokenizer.tokenize("painful") == ["pain", *cut.tokenize("xful")[1:]]
    one = MaskedLearner(masked_config(base, texts, added_words=1), base=str(base)).tokenizer
    assert one.tokenize("aspirin pain") == ["aspirin", *cut.tokenize("pain")]


def test_an_added_word_begins_with_the_mean_of_its_pieces_and_all_else_stays(base):
    encoder, cut = load_base(str(base), (), 0.1)
    old = encoder.get_input_embeddings().weight.detach().clone()
    pieces = cut.tokenize("aspirin")
    encoder, tokenizer = with_words(encoder, cut, {"aspirin": pieces})
    table = encoder.get_input_embeddings().weight
    place = tokenizer.convert_tokens_to_ids
    assert len(table) == len(tokenizer) == len(old) + 1
    assert torch.allclose(table[place("aspirin")], old[place(pieces)].mean(0))
    assert all(torch.equal(table[place(token)], old[number]) for token, number in cut.get_vocab().items())


def test_words_cannot_be_added_to_a_vocabulary_of_another_kind(base):
    encoder, _ = load_base(str(base), (), 0.1)
    other = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(BPE()))
    with pytest.raises(InputError, match="WordPiece vocabulary, as BERT, not BPE"):
        with_words(encoder, other, {"aspirin": ["a", "spirin"]})


def test_special_pieces_are_never_hidden_and_something_always_is(base, texts):
    learner = MaskedLearner(masked_config(base, texts, masked_share=0.0), base=str(base))
    (batch, *_) = learner.prepared(learner.batches(0))
    logits, right = learner._guesses(batch)
    assert len(logits) == len(right) == len(batch)
    learner.config = replace(learner.config, masked_share=1.0)
    _, right = learner._guesses(batch)
    assert not set(right.tolist()) & set(learner.tokenizer.all_special_ids)


def test_a_run_ends_when_its_minutes_are_over_and_its_rate_has_fallen(config, tmp_path):
    run = tmp_path / "run"
    whole = trainer_of(replace(config, epochs=5000, max_minutes=0.05, dev=()), run)
    whole.run()
    assert 0 < whole.progress.step < whole.steps
    assert whole.progress.seconds == pytest.approx(3, abs=1.5)
    assert NeuralExtractor.load(run / "model").label_sets() == ("clinical",)
    again = trainer_of(replace(config, epochs=5000, max_minutes=0.05, dev=()), run)
    again.run()
    assert again.progress.step == whole.progress.step
    assert whole.learner.optimizer.param_groups[0]["lr"] < 0.2 * whole.learner.optimizer.param_groups[0]["initial_lr"]


def test_batches_made_by_other_processes_come_in_their_order():
    assert list(in_processes(_square, range(20), 2)) == [number * number for number in range(20)]


def test_what_other_processes_cannot_make_is_told_as_it_is():
    with pytest.raises(FormatError, match=r"^notes\.jsonl:3: not JSON$"):
        list(in_processes(_refuse, range(20), 2))


def _square(number):
    return number * number


def _refuse(number):
    raise FormatError("not JSON", path="notes.jsonl", line=3)
