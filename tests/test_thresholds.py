"""Showing what reaches a score, after the run."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.extraction.thresholds import above
from odin.schema import Document

NOTE = document(
    "[Aspirin](Drug) treats [headache](Symptom) and [fever](Symptom).",
    ("treats", "Aspirin", "headache"),
    ("treats", "Aspirin", "fever"),
)


def scored(entities: list[float | None], relations: list[float | None]) -> Document:
    return NOTE.with_annotations(
        [replace(e, score=s) for e, s in zip(NOTE.entities, entities, strict=True)],
        [replace(r, score=s) for r, s in zip(NOTE.relations, relations, strict=True)],
    )


def test_a_relation_goes_below_its_own_threshold_and_with_either_mention() -> None:
    note = scored([0.9, 0.8, 0.6], [0.4, 0.9])
    assert [r.id for r in above(note, 0.5, 0.5).relations] == ["R2"]
    assert [r.id for r in above(note, 0.7, 0.3).relations] == ["R1"]
    assert above(note, 0.95, 0.0).relations == ()


def test_what_has_no_score_stays() -> None:
    note = scored([None, None, None], [None, None])
    assert above(note, 1.0, 1.0) == note


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_raising_in_steps_equals_raising_at_once(e1: float, e2: float, r1: float, r2: float) -> None:
    note = scored([0.9, 0.5, 0.3], [0.7, 0.2])
    assert above(above(note, e1, r1), e2, r2) == above(note, max(e1, e2), max(r1, r2))
