"""`python -m odin label-studio` and tokens, against a real Label Studio server."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from server import TOKENS, Server
from sides import ANN, BARE, BEN, DRUG, NOTE, annotate, annotations, copies, project, review

from annotation.label_studio.connection import LabelStudioError, connect
from annotation.label_studio.push import push
from annotation.label_studio.state import linked
from annotation.label_studio.webhook import PATH, SECRET_HEADER, named_project
from annotation.store import Store
from annotation.store.versions import latest_versions
from odin.__main__ import main

SECRET = "a secret of this test"


@pytest.fixture
def call(server: Server, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command on the test's store; the exit code and what it printed, where the token never stands."""
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKENS[ANN])

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["label-studio", "--store", str(store.path), *arguments])
        said = "".join(capsys.readouterr())
        assert TOKENS[ANN] not in said
        return code, said

    return run


def test_the_command_pushes_pulls_and_says_where_things_stand(call, client, store: Store) -> None:
    project(store, "command", copies(BARE, 2))
    assert call("push", "command", "--dry-run") == (
        0, "would create the project in Label Studio\nwould push note n0\nwould push note n1\n"
    )  # fmt: skip
    assert call("status", "command") == (0, "Not in Label Studio yet: push it first.\n")
    assert "push note n1" in call("push", "command")[1]
    annotate(client, store, "command", NOTE)
    assert call("--dry-run", "pull", "command") == (0, f"would pull new work on n0 by {ANN}\n")
    assert call("pull", "command") == (0, f"pull new work on n0 by {ANN}\n")
    assert call("sync", "command") == (0, "Both sides have the same: nothing to do.\n")
    code, said = call("status", "command")
    assert (code, "2 notes there, 1 annotations pulled" in said) == (0, True)
    assert re.search(r"last compared \d{4}-\d\d-\d\d \d\d:\d\d UTC", said)
    assert call("status", "nothing")[0] == 2


def test_the_command_lists_conflicts_and_takes_the_decision(call, client, store: Store) -> None:
    project(store, "decide", copies(BARE, 1))
    push(store, client, "decide")
    review(store, "decide", "n0", ANN, DRUG)
    annotate(client, store, "decide", NOTE)
    assert call("sync", "decide") == (1, f"find a conflict on n0 by {ANN}\n")
    (number,) = re.findall(rf"conflict (\d+): n0 by {ANN}", call("status", "decide")[1])
    assert call("resolve", "decide", number, "theirs") == (0, "")
    assert call("resolve", "decide", number, "ours")[0] == 2
    (version,) = latest_versions(store, "decide")
    assert len(version.document.entities) == 2


def test_the_command_names_a_reviewer_without_an_account_and_takes_one(call, client, store: Store) -> None:
    project(store, "account", copies(BARE, 1), ["me"])
    review(store, "account", "n0", "me", DRUG)
    code, said = call("sync", "account")
    assert (code, "not sent: the review of n0 by me" in said) == (1, True)
    assert call("account", "account", "me", BEN)[0] == 0
    assert call("sync", "account") == (0, "send the review of n0 by me\n")
    assert list(annotations(client, store, "account").values()) == [[["Drug"]]]


@pytest.fixture
def calls() -> Iterator[tuple[str, list[tuple[str, str | None, int | None]]]]:
    """The address of a listener, and the path, secret and project of each call that it gets."""
    got: list[tuple[str, str | None, int | None]] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers[SECRET_HEADER], named_project(body)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}/", got
    listening.shutdown()
    listening.server_close()


def test_the_command_registers_a_webhook_once_that_the_server_calls(
    call, calls: tuple[str, list[Any]], client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, got = calls
    project(store, "hook", copies(BARE, 1))
    monkeypatch.setenv("ODIN_WEBHOOK_SECRET", "short")
    assert "set ODIN_WEBHOOK_SECRET to 16 or more characters" in call("webhook", "hook", address)[1]
    monkeypatch.setenv("ODIN_WEBHOOK_SECRET", SECRET)
    assert call("webhook", "hook", address) == (2, "odin label-studio: hook: not in Label Studio yet; push it first\n")
    push(store, client, "hook")
    _, remote = linked(store, "hook")
    for _ in range(2):
        assert call("webhook", "hook", address) == (0, f"Label Studio will call {address[:-1]}{PATH}\n")
    number = annotate(client, store, "hook", NOTE)
    client.annotations.update(number, result=[])
    client.annotations.delete(number)
    assert got == [(PATH, SECRET, remote)] * 3


@pytest.mark.filterwarnings("ignore:The `parse_obj` method:DeprecationWarning")  # label-studio-sdk's own
def test_a_personal_access_token_works_where_legacy_ones_are_refused(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Token {TOKENS[ANN]}"}) as asked:
        token = asked.post("/api/token/").json()["token"]
        personal = connect(server.url, token)
        assert personal.users.whoami().email == ANN
        asked.post("/api/jwt/settings", json={"legacy_api_tokens_enabled": False}).raise_for_status()
        try:
            with pytest.raises(LabelStudioError, match="takes no legacy tokens; copy a personal access token"):
                connect(server.url, TOKENS[ANN])
        finally:
            own = personal._client_wrapper.get_headers()
            asked.post("/api/jwt/settings", json={"legacy_api_tokens_enabled": True}, headers=own).raise_for_status()
    for wrong in ("f" * 40, token[:-3]):
        with pytest.raises(LabelStudioError, match="the token was refused") as refused:
            connect(server.url, wrong)
        assert wrong not in str(refused.value)
