"""The whole way in Chromium: a project of 100 notes, two reviewers, a killed browser, agreement, adjudication, gold.

All of it by real mouse and keys: the project is made on its form; Ann and Ben review 100 notes each, one of Ann's in a
second browser after the first was killed; the lead reads the agreement, adjudicates every note, corrects one of them in
the editor, and downloads the gold set.
"""

import contextlib
import json
import os
import re
import signal
import zipfile

import pytest
from pages import ARGUMENTS, browser_page, executable, launched, soon
from playwright.sync_api import expect

from annotation.agreement import pairwise
from annotation.agreement.adjudication_requests import adjudication_value, notes_to_adjudicate
from annotation.review.dashboard import work_by_reviewer
from annotation.store import Store
from annotation.store.audit import actions
from annotation.store.projects import progress
from annotation.store.reviews import DraftKey, last_position, open_note
from annotation.store.users import add_user
from annotation.store.versions import gold_versions

PROJECT, PASSWORD = "clinic", "long enough"
TEXT = "#review-editor .text"
PROBLEMS = ["hypertension", "type 2 diabetes", "asthma", "gout", "migraine"]
DRUGS = ["Lisinopril", "Metformin", "Salbutamol", "Allopurinol"]
SYMPTOMS = ["chest pain", "fever", "dyspnea", "joint swelling", "nausea"]


def note(number):
    """A note whose last sentence the suggestions leave out: that is for the reviewers to find."""
    drug, problem, symptom = (names[number % len(names)] for names in (DRUGS, PROBLEMS, SYMPTOMS))
    text = f"Visit {number}. {drug} daily for {problem}. Denies {symptom}. Amoxicillin caused a rash."
    found = [(drug, "Drug", 0.9), (problem, "Disease", 0.8), (symptom, "Symptom", 0.5 + number / 250)]
    entities = []
    for n, (words, label, score) in enumerate(found, 1):
        start = text.index(words)
        entities.append({"id": f"T{n}", "label": label, "start": start, "end": start + len(words), "score": score})
    relation = {"id": "R1", "label": "treats", "head": "T1", "tail": "T2", "score": 0.7}
    return {"id": f"visit-{number:03}", "text": text, "entities": entities, "relations": [relation]}


