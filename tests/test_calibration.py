"""Reliability, expected calibration error and thresholds: counted by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.evaluation.calibration import (
    at_threshold,
    best_threshold,
    expected_calibration_error,
    outcomes,
    precision_recall,
    reliability,
)
from odin.evaluation.errors import judge_entities
from odin.evaluation.scores import Counts

FOUND = [(0.95, True), (0.9, True), (0.9, False), (0.35, False), (0.31, True)]


def test_predictions_fall_into_the_bin_of_their_score() -> None:
    bins = reliability(FOUND)
    assert [one.count for one in bins] == [0, 0, 0, 2, 0, 0, 0, 0, 0, 3]
    assert bins[9].mean_score == pytest.approx(2.75 / 3)
    assert bins[9].share_right == pytest.approx(2 / 3)
    assert bins[0].mean_score is None
    assert sum(one.count for one in reliability([(1.0, True), (0.0, False)])) == 2


def test_the_expected_calibration_error_counted_by_hand() -> None:
    assert expected_calibration_error([(0.9, True)] * 7 + [(0.9, False)] * 3) == pytest.approx(0.2)
    expected = (3 * abs(2.75 / 3 - 2 / 3) + 2 * abs(0.33 - 0.5)) / 5
    assert expected_calibration_error(FOUND) == pytest.approx(expected)
    assert expected_calibration_error([]) is None


def test_scores_that_say_what_they_mean_have_no_calibration_error() -> None:
    assert expected_calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0


def test_the_precision_recall_curve_takes_equal_scores_together() -> None:
    assert precision_recall(FOUND, gold=4) == [
        (0.95, Counts(1, 0, 3)),
        (0.9, Counts(2, 1, 2)),
        (0.35, Counts(2, 2, 2)),
        (0.31, Counts(3, 2, 1)),
    ]


def test_the_best_threshold_is_that_of_the_highest_f1() -> None:
    threshold, counts = best_threshold(FOUND, gold=4)
    assert (threshold, counts) == (0.31, Counts(3, 2, 1))
    assert best_threshold([], gold=4) is None


@given(st.lists(st.tuples(st.sampled_from([0, 0.2, 0.5, 0.9, 1]), st.booleans()), max_size=12))
def test_each_point_of_the_curve_is_what_its_threshold_gives(found: list[tuple[float, bool]]) -> None:
    for threshold, counts in precision_recall(found, 20):
        assert at_threshold(found, 20, threshold) == counts


def test_only_predictions_with_a_score_have_an_outcome() -> None:
    gold = document("[flu](Disease) [cough](Symptom) [zinc](Drug)")
    flu, cough, zinc = gold.entities
    predicted = replace(gold, entities=(replace(flu, score=0.8), replace(cough, label="Drug", score=0.4), zinc))
    assert sorted(outcomes(judge_entities(gold, predicted))) == [(0.4, False), (0.8, True)]
