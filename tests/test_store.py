"""The store: nothing acknowledged is lost, nobody overwrites anybody, and what is submitted stays."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from markup import document
from review_labels import CLINICAL

from annotation.editing import edits as e
from annotation.review.requests import answer, editor_value
from annotation.store import Store
from annotation.store.audit import actions, remarks_on
from annotation.store.guidelines import current_guideline, guidelines, revise_guideline
from annotation.store.projects import ProjectSettings, assign, create_project, progress
from annotation.store.reviews import (
    DraftKey,
    StaleDraftError,
    apply,
    document_at,
    last_position,
    open_note,
    redo,
    save_position,
    undo,
)
from annotation.store.users import add_user, remove_user, user_names, verify_user
from annotation.store.versions import latest_versions, reopen, submit, versions, visible_versions
from odin.errors import AnnotationError, ConflictError, InputError
from odin.schema import Document

NOTE = document(
    "[Aspirin](Drug) for [headache](Symptom) 😀 due to [flu](Disease).", ("treats", "Aspirin", "headache"), id="n1"
)
ANN, BEN = DraftKey("p", "n1", "ann"), DraftKey("p", "n1", "ben")


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    create_project(opened, "p", CLINICAL, [NOTE, document("No [fever](Symptom).", id="n2")], created_by="ann")
    assign(opened, "p", ["ann", "ben"], overlap=2)
    yield opened
    opened.close()


def accept_all(store: Store, key: DraftKey) -> int:
    draft = open_note(store, key)
    for target in ("R1", "T3"):
        draft = apply(store, key, e.Accept(target), draft.version)
    return draft.version


def test_a_note_opens_with_its_suggestions_and_each_edit_is_a_new_version(store: Store) -> None:
    draft = open_note(store, ANN)
    assert (draft.version, draft.undecided, draft.can_undo) == (0, 4, False)
    draft = apply(store, ANN, e.Accept("R1"), 0)
    assert (draft.version, draft.undecided, draft.can_undo) == (1, 1, True)
    assert open_note(store, ANN) == draft


def test_an_edit_that_cannot_be_leaves_the_draft_as_it_was(store: Store) -> None:
    before = open_note(store, ANN)
    with pytest.raises(AnnotationError):
        apply(store, ANN, e.AddEntity("Drug", 0, 7), 0)
    assert open_note(store, ANN) == before
    assert actions(store, "p") == []


def test_undo_and_redo_survive_a_restart(store: Store) -> None:
    start = open_note(store, ANN).document
    one = apply(store, ANN, e.Accept("T1"), 0)
    two = apply(store, ANN, e.DeleteEntity("T2"), 1)
    store.close()
    again = Store(store.path)
    assert undo(again, ANN, 2).document == one.document
    back = undo(again, ANN, 3)
    assert (back.document, back.can_undo, back.can_redo) == (start, False, True)
    with pytest.raises(AnnotationError, match="nothing to undo"):
        undo(again, ANN, 4)
    assert redo(again, ANN, 4).document == one.document
    forward = redo(again, ANN, 5)
    assert (forward.document, forward.can_redo) == (two.document, False)
    undo(again, ANN, 6)
    apply(again, ANN, e.Comment(None, "other way"), 7)
    with pytest.raises(AnnotationError, match="nothing to redo"):
        redo(again, ANN, 8)
    again.close()


def test_a_second_tab_gets_the_difference_and_overwrites_nothing(store: Store) -> None:
    seen = open_note(store, ANN)
    first = apply(store, ANN, e.Accept("T1"), 0)
    apply(store, ANN, e.DeleteEntity("T3"), 1)
    with pytest.raises(StaleDraftError, match="changed elsewhere") as caught:
        apply(store, ANN, e.Reject("T1"), 0)
    assert isinstance(caught.value, ConflictError)
    assert caught.value.seen == seen.document
    assert caught.value.current == open_note(store, ANN)
    assert caught.value.current.version == 2
    assert document_at(store, caught.value.current, 1) == first.document


def test_submitting_is_blocked_until_each_suggestion_is_decided(store: Store) -> None:
    open_note(store, ANN)
    with pytest.raises(AnnotationError, match="4 suggestions are undecided"):
        submit(store, ANN, 0)
    assert not open_note(store, ANN).submitted
    assert versions(store, "p") == ()


def test_a_submitted_version_cannot_be_changed_even_by_sql(store: Store) -> None:
    version = submit(store, ANN, accept_all(store, ANN))
    assert (version.kind, version.number, version.guideline) == ("submitted", 1, 1)
    with pytest.raises(InputError, match="you have submitted it"):
        apply(store, ANN, e.DeleteEntity("T1"), 3)
    for statement in ("UPDATE versions SET annotations = '{}'", "DELETE FROM versions", "DELETE FROM actions"):
        with pytest.raises(sqlite3.IntegrityError, match=r"immutable|kept"), store.writing() as database:
            database.execute(statement)
    assert versions(store, "p") == (version,)


def test_a_reopened_note_is_submitted_again_beside_the_first_version(store: Store) -> None:
    first = submit(store, ANN, accept_all(store, ANN))
    draft = reopen(store, ANN, 3)
    assert not draft.can_undo
    draft = apply(store, ANN, e.DeleteEntity("T3"), draft.version)
    second = submit(store, ANN, draft.version)
    assert [version.number for version in versions(store, "p", reviewer="ann")] == [1, 2]
    assert latest_versions(store, "p") == (second,)
    assert len(first.document.entities) == 3
    assert len(second.document.entities) == 2


def test_reviewers_see_only_their_own_work_before_they_submit(store: Store) -> None:
    theirs = submit(store, BEN, accept_all(store, BEN))
    assert visible_versions(store, "p", "n1", "ann") == ()
    assert visible_versions(store, "p", "n1", "chief") == (theirs,)
    own = submit(store, ANN, accept_all(store, ANN))
    assert set(visible_versions(store, "p", "n1", "ann")) == {own, theirs}


def test_a_note_is_open_only_to_those_it_is_assigned_to(store: Store) -> None:
    with pytest.raises(InputError, match="not assigned to eve"):
        open_note(store, DraftKey("p", "n1", "eve"))
    with pytest.raises(InputError, match="has no note 'n9'"):
        open_note(store, DraftKey("p", "n9", "ann"))


def test_the_audit_trail_says_who_when_before_and_after(store: Store) -> None:
    version = accept_all(store, ANN)
    undo(store, ANN, version)
    trail = actions(store, "p", reviewer="ann")
    assert [(action.version, action.kind) for action in trail] == [(1, "edit"), (2, "edit"), (3, "undo")]
    assert trail[1].edit == {"edit": "accept", "target": "T3"}
    assert trail[1].before["entities"][0]["attributes"] == {"status": "suggested"}
    assert trail[1].after["entities"][0]["provenance"]["name"] == "ann"
    assert (trail[2].before, trail[2].after) == (trail[1].after, trail[1].before)
    assert trail[0].time <= trail[1].time <= trail[2].time


def test_a_reviewer_resumes_at_the_same_note_and_span(store: Store) -> None:
    assert last_position(store, "p", "ann") is None
    save_position(store, ANN, "T2")
    save_position(store, DraftKey("p", "n2", "ann"), None)
    save_position(store, BEN, "T1")
    assert last_position(store, "p", "ann") == ("n2", None)
    assert last_position(store, "p", "ben") == ("n1", "T1")


def test_comments_and_doubts_are_listed_for_the_adjudicator(store: Store) -> None:
    open_note(store, ANN)
    apply(store, ANN, e.Comment("R1", "really?"), 0)
    draft = apply(store, ANN, e.MarkUnsure(None), 1)
    noted = remarks_on(draft.document, "ann")
    found = [(remark.reviewer, remark.target, remark.comment, remark.unsure) for remark in noted]
    assert found == [("ann", None, "", True), ("ann", "R1", "really?", False)]


def test_guidelines_are_versioned_and_a_second_editor_is_warned(store: Store) -> None:
    from dataclasses import replace

    newer = replace(CLINICAL, decisions=("anxiety is a Disease",))
    assert revise_guideline(store, "p", newer, "ann", 1).number == 2
    assert current_guideline(store, "p").labels.decisions == ("anxiety is a Disease",)
    assert len(guidelines(store, "p")) == 2
    with pytest.raises(ConflictError, match="ann saved guidelines 2"):
        revise_guideline(store, "p", CLINICAL, "ben", 1)
    with pytest.raises(InputError, match="'Drug' is in use"):
        revise_guideline(store, "p", replace(CLINICAL, entities=CLINICAL.entities[:2], relations=()), "ben", 2)


def test_a_kill_in_the_middle_of_500_actions_loses_none_that_was_acknowledged(store: Store) -> None:
    script = Path(__file__).with_name("kill_script.py")
    acknowledged = 0
    for stop_at in (120, 333, 500):
        process = subprocess.Popen(
            [sys.executable, str(script), str(store.path), "500"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(script.parents[1])},
        )
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged == stop_at and stop_at < 500:
                os.kill(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        reopened = Store(store.path)
        draft = open_note(reopened, ANN)
        trail = [action.version for action in actions(reopened, "p", reviewer="ann")]
        assert acknowledged >= stop_at
        assert acknowledged <= draft.version <= acknowledged + 1
        assert trail == list(range(1, draft.version + 1))
        reopened.close()
    assert draft.document.entities[0].attributes["comment"] == "comment 500"


def test_ten_reviewers_at_the_page_lose_no_update_and_never_find_the_database_locked(tmp_path: Path) -> None:
    store = Store(tmp_path / "ten.sqlite")
    reviewers = [f"r{number}" for number in range(10)]
    create_project(store, "p", CLINICAL, [NOTE], created_by="r0")
    assign(store, "p", reviewers, overlap=10)

    def work(reviewer: str) -> int:
        own = Store(store.path)  # as another process would
        state = editor_value(own, DraftKey("p", "n1", reviewer))["review"]
        for number in range(20):
            edit = {"edit": "comment", "target": "T1", "text": f"{reviewer} {number}"}
            request = {"ticket": state["ticket"], "version": state["version"], "do": "edit", "edit": edit}
            state = answer(own, request)["state"]
        own.close()
        return state["version"]

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(work, reviewers)) == [20] * 10
    for reviewer in reviewers:
        draft = open_note(store, DraftKey("p", "n1", reviewer))
        assert draft.document.entities[0].attributes["comment"] == f"{reviewer} 19"
        assert len(actions(store, "p", reviewer=reviewer)) == 20
    store.close()


def test_of_two_that_save_the_same_version_one_is_warned(store: Store) -> None:
    open_note(store, ANN)
    barrier, outcomes = threading.Barrier(8), []

    def race(number: int) -> None:
        barrier.wait()
        try:
            apply(store, ANN, e.Comment(None, str(number)), 0)
            outcomes.append("saved")
        except StaleDraftError:
            outcomes.append("warned")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(race, range(8)))
    assert sorted(outcomes) == ["saved"] + ["warned"] * 7


def test_many_processes_can_create_one_store_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(Store, [tmp_path / "new.sqlite"] * 8):
            opened.close()


def test_a_path_that_cannot_be_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, " * 100)
    with pytest.raises(InputError, match="text: cannot open the store"):
        Store(tmp_path / "text")
    with pytest.raises(InputError, match="cannot open the store"):
        Store(tmp_path / "text" / "below.sqlite")


def test_passwords_are_salted_hashes_and_verified(store: Store) -> None:
    add_user(store, "ann", "correct horse")
    add_user(store, "ben", "correct horse")
    assert verify_user(store, "ann", "correct horse")
    assert not verify_user(store, "ann", "wrong horse")
    assert not verify_user(store, "eve", "correct horse")
    hashes = {row["hash"] for row in store.rows("SELECT hash FROM users")}
    assert len(hashes) == 2
    assert b"correct horse" not in store.path.read_bytes()
    add_user(store, "ann", "another horse")
    assert verify_user(store, "ann", "another horse")
    remove_user(store, "ben")
    assert user_names(store) == ("ann",)
    for name, password in (("", "long enough"), ("a b", "long enough"), ("ann", "short")):
        with pytest.raises(InputError):
            add_user(store, name, password)


def test_the_reviewers_command_adds_lists_and_removes(tmp_path: Path, capsys, monkeypatch) -> None:
    import io

    from odin.__main__ import main

    path = ["--store", str(tmp_path / "s.sqlite")]
    assert main(["reviewers", *path, "list"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    assert main(["reviewers", *path, "add", "ann", "--password-stdin"]) == 0
    assert main(["reviewers", *path, "list"]) == 0
    assert main(["reviewers", *path, "remove", "ann"]) == 0
    assert main(["reviewers", *path, "remove", "ann"]) == 2
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "no reviewers: the app is open, to this machine only",
        "ann may log in",
        "ann",
        "removed ann",
    ]
    assert "no reviewer is called 'ann'" in err


def test_the_time_worked_on_a_note_leaves_long_pauses_out(store: Store, monkeypatch) -> None:
    monkeypatch.setattr("annotation.store.reviews.utc_now", lambda: "2026-01-01T10:00:00.000Z")
    open_note(store, ANN)
    monkeypatch.setattr("annotation.store.reviews.utc_now", lambda: "2026-01-01T10:00:30.000Z")
    apply(store, ANN, e.Accept("T1"), 0)
    monkeypatch.setattr("annotation.store.reviews.utc_now", lambda: "2026-01-01T14:00:00.000Z")
    assert apply(store, ANN, e.Accept("T2"), 1).seconds == 150


def test_a_note_that_is_right_as_it_is_takes_the_time_that_it_was_open(tmp_path: Path, monkeypatch) -> None:
    store = Store(tmp_path / "bare.sqlite")
    create_project(store, "p", CLINICAL, [Document(name, NOTE.text) for name in ("n1", "n2")], created_by="ann")
    assign(store, "p", ["ann"], overlap=1)
    for name, left, seconds in (("n1", "10:00:45", 45), ("n2", "14:00:00", 120)):
        for module, clock in (("reviews", "10:00:00"), ("versions", left)):
            monkeypatch.setattr(f"annotation.store.{module}.utc_now", lambda clock=clock: f"2026-01-01T{clock}.000Z")
        key = DraftKey("p", name, "ann")
        open_note(store, key)
        assert submit(store, key, 0).seconds == seconds
    assert [one.seconds for one in progress(store, "p")] == [165]
    store.close()


def test_a_blind_note_opens_bare(tmp_path: Path) -> None:
    store = Store(tmp_path / "blind.sqlite")
    create_project(store, "p", CLINICAL, [NOTE], created_by="ann", settings=ProjectSettings(blind_share=1.0))
    assign(store, "p", ["ann"], overlap=1)
    assert open_note(store, ANN).document == Document("n1", NOTE.text)
    store.close()
