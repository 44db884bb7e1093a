"""What the pages of the Review tab may ask the server for, and what it refuses; no browser, no Gradio server."""

import pytest
from markup import document

from annotation import dashboard, review_handlers
from annotation.adjudication_requests import adjudication_value, answer_adjudication, notes_to_adjudicate
from annotation.project_creation import NewProject, make_project
from annotation.projects import assign, create_project
from annotation.review_requests import answer, editor_value
from annotation.reviews import DraftKey, open_note
from annotation.store import Store
from annotation.tickets import issue_ticket, read_ticket
from annotation.versions import gold_versions
from odin.corpora import jsonl
from odin.errors import InputError
from odin.labels import load_label_set

NOTE = document(
    "[Aspirin](Drug) treats [headache](Symptom). Aspirin daily.", ("treats", "Aspirin", "headache"), id="n1"
)
OTHER = document("No complaints.", id="n2")
KEY = DraftKey("trial", "n1", "ann")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    create_project(store, "trial", load_label_set("clinical"), [NOTE, OTHER], created_by="lead")
    assign(store, "trial", ["ann", "bob"], overlap=2)
    yield store
    store.close()


def ask(store, value, **request):
    state = value.get("review") or value["state"]
    return answer(store, {"ticket": state["ticket"], "version": state["version"], **request})


def do(store, value, kind, **fields):
    return ask(store, value, do="edit", edit={"edit": kind, **fields})


def test_the_editor_starts_from_the_suggestions(store):
    value = editor_value(store, KEY)
    assert value["review"]["undecided"] == 3
    assert value["document"]["text"] == NOTE.text


def test_an_edit_is_on_disk_when_it_is_answered(store):
    reply = do(store, editor_value(store, KEY), "accept", target="R1")
    assert reply["state"]["undecided"] == 0
    assert open_note(store, KEY).version == reply["state"]["version"] == 1


def test_an_edit_on_an_old_version_is_answered_with_the_difference_and_changes_nothing(store):
    first, second = editor_value(store, KEY), editor_value(store, KEY)
    do(store, first, "delete_entity", entity="T2")
    reply = do(store, second, "accept", target="T1")
    assert reply["conflict"] == ["gone: “headache” (Symptom)", "gone: “Aspirin treats headache”"]
    assert reply["state"]["version"] == open_note(store, KEY).version == 1
    again = do(store, reply, "accept", target="T1")
    assert again["state"]["undecided"] == 0


def test_undo_redo_submit_and_reopen(store):
    value = do(store, editor_value(store, KEY), "accept", target="R1")
    value = ask(store, ask(store, value, do="undo"), do="redo")
    value = ask(store, value, do="submit")
    assert value["state"]["submitted"]
    assert "submitted" in do(store, value, "delete_entity", entity="T1")["error"]
    assert not ask(store, value, do="reopen")["state"]["submitted"]


def test_submitting_with_undecided_suggestions_is_refused_with_their_number(store):
    assert "3 suggestions are undecided" in ask(store, editor_value(store, KEY), do="submit")["error"]


@pytest.mark.parametrize("request_", [None, 7, {}, {"ticket": "x.y"}, {"ticket": 3}, {"ticket": ""}])
def test_a_request_without_a_true_ticket_is_refused(store, request_):
    assert set(answer(store, request_)) == {"error"}


def test_a_ticket_cannot_be_changed_to_another_note_or_person(store, tmp_path):
    ticket = issue_ticket(store, KEY)
    assert read_ticket(store, ticket) == KEY
    forged = issue_ticket(store, KEY._replace(reviewer="bob")).split(".")[0] + "." + ticket.split(".")[1]
    with pytest.raises(InputError, match="reload"):
        read_ticket(store, forged)
    elsewhere = Store(tmp_path / "other" / "store.sqlite")
    with pytest.raises(InputError):
        read_ticket(elsewhere, ticket)
    elsewhere.close()


def test_a_ticket_holds_after_the_store_was_opened_again(store):
    ticket = issue_ticket(store, KEY)
    again = Store(store.path)
    assert read_ticket(again, ticket) == KEY
    again.close()


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "edit", "version": "0", "edit": {}},
        {"do": "edit", "version": True, "edit": {}},
        {"do": "edit", "version": 0},
        {"do": "edit", "version": 0, "edit": {"edit": "add_entity", "label": "Drug", "start": -1, "end": 4}},
        {"do": "edit", "version": 0, "edit": {"edit": "add_entity", "label": "Nonsense", "start": 0, "end": 4}},
        {"do": "edit", "version": 0, "edit": {"edit": "add_relation", "label": "treats", "head": "T2", "tail": "T1"}},
        {"do": "drop table", "version": 0},
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(store, request_):
    editor_value(store, KEY)
    reply = answer(store, {"ticket": issue_ticket(store, KEY), **request_})
    assert reply["error"]
    assert open_note(store, KEY).version == 0


