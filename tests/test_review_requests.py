"""What the pages of the Review tab may ask the server for, and what it refuses; no browser, no Gradio server."""

import pytest
from markup import document

from annotation.agreement.adjudication_requests import (
    adjudication_value,
    answer_adjudication,
    notes_to_adjudicate,
    promote_single,
    single_notes,
)
from annotation.review import handlers as review_handlers
from annotation.review.requests import answer, editor_value
from annotation.store import Store
from annotation.store.projects import assign, create_project, progress
from annotation.store.reviews import DraftKey, open_note
from annotation.store.tickets import issue_ticket, read_ticket
from annotation.store.users import add_user, remove_user
from annotation.store.versions import gold_versions, insert_version
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


def test_a_page_left_open_changes_nothing_once_the_reviewers_account_is_taken_away(store):
    for name in ("ann", "bob"):
        add_user(store, name, "long enough")
    value = editor_value(store, KEY)
    remove_user(store, "ann")
    assert "ann has no account any more" in do(store, value, "accept", target="R1")["error"]
    assert open_note(store, KEY).version == 0


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
    assert [one.words for one in notes_to_adjudicate(store, "trial")] == ["n1"]
    value = adjudication_value(store, KEY._replace(reviewer="lead"))
    (difference,) = value["differences"]
    assert difference["kind"] == "assertion"
    assert [(one["who"], one["words"]) for one in difference["variants"]] == [
        (["ann"], "“headache” (Symptom)"),
        (["bob"], "“headache” (Symptom, negated)"),
    ]
    refused = answer_adjudication(store, {"ticket": value["ticket"], "do": "finish", "gold": 0})
    assert "undecided" in refused["error"]
    decided = answer_adjudication(
        store,
        {"ticket": value["ticket"], "do": "decide", "difference": difference["id"], "keep": ["bob"], "reason": "no"},
    )
    assert decided["differences"][0]["keep"] == ["bob"]
    done = answer_adjudication(store, {"ticket": value["ticket"], "do": "finish", "gold": 0})
    assert done["gold"] == 1
    (gold,) = gold_versions(store, "trial")
    assert [entity.assertion for entity in gold.document.entities] == [None, "negated"]


def test_a_note_that_a_reviewer_skipped_afterwards_is_not_to_be_adjudicated(store):
    for reviewer in ("ann", "bob"):
        submitted(store, reviewer, ("accept", {"target": "R1"}))
    assert [one.document for one in notes_to_adjudicate(store, "trial")] == ["n1"]
    with store.writing() as database:
        insert_version(store, database, KEY, "skipped", NOTE)
    assert notes_to_adjudicate(store, "trial") == []


def test_the_merged_note_is_corrected_in_the_editor_and_submitting_it_makes_gold(store):
    for reviewer in ("ann", "bob"):
        submitted(store, reviewer, ("accept", {"target": "R1"}))
    lead = KEY._replace(reviewer="lead")
    ticket = adjudication_value(store, lead)["ticket"]
    assert answer_adjudication(store, {"ticket": ticket, "do": "correct", "gold": 0})["correcting"]
    value = editor_value(store, lead.gold)
    assert (value["review"]["gold"], value["review"]["undecided"]) == (True, 0)
    value = do(store, value, "set_assertion", entity="T2", assertion="historical")
    assert ask(store, value, do="submit")["state"]["submitted"]
    (gold,) = gold_versions(store, "trial")
    assert [(x.assertion, x.provenance.name) for x in gold.document.entities] == [
        (None, "ann, bob"),
        ("historical", "lead"),
    ]
    shown = adjudication_value(store, lead)
    assert (shown["gold"], shown["gold_by"], shown["correcting"]) == (1, "lead", False)
    assert [(row.reviewer, row.submitted) for row in progress(store, "trial")] == [("ann", 1), ("bob", 1)]


def test_a_third_reviewer_is_compared_too(store):
    create_project(store, "three", load_label_set("clinical"), [NOTE], created_by="lead")
    assign(store, "three", ["ann", "bob", "cy"], overlap=3)
    for reviewer, assertion in (("ann", None), ("bob", None), ("cy", "negated")):
        value = do(store, editor_value(store, DraftKey("three", "n1", reviewer)), "accept", target="R1")
        value = do(store, value, "set_assertion", entity="T2", assertion=assertion)
        ask(store, value, do="submit")
    (difference,) = adjudication_value(store, DraftKey("three", "n1", "lead"))["differences"]
    assert [one["who"] for one in difference["variants"]] == [["ann", "bob"], ["cy"]]


def test_what_a_reviewer_was_unsure_of_reaches_the_adjudicator(store):
    unsure = (("mark_unsure", {"target": "T2"}), ("comment", {"target": "T2", "text": "or migraine?"}))
    submitted(store, "ann", ("accept", {"target": "R1"}), *unsure)
    submitted(store, "bob", ("accept", {"target": "R1"}), ("comment", {"target": None, "text": "short"}))
    assert adjudication_value(store, KEY._replace(reviewer="lead"))["remarks"] == [
        {"who": "ann", "on": "“headache” (Symptom)", "unsure": True, "comment": "or migraine?"},
        {"who": "bob", "on": "the note", "unsure": False, "comment": "short"},
    ]


