"""Where there is no note to show, the Review tab says what comes next and has the button that leads there."""

import pytest
from markup import document

from annotation.review import handlers as review_handlers
from annotation.review.guidance import ADJUDICATE, FIGURES, NEW, no_note, no_project
from annotation.store import Store
from annotation.store.projects import assign, create_project
from annotation.store.reviews import DraftKey, open_note, save_position
from annotation.store.versions import submit
from odin.labels import load_label_set


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    notes = [document("No complaints.", id="n1"), document("Feels well.", id="n2")]
    create_project(store, "trial", load_label_set("clinical"), notes, created_by="lead")
    assign(store, "trial", ["ann", "bob"], overlap=2)
    yield store
    store.close()


def submit_note(store, note, reviewer):
    key = DraftKey("trial", note, reviewer)
    save_position(store, key)
    submit(store, key, open_note(store, key).version)


def guidance(store, reviewer):
    return no_note(store, "trial", reviewer)["guidance"]


def test_without_a_project_the_button_makes_one():
    assert no_project()["guidance"]["go"] == NEW


def test_who_has_no_note_is_told_so_by_name(store):
    assert "assigned a note of this project to eve" in guidance(store, "eve")["words"]


def test_when_mine_are_done_the_figures_come_and_when_the_others_are_too_adjudication(store):
    submit_note(store, "n1", "ann")
    submit_note(store, "n2", "ann")
    assert (guidance(store, "ann")["title"], guidance(store, "ann")["go"]) == (
        "All your 2 notes are submitted",
        FIGURES,
    )
    submit_note(store, "n1", "bob")
    assert guidance(store, "ann")["go"] == ADJUDICATE


def test_whoever_comes_back_goes_on_with_what_is_left_until_nothing_is(store):
    submit_note(store, "n1", "ann")
    assert review_handlers.resume(store, "trial", "ann")["document"]["id"] == "n2"
    submit_note(store, "n2", "ann")
    assert review_handlers.resume(store, "trial", "ann") is None
