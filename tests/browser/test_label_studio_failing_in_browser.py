"""Each button of the Label Studio page where the server cannot be reached, or no longer takes the token."""

import json
import re

import pytest
from answering_server import answering
from markup import document
from pages import browser_page, launched
from playwright.sync_api import expect
from review_labels import CLINICAL

from annotation.label_studio.state import link_of, set_remote, start_link
from annotation.store import Store
from annotation.store.projects import assign, create_project

BUTTONS = ("What would change?", "Push", "Pull", "Sync", "Deleted there: start again")
TOKEN = "a" * 40
ANN = {"id": 1, "email": "ann@example.com"}
REFUSED = (401, json.dumps({"detail": "Invalid token."}))


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "odin.sqlite")
    create_project(opened, "ward", CLINICAL, [document("[Aspirin](Drug) for pain.", id="n1")], created_by="me")
    assign(opened, "ward", ["me"], overlap=1)
    yield opened
    opened.close()


@pytest.fixture
def page(browser, store, tmp_path):
    own = {"ODIN_STORE": str(store.path), "ODIN_HOME": str(tmp_path), "GRADIO_TEMP_DIR": str(tmp_path / "files")}
    with launched("review_app.py", environment=own) as url, browser_page(browser, url) as opened:
        opened.page.get_by_role("tab", name="Review", exact=True).click()
        expect(opened.page.get_by_label("Project", exact=True).first).to_have_value("ward")
        opened.page.get_by_role("tab", name="Label Studio", exact=True).click()
        yield opened.page
        assert opened.outside == []


def press(page, name: str, words: str) -> None:
    """Press the button, see the words in the one message that comes, and close it."""
    message = page.locator(".toast-body")
    page.get_by_role("button", name=name, exact=True).click()
    expect(message).to_have_count(1)
    expect(message).to_contain_text(words)
    assert TOKEN not in message.inner_text()
    message.get_by_test_id("toast-close").click()
    expect(message).to_have_count(0)


def connect(page, url: str) -> None:
    """Fill in the address and the token."""
    page.get_by_label("Address (empty: LABEL_STUDIO_URL)").fill(url)
    page.get_by_label("Token (empty: LABEL_STUDIO_API_KEY)").fill(TOKEN)


def test_each_button_says_what_is_wrong_and_changes_nothing(page, store):
    for name in BUTTONS:
        press(page, name, "connect to Label Studio first")
    with answering(*REFUSED) as server:
        for path, found in (("/api/current-user/whoami", ANN), ("/api/users/", [ANN])):
            server.at[path] = (200, json.dumps(found), "application/json")
        start_link(store, "ward", server.url)
        set_remote(store, "ward", 7)
        connect(page, server.url)
        page.get_by_role("button", name="Connect", exact=True).click()
        connection = page.get_by_label("Connection", exact=True)
        expect(connection).to_have_value(f"Connected to {server.url} as ann@example.com")
        expect(page.locator("#label-studio-people")).to_be_visible()
        server.at.clear()
        for name in BUTTONS:
            press(page, name, f"{server.url}: the token was refused (Invalid token.); copy it anew")
        connect(page, server.url)
        press(page, "Connect", "the token was refused")
    for name in BUTTONS:
        press(page, name, f"{server.url}: no Label Studio answers there")
    press(page, "Connect", "no Label Studio answers there")
    assert page.get_by_label("Token (empty: LABEL_STUDIO_API_KEY)").input_value() == TOKEN
    assert link_of(store, "ward").remote == 7
    expect(page.locator("#label-studio-said textarea")).to_have_value("")
    expect(page.locator("#label-studio-status textarea")).to_have_value(re.compile(f"^Project 7 at {server.url}"))


def test_no_label_is_cut_in_a_narrow_window_and_no_button_is_taller_than_others(page):
    heights = [
        page.get_by_role("button", name=name, exact=True).bounding_box()["height"] for name in ("Connect", "Push")
    ]
    assert heights[0] == heights[1]
    page.set_viewport_size({"width": 420, "height": 900})
    ends = page.get_by_text("Token (empty: LABEL_STUDIO_API_KEY)").evaluate(
        "label => [label.getBoundingClientRect().left + label.scrollWidth, document.documentElement.clientWidth - 44]"
    )
    assert ends[0] <= ends[1]
