"""Against a real Label Studio server: gold and reviews go there once, and what both sides changed a person decides."""

from __future__ import annotations

from typing import Any

import pytest
from review_labels import CLINICAL
from server import TOKENS, Server
from sides import ANN, BARE, BEN, DRUG, NOTE, RICH, SYMPTOM, annotate, annotations, copies, counts, project, review

from annotation.agreement.adjudication import adjudicate, lineup_of, save_decision
from annotation.agreement.differences import differences
from annotation.agreement.merging import Decision
from annotation.label_studio.accounts import account_addresses, choose_account
from annotation.label_studio.conflicts import open_conflicts, resolve
from annotation.label_studio.connection import connect
from annotation.label_studio.outbox import waiting
from annotation.label_studio.pull import pull
from annotation.label_studio.push import export, push
from annotation.label_studio.state import linked
from annotation.label_studio.sync import status, sync
from annotation.store import Store
from annotation.store.reviews import DraftKey
from annotation.store.versions import latest_versions, versions
from odin.corpora.label_studio_json import result_of
from odin.errors import InputError


@pytest.fixture
def accounts(client) -> dict[str, int]:
    """The numbers of the accounts there, by e-mail address."""
    return {address: number for number, address in account_addresses(client).items()}


def test_reviews_are_sent_once_as_their_reviewers(client, store: Store, accounts: dict[str, int]) -> None:
    project(store, "reviews", copies(BARE, 2))
    for reviewer in (ANN, BEN):
        review(store, "reviews", "n0", reviewer, DRUG)
    assert f"send the review of n0 by {BEN}" in sync(store, client, "reviews", dry_run=True).lines()
    told: list[tuple[str, int, int]] = []
    done = sync(store, client, "reviews", progress=lambda *said: told.append(said))
    assert sorted(done.delivery.reviews) == [("n0", ANN), ("n0", BEN)]
    assert told[-2:] == [("gold and reviews sent", 1, 2), ("gold and reviews sent", 2, 2)]
    sent = {("n0", accounts[ANN]): [["Drug"]], ("n0", accounts[BEN]): [["Drug"]]}
    assert annotations(client, store, "reviews") == sent
    assert sync(store, client, "reviews").lines() == []
    assert annotations(client, store, "reviews") == sent


def test_a_review_that_was_sent_follows_on_both_sides(client, store: Store, accounts: dict[str, int]) -> None:
    project(store, "follows", copies(BARE, 1))
    for reviewer in (ANN, BEN):
        review(store, "follows", "n0", reviewer, DRUG)
    sync(store, client, "follows")
    review(store, "follows", "n0", ANN, SYMPTOM)
    assert sync(store, client, "follows").delivery.reviews == (("n0", ANN),)
    assert annotations(client, store, "follows")["n0", accounts[ANN]] == [["Drug", "Symptom"]]
    (task,) = export(client, linked(store, "follows")[1])
    (bens,) = (item for item in task["annotations"] if item["completed_by"] == accounts[BEN])
    client.annotations.update(bens["id"], result=result_of(NOTE))
    found = sync(store, client, "follows")
    assert (found.pulled.changed, found.delivery.reviews) == ([("n0", BEN)], ())
    newest = {version.reviewer: version for version in latest_versions(store, "follows")}
    assert (newest[BEN].kind, len(newest[BEN].document.entities)) == ("pulled", 2)


def test_a_reviewer_without_an_account_is_named_until_one_is_chosen(
    client, store: Store, accounts: dict[str, int]
) -> None:
    project(store, "nameless", copies(BARE, 2), ["me", ANN])
    review(store, "nameless", "n0", "me", DRUG)
    done = sync(store, client, "nameless")
    assert done.delivery.without_account == (("n0", "me"),)
    assert done.waits_for_people
    (said,) = done.remarks()
    assert said.startswith(
        "not sent: the review of n0 by me: Label Studio has no account me; choose the one that me has"
    )
    known = account_addresses(client)
    for reviewer, address, why in (
        ("you", BEN, "no reviewer 'you'; there are ann@example.com, me"),
        ("me", "cy@example.com", "no account 'cy@example.com'; it has ann@example.com, ben@example.com"),
        ("me", ANN, "the account ann@example.com is ann@example.com's"),
    ):
        with pytest.raises(InputError, match=why):
            choose_account(store, "nameless", reviewer, address, known)
    choose_account(store, "nameless", "me", "Ben@Example.com", known)
    assert sync(store, client, "nameless").delivery.reviews == (("n0", "me"),)
    assert annotations(client, store, "nameless") == {("n0", accounts[BEN]): [["Drug"]]}


def test_work_under_a_chosen_account_comes_back_as_that_reviewers(client, server: Server, store: Store) -> None:
    project(store, "chosen", copies(BARE, 1), ["me"])
    push(store, client, "chosen")
    choose_account(store, "chosen", "me", BEN, account_addresses(client))
    annotate(connect(server.url, TOKENS[BEN]), store, "chosen", NOTE)
    assert pull(store, client, "chosen").new == [("n0", "me")]
    assert [version.reviewer for version in latest_versions(store, "chosen")] == ["me"]


