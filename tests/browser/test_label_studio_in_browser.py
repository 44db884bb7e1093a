"""The Label Studio panel in a real browser, against a real Label Studio server."""

import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pages import browser_page, launched, soon

sys.path.insert(0, str(Path(__file__).parents[1] / "label_studio"))

from server import TOKENS, Server, running_server
from sides import ANN, BARE, BEN, DRUG, NOTE, annotate, annotations, copies, project, review

from annotation.label_studio.connection import connect
from annotation.label_studio.push import push
from annotation.label_studio.webhook import register
from annotation.store import Store
from annotation.store.versions import latest_versions, versions

SECRET = "a secret of this test"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("label-studio")) as running:
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store(tmp_path_factory.mktemp("store") / "odin.sqlite")
    project(opened, "nameless", copies(BARE, 1), ["me"])
    review(opened, "nameless", "n0", "me", DRUG)
    project(opened, "shared", copies(BARE, 2), [ANN])
    review(opened, "shared", "n0", ANN, DRUG)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def opened(browser, server, store, tmp_path_factory):
    own = {"ODIN_STORE": str(store.path), "GRADIO_TEMP_DIR": str(tmp_path_factory.mktemp("files"))}
    own |= {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": TOKENS[ANN], "ODIN_WEBHOOK_SECRET": SECRET}
    with launched("review_app.py", environment=own) as url, browser_page(browser, url) as opened:
        opened.page.get_by_role("tab", name="Review", exact=True).click()
        choose(opened.page, "Project", "shared")  # it opens with the one in which its reviewer has notes
        opened.page.get_by_role("tab", name="Label Studio", exact=True).click()
        opened.url = url
        yield opened
        assert opened.outside == []


@pytest.fixture(scope="module")
def connected(opened, server):
    """The page, connected to the server."""
    page = opened.page
    page.get_by_label("Token (empty: LABEL_STUDIO_API_KEY)").fill(TOKENS[ANN])
    page.get_by_label("Address (empty: LABEL_STUDIO_URL)").fill(server.url)
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_function(
        "([who]) => [...document.querySelectorAll('textarea')].some(x => x.value.includes(who))",
        arg=[f"Connected to {server.url} as {ANN}"],
    )
    return page


def press(page, name: str, words: str) -> str:
    """What is said after the button was pressed, once a line of it begins with the words."""
    page.get_by_role("button", name=name, exact=True).click()
    said = page.locator("#label-studio-said textarea")
    page.wait_for_function(
        """([words]) => document.querySelector('#label-studio-said textarea').value
            .split('\\n').some(line => line.startsWith(words))""",
        arg=[words],
    )
    return said.input_value()


def choose(page, box: str, option: str) -> None:
    """Choose in the dropdown with that label."""
    page.get_by_label(box, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def shown_while_the_server_is_slow(page, server: Server, name: str) -> str:
    """The progress that the page shows while the server does not answer after the button was pressed."""
    progress = page.locator("#label-studio-said .progress-level-inner")
    server.process.send_signal(signal.SIGSTOP)
    try:
        page.get_by_role("button", name=name, exact=True).click()
        return progress.inner_text()
    finally:
        server.process.send_signal(signal.SIGCONT)
        progress.wait_for(state="detached")


def test_a_wrong_address_or_token_is_explained(opened, server) -> None:
    page = opened.page
    for place, secret, words in (
        ("http://127.0.0.1:9", "", "a token is needed"),  # the token of the environment goes to its server only
        (server.url, "f" * 40, "the token was refused"),
    ):
        page.get_by_label("Address (empty: LABEL_STUDIO_URL)").fill(place)
        page.get_by_label("Token (empty: LABEL_STUDIO_API_KEY)").fill(secret)
        page.get_by_role("button", name="Connect", exact=True).click()
        page.get_by_text(words).first.wait_for()


def test_a_project_goes_there_and_back_and_a_conflict_is_decided_side_by_side(connected, server, store) -> None:
    page = connected
    assert page.get_by_label("Token (empty: LABEL_STUDIO_API_KEY)").input_value() == ""
    assert "would push note n1" in press(page, "What would change?", "would push note n0")
    assert press(page, "Push", "push note n0").splitlines()[0] == "create the project in Label Studio"
    client = connect(server.url, TOKENS[ANN])
    for note in copies(NOTE, 2):
        annotate(client, store, "shared", note)
    assert f"pull new work on n1 by {ANN}" in press(page, "Sync", f"find a conflict on n0 by {ANN}")

    page.locator("#label-studio-theirs .mention").first.wait_for()
    assert page.locator("#label-studio-ours .mention").count() == 1
    assert page.locator("#label-studio-theirs .mention").count() == 2
    differ = page.get_by_label("Where they differ").input_value()
    assert 'extra: here nothing; in Label Studio "headache" (Symptom)' in differ
    page.get_by_role("button", name="Take Label Studio's", exact=True).click()
    page.wait_for_function(
        "() => document.querySelector('#label-studio-status textarea').value.includes('0 conflicts')"
    )
    page.locator("#label-studio-sides").wait_for(state="hidden")
    assert "last compared 20" in page.locator("#label-studio-status textarea").input_value()
    found = {version.document.id: len(version.document.entities) for version in latest_versions(store, "shared")}
    assert found == {"n0": 2, "n1": 2}
    assert TOKENS[ANN].encode() not in store.path.read_bytes()
    assert TOKENS[ANN] not in page.content()


def test_every_button_shows_how_far_it_is(connected, server, store) -> None:
    push(store, connect(server.url, TOKENS[ANN]), "shared")
    for name, words in (("Push", "push: comparing notes"), ("Pull", "pull: looking"), ("Sync", "sync: looking")):
        assert words in shown_while_the_server_is_slow(connected, server, name)


def test_a_reviewer_without_an_account_is_given_one_on_the_page(connected, server, store) -> None:
    page = connected
    choose(page, "Project", "nameless")
    page.get_by_text("Accounts: 1 of 1 reviewers have none there").wait_for()
    assert "not sent: the review of n0 by me" in press(page, "Sync", "push note n0")
    choose(page, "Account in Label Studio", BEN)
    press(page, "Choose account", "Reviews by me go to the account ben@example.com")
    press(page, "Sync", "send the review of n0 by me")
    client = connect(server.url, TOKENS[ANN])
    assert list(annotations(client, store, "nameless").values()) == [[["Drug"]]]


def test_a_webhook_of_the_server_makes_the_app_pull(opened, server, store, monkeypatch) -> None:
    project(store, "hinted", [replace(BARE, id="n7")], [BEN])
    monkeypatch.setenv("ODIN_WEBHOOK_SECRET", SECRET)
    client = connect(server.url, TOKENS[ANN])
    push(store, client, "hinted")
    register(store, client, "hinted", opened.url)
    annotate(connect(server.url, TOKENS[BEN]), store, "hinted", replace(NOTE, id="n7"))
    pulled = soon(lambda: versions(store, "hinted"))
    assert [(version.reviewer, version.kind) for version in pulled] == [(BEN, "pulled")]
