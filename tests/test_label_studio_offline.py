"""Label Studio without a server: its JSON, its configuration, and what is said when it cannot be reached."""

import json
import socket
import threading
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import gradio
import pytest
from answering_server import answering
from markup import document
from review_labels import CLINICAL

from annotation.components import label_studio_page
from annotation.label_studio import panel
from annotation.label_studio.configuration import instructions, labelling_configuration
from annotation.label_studio.connection import LabelStudioError, connect
from annotation.label_studio.push import check_labels
from annotation.label_studio.webhook import PATH, SECRET_HEADER, Hints, endpoint, has_secret, routes
from annotation.store import Store
from annotation.store.projects import create_project
from annotation.store.users import add_user, remove_user
from odin.corpora.label_studio_json import from_task, result_of, task_data
from odin.errors import AnnotationError
from odin.labels import load_label_set
from odin.schema import ReadReport

NOTE = document("[Aspirin](Drug) for [headache](Symptom|negated)", ("treats", "Aspirin", "headache"))


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (200, "<html>Sign in</html>", "text/html", "web page"),
        (404, "<!DOCTYPE html>", "text/html", "web page"),
        (401, json.dumps({"detail": "legacy token authentication has been disabled"}), "application/json", "personal"),
        (401, json.dumps({"detail": "Invalid token."}), "application/json", "the token was refused"),
        (404, json.dumps({"detail": "Not found."}), "application/json", "is not there"),
        (400, json.dumps({"detail": "odd"}), "application/json", "refused the request .status 400: odd"),
    ],
)
def test_each_wrong_answer_is_explained(status: int, body: str, kind: str, message: str) -> None:
    with answering(status, body, kind) as server, pytest.raises(LabelStudioError, match=message) as caught:
        connect(server.url, "a" * 40)
    assert "a" * 40 not in str(caught.value)


def test_a_server_that_is_down_or_slow_is_explained() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(LabelStudioError, match="no Label Studio answers there"):
            connect(f"http://127.0.0.1:{port}", "a" * 40)
        silent.listen()
        with pytest.raises(LabelStudioError, match="no answer in time"):
            connect(f"http://127.0.0.1:{port}", "a" * 40, timeout_seconds=0.2)


@pytest.mark.parametrize(
    ("url", "token", "message"), [("", "x", "must start with http"), ("http://x", "", "a token is needed")]
)
def test_a_missing_address_or_token_is_named(url: str, token: str, message: str, monkeypatch) -> None:
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    with pytest.raises(LabelStudioError, match=message):
        connect(url, token)


def test_the_configuration_is_xml_with_hotkeys_definitions_and_relations() -> None:
    labels = replace(
        CLINICAL, entities=(replace(CLINICAL.entities[0], definition='a < b & "c"'), *CLINICAL.entities[1:])
    )
    view = ElementTree.fromstring(labelling_configuration(labels))
    found = [(x.get("value"), x.get("hotkey"), x.get("hint")) for x in view.iter("Label")]
    assert found[0] == ("Disease", "1", 'a < b & "c"')
    assert [x.get("value") for x in view.iter("Relation")][:2] == ["treats", "treats (denied)"]
    assert [x.get("value") for x in view.iter("Choice")][1] == "negated"
    assert "Drug to Symptom" in instructions(labels)
    assert "a &lt; b" in instructions(labels)


def test_names_in_backticks_stand_in_quotation_marks() -> None:
    labels = replace(CLINICAL, entities=(replace(CLINICAL.entities[0], definition="not `Symptom`"),))
    hints = [x.get("hint") for x in ElementTree.fromstring(labelling_configuration(labels)).iter("Label")]
    assert hints == ["not “Symptom”"]
    assert "not “Symptom”" in instructions(labels)
    said = instructions(load_label_set("clinical"))
    assert "a plain “treats”" in said
    assert "`" not in said


