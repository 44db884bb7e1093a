"""Against a real Label Studio server: nothing lost, nothing doubled, whatever goes down when."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from review_labels import CLINICAL
from server import TOKENS, Server

from annotation import edits as e
from annotation.adjudication import Decision, adjudicate, save_decision
from annotation.differences import differences
from annotation.label_studio.conflicts import open_conflicts, resolve
from annotation.label_studio.connection import LabelStudioError, MissingError, connect
from annotation.label_studio.outbox import waiting
from annotation.label_studio.pull import pull
from annotation.label_studio.push import export, plan_push, push, remote_tasks
from annotation.label_studio.state import linked
from annotation.label_studio.sync import start_again, status, sync
from annotation.projects import ProjectSettings, add_suggestions, assign, create_project, suggestions
from annotation.reviews import DraftKey, apply, open_note
from annotation.store import Store
from annotation.versions import latest_versions, submit, versions
from odin.corpora.label_studio_json import result_of
from odin.schema import Document, Entity, Provenance, Relation

ANN, BEN = TOKENS
RICH = Document(
    "n1",
    "😀 [x]\r\nAspirin treats bad headache, pain in left and right knee. No fever from flu.",
    (
        Entity("T1", "Drug", 7, 14, concept="RXNORM:1191", score=0.98, provenance=Provenance("model", "odin-mini@1")),
        Entity("T2", "Symptom", 22, 34, score=0.75),
        Entity("T3", "Symptom", 26, 34),
        Entity("T4", "Symptom", 36, 61, ((36, 48), (57, 61))),
        Entity("T5", "Symptom", 66, 71, assertion="negated", cue=(63, 65)),
        Entity("T6", "Disease", 77, 80),
        Entity("T7", "Symptom", 30, 40),
    ),
    (
        Relation("R1", "treats", "T1", "T2", score=0.5),
        Relation("R2", "causes", "T6", "T5", attributes={"negated": True}),
    ),
)


@pytest.fixture
def client(server: Server):
    return connect(server.url, TOKENS[ANN])


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    yield opened
    opened.close()


def project(store: Store, name: str, documents: list[Document], **settings) -> None:
    create_project(store, name, CLINICAL, documents, created_by="ann", settings=ProjectSettings(**settings))
    assign(store, name, [ANN, BEN])


def annotate(client, store: Store, name: str, note: Document, *, user=None, **extra) -> int:
    """An annotation made there, with the token's user."""
    _, remote = linked(store, name)
    task = remote_tasks(client, remote)[note.id]["id"]
    created = (user or client).annotations.create(task, result=result_of(note), lead_time=12.5, **extra)
    return created.id


def counts(client, store: Store, name: str) -> tuple[int, int, int]:
    tasks = export(client, linked(store, name)[1])
    return (
        len(tasks),
        sum(task.get("total_predictions", len(task.get("predictions") or ())) for task in tasks),
        sum(len(task["annotations"]) for task in tasks),
    )


def test_a_hundred_notes_are_pushed_in_seconds_and_pushing_twice_changes_nothing(client, store: Store) -> None:
    notes = [replace(RICH, id=f"n{number}") for number in range(100)]
    project(store, "hundred", notes, blind_share=0.1)
    began = time.monotonic()
    assert len(push(store, client, "hundred").new) == 100
    seconds = time.monotonic() - began
    assert push(store, client, "hundred").nothing
    assert counts(client, store, "hundred") == (100, 90, 0)
    remote = client.projects.get(linked(store, "hundred")[1])
    assert remote.maximum_annotations == 2
    for words in ('hotkey="1"', 'hint="what Disease means"', 'value="treats (denied)"', 'value="negated"'):
        assert words in remote.label_config
    assert seconds < 60


def test_predictions_carry_spans_relations_scores_and_the_model(client, store: Store) -> None:
    project(store, "predictions", [RICH])
    add_suggestions(store, "predictions", [RICH], source="odin-mini@1")
    push(store, client, "predictions")
    _, remote = linked(store, "predictions")
    task = remote_tasks(client, remote)["n1"]["id"]
    (prediction,) = client.predictions.list(task=task)
    assert prediction.model_version == "odin-mini@1"
    regions = [item for item in prediction.result if item["type"] == "labels"]
    assert [item["value"]["text"] for item in regions] == [RICH.text[x.start : x.end] for x in RICH.entities]
    assert regions[0]["score"] == 0.98
    relations = [item for item in prediction.result if item["type"] == "relation"]
    assert [(item["from_id"], item["to_id"], item["labels"]) for item in relations] == [
        ("T1", "T2", ["treats"]),
        ("T6", "T5", ["causes (denied)"]),
    ]


