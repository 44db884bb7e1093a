"""Drift of one set of documents against another: known values, bounds, and other libraries."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.evaluation.drift import area_under_curve, drift, jensen_shannon, stability_index

SAME = [document(f"Plan: [fever](Symptom|present) and [flu](Disease|negated) {i}.", id=str(i)) for i in range(10)]
OTHER = [document(f"[Zinc](Drug|present) given {i} times daily as asked by her.", id=str(i)) for i in range(10)]


def test_a_set_does_not_drift_from_itself() -> None:
    found = drift(SAME, SAME)
    assert (found.labels, found.assertions, found.sections, found.vocabulary, found.length) == (0, 0, 0, 0, 0)
    assert found.relations is None
    assert found.score_stability is None


def test_sets_with_nothing_in_common_drift_by_one_bit_and_are_told_apart() -> None:
    found = drift(SAME, OTHER)
    assert found.labels == pytest.approx(1)
    assert found.sections == pytest.approx(1)
    assert 0 < found.assertions < 1
    assert found.classifier_auc == 1
    words = dict(found.most_different_words)
    assert words["zinc"] > 0 > words["fever"]


def test_a_classifier_cannot_tell_two_halves_of_one_set() -> None:
    choose = random.Random(1)
    words = [f"w{i}" for i in range(40)]
    notes = [document(" ".join(choose.choices(words, k=30)), id=str(i)) for i in range(200)]
    assert drift(notes[:100], notes[100:]).classifier_auc == pytest.approx(0.5, abs=0.12)
    assert drift(notes[:4], notes[100:]).classifier_auc is None


def test_jensen_shannon_is_that_of_scipy() -> None:
    from scipy.spatial.distance import jensenshannon

    first, second = Counter(a=3, b=5, c=2), Counter(a=1, b=5, d=4)
    expected = jensenshannon([0.3, 0.5, 0.2, 0], [0.1, 0.5, 0, 0.4], base=2) ** 2
    assert jensen_shannon(first, second) == pytest.approx(expected)


@given(*[st.dictionaries(st.sampled_from("abc"), st.integers(0, 5)) for _ in range(2)])
def test_jensen_shannon_is_symmetric_and_between_0_and_1(first: dict[str, int], second: dict[str, int]) -> None:
    value = jensen_shannon(first, second)
    assert value == pytest.approx(jensen_shannon(second, first))
    if sum(first.values()) and sum(second.values()):
        assert 0 <= value <= 1
    else:
        assert value is None


def test_the_stability_index_is_0_for_equal_scores_and_large_for_shifted_ones() -> None:
    low, high = [0.15, 0.25] * 50, [0.85, 0.95] * 50
    assert stability_index(low, low) == 0
    assert stability_index(low, high) > 1
    assert stability_index(low, [0.15, 0.25] * 30) < 0.1
    assert stability_index([], low) is None


def test_scores_of_entities_count_for_stability() -> None:
    def scored(documents: list, score: float) -> list:
        return [replace(d, entities=tuple(replace(e, score=score) for e in d.entities)) for d in documents]

    assert drift(scored(SAME, 0.9), scored(SAME, 0.2)).score_stability > 0.25


@given(*[st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=6) for _ in range(2)])
def test_the_area_under_the_curve_is_the_share_of_ordered_pairs(negatives: list[float], positives: list[float]) -> None:
    pairs = [(p > n) + (p == n) / 2 for n in negatives for p in positives]
    assert area_under_curve(negatives, positives) == pytest.approx(sum(pairs) / len(pairs))
    assert area_under_curve([], positives) is None
