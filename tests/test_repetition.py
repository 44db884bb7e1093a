"""Spans with the same words, and abbreviations of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from span_logits import DISEASE, DRUG, LOW, WIDTH, Note

from odin.extraction.repetition import with_repetitions


def moved(note: Note, span: str, nth: int = 0, label: int = DISEASE, *, share: float = 0.5) -> float:
    """The logit of the nth place where the note has the span, after all moved."""
    return float(with_repetitions(note.logits, note.words, share, least=0.0)[(*note.at(span, nth), label)])


def test_a_span_moves_towards_the_likeliest_with_its_words():
    note = Note("Asthma since 2001. Her asthma is stable; no asthma attack.")
    note.say("Asthma", 4.0)
    note.say("asthma", -2.0)
    assert moved(note, "Asthma") == 4.0
    assert moved(note, "asthma") == 1.0
    assert moved(note, "asthma", share=0.25) == -0.5
    assert moved(note, "asthma", 1) == (LOW + 4.0) / 2
    assert moved(note, "asthma", label=DRUG) == LOW
    assert moved(note, "asthma attack", 0) == LOW


def test_what_is_no_mention_itself_says_nothing_of_others():
    note = Note("Asthma, asthma")
    note.say("Asthma", -0.5)
    note.say("asthma", -3.0)
    assert moved(note, "asthma") == -3.0


def test_an_abbreviation_in_brackets_and_what_it_is_of_are_alike_both_ways():
    text = "Chronic obstructive lung disease (COLD, mild). COLD was worse. Chronic obstructive lung disease again."
    note = Note(text)
    note.say("Chronic obstructive lung disease", 5.0)
    assert [moved(note, "COLD", nth) for nth in (0, 1)] == [(LOW + 5.0) / 2] * 2
    note = Note(text)
    note.say("COLD", 5.0, 1)
    note.say("Chronic obstructive lung disease", -1.0)
    assert moved(note, "Chronic obstructive lung disease") == 2.0
    assert moved(note, "Chronic obstructive lung disease", 1) == (LOW + 5.0) / 2


def test_what_stands_in_brackets_without_the_letters_is_no_abbreviation():
    note = Note("Lung disease (RATE 18) and RATE 20; lung disease (mild) or hypertension (hold).")
    note.say("Lung disease", 5.0)
    note.say("hypertension", 5.0)
    assert moved(note, "RATE") == LOW
    assert moved(note, "mild") == LOW
    assert moved(note, "hold") == LOW


def test_a_network_of_narrow_spans_is_asked_for_no_wider_ones():
    note = Note("5fluorouracil (5-FU), then 5-FU")
    note.logits = note.logits[:, :2]
    note.logits[(*note.at("5fluorouracil"), DRUG)] = 5.0
    assert (with_repetitions(note.logits, note.words, 0.5, least=0.0) == note.logits).all()


@pytest.mark.parametrize(("word", "again"), [("MI", True), ("mi", False), ("K", False)])
def test_very_short_words_are_looked_for_only_in_capitals(word, again):
    note = Note(f"{word} then, {word} now")
    note.say(word, 5.0)
    assert (moved(note, word, 1) > LOW) == again


WORDS = st.lists(st.sampled_from(["asthma", "Asthma", "(", ")", "cough", "CHF", "heart", "failure"]), max_size=12)


@given(WORDS, st.integers(0, 2**31))
def test_no_logit_falls_and_none_rises_above_the_best(words, seed):
    note = Note(" ".join(words))
    logits = np.random.default_rng(seed).normal(0, 4, note.logits.shape).astype(np.float32)
    for width in range(1, WIDTH):
        logits[max(0, len(note.words) - width) :, width] = -np.inf
    moved = with_repetitions(logits, note.words, 0.5, least=0.0)
    assert (moved >= logits).all()
    assert not moved.size or moved.max() == logits.max()
    assert (np.isinf(moved) == np.isinf(logits)).all()
