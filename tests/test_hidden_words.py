"""Words hidden while learning: whole words, about as many as asked for, and nothing else of the batch."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import NOTES, same_weights, tiny_base, tiny_config

from odin.errors import InputError
from odin.extraction.encoding import Batch, WordPieces, collate
from odin.labels import load_label_set
from odin.training.bases import load_base
from odin.training.config import TrainingConfig
from odin.training.examples import make_examples
from odin.training.hidden_words import with_hidden_words
from odin.training.joint import JointLearner
from odin.training.kinds import trainer_of

HIDDEN = -1
CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def config(base, tmp_path) -> TrainingConfig:
    return tiny_config(tmp_path, base)


@pytest.fixture(scope="module")
def batch(base):
    tokenizer = load_base(base, ("clinical",), 0.0)[1]
    examples, _ = make_examples(NOTES * 20, CLINICAL, WordPieces(tokenizer), max_width=16)
    return collate([example.encoded for example in examples], tokenizer.pad_token_id)


@given(share=st.floats(0.0, 0.5), seed=st.integers(0, 2**32))
def test_words_are_hidden_whole_and_only_words(batch, share, seed):
    torch.manual_seed(seed)
    hidden = with_hidden_words(batch, share, HIDDEN)
    assert all(torch.equal(vars(hidden)[name], kept) for name, kept in vars(batch).items() if name != "pieces")
    changed = hidden.pieces != batch.pieces
    assert torch.all(hidden.pieces[changed] == HIDDEN)
    flat, of_words = changed.flatten(), torch.zeros(changed.numel(), dtype=torch.bool)
    for first, last in zip(batch.first[batch.word_mask], batch.last[batch.word_mask], strict=True):
        assert len(set(flat[first : last + 1].tolist())) == 1
        of_words[first : last + 1] = True
    assert not torch.any(flat & ~of_words)


def test_of_each_chunk_another_share_is_hidden_about_as_much_as_asked_for_on_the_whole():
    torch.manual_seed(1)
    chunks, words = 200, 400
    places = torch.arange(chunks * words).reshape(chunks, words)
    nothing = torch.zeros_like(places)
    batch = Batch(places, nothing, nothing, places, places, torch.ones_like(places, dtype=torch.bool))
    shares = (with_hidden_words(batch, 0.2, HIDDEN).pieces == HIDDEN).float().mean(1)
    assert shares.mean().item() == pytest.approx(0.2, abs=0.02)
    assert shares.min() < 0.02
    assert 0.36 < shares.max() < 0.5


def test_a_run_that_hides_words_learns_other_weights_and_gives_the_same_ones_again(config, tmp_path):
    for name, share in (("none", 0.0), ("some", 0.3), ("again", 0.3)):
        trainer_of(replace(config, epochs=1, dropout=0.0, hidden_words=share), tmp_path / name).run()
    assert same_weights(tmp_path / "some", tmp_path / "again")
    assert not same_weights(tmp_path / "none", tmp_path / "some")


def test_a_tokenizer_without_a_mask_is_refused(config, base, monkeypatch):
    encoder, tokenizer = load_base(base, ("clinical",), 0.0)
    tokenizer.mask_token = None
    monkeypatch.setattr("odin.training.joint.load_base", lambda *_: (encoder, tokenizer))
    with pytest.raises(InputError, match="has no mask to hide words behind; leave hidden_words at 0"):
        JointLearner(replace(config, hidden_words=0.1), base=base)


def test_teachers_read_every_word(config, tmp_path, monkeypatch):
    trainer_of(config, tmp_path / "teacher").run()
    learner = trainer_of(
        replace(config, hidden_words=0.5, teachers=(str(tmp_path / "teacher" / "model"),)), tmp_path / "run"
    ).learner
    [step, *_] = learner.prepared(learner.batches(0))
    read = []
    for network in (learner.network, learner.teachers[0][0]):
        encode = network.encode
        monkeypatch.setattr(network, "encode", lambda batch, encode=encode: read.append(batch.pieces) or encode(batch))
    torch.manual_seed(2)
    learner.losses(step)
    own, taught = sorted((pieces == learner.tokenizer.mask_token_id for pieces in read), key=torch.sum, reverse=True)
    assert own.any()
    assert not taught.any()


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_share_that_is_none_is_refused(config, share):
    with pytest.raises(InputError, match=r"hidden_words is a share from 0 to 0\.5"):
        replace(config, hidden_words=share)