def test_everything_comes_back_exactly_as_the_reviewers_version(client, server: Server, store: Store) -> None:
    project(store, "exact", [RICH])
    push(store, client, "exact")
    annotate(client, store, "exact", suggestions(store, "exact")["n1"])
    annotate(client, store, "exact", RICH.with_annotations(RICH.entities[:1]), user=connect(server.url, TOKENS[BEN]))
    found = pull(store, client, "exact")
    assert sorted(found.new) == [("n1", ANN), ("n1", BEN)]
    assert found.report.lossless
    ann, ben = sorted(latest_versions(store, "exact"), key=lambda version: version.reviewer)
    assert ann.document == RICH
    assert (ann.kind, ann.seconds, ann.details["ground_truth"]) == ("pulled", 12.5, False)
    assert [entity.text_in(RICH.text) for entity in ben.document.entities] == ["Aspirin"]
    again = pull(store, client, "exact")
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)
    kinds = {difference.kind for difference in differences(ann.document, ben.document, CLINICAL)}
    assert kinds == {"missing"}


def test_relations_without_label_left_and_both_ways_are_normalised_or_reported(client, store: Store) -> None:
    project(store, "drawn", [Document("n1", RICH.text)])
    push(store, client, "drawn")
    _, remote = linked(store, "drawn")
    result = result_of(RICH.with_annotations(RICH.entities[:3]))
    for head, tail, direction, labels in (
        ("T2", "T1", "left", ["treats"]),
        ("T1", "T3", "bi", ["causes"]),
        ("T1", "T3", "right", []),
        ("T1", "gone", "right", ["treats"]),
    ):
        item = {"from_id": head, "to_id": tail, "type": "relation", "direction": direction}
        result.append(item | ({"labels": labels} if labels else {}))
    client.annotations.create(remote_tasks(client, remote)["n1"]["id"], result=result)
    found = pull(store, client, "drawn")
    (version,) = latest_versions(store, "drawn")
    said = [(relation.label, relation.head, relation.tail) for relation in version.document.relations]
    assert said == [("treats", "T1", "T2"), ("causes", "T1", "T3"), ("causes", "T3", "T1")]
    reasons = " ".join(why for _, _, why in found.report.dropped)
    assert "has no label" in reasons
    assert "unknown entity" in reasons
    notes = " ".join(found.report.notes)
    assert "pointed left" in notes
    assert "both ways" in notes
    assert "drew causes from Symptom to Drug, which is not allowed" in notes


def test_changes_skips_and_deletions_follow(client, store: Store) -> None:
    project(store, "follow", [RICH])
    push(store, client, "follow")
    number = annotate(client, store, "follow", RICH.with_annotations(RICH.entities[:1]))
    pull(store, client, "follow")
    client.annotations.update(number, result=result_of(RICH.with_annotations(RICH.entities[:2])))
    assert pull(store, client, "follow", dry_run=True).changed == [("n1", ANN)]
    assert len(versions(store, "follow")) == 1
    assert pull(store, client, "follow").changed == [("n1", ANN)]
    assert [len(version.document.entities) for version in versions(store, "follow")] == [1, 2]
    client.annotations.delete(number)
    assert pull(store, client, "follow").deleted == [("n1", ANN)]
    assert latest_versions(store, "follow") == ()
    assert len(versions(store, "follow", kind="pulled")) == 2
    annotate(client, store, "follow", Document("n1", RICH.text), was_cancelled=True)
    assert pull(store, client, "follow").skipped == [("n1", ANN)]
    assert pull(store, client, "follow").unchanged == 1


def test_what_changed_on_both_sides_is_decided_by_a_person(client, store: Store) -> None:
    project(store, "both", [Document("n1", RICH.text), Document("n2", RICH.text)])
    push(store, client, "both")
    for name in ("n1", "n2"):
        key = DraftKey("both", name, ANN)
        open_note(store, key)
        submit(store, key, apply(store, key, e.AddEntity("Drug", 7, 14), 0).version)
        annotate(client, store, "both", replace(RICH, id=name).with_annotations(RICH.entities[1:2]))
    assert sorted(sync(store, client, "both").pulled.conflicts) == [("n1", ANN), ("n2", ANN)]
    first, second = open_conflicts(store, "both")
    assert [d.kind for d in differences(first.ours.document, first.theirs, CLINICAL)] == ["missing", "extra"]
    resolve(store, "both", first.id, "ours")
    resolve(store, "both", second.id, "theirs")
    assert status(store, "both").conflicts == 0
    assert sync(store, client, "both").pulled.conflicts == []
    labels = {version.document.id: version.document.entities[0].label for version in latest_versions(store, "both")}
    assert labels == {"n1": "Drug", "n2": "Symptom"}