def test_the_sdk_accepts_our_regions_under_our_configuration() -> None:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(labelling_configuration(CLINICAL))
    prediction = {"model_version": "m", "score": 0.5, "result": result_of(NOTE, scores=True)}
    assert interface.validate_prediction(prediction, return_errors=True) == []


def test_regions_the_annotator_left_alone_get_back_what_label_studio_does_not_hold() -> None:
    rich = replace(NOTE, entities=(replace(NOTE.entities[0], concept="C1", score=0.5), NOTE.entities[1]))
    back = from_task(task_data(rich), result_of(rich), ReadReport(), sent=rich)
    assert back == rich
    moved = json.loads(json.dumps(result_of(rich)).replace('"end": 7', '"end": 6').replace('"Aspirin"', '"Aspiri"'))
    assert from_task(task_data(rich), moved, ReadReport(), sent=rich).entities[0].concept is None


def test_what_the_configuration_could_not_show_is_refused_before_it_is_sent() -> None:
    with pytest.raises(AnnotationError, match="entity T1: clinical has no 'Gene'"):
        check_labels(document("[x](Gene)"), CLINICAL)
    with pytest.raises(AnnotationError, match="relation R1: clinical has no 'cures'"):
        check_labels(document("[x](Drug) [y](Disease)", ("cures", "x", "y")), CLINICAL)


def test_a_webhook_is_a_hint_only_with_our_secret() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Route
    from starlette.testclient import TestClient

    hints: list[int] = []
    app = TestClient(Starlette(routes=[Route(PATH, endpoint("s3cret", hints.append), methods=["POST"])]))
    payload = {"action": "ANNOTATION_CREATED", "project": {"id": 7}, "task": {"data": {"text": "not taken over"}}}
    good = {SECRET_HEADER: "s3cret"}
    for refused in ({}, {SECRET_HEADER: "x"}):
        assert app.post(PATH, json=payload, headers=refused).status_code == 403
    assert app.post(PATH, content=b"no JSON", headers=good).status_code == 400
    assert hints == []
    assert app.post(PATH, json=payload, headers=good).status_code == 202
    assert hints == [7]


def test_a_burst_of_hints_is_one_pull() -> None:
    acted, done = [], threading.Event()

    def act(project: int) -> None:
        acted.append(project)
        done.set()

    hints = Hints(act, delay_seconds=1)
    for _ in range(5):
        hints(7)
    assert acted == []
    assert done.wait(60)
    assert acted == [7]


def test_there_is_no_route_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODIN_WEBHOOK_SECRET", raising=False)
    assert routes() == []
    monkeypatch.setenv("ODIN_WEBHOOK_SECRET", "s3cret")
    assert [route.path for route in routes()] == [PATH]
    assert not has_secret({SECRET_HEADER: ""}, "")


def test_a_connection_left_open_does_nothing_once_the_reviewers_account_is_taken_away(tmp_path, monkeypatch) -> None:
    store, done = Store(tmp_path / "store.sqlite"), []
    monkeypatch.setattr(panel, "act", lambda store, connection, name, action, **_: done.append(action) or "done")
    monkeypatch.setattr(label_studio_page, "start_again", lambda *_: done.append("again"))
    create_project(store, "ward", CLINICAL, [NOTE], created_by="lead")
    for name in ("ann", "lead"):
        add_user(store, name, "long enough")
    connection = panel.Connected(client=None, url="http://127.0.0.1:1", user="ann@example.com")
    request = SimpleNamespace(username="ann", client=SimpleNamespace(host="127.0.0.1"))
    names = [name for name, *_ in label_studio_page.ACTIONS]
    handlers = [label_studio_page.act_handler(store, name) for name in names]
    handlers.append(label_studio_page.start_again_handler(store))
    for handler in handlers:
        handler(connection, "ward", request)
    assert done == [*names, "again"]
    remove_user(store, "ann")
    for handler in handlers:
        with pytest.raises(gradio.Error, match="ann has no account any more"):
            handler(connection, "ward", request)
    assert done == [*names, "again"]
    store.close()
