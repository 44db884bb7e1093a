"""The figures of a project, on a small project that is counted by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from review_labels import CLINICAL

from annotation.editing import edits as e
from annotation.review.dashboard import (
    MODEL,
    Arm,
    bias_and_time,
    label_corrections,
    label_counts,
    older_reviews,
    team_progress,
)
from annotation.review.figures import bias_section, figures_value, say_team
from annotation.store import Store
from annotation.store.guidelines import revise_guideline
from annotation.store.projects import ProjectSettings, assign, create_project
from annotation.store.reviews import DraftKey, apply, open_note
from annotation.store.versions import submit
from odin.__main__ import main

TEXT = "[Aspirin](Drug) treats [headache](Symptom)."
NOTES = [document(TEXT, ("treats", "Aspirin", "headache"), id=f"n{n}") for n in range(4)]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Four notes for two reviewers, one of them blind. Ann has done all as suggested, Ben one, and corrected it."""
    for module in ("reviews", "versions"):  # no time goes by but what `_review` says
        monkeypatch.setattr(f"annotation.store.{module}.utc_now", lambda: "2026-01-01T10:00:00.000Z")
    opened = Store(tmp_path / "odin.sqlite")
    create_project(opened, "p", CLINICAL, NOTES, created_by="lead", settings=ProjectSettings(blind_share=0.25))
    assign(opened, "p", ["ann", "ben"])
    (blind,) = (row["id"] for row in opened.rows("SELECT id FROM documents WHERE blind"))
    seen = next(note.id for note in NOTES if note.id != blind)
    for note in NOTES:
        edits = [e.AddEntity("Drug", 0, 7)] if note.id == blind else [e.Accept("R1")]
        _review(opened, DraftKey("p", note.id, "ann"), 60.0, *edits)
    _review(opened, DraftKey("p", seen, "ben"), 120.0, e.Reject("R1"), e.RelabelEntity("T2", "Disease"), e.Accept("T1"))
    yield opened
    opened.close()


def _review(store: Store, key: DraftKey, seconds: float, *edits: e.Edit) -> None:
    version = open_note(store, key).version
    for edit in edits:
        version = apply(store, key, edit, version).version
    with store.writing() as database:
        database.execute(
            "UPDATE drafts SET seconds = ? WHERE project = ? AND document = ? AND reviewer = ?", [seconds, *key]
        )
    submit(store, key, version)


def section(store: Store, title: str):
    return next(one for one in figures_value(store, "p", "ben", resamples=20)["sections"] if one["title"] == title)


def test_the_time_left_is_that_of_the_measured_pace(store: Store) -> None:
    team = team_progress(store, "p")
    assert (team.submitted, team.assigned, team.seconds_a_note) == (5, 8, 72.0)
    assert say_team(team, "ben") == "Mine: 1 of 4 submitted, 3 left, about 6 min. Team: 5 of 8 reviews submitted."
    newcomer = replace(team.reviewers[1], submitted=0, seconds=0.0)
    assert team.seconds_left(newcomer) == 4 * 72.0
    assert say_team(replace(team, reviewers=()), "ben") == "No note is assigned to anybody yet."


def test_labels_are_counted_in_suggestions_submitted_work_and_gold(store: Store) -> None:
    counts = {one.label: (one.suggested, one.submitted, one.gold) for one in label_counts(store, "p")}
    assert counts["Drug"] == (4, 5, 0)
    assert counts["Symptom"] == (4, 3, 0)
    assert counts["Disease"] == (0, 1, 0)
    assert counts["treats"] == (4, 3, 0)
    assert list(counts)[:2] == ["Disease", "Symptom"]


def test_corrections_by_kind_say_how_often_the_model_was_right(store: Store) -> None:
    found = label_corrections(store, "p")
    assert (found["Drug"].kept, found["Drug"].suggested) == (5, 5)
    assert (found["Symptom"].kept, found["Symptom"].changed, found["Symptom"].rejected) == (3, {"label": 1}, 1)
    assert (found["treats"].kept, found["treats"].rejected) == (3, 2)
    rows = {row[0]: row for row in section(store, "How often the model was right")["tables"][0]["rows"]}
    assert rows["Symptom"][1] == "60% of 5"
    assert rows["Symptom"][3] == "label 1"


def test_bias_compares_the_blind_arm_with_the_rest_and_the_time_of_a_note(store: Store) -> None:
    bias, blind, shown = bias_and_time(store, "p", resamples=20)
    # blind: Drug found, Symptom missed. shown: three notes as suggested; Ben's has Drug, and Symptom as Disease
    assert bias.blind == pytest.approx(2 / 3)
    assert bias.shown == pytest.approx(2 * 7 / (2 * 7 + 1 + 1))
    assert (blind, shown) == (Arm(1, 1.0), Arm(4, 1.0))
    assert bias_section(bias, blind, Arm(0, None))["tables"][0]["rows"][2][1:4] == ["1.0", "–", "–"]


def test_each_pair_is_compared_and_what_is_undefined_says_why(store: Store) -> None:
    tables = section(store, "Agreement")["tables"]
    captions = [table["caption"] for table in tables if not table["folded"]]
    assert captions == [
        "ann and ben: 1 notes of both",
        f"ann and {MODEL}: 4 notes of both",
        f"ben and {MODEL}: 1 notes of both",
    ]
    rows = {row[0]: row[1:] for row in tables[0]["rows"]}
    assert rows["Entities, F1 exact (span and label)"] == ["0.50", "–", "4"]
    assert rows["Relations given shared entities, F1"][0] == {
        "text": "undefined",
        "note": "no relation joins shared entities",
    }
    by_label = next(table for table in tables if table["caption"] == "ann and ben, by mention")
    assert [row[0] for row in by_label["rows"]] == ["Disease", "Symptom", "Drug"]
    assert by_label["rows"][2][1] == "1.00"


def test_reviews_under_older_guidelines_are_counted(store: Store) -> None:
    assert older_reviews(store, "p") == 0
    revise_guideline(store, "p", replace(CLINICAL, rules=("Mark drugs.",)), "lead", 1)
    assert older_reviews(store, "p") == 5
    assert "5 of the reviews were made under older guidelines" in section(store, "Progress")["hint"]


def test_the_agreement_command_compares_the_reviewers_of_a_project_and_the_model(store: Store, capsys) -> None:
    where = ["--store", str(store.path), "--resamples", "10"]
    assert main(["agreement", "--project", "p", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["first"], one["second"]) for one in found] == [("ann", "ben"), ("ann", MODEL), ("ben", MODEL)]
    assert found[0]["entity_f1_exact"]["overall"]["value"] == 0.5
    assert main(["agreement", "--project", "q", *where]) == 2
    assert "no project 'q'" in capsys.readouterr().err