def test_adjudicated_gold_goes_back_as_ground_truth_once(client, server: Server, store: Store) -> None:
    project(store, "gold", [RICH])
    push(store, client, "gold")
    annotate(client, store, "gold", RICH)
    annotate(client, store, "gold", RICH.with_annotations(RICH.entities), user=connect(server.url, TOKENS[BEN]))
    pull(store, client, "gold")
    left, right = latest_versions(store, "gold")
    chief = DraftKey("gold", "n1", "chief")
    for difference in differences(left.document, right.document, CLINICAL):
        save_decision(store, chief, left, right, Decision(difference.id, "left"))
    adjudicate(store, chief, left, right)
    assert "deliver gold of n1" in sync(store, client, "gold", dry_run=True).lines()
    assert sync(store, client, "gold").gold.delivered == ("n1",)
    assert sync(store, client, "gold").lines() == []
    (task,) = export(client, linked(store, "gold")[1])
    truths = [item for item in task["annotations"] if item["ground_truth"]]
    assert [len([x for x in item["result"] if x["type"] == "labels"]) for item in truths] == [
        len(left.document.entities)
    ]
    assert {version.reviewer for version in latest_versions(store, "gold")} == {ANN, BEN}
    with store.writing() as database:  # as if the server's answer had never reached us
        database.execute("UPDATE label_studio_outbox SET delivered = NULL, annotation = NULL, result_hash = NULL")
    again = Store(store.path)
    assert waiting(again, "gold") == 1
    sync(again, client, "gold")
    assert counts(client, again, "gold")[2] == 3
    again.close()
    client.annotations.update(truths[0]["id"], result=[])
    adjudicate(store, chief, left, right, expected_gold=1)
    assert sync(store, client, "gold").gold.edited == ("n1",)


def test_a_project_that_was_created_but_never_heard_of_is_found_again(client, store: Store) -> None:
    project(store, "unheard", [RICH])
    push(store, client, "unheard")
    with store.writing() as database:
        database.execute("UPDATE label_studio_projects SET remote = NULL")
        database.execute("DELETE FROM label_studio_tasks")
    assert plan_push(store, client, "unheard").nothing
    push(store, client, "unheard")
    assert counts(client, store, "unheard")[0] == 1


def test_a_project_deleted_there_is_named_and_can_be_made_anew(client, store: Store) -> None:
    project(store, "deleted", [RICH])
    push(store, client, "deleted")
    client.projects.delete(linked(store, "deleted")[1])
    with pytest.raises(MissingError, match="the project deleted is not there"):
        push(store, client, "deleted")
    start_again(store, client, "deleted")
    push(store, client, "deleted")
    assert counts(client, store, "deleted")[0] == 1


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(server: Server, store: Store) -> None:
    notes = [replace(document("[Aspirin](Drug) treats [headache](Symptom)."), id=f"n{n}") for n in range(250)]
    project(store, "killed", notes)
    client = connect(server.url, TOKENS[ANN], timeout_seconds=30)
    with pytest.raises(LabelStudioError):
        push(store, client, "killed", progress=lambda done, _: server.kill() if done == 100 else None)
    server.start()
    push(store, client, "killed")
    assert counts(client, store, "killed") == (250, 250, 0)
    for number in range(5):
        annotate(client, store, "killed", notes[number])
    killer = threading.Timer(0.05, server.kill)
    killer.start()
    try:
        pull(store, client, "killed")
    except LabelStudioError as err:
        assert server.url in str(err)  # noqa: PT017 - the pull may also have been faster
    killer.join()
    server.start()
    pull(store, client, "killed")
    assert len(versions(store, "killed", kind="pulled")) == 5
    assert len(latest_versions(store, "killed")) == 5


def test_a_wrong_token_is_explained(server: Server) -> None:
    with pytest.raises(LabelStudioError, match="the token was refused"):
        connect(server.url, "f" * 40)


def test_the_command_pushes_pulls_and_says_where_things_stand(
    server: Server, store: Store, monkeypatch, capsys
) -> None:
    from odin.__main__ import main

    project(store, "command", [RICH])
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKENS[ANN])
    base = ["label-studio", "--store", str(store.path)]
    assert main([*base, "--dry-run", "push", "command"]) == 0
    assert main([*base, "push", "command"]) == 0
    annotate(connect(), store, "command", RICH)
    assert main([*base, "pull", "command"]) == 0
    assert main([*base, "sync", "command"]) == 0
    assert main([*base, "status", "command"]) == 0
    out = capsys.readouterr().out
    for words in ("would push 1 notes", "pull: 1 new", "nothing to do", "pulled: 1", "sent: 1"):
        assert words in out
    assert TOKENS[ANN] not in out