def test_identical_mentions_are_shown_before_anything_is_marked(store):
    reply = ask(store, editor_value(store, KEY), do="identical", entity="T1")
    assert [NOTE.text[start:end] for start, end in reply["spans"]] == ["Aspirin"]
    assert open_note(store, KEY).version == 0


def submitted(store, reviewer, *edits):
    value = editor_value(store, KEY._replace(reviewer=reviewer))
    for kind, fields in edits:
        value = do(store, value, kind, **fields)
        assert "error" not in value, value
    return ask(store, value, do="submit")


def test_two_versions_are_adjudicated_difference_by_difference(store):
    submitted(store, "ann", ("accept", {"target": "R1"}))
    submitted(store, "bob", ("accept", {"target": "R1"}), ("set_assertion", {"entity": "T2", "assertion": "negated"}))
    assert notes_to_adjudicate(store, "trial") == ["n1"]
    value = adjudication_value(store, KEY._replace(reviewer="lead"))
    (difference,) = value["differences"]
    assert (difference["kind"], difference["left"]) == ("assertion", "“headache” (Symptom)")
    assert difference["right"] == "“headache” (Symptom, negated)"
    refused = answer_adjudication(store, {"ticket": value["ticket"], "do": "finish", "gold": 0})
    assert "undecided" in refused["error"]
    decided = answer_adjudication(
        store,
        {"ticket": value["ticket"], "do": "decide", "difference": difference["id"], "choice": "right", "reason": "no"},
    )
    assert decided["differences"][0]["choice"] == "right"
    done = answer_adjudication(store, {"ticket": value["ticket"], "do": "finish", "gold": 0})
    assert done["gold"] == 1
    (gold,) = gold_versions(store, "trial")
    assert [entity.assertion for entity in gold.document.entities] == [None, "negated"]


def test_a_reviewer_who_has_not_submitted_cannot_see_the_others_work(store):
    submitted(store, "bob", ("accept", {"target": "R1"}))
    with pytest.raises(InputError, match="two reviewers"):
        adjudication_value(store, KEY)


def test_the_rows_of_the_note_list_and_the_dashboard(store):
    submitted(store, "ann", ("accept", {"target": "R1"}))
    rows = review_handlers.note_rows(store, "trial", "ann")
    assert [(note, state) for note, state, _ in rows] == [("n2", "to do"), ("n1", "submitted")]
    assert rows[0][2]
    assert review_handlers.say_progress(store, "trial", "ann").startswith("Mine: 1 of 2 submitted")
    assert dashboard.progress_rows(store, "trial")[0][:4] == ["ann", "2", "1", "1"]
    assert ["Drug", "1", "1", "100%", "", "0", "0"] in dashboard.correction_rows(store, "trial")
    agreement = dashboard.agreement_rows(store, "trial", resamples=10)
    assert {tuple(row[:2]) for row in agreement} == {("ann", dashboard.MODEL)}


def test_resuming_returns_to_the_note_and_the_mention(store):
    editor_value(store, KEY)
    answer(store, {"ticket": issue_ticket(store, KEY), "do": "position", "selected": "T2"})
    value = review_handlers.resume(store, "trial", "ann")
    assert (value["document"]["id"], value["selected"]) == ("n1", ["T2"])


def test_a_project_is_made_of_files_and_warns_of_what_looks_like_phi(store, tmp_path):
    path = tmp_path / "notes.jsonl"
    phone = document("Call 617-555-0123 about [fever](Symptom).", id="p1")
    jsonl.write([phone], path)
    labels = load_label_set("clinical")
    form = NewProject("from files", labels, files=[str(path)], reviewers=["ann", "bob"])
    said = make_project(store, form, None, by="lead")
    assert "1 of 1 notes for ann, bob" in said
    assert "Warning" in said
    assert review_handlers.next_note(store, "from files", "bob")["review"]["undecided"] == 1


def test_a_project_needs_notes_and_reviewers(store):
    labels = load_label_set("clinical")
    with pytest.raises(InputError, match="reviewer"):
        make_project(store, NewProject("x", labels), None, by="lead")
    with pytest.raises(InputError, match="files or a corpus"):
        make_project(store, NewProject("x", labels, reviewers=["ann"]), None, by="lead")


def test_the_lone_reviewer_may_enter_a_project_that_nobody_is_assigned_to(store):
    create_project(store, "open", load_label_set("clinical"), [NOTE], created_by="generator")
    review_handlers.enter_project(store, "open", review_handlers.LONE_REVIEWER)
    assert len(review_handlers.note_rows(store, "open", review_handlers.LONE_REVIEWER)) == 1