def test_a_note_that_one_person_was_to_review_becomes_gold_with_a_reason(store):
    create_project(store, "alone", load_label_set("clinical"), [NOTE, OTHER], created_by="lead")
    assign(store, "alone", ["ann", "bob"], overlap=1)
    (mine,) = (
        row["document"]
        for row in store.rows("SELECT document FROM assignments WHERE reviewer = 'ann' AND project = 'alone'")
    )
    value = editor_value(store, DraftKey("alone", mine, "ann"))
    value = do(store, value, "accept", target="R1") if mine == "n1" else value
    ask(store, value, do="submit")
    assert [version.document.id for version in single_notes(store, "alone", "lead")] == [mine]
    with pytest.raises(InputError, match="say why"):
        promote_single(store, "alone", "lead", " ")
    assert promote_single(store, "alone", "lead", "a pilot") == 1
    assert [version.details["reason"] for version in gold_versions(store, "alone")] == ["a pilot"]
    assert single_notes(store, "alone", "lead") == []


def test_gold_is_not_shown_to_a_reviewer_who_has_still_to_submit_the_note(store):
    create_project(store, "late", load_label_set("clinical"), [OTHER], created_by="lead")
    assign(store, "late", ["ann", "bob", "cy"], overlap=3)
    for reviewer in ("ann", "bob"):
        ask(store, editor_value(store, DraftKey("late", "n2", reviewer)), do="submit")
    value = adjudication_value(store, DraftKey("late", "n2", "lead"))
    answer_adjudication(store, {"ticket": value["ticket"], "do": "finish", "gold": 0})
    review_handlers.check_may_see_gold(store, "late", "ann")
    with pytest.raises(InputError, match="1 notes are gold"):
        review_handlers.check_may_see_gold(store, "late", "cy")


def test_a_reviewer_who_has_not_submitted_cannot_see_the_others_work(store):
    submitted(store, "bob", ("accept", {"target": "R1"}))
    with pytest.raises(InputError, match="two reviewers"):
        adjudication_value(store, KEY)


def test_the_note_list_has_what_is_to_do_before_what_is_submitted(store):
    submitted(store, "ann", ("accept", {"target": "R1"}))
    rows = review_handlers.note_rows(store, "trial", "ann")
    assert [(note, state) for note, state, _ in rows] == [("n2", "to do"), ("n1", "submitted")]
    assert rows[0][2]
    assert review_handlers.say_progress(store, "trial", "ann").startswith("Mine: 1 of 2 submitted, 1 left")


def test_resuming_returns_to_the_note_and_the_mention(store):
    editor_value(store, KEY)
    answer(store, {"ticket": issue_ticket(store, KEY), "do": "position", "selected": "T2"})
    value = review_handlers.resume(store, "trial", "ann")
    assert (value["document"]["id"], value["selected"]) == ("n1", ["T2"])


def test_the_page_opens_the_project_where_the_reviewer_worked_last_and_at_first_one_with_notes_of_theirs(store):
    create_project(store, "rounds", load_label_set("clinical"), [NOTE], created_by="lead")
    assign(store, "rounds", ["bob"], overlap=1)
    assert review_handlers.first_project(store, "ann") == "trial"
    assert review_handlers.first_project(store, "bob") == "rounds"
    editor_value(store, KEY._replace(reviewer="bob"))
    assert review_handlers.first_project(store, "bob") == "trial"
    assert review_handlers.first_project(store, "eve") in ("trial", "rounds")


def test_going_on_from_half_done_notes_passes_each_of_them_and_begins_again(store):
    notes = [document(f"Visit {n}.", id=f"visit-{n}") for n in range(4)]
    create_project(store, "rounds", load_label_set("clinical"), notes, created_by="lead")
    assign(store, "rounds", ["ann"], overlap=1)
    passed = [review_handlers.next_note(store, "rounds", "ann")["document"]["id"]]
    for _ in notes:
        passed.append(review_handlers.next_note(store, "rounds", "ann", after=passed[-1])["document"]["id"])
    assert sorted(passed[:-1]) == [note.id for note in notes]
    assert passed[-1] == passed[0]
    assert review_handlers.next_note(store, "trial", "ann", after="gone")["document"]["id"]


def test_the_lone_reviewer_may_enter_a_project_that_nobody_is_assigned_to(store):
    create_project(store, "open", load_label_set("clinical"), [NOTE], created_by="generator")
    review_handlers.enter_project(store, "open", review_handlers.LONE_REVIEWER)
    assert len(review_handlers.note_rows(store, "open", review_handlers.LONE_REVIEWER)) == 1
