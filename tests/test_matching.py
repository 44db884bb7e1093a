"""Matching of mentions: counted by hand, against every possible matching, and by its laws."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.evaluation.annotations import Mention
from odin.evaluation.matching import exact, maximum_matching, overlap_matching, overlaps, partial, type_counts


def mentions(markup: str) -> list[Mention]:
    return [entity.key for entity in document(markup).entities]


def span(start: int, end: int, label: str = "A") -> Mention:
    return label, ((start, end),)


GOLD = mentions("[Aspirin](Drug) and [cold packs](Procedure) help [severe headache](Symptom), not [flu](Disease).")
PREDICTED = mentions("[Aspirin](Drug) and [cold](Drug) packs help severe [headache](Symptom), not [flu](Symptom).")


def test_exact_matching_counted_by_hand() -> None:
    assert exact(GOLD, PREDICTED) == {
        "Drug": (1, 1, 0),
        "Procedure": (0, 0, 1),
        "Symptom": (0, 2, 1),
        "Disease": (0, 0, 1),
    }


def test_partial_matching_counted_by_hand() -> None:
    assert partial(GOLD, PREDICTED) == {
        "Drug": (1, 1, 0),
        "Procedure": (0, 0, 1),
        "Symptom": (1, 1, 0),
        "Disease": (0, 0, 1),
    }


def test_type_matching_counted_by_hand() -> None:
    assert type_counts(GOLD, PREDICTED) == {
        "Drug": (1, 1, 0),
        "Procedure": (0, 0, 1),
        "Symptom": (1, 1, 0),
        "Disease": (0, 0, 1),
    }
    assert type_counts([span(0, 1), span(2, 3)], [span(7, 8)]) == {"A": (1, 0, 1)}


def test_one_long_prediction_is_right_once_only() -> None:
    gold = mentions("[ankle](Symptom) and [foot](Symptom) pain")
    assert partial(gold, mentions("[ankle and foot](Symptom) pain")) == {"Symptom": (1, 0, 1)}


def test_the_matching_is_maximum_where_the_first_overlap_would_take_the_wrong_partner() -> None:
    gold = [span(0, 10), span(8, 20)]
    predicted = [span(9, 12), span(2, 4)]
    assert partial(gold, predicted) == {"A": (2, 0, 0)}


def test_an_exact_pair_gives_way_where_that_matches_more() -> None:
    gold = [span(4, 6), span(5, 10)]
    predicted = [span(4, 6), span(0, 5)]
    assert partial(gold, predicted) == {"A": (2, 0, 0)}


def test_nested_mentions_match_each_their_own() -> None:
    gold = mentions("[[penicillin](Drug) allergy](Disease)")
    assert exact(gold, mentions("[[penicillin](Drug) allergy](Disease)")) == {"Drug": (1, 0, 0), "Disease": (1, 0, 0)}
    assert exact(gold, mentions("[penicillin](Drug) [allergy](Disease)")) == {"Drug": (1, 0, 0), "Disease": (0, 1, 1)}


def test_mentions_that_touch_do_not_overlap() -> None:
    assert partial([span(0, 5)], [span(5, 9)]) == {"A": (0, 1, 1)}


def test_the_gap_of_a_discontinuous_mention_does_not_count_as_overlap() -> None:
    broken = ("A", ((0, 3), (10, 14)))
    assert partial([broken], [span(4, 8)]) == {"A": (0, 1, 1)}
    assert partial([broken], [span(8, 11)]) == {"A": (1, 0, 0)}
    assert exact([broken], [span(0, 14)]) == {"A": (0, 1, 1)}
    assert exact([broken], [broken]) == {"A": (1, 0, 0)}


def test_a_mention_in_the_gap_of_another_is_still_matched_with_its_own_partner() -> None:
    broken = ("A", ((0, 3), (10, 14)))
    assert partial([broken, span(4, 8)], [span(5, 9)]) == {"A": (1, 0, 1)}


def test_a_long_chain_of_overlaps_is_matched_whole() -> None:
    gold = [span(10 * i, 10 * i + 6) for i in range(800)]
    predicted = [span(10 * i + 5, 10 * i + 11) for i in range(-1, 799)]
    assert len(overlap_matching(gold, [span(max(s, 0), e) for _, ((s, e),) in predicted])) == 800


offsets = st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def any_mentions(draw: st.DrawFn) -> list[Mention]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        start, end = draw(offsets)
        gap = draw(st.integers(1, 4))
        spans = ((start, end),) if draw(st.booleans()) else ((start, end), (end + gap, end + gap + 2))
        found.append((draw(st.sampled_from("AB")), spans))
    return list(dict.fromkeys(found))


MATCHINGS = [exact, partial, type_counts]


@pytest.mark.parametrize("count", MATCHINGS)
@given(data=st.data(), gold=any_mentions(), predicted=any_mentions())
def test_the_order_of_mentions_does_not_matter(count, data, gold, predicted) -> None:
    expected = count(gold, predicted)
    assert count(data.draw(st.permutations(gold)), data.draw(st.permutations(predicted))) == expected


@pytest.mark.parametrize("count", MATCHINGS)
@given(gold=any_mentions(), predicted=any_mentions())
def test_swapping_gold_and_predicted_swaps_what_is_missing_and_what_is_too_much(count, gold, predicted) -> None:
    swapped = {label: (tp, fn, fp) for label, (tp, fp, fn) in count(gold, predicted).items()}
    assert count(predicted, gold) == swapped


@pytest.mark.parametrize("count", MATCHINGS)
@given(gold=any_mentions())
def test_gold_against_itself_is_all_right(count, gold) -> None:
    assert all(fp == fn == 0 for _, fp, fn in count(gold, gold).values())
    assert sum(tp for tp, _, _ in count(gold, gold).values()) == len(gold)


@pytest.mark.parametrize("count", MATCHINGS)
@given(gold=any_mentions(), predicted=any_mentions())
def test_every_mention_is_counted_once(count, gold, predicted) -> None:
    rows = count(gold, predicted)
    assert sum(tp + fn for tp, _, fn in rows.values()) == len(gold)
    assert sum(tp + fp for tp, fp, _ in rows.values()) == len(predicted)
    assert all(min(row) >= 0 for row in rows.values())


@given(gold=any_mentions(), predicted=any_mentions())
def test_exact_finds_no_more_than_partial_and_partial_no_more_than_type(gold, predicted) -> None:
    strict, loose, types = exact(gold, predicted), partial(gold, predicted), type_counts(gold, predicted)
    for label, row in strict.items():
        assert row[0] <= loose[label][0] <= types[label][0]


@given(gold=any_mentions(), predicted=any_mentions())
def test_partial_finds_as_many_pairs_as_any_assignment_could(gold, predicted) -> None:
    pairs = overlap_matching(gold, predicted)
    assert all(one[0] == other[0] and overlaps(one[1], other[1]) for one, other in pairs)
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    assert len(pairs) == best_by_trying_all(gold[:6], predicted[:6])


def best_by_trying_all(gold: list[Mention], predicted: list[Mention]) -> int:
    small, large = sorted((gold, predicted), key=len)
    return max(
        sum(one[0] == other[0] and overlaps(one[1], other[1]) for one, other in zip(small, order, strict=True))
        for order in permutations(large, len(small))
    )


def test_a_matching_of_a_graph_is_maximum() -> None:
    assert maximum_matching([[0], [0, 1], [1, 2]]) == [(0, 0), (1, 1), (2, 2)]
    assert len(maximum_matching([[0], [0], [0]])) == 1
    assert maximum_matching([]) == []
