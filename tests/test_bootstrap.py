"""Intervals and p-values: what they must contain, when they are undefined, and that they can be had again."""

import random

import pytest

from odin.errors import InputError
from odin.evaluation import scores
from odin.evaluation.bootstrap import bootstrap, compare
from odin.evaluation.matching import Rows
from odin.evaluation.scores import Tally


def rows(seed: int, count: int = 60, share: float = 0.7) -> list[Rows]:
    choose = random.Random(seed)
    found = []
    for _ in range(count):
        total = choose.randint(1, 10)
        right = sum(choose.random() < share for _ in range(total))
        found.append({"A": (right, total - right, total - right), "B": (1, 0, choose.randint(0, 1))})
    return found


def tally(documents: list[Rows]) -> Tally:
    out = Tally()
    for one in documents:
        out.add(one)
    return out


def test_the_interval_holds_the_score_and_narrows_with_more_documents() -> None:
    few, many = tally(rows(1, 20)).scores(), tally(rows(1, 2000)).scores()
    for one in (few, many):
        low, high = bootstrap(one).micro["f1"]
        assert low < one.micro.f1 < high
    width = [high - low for low, high in (bootstrap(one).micro["f1"] for one in (few, many))]
    assert width[1] < width[0] / 4


def test_the_interval_is_about_as_wide_as_theory_says() -> None:
    one_each = [{"A": (1, 0, 0)} if place % 2 else {"A": (0, 1, 1)} for place in range(400)]
    low, high = bootstrap(tally(one_each).scores(), resamples=4000).micro["precision"]
    expected = 2 * 1.96 * (0.25 / 400) ** 0.5
    assert high - low == pytest.approx(expected, rel=0.1)


def test_the_order_of_documents_does_not_change_the_interval_and_the_seed_may() -> None:
    documents = rows(2)
    again = documents[::-1]
    assert bootstrap(tally(documents).scores(), seed=5) == bootstrap(tally(again).scores(), seed=5)
    assert bootstrap(tally(documents).scores(), seed=5) != bootstrap(tally(documents).scores(), seed=6)


def test_every_measure_of_every_label_has_its_interval() -> None:
    intervals = bootstrap(tally(rows(3)).scores())
    assert set(intervals.per_label) == {"A", "B"}
    assert intervals.per_label["B"]["precision"] == (1.0, 1.0)
    low, high = intervals.per_label["B"]["recall"]
    assert low < high < 1
    assert intervals.macro["f1"][0] < intervals.macro["f1"][1]


def test_what_is_not_defined_has_no_interval() -> None:
    only_missed = tally([{"A": (0, 0, 2)}, {"A": (0, 0, 1)}]).scores()
    intervals = bootstrap(only_missed)
    assert intervals.micro["precision"] is None
    assert intervals.micro["recall"] == (0, 0)


@pytest.mark.parametrize("most", [0, 3, 100_000])
def test_totals_stay_right_when_too_many_documents_differ_for_their_rows_to_be_kept(monkeypatch, most: int) -> None:
    documents = rows(3, 40)
    expected = tally(documents).scores()
    monkeypatch.setattr(scores, "MAX_DISTINCT_ROWS", most)
    whole = tally([])
    for part in (documents[:1], documents[1:25], documents[25:]):
        whole.merge(tally(part))
    for found in (tally(documents).scores(), whole.scores(), whole.scores()):
        assert found.per_label == expected.per_label
        assert found.rows == (expected.rows if most > 40 else None)


def test_one_document_is_too_few_for_an_interval() -> None:
    assert bootstrap(tally(rows(1, 1)).scores()).micro == {}


def test_a_system_against_itself_is_no_better() -> None:
    result = compare(rows(4), rows(4))
    assert (result.difference, result.interval, result.p_value) == (0, (0, 0), 1)


def test_a_much_better_system_is_significantly_better_and_the_sign_says_which() -> None:
    result = compare(rows(5, share=0.5), rows(6, share=0.9), resamples=2000)
    assert result.difference > 0
    assert result.interval[0] > 0
    assert result.p_value < 0.01
    back = compare(rows(6, share=0.9), rows(5, share=0.5), resamples=2000)
    assert back.difference == -result.difference
    assert back.p_value < 0.01


def test_a_small_difference_is_not_significant() -> None:
    result = compare(rows(7, share=0.7), rows(8, share=0.71), resamples=2000)
    assert result.p_value > 0.05
    assert result.interval[0] < 0 < result.interval[1]


def test_systems_of_other_documents_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="2 documents of the first system against 3"):
        compare(rows(1, 2), rows(1, 3))
    assert compare([], []).p_value is None