@pytest.fixture
def address(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    for name in ("lead", "ann", "ben"):
        add_user(store, name, PASSWORD)
    store.close()
    environment = {"ODIN_STORE": str(store.path), "GRADIO_TEMP_DIR": str(tmp_path / "files")}
    with launched("review_app.py", environment=environment) as address:
        yield address


@pytest.fixture
def store(tmp_path, address):
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


@contextlib.contextmanager
def logged_in(browser, address, name):
    """The Review tab in a page of that person's own."""
    with browser_page(browser, address) as opened:
        opened.page.get_by_label("username").fill(name)
        opened.page.get_by_label("password").fill(PASSWORD)
        opened.page.get_by_role("button", name="Login").click()
        tab(opened, "Review")
        yield opened


@contextlib.contextmanager
def own_browser(browser):
    """A Chromium to be killed, and what kills it: SIGKILL to its main process."""
    mortal = browser.browser_type.launch(executable_path=executable(), args=ARGUMENTS)
    processes = mortal.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    main = next(process["id"] for process in processes if process["type"] == "browser")
    yield mortal, lambda: os.kill(main, signal.SIGKILL)


def tab(opened, name):
    opened.page.get_by_role("tab", name=name, exact=True).click()


def press(opened, *keys):
    for key in keys:
        opened.page.keyboard.press(key)


def seen(opened, selector, text):
    expect(opened.page.locator(selector)).to_contain_text(text)


def saved(opened):
    """Wait until the page says that all is saved."""
    expect(opened.page.locator("#review-editor .saved")).to_have_text(re.compile("^(saved|submitted) "))


def shown_note(opened):
    """The note in the editor, once all of it is saved."""
    expect(opened.page.locator(TEXT)).to_contain_text("Visit ")
    saved(opened)
    return f"visit-{int(opened.page.inner_text(TEXT).split('.')[0].removeprefix('Visit ')):03}"


def create_the_project(lead, folder):
    """Upload 120 notes, of which the form draws 100."""
    path = folder / "notes.jsonl"
    path.write_text("".join(json.dumps(note(n)) + "\n" for n in range(1, 121)), encoding="utf-8")
    tab(lead, "New project")
    lead.page.get_by_label("Name", exact=True).fill(PROJECT)
    lead.page.locator("#project-files input[type=file]").set_input_files(path)
    lead.page.locator("#project-files").get_by_text("notes").first.wait_for()
    lead.page.get_by_label("Reviewers, separated by commas").fill("ann, ben")
    lead.page.get_by_role("button", name="Create project").click()
    made = re.compile("100 of 120 notes. Assigned: ann 100, ben 100.")
    expect(lead.page.locator("#project-said textarea")).to_have_value(made)


def find_what_was_missed(opened, store, key):
    """Mark the drug and the rash of the last sentence and relate them, with mouse and keys."""
    for words, label, entities in (("Amoxicillin", "3", 4), ("rash", "2", 5)):
        opened.drag(TEXT, words)
        opened.page.locator("#review-editor .offer").wait_for()
        press(opened, label)
        soon(lambda wanted=entities: len(open_note(store, key).document.entities) == wanted)
        saved(opened)
    opened.click(TEXT, "Amoxicillin")
    press(opened, "r")
    opened.page.locator("#review-editor .target-now").wait_for()
    opened.click(TEXT, "rash")
    offered = opened.page.locator("#review-editor .offer button")
    offered.first.wait_for()
    press(opened, str(next(n for n, words in enumerate(offered.all_inner_texts(), 1) if "causes" in words)))
    soon(lambda: len(open_note(store, key).document.relations) == 2)


def decide_all(opened, store, key, *, symptom):
    """Accept the two mentions and their relation by keys, the symptom with the key given."""
    opened.page.locator(TEXT).focus()
    press(opened, " ", "a", "a", symptom, " ", "a")
    soon(lambda: open_note(store, key).undecided == 0)
    saved(opened)


def submit(opened, store, key):
    press(opened, "Control+Enter")
    soon(lambda: open_note(store, key).submitted)
    saved(opened)


def ann_reviews_a_note_and_her_browser_is_killed_in_the_second(browser, address, store):
    """The first note submitted, the second half done: their keys, and the actions that were acknowledged."""
    with own_browser(browser) as (mortal, kill), logged_in(mortal, address, "ann") as opened:
        first = DraftKey(PROJECT, shown_note(opened), "ann")
        decide_all(opened, store, first, symptom="n")
        find_what_was_missed(opened, store, first)
        submit(opened, store, first)
        press(opened, "g")
        soon(lambda: shown_note(opened) != first.document)
        second = DraftKey(PROJECT, shown_note(opened), "ann")
        opened.page.locator(TEXT).focus()
        press(opened, " ", "a")
        soon(lambda: open_note(store, second).undecided == 3)
        saved(opened)
        acknowledged = actions(store, PROJECT, document=second.document, reviewer="ann")
        soon(lambda: last_position(store, PROJECT, "ann") == (second.document, "T2"))
        press(opened, "u")  # in flight when the browser dies: it may arrive or not
        with opened.page.context.expect_event("close"):
            kill()
    return first, second, acknowledged


def ann_goes_on_where_she_was(browser, address, store, key, acknowledged):
    with logged_in(browser, address, "ann") as opened:
        assert shown_note(opened) == key.document
        assert actions(store, PROJECT, document=key.document, reviewer="ann")[: len(acknowledged)] == acknowledged
        assert opened.page.locator("#review-editor .segment.alone").inner_text() in PROBLEMS
        opened.page.locator(TEXT).focus()
        while waiting := open_note(store, key).undecided:
            press(opened, " ", "a")
            soon(lambda before=waiting: open_note(store, key).undecided < before)
            saved(opened)
        submit(opened, store, key)
        go_through_the_rest(opened, store, "ann")


def ben_reviews_the_same_notes(browser, address, store, notes):
    """He opens the second from the list the moment that the first is submitted, and the others by a key."""
    with logged_in(browser, address, "ben") as opened:
        assert shown_note(opened) == notes[0]
        opened.page.get_by_role("button", name="Notes in the order of the queue").click()
        for document in notes:
            opened.page.locator(f"#review-notes [data-note='{document}']").click()
            soon(lambda wanted=document: shown_note(opened) == wanted)
            key = DraftKey(PROJECT, document, "ben")
            decide_all(opened, store, key, symptom="a")
            submit(opened, store, key)
        go_through_the_rest(opened, store, "ben")


def go_through_the_rest(opened, store, reviewer):
    """The other notes as the queue gives them; Ben takes the symptom of every tenth for present."""
    for count in range(3, 101):
        before = shown_note(opened)
        press(opened, "g")
        soon(lambda left=before: shown_note(opened) != left)
        key = DraftKey(PROJECT, shown_note(opened), reviewer)
        decide_all(opened, store, key, symptom="a" if reviewer == "ben" and count % 10 == 0 else "n")
        submit(opened, store, key)


def the_lead_reads_the_agreement(lead, store):
    """The page says what is worked out from the store."""
    tab(lead, "Figures and gold")
    seen(lead, "#figures", "Team: 200 of 200 reviews submitted")
    work = work_by_reviewer(store, PROJECT, with_model=False)
    figure = pairwise(work, resamples=1)["ann", "ben"].measures["assertion_kappa"].overall.value
    assert 0 < figure < 1
    row = lead.page.locator("#figures tr", has_text="Assertions of shared entities, Cohen's kappa").first
    expect(row).to_contain_text(f"{figure:.2f}")


def the_lead_adjudicates_by_keys(lead, store, first):
    """One note corrected in the editor before it becomes gold, then the others as they are decided."""
    tab(lead, "Adjudicate")
    lead.page.get_by_label("Note with two versions or more").click()
    lead.page.get_by_role("option", name=first, exact=True).click()
    seen(lead, "#adjudication .waiting-count", "3 agreed · 4 of 4 differences to decide")
    keep_the_first_readings(lead, 4)
    press(lead, "e")
    lead.page.locator("#gold-editor .mention").first.wait_for()
    lead.click("#gold-editor .text", "rash")
    press(lead, "h")
    seen(lead, "#gold-editor .panel .about", "Symptom · historical")
    press(lead, "Control+Enter")
    seen(lead, "#adjudication .waiting-count", "gold version 1 by lead")
    for count in range(2, 101):
        following = next(one.document for one in notes_to_adjudicate(store, PROJECT) if not one.is_gold)
        if count == 2:
            press(lead, "g")
        seen(lead, "#adjudication .tools b", f"{following}: ann and ben")
        lead.page.locator("#adjudication .differences").focus()
        keep_the_first_readings(
            lead, len(adjudication_value(store, DraftKey(PROJECT, following, "lead"))["differences"])
        )
        press(lead, "Control+Enter")
        soon(lambda wanted=count: len(gold_versions(store, PROJECT)) == wanted)


def keep_the_first_readings(lead, differences):
    lead.page.locator("#adjudication .differences").focus()
    for left in reversed(range(differences)):
        press(lead, "1")
        seen(lead, "#adjudication .waiting-count", f"{left} of {differences}")


def the_lead_downloads_gold(lead, folder):
    """The gold documents by id."""
    tab(lead, "Figures and gold")
    lead.page.get_by_role("button", name="Export gold").click()
    link = lead.page.locator("a[download]:visible").first
    link.wait_for()
    with lead.page.expect_download() as found:
        link.click()
    found.value.save_as(folder / "gold.zip")
    with zipfile.ZipFile(folder / "gold.zip") as archive:
        gold = [json.loads(line) for line in archive.read("jsonl/gold.jsonl").decode().splitlines()]
    return {document["id"]: document for document in gold}


def test_a_hundred_notes_two_reviewers_a_killed_browser_adjudication_and_gold(browser, address, store, tmp_path):
    with logged_in(browser, address, "lead") as lead:
        create_the_project(lead, tmp_path)
        first, second, acknowledged = ann_reviews_a_note_and_her_browser_is_killed_in_the_second(
            browser, address, store
        )
        assert len(acknowledged) == 1
        ann_goes_on_where_she_was(browser, address, store, second, acknowledged)
        by_hand = [first.document, second.document]
        ben_reviews_the_same_notes(browser, address, store, by_hand)
        assert [(one.submitted, one.left) for one in progress(store, PROJECT)] == [(100, 0), (100, 0)]
        the_lead_reads_the_agreement(lead, store)
        the_lead_adjudicates_by_keys(lead, store, first.document)
        gold = the_lead_downloads_gold(lead, tmp_path)
    assert len(gold) == 100
    assert {x["label"] for x in gold[first.document]["relations"]} == {"treats", "causes"}
    rash = next(x for x in gold[first.document]["entities"] if x["text"] == "rash")
    assert (rash["assertion"], rash["provenance"]["name"]) == ("historical", "lead")