def test_what_changed_on_both_sides_is_decided_by_a_person(client, store: Store) -> None:
    project(store, "both", copies(BARE, 2))
    push(store, client, "both")
    for note in copies(NOTE, 2):
        review(store, "both", note.id, ANN, DRUG)
        annotate(client, store, "both", note.with_annotations(note.entities[1:]))
    done = sync(store, client, "both")
    assert sorted(done.pulled.conflicts) == [("n0", ANN), ("n1", ANN)]
    assert done.delivery.reviews == ()
    assert sorted(sync(store, client, "both").pulled.conflicts) == [("n0", ANN), ("n1", ANN)]
    first, second = sorted(open_conflicts(store, "both"), key=lambda conflict: conflict.key.document)
    assert [d.kind for d in differences(first.ours.document, first.theirs, CLINICAL)] == ["missing", "extra"]
    resolve(store, "both", first.id, "ours")
    resolve(store, "both", second.id, "theirs")
    assert status(store, "both").conflicts == ()
    decided = sync(store, client, "both")
    assert (decided.pulled.conflicts, decided.delivery.reviews) == ([], (("n0", ANN),))
    labels = {version.document.id: version.document.entities[0].label for version in latest_versions(store, "both")}
    assert labels == {"n0": "Drug", "n1": "Symptom"}
    assert sorted(annotations(client, store, "both").values()) == [[["Drug"]], [["Symptom"]]]
    assert sync(store, client, "both").lines() == []


def adjudicated(client: Any, server: Server, store: Store, name: str) -> None:
    """A project with two reviews from Label Studio that agree, made gold by the chief."""
    project(store, name, [RICH])
    push(store, client, name)
    annotate(client, store, name, RICH)
    annotate(connect(server.url, TOKENS[BEN]), store, name, RICH)
    pull(store, client, name)
    gold_again(store, name)


def gold_again(store: Store, name: str, expected_gold: int = 0) -> None:
    """The chief's gold, from the newest reviews."""
    left, right = latest_versions(store, name)
    chief = DraftKey(name, "n1", "chief")
    for difference in lineup_of(store, (left, right)).differences:
        save_decision(store, chief, (left, right), Decision(difference.id, (left.reviewer,)))
    adjudicate(store, chief, (left, right), expected_gold=expected_gold)


def truths(client: Any, store: Store, name: str) -> list[dict[str, Any]]:
    """The ground-truth annotations there."""
    return [
        item for task in export(client, linked(store, name)[1]) for item in task["annotations"] if item["ground_truth"]
    ]


def test_adjudicated_gold_goes_back_as_ground_truth_once(client, server: Server, store: Store) -> None:
    adjudicated(client, server, store, "gold")
    assert "deliver gold of n1" in sync(store, client, "gold", dry_run=True).lines()
    assert sync(store, client, "gold").delivery.delivered == ("n1",)
    assert sync(store, client, "gold").lines() == []
    (truth,) = truths(client, store, "gold")
    assert len([item for item in truth["result"] if item["type"] == "labels"]) == len(RICH.entities)
    assert {version.reviewer for version in latest_versions(store, "gold")} == {ANN, BEN}


def test_gold_whose_delivery_was_never_answered_is_neither_doubled_nor_taken_for_a_review(
    client, server: Server, store: Store
) -> None:
    adjudicated(client, server, store, "unanswered")
    sync(store, client, "unanswered")
    before = versions(store, "unanswered")
    with store.writing() as database:  # as if the server's answer had never reached us
        database.execute("UPDATE label_studio_outbox SET delivered = NULL, annotation = NULL, result_hash = NULL")
    again = Store(store.path)
    assert waiting(again, "unanswered") == 1
    pull(again, client, "unanswered")
    sync(again, client, "unanswered")
    assert waiting(again, "unanswered") == 0
    assert counts(client, again, "unanswered")[2] == 3
    assert versions(again, "unanswered") == before
    again.close()


def test_a_creation_that_is_refused_as_a_duplicate_counts_as_delivered(client, store: Store, monkeypatch) -> None:
    project(store, "again", copies(BARE, 1))
    review(store, "again", "n0", ANN, DRUG)
    creating = client.annotations.create

    def sent_again(*given, **named):  # as the SDK does when the connection breaks before the answer
        creating(*given, **named)
        return creating(*given, **named)

    monkeypatch.setattr(client.annotations, "create", sent_again)
    assert sync(store, client, "again").delivery.reviews == (("n0", ANN),)
    assert counts(client, store, "again")[2] == 1
    assert sync(store, client, "again").lines() == []


def test_gold_that_was_edited_there_is_left_alone_and_named(client, server: Server, store: Store) -> None:
    adjudicated(client, server, store, "edited")
    sync(store, client, "edited")
    (truth,) = truths(client, store, "edited")
    client.annotations.update(truth["id"], result=[])
    assert "note: n1: its gold was edited there, which changes nothing here" in sync(store, client, "edited").remarks()
    gold_again(store, "edited", expected_gold=1)
    done = sync(store, client, "edited")
    assert (done.delivery.edited, done.waits_for_people) == (("n1",), True)
    assert truths(client, store, "edited")[0]["result"] == []
