"""Against a real Label Studio server: what is pushed is there once, and what people do there comes back as it is."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import pytest
from review_labels import CLINICAL
from server import TOKENS, Server
from sides import ANN, BARE, BEN, NOTE, RICH, annotate, copies, counts, project

from annotation.agreement import pairwise
from annotation.agreement.differences import differences
from annotation.label_studio import polling
from annotation.label_studio import pull as pulling
from annotation.label_studio import push as pushing
from annotation.label_studio.connection import MissingError, connect
from annotation.label_studio.pull import pull
from annotation.label_studio.push import plan_push, push, remote_tasks
from annotation.label_studio.state import linked
from annotation.label_studio.sync import start_again, status, sync
from annotation.review.dashboard import work_by_reviewer
from annotation.store import Store
from annotation.store.guidelines import revise_guideline
from annotation.store.projects import add_suggestions, suggestions
from annotation.store.versions import latest_versions, versions
from odin.corpora.label_studio_json import result_of
from odin.schema import Document


def test_a_hundred_notes_are_pushed_once_however_often(client, store: Store) -> None:
    project(store, "hundred", copies(RICH, 100), blind_share=0.1)
    told: list[tuple[str, int, int]] = []
    assert len(push(store, client, "hundred", progress=lambda *said: told.append(said)).new) == 100
    assert told == [("comparing notes", 0, 0), ("notes sent", 100, 100)]
    assert push(store, client, "hundred").nothing
    assert counts(client, store, "hundred") == (100, 90, 0)
    remote = client.projects.get(linked(store, "hundred")[1])
    assert remote.maximum_annotations == 2
    for words in ('hotkey="1"', 'hint="what Disease means"', 'value="treats (denied)"', 'value="negated"'):
        assert words in remote.label_config
    assert "Drug to Symptom" in remote.expert_instruction


def test_two_pushes_at_once_make_each_task_once(client, store: Store, monkeypatch) -> None:
    project(store, "both", copies(RICH, 3))
    said: list[str] = []
    waits = Event()
    plan, others = pushing.plan_push, []

    def note(step: str, *_) -> None:
        said.append(step)
        waits.set()

    def overtaken(*given):
        planned = plan(*given)
        monkeypatch.setattr(pushing, "plan_push", plan)
        other = Thread(target=lambda: push(store, client, "both", progress=note))
        other.start()
        others.append(other)
        assert waits.wait(30)
        return planned

    monkeypatch.setattr(pushing, "plan_push", overtaken)
    assert len(push(store, client, "both").new) == 3
    others[0].join()
    assert said == ["waiting for another push", "comparing notes"]
    assert counts(client, store, "both") == (3, 3, 0)


def test_predictions_carry_spans_relations_scores_and_the_model(client, store: Store) -> None:
    project(store, "predictions", [RICH])
    add_suggestions(store, "predictions", [RICH], source="odin-mini@1")
    push(store, client, "predictions")
    (prediction,) = client.predictions.list(project=linked(store, "predictions")[1])
    assert prediction.model_version == "odin-mini@1"
    regions = [item for item in prediction.result if item["type"] == "labels"]
    assert [item["value"]["text"] for item in regions] == [RICH.text[x.start : x.end] for x in RICH.entities]
    assert regions[0]["score"] == 0.98
    relations = [item for item in prediction.result if item["type"] == "relation"]
    assert [(item["from_id"], item["to_id"], item["labels"]) for item in relations] == [
        ("T1", "T2", ["treats"]),
        ("T6", "T5", ["causes (denied)"]),
    ]


def test_new_suggestions_and_guidelines_take_the_place_of_those_there(client, store: Store) -> None:
    project(store, "anew", [RICH, *copies(BARE, 1)])
    push(store, client, "anew")
    add_suggestions(store, "anew", [RICH, NOTE], source="odin-mini@2")
    revise_guideline(store, "anew", replace(CLINICAL, rules=("Mark the shortest text.",)), "ann", 1)
    told = sync(store, client, "anew", dry_run=True).lines()
    assert told == ["send the new guidelines", *(f"push new suggestions of {name}" for name in ("n1", "n0"))]
    assert sync(store, client, "anew").lines() == told
    assert sync(store, client, "anew").lines() == []
    remote = client.projects.get(linked(store, "anew")[1])
    assert (remote.model_version, "Mark the shortest" in remote.expert_instruction) == ("odin-mini@2", True)
    assert [x.model_version for x in client.predictions.list(project=remote.id)] == ["odin-mini@2"] * 2


def test_everything_comes_back_exactly_as_the_reviewers_version(client, server: Server, store: Store) -> None:
    project(store, "exact", [RICH])
    push(store, client, "exact")
    annotate(client, store, "exact", suggestions(store, "exact")["n1"], lead_time=12.5)
    annotate(connect(server.url, TOKENS[BEN]), store, "exact", RICH.with_annotations(RICH.entities[:1]))
    told: list[tuple[str, int, int]] = []
    found = pull(store, client, "exact", progress=lambda *said: told.append(said))
    assert told == [("looking for changes", 0, 0), ("annotations read", 1, 2), ("annotations read", 2, 2)]
    assert sorted(found.new) == [("n1", ANN), ("n1", BEN)]
    assert found.report.lossless
    ann, ben = sorted(latest_versions(store, "exact"), key=lambda version: version.reviewer)
    assert ann.document == RICH
    assert (ann.kind, ann.seconds, ann.details["ground_truth"]) == ("pulled", 12.5, False)
    assert ann.details["created"][:2] == ann.details["updated"][:2] == "20"
    assert [entity.text_in(RICH.text) for entity in ben.document.entities] == ["Aspirin"]
    again = pull(store, client, "exact")
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)
    assert {x.kind for x in differences(ann.document, ben.document, CLINICAL)} == {"missing"}
    measured = pairwise(work_by_reviewer(store, "exact", with_model=False))[ANN, BEN].measures
    assert measured["entity_f1_exact"].overall.value == 2 / 8


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


def test_a_pull_fetches_only_what_changed_and_still_sees_every_deletion(client, store: Store, monkeypatch) -> None:
    project(store, "little", copies(BARE, 6), [ANN])
    push(store, client, "little")
    _, remote = linked(store, "little")
    made = [annotate(client, store, "little", note) for note in copies(NOTE, 6)]
    whole: list[int] = []
    fetched: list[set[str]] = []
    exporting, asking = polling.export, polling._changed

    def changed(*given):
        tasks = asking(*given)
        fetched.append({task["data"]["doc_id"] for task in tasks})
        return tasks

    monkeypatch.setattr(polling, "export", lambda *given: whole.append(1) or exporting(*given))
    monkeypatch.setattr(polling, "_changed", changed)
    monkeypatch.setattr(polling, "OVERLAP", polling.OVERLAP * 0)
    assert len(pull(store, client, "little").new) == 6
    assert len(whole) == 1
    assert pull(store, client, "little").unchanged == 6
    client.annotations.update(made[1], result=[])
    client.annotations.delete(made[2])
    found = pull(store, client, "little")
    assert (found.changed, found.deleted, found.unchanged) == ([("n1", ANN)], [("n2", ANN)], 4)
    assert {"n1", "n2"} <= fetched[-1] <= {"n1", "n2", "n5"}
    assert len(whole) == 1
    tasks = {name: task["id"] for name, task in remote_tasks(client, remote).items()}
    client.actions.create(
        id="delete_tasks_annotations", project=remote, selected_items={"all": False, "included": [tasks["n3"]]}
    )
    assert pull(store, client, "little").deleted == [("n3", ANN)]
    client.tasks.delete(tasks["n4"])
    assert pull(store, client, "little").deleted == [("n4", ANN)]
    assert status(store, "little").pulled == 3


def test_two_pulls_at_once_take_an_annotation_once(client, store: Store, monkeypatch) -> None:
    project(store, "twice", [RICH])
    push(store, client, "twice")
    annotate(client, store, "twice", RICH)
    fetch, other = pulling.fetch, []

    def overtaken(*given):
        fetched = fetch(*given)
        monkeypatch.undo()
        other.append(pull(store, client, "twice"))
        return fetched

    monkeypatch.setattr(pulling, "fetch", overtaken)
    pull(store, client, "twice")
    assert other[0].new == [("n1", ANN)]
    assert len(versions(store, "twice")) == 1


def test_a_project_that_was_created_but_never_heard_of_is_found_again(client, store: Store) -> None:
    project(store, "unheard", [RICH])
    push(store, client, "unheard")
    with store.writing() as database:
        database.execute("UPDATE label_studio_projects SET remote = NULL")
        database.execute("DELETE FROM label_studio_tasks")
    plan = plan_push(store, client, "unheard")
    assert (plan.create_project, plan.new) == (False, ())
    push(store, client, "unheard")
    assert counts(client, store, "unheard") == (1, 1, 0)
    assert push(store, client, "unheard").nothing


def test_a_project_deleted_there_is_named_and_can_be_made_anew(client, store: Store) -> None:
    project(store, "deleted", [RICH])
    push(store, client, "deleted")
    annotate(client, store, "deleted", RICH)
    pull(store, client, "deleted")
    client.projects.delete(linked(store, "deleted")[1])
    for act in (push, pull):
        with pytest.raises(MissingError, match=r"project (deleted|\d+) is not there"):
            act(store, client, "deleted")
    start_again(store, client, "deleted")
    done = sync(store, client, "deleted")
    assert (done.pushed.create_project, done.pushed.new) == (True, ("n1",))
    assert pull(store, client, "deleted").deleted == []
    assert len(latest_versions(store, "deleted")) == 1
