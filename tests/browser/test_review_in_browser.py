"""A walk through the Review tab by real mouse and keys: a project of 100 notes, two reviewers, a crash, gold."""

import json
import os

import pytest
from pages import browser_page, chromium, launched

from annotation.reviews import DraftKey, open_note
from annotation.store import Store
from annotation.users import add_user
from annotation.versions import gold_versions, latest_versions

PASSWORD = "a long password"
NOTE = "Pt took aspirin for headache. Denies fever."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    entities = [
        {"id": "T1", "label": "Drug", "start": 8, "end": 15, "score": 0.9},
        {"id": "T2", "label": "Symptom", "start": 20, "end": 28, "score": 0.6},
    ]
    relations = [{"id": "R1", "label": "treats", "head": "T1", "tail": "T2", "score": 0.7}]
    notes = [{"id": f"n{n:03}", "text": NOTE, "entities": entities, "relations": relations} for n in range(100)]
    (folder / "notes.jsonl").write_text("\n".join(map(json.dumps, notes)), encoding="utf-8")
    store = Store(folder / "odin.sqlite")
    for name in ("ann", "bob", "lead"):
        add_user(store, name, PASSWORD)
    store.close()
    return folder


@pytest.fixture(scope="module")
def url(folder):
    own = {"ODIN_STORE": str(folder / "odin.sqlite"), "GRADIO_TEMP_DIR": str(folder / "served")}
    with launched("review_app.py", environment=os.environ | own) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def logged_in(opened, name):
    page = opened.page
    page.set_default_timeout(90_000)
    page.locator("input[type=text], textarea").first.fill(name)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Login").click()
    page.get_by_role("tab", name="Review", exact=True).click()
    return page


def ready(page):
    page.wait_for_selector("#review-editor .mention")
    page.locator("#review-editor .text").focus()


def saved(page, words):
    page.wait_for_function(
        "words => document.querySelector('#review-editor .tools').textContent.includes(words)", arg=words
    )


def test_a_hundred_notes_two_reviewers_a_crash_adjudication_and_gold(browser, url, folder):
    store = Store(folder / "odin.sqlite")
    with browser_page(browser, url) as opened:
        page = logged_in(opened, "lead")
        page.get_by_role("tab", name="New project").click()
        page.locator("#project-name input, #project-name textarea").first.fill("walk")
        page.set_input_files("#project-files input[type=file]", str(folder / "notes.jsonl"))
        page.get_by_text("notes.jsonl").first.wait_for()
        page.get_by_label("Reviewers, separated by commas").fill("ann, bob")
        page.get_by_role("button", name="Create project").click()
        page.wait_for_function("document.querySelector('#project-said textarea').value.includes('100 of 100 notes')")

    with browser_page(browser, url) as opened:  # closed in the middle of the note: the crash
        page = logged_in(opened, "ann")
        ready(page)
        page.keyboard.press(" ")
        page.keyboard.press("a")
        saved(page, "2 to decide")
        note = store.row("SELECT document FROM positions WHERE reviewer = 'ann'")["document"]

    with browser_page(browser, url) as opened:
        page = logged_in(opened, "ann")
        ready(page)
        saved(page, "2 to decide")
        assert open_note(store, DraftKey("walk", note, "ann")).version == 1
        for key in (" ", "a", " ", "a"):
            page.keyboard.press(key)
        saved(page, "all decided")
        page.keyboard.press("Control+Enter")
        saved(page, "submitted")

    with browser_page(browser, url) as opened:
        page = logged_in(opened, "bob")
        ready(page)
        for key in (" ", "a", "n", " ", "a"):
            page.keyboard.press(key)
        saved(page, "all decided")
        page.keyboard.press("Control+Enter")
        saved(page, "submitted")
    assert {version.reviewer for version in latest_versions(store, "walk", note)} == {"ann", "bob"}

    with browser_page(browser, url) as opened:
        page = logged_in(opened, "lead")
        page.get_by_role("tab", name="Adjudicate").click()
        page.get_by_role("button", name="Look for notes").click()
        page.wait_for_selector("#adjudication li.now")
        assert "assertion" in page.inner_text("#adjudication li.now .what")
        page.locator("#adjudication .differences").focus()
        page.keyboard.press("2")
        page.wait_for_function("document.querySelector('#adjudication .tools').textContent.includes('0 of 1')")
        page.keyboard.press("Control+Enter")
        page.wait_for_function("document.querySelector('#adjudication .tools').textContent.includes('gold version 1')")
        page.get_by_role("tab", name="Figures and gold").click()
        page.get_by_role("button", name="Work out the figures").click()
        page.get_by_text("assertion kappa").first.wait_for()
        page.get_by_role("button", name="Export gold").click()
        page.get_by_text("gold_walk.zip").first.wait_for()
        assert opened.outside == []
    (gold,) = gold_versions(store, "walk")
    assert [entity.assertion for entity in gold.document.entities] == [None, "negated"]
    store.close()
