"""Against a real Label Studio server that is killed, or an app that is stopped, at the worst moments."""

from __future__ import annotations

import threading

import httpx
import pytest
from server import TOKENS, Server
from sides import ANN, BARE, BEN, DRUG, NOTE, annotate, copies, counts, project, review

import annotation.label_studio.pull as pulling
from annotation.label_studio.connection import LabelStudioError, connect
from annotation.label_studio.outbox import waiting
from annotation.label_studio.pull import pull
from annotation.label_studio.push import push
from annotation.label_studio.sync import sync
from annotation.store import Store
from annotation.store.versions import latest_versions, versions


def test_a_push_broken_off_within_a_request_is_completed_by_the_next(
    client, server: Server, store: Store, monkeypatch
) -> None:
    project(store, "push", copies(NOTE, 250))
    importing, requests = client.projects.import_tasks, []

    def killed_in_the_second(*given, **named):
        requests.append(1)
        if len(requests) == 2:
            threading.Timer(0.02, server.kill).start()
        return importing(*given, **named)

    monkeypatch.setattr(client.projects, "import_tasks", killed_in_the_second)
    with pytest.raises(LabelStudioError):
        push(store, client, "push")
    monkeypatch.undo()
    server.start()
    assert len(push(store, client, "push").new) in (50, 150)
    assert counts(client, store, "push") == (250, 250, 0)
    assert push(store, client, "push").nothing


def test_what_waits_to_be_sent_outlasts_a_lost_answer_and_a_restart(
    client, server: Server, store: Store, monkeypatch
) -> None:
    project(store, "outbox", copies(BARE, 3))
    for note in ("n0", "n1", "n2"):
        review(store, "outbox", note, ANN, DRUG)
    creating = client.annotations.create

    def answer_lost(*given, **named):
        creating(*given, **named)
        server.kill()
        raise httpx.ReadError("the connection broke")

    monkeypatch.setattr(client.annotations, "create", answer_lost)
    with pytest.raises(LabelStudioError, match="no Label Studio answers there"):
        sync(store, client, "outbox")
    monkeypatch.undo()
    server.start()
    later = Store(store.path)  # as after a restart of the app
    assert waiting(later, "outbox") == 3
    sync(later, client, "outbox")
    assert waiting(later, "outbox") == 0
    assert counts(client, later, "outbox") == (3, 0, 3)
    assert sync(later, client, "outbox").lines() == []
    later.close()


def test_a_pull_broken_off_on_either_side_is_completed_by_the_next(
    client, server: Server, store: Store, monkeypatch
) -> None:
    project(store, "pull", copies(BARE, 4))
    push(store, client, "pull")
    ben = connect(server.url, TOKENS[BEN])
    for note in copies(NOTE, 4):
        annotate(ben, store, "pull", note)
    taking, taken = pulling.take_version, []

    def stopped_at_the_third(*given):
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(taking(*given))

    monkeypatch.setattr(pulling, "take_version", stopped_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        pull(store, client, "pull")
    monkeypatch.undo()
    asking = pulling.account_addresses
    monkeypatch.setattr(pulling, "account_addresses", lambda asked: (asking(asked), server.kill())[0])
    with pytest.raises(LabelStudioError):
        pull(store, client, "pull")
    monkeypatch.undo()
    server.start()
    assert len(pull(store, client, "pull").new) == 2
    assert len(versions(store, "pull")) == len(latest_versions(store, "pull")) == 4
    assert pull(store, client, "pull").unchanged == 4
