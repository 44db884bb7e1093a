"""The Review tab for a team in a real browser: logins, a project from a form, adjudication by keys, guidelines."""

import contextlib
import re

import pytest
from markup import document
from pages import browser_page, launched, soon
from playwright.sync_api import expect

from annotation.editing import edits as e
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from annotation.store.projects import (
    assign,
    blind_documents,
    create_project,
    load_project,
    progress,
    project_names,
    suggestions,
)
from annotation.store.reviews import DraftKey, apply, open_note
from annotation.store.users import add_user
from annotation.store.versions import gold_versions, submit
from odin.corpora import jsonl
from odin.labels import load_label_set

PASSWORD = "long enough"
NOTE = document("flu after pneumonia. severe cough, fever, rash. ECG done, aspirin given.", id="visit-1")
ANN = document(
    "[flu](Disease) after [pneumonia](Disease). [severe cough](Symptom), [fever](Symptom), [rash](Symptom). "
    "[ECG](Procedure) done, aspirin given.",
    ("causes", "flu", "pneumonia"),
)
BEN = document(
    "[flu](Disease) after [pneumonia](Disease). severe [cough](Symptom), [fever](Symptom|negated), [rash](Disease). "
    "ECG done, [aspirin](Drug) given.",
    ("causes", "pneumonia", "flu"),
)
DIFFERENCES = ["boundary", "assertion", "label", "missing", "extra", "direction"]


def reviewed(store, reviewer, wanted):
    key = DraftKey("ward", "visit-1", reviewer)
    version = open_note(store, key).version
    for x in wanted.entities:
        version = apply(store, key, e.AddEntity(x.label, x.start, x.end, assertion=x.assertion), version).version
    for x in wanted.relations:
        version = apply(store, key, e.AddRelation(x.label, x.head, x.tail), version).version
    submit(store, key, version)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A store with three accounts, a note that Ann and Ben have submitted, and one that Ben alone has."""
    home = tmp_path_factory.mktemp("team")
    store = Store(home / "store.sqlite")
    for name in ("lead", "ann", "ben"):
        add_user(store, name, PASSWORD)
    labels = load_label_set("clinical")
    create_project(store, "half", labels, [document("[Aspirin](Drug) daily.", id="half-1")], created_by="lead")
    assign(store, "half", ["ann", "ben"])
    ben = DraftKey("half", "half-1", "ben")
    opened = open_note(store, ben).version
    submit(store, ben, apply(store, ben, e.RelabelEntity("T1", "Procedure"), opened).version)
    create_project(store, "ward", labels, [NOTE], created_by="lead")
    assign(store, "ward", ["ann", "ben"])
    reviewed(store, "ann", ANN)
    reviewed(store, "ben", BEN)
    store.close()
    return home


@pytest.fixture(scope="module")
def address(home):
    places = {"ODIN_HOME": home / "home", "ODIN_STORE": home / "store.sqlite", "GRADIO_TEMP_DIR": home / "files"}
    environment = {name: str(place) for name, place in places.items()}
    with launched("review_app.py", environment=environment) as address:
        yield address


@pytest.fixture(scope="module")
def store(home, address):
    store = Store(home / "store.sqlite")
    yield store
    store.close()


@contextlib.contextmanager
def logged_in(browser, address, name, password=PASSWORD):
    with browser_page(browser, address) as opened:
        page = opened.page
        page.get_by_label("username").fill(name)
        page.get_by_label("password").fill(password)
        page.get_by_role("button", name="Login").click()
        yield page
        assert opened.outside == []


@pytest.fixture(scope="module")
def lead(browser, address):
    with logged_in(browser, address, "lead") as page:
        page.get_by_role("tab", name="Review", exact=True).click()
        yield page


def tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def choose(page, project):
    page.get_by_label("Project", exact=True).first.click()
    page.get_by_role("option", name=project, exact=True).click()


def seen(locator, text):
    expect(locator).to_contain_text(text)


def test_a_wrong_password_lets_nobody_in_and_the_name_comes_from_the_login(browser, address):
    with logged_in(browser, address, "ann", "wrong horse") as page:
        page.get_by_text("Incorrect").first.wait_for()
        assert page.get_by_role("tab", name="Review").count() == 0
        page.get_by_label("username").fill("ann")  # a refused login empties both fields
        page.get_by_label("password").fill(PASSWORD)
        page.get_by_role("button", name="Login").click()
        page.get_by_role("tab", name="Review", exact=True).click()
        seen(page.locator("#review-who"), "You review as ann")
        choose(page, "half")
        # Ben has made a procedure of it; Ann still sees the suggestion alone, to decide
        tag = page.locator("#review-editor .tag").first
        expect(tag).to_have_attribute("data-name", "Drug · ?")
        tab(page, "Adjudicate")
        seen(page.locator("#adjudication"), "Choose a note that several reviewers have submitted")


def test_only_the_differences_are_decided_with_a_key_each_and_make_gold(lead, store):
    choose(lead, "ward")
    tab(lead, "Adjudicate")
    rows = lead.locator("#adjudication .differences li")
    rows.nth(5).wait_for()
    assert [row.locator(".what b").inner_text() for row in rows.all()] == DIFFERENCES
    seen(lead.locator("#adjudication .waiting-count"), "2 agreed · 6 of 6 differences to decide")
    lead.get_by_label("Reason for the whole note").fill("read with the ward")
    rows.first.locator("input").fill("the shortest text")
    rows.first.locator(".side").nth(1).click()
    seen(lead.locator("#adjudication .waiting-count"), "5 of 6")
    for left, key in enumerate("11122", 1):
        lead.keyboard.press(key)
        seen(lead.locator("#adjudication .waiting-count"), f"{5 - left} of 6")
    lead.keyboard.press("Control+Enter")
    seen(lead.locator("#adjudication .waiting-count"), "gold version 1 by lead")
    (gold,) = gold_versions(store, "ward")
    found = gold.document
    assert [(x.text_in(found.text), x.label, x.provenance.name, x.provenance.action) for x in found.entities] == [
        ("flu", "Disease", "ann, ben", "agreed"),
        ("pneumonia", "Disease", "ann, ben", "agreed"),
        ("cough", "Symptom", "lead", "adjudicated"),
        ("fever", "Symptom", "lead", "adjudicated"),
        ("rash", "Symptom", "lead", "adjudicated"),
        ("ECG", "Procedure", "lead", "adjudicated"),
        ("aspirin", "Drug", "lead", "adjudicated"),
    ]
    (relation,) = found.relations
    assert found.entity_by_id[relation.head].text_in(found.text) == "pneumonia"
    assert list(gold.details["kinds"].values()) == DIFFERENCES
    assert gold.details["decisions"][0]["reason"] == "the shortest text"
    assert gold.details["reason"] == "read with the ward"


def test_an_adjudicator_who_is_logged_out_is_told_what_to_do_and_keeps_what_was_typed(lead, store):
    choose(lead, "ward")
    tab(lead, "Adjudicate")
    row = lead.locator("#adjudication .differences li").first
    row.locator("input").fill("as the chart says")
    for address in ("**/component_server**", "**/login_check"):
        lead.route(address, lambda route: route.fulfill(status=401))
    row.locator(".side").first.click()
    seen(lead.locator("#adjudication .message"), "you are logged out. Log in again in another tab, then do it")
    lead.unroute_all()
    expect(row.locator("input")).to_have_value("as the chart says")
    row.locator(".side").first.click()
    soon(lambda: store.row("SELECT 1 FROM decisions WHERE project = 'ward' AND reason = 'as the chart says'"))


def test_the_figures_say_who_agrees_and_how_far_the_team_is(lead):
    tab(lead, "Figures and gold")
    figures = lead.locator("#figures")
    seen(figures, "Team: 2 of 2 reviews submitted")
    # of 6 and 6 mentions, flu and pneumonia and fever are the same
    seen(figures.locator("tr", has_text="Entities, F1 exact"), "0.50")
    assert "submitted 1" in figures.locator("tr", has_text="ann").first.inner_text()
    figures.get_by_text("ann and ben, by mention").click()
    assert figures.locator("tr", has_text="Procedure").first.is_visible()


def test_guidelines_are_edited_in_a_form_and_earlier_reviews_are_marked(lead, store):
    tab(lead, "Guidelines")
    page = lead.locator("#guidelines")
    seen(page, "A medicine by name")
    expect(page.locator("li", has_text="Symptom and Disease: use").locator("code")).to_have_text(
        ["causes", "indicates"]
    )
    assert "`" not in page.inner_text()
    page.get_by_role("button", name="Edit").click()
    drug = page.locator("fieldset[data-label=Drug]")
    drug.locator("[data-field=Definition]").fill("Any medicine <b>at all</b>")
    drug.locator("[data-field=Examples]").fill("aspirin\nmetformin")
    page.get_by_role("button", name="Save as version 2").click()
    seen(page, "Version 2 · 2 reviews under an older version")
    seen(page, "Any medicine <b>at all</b>")
    assert current_guideline(store, "ward").labels.entity("Drug").examples == ("aspirin", "metformin")
    assert current_guideline(store, "ward").created_by == "lead"


def upload(page, home, name, text="Call 617-555-0123 about [fever](Symptom)"):
    path = home / "visits.jsonl"
    jsonl.write([document(f"{text} {n}.", id=f"v{n}") for n in range(4)], path)
    tab(page, "New project")
    page.get_by_label("Name", exact=True).fill(name)
    page.locator("#project-files input[type=file]").set_input_files(path)
    page.locator("#project-files").get_by_text("visits").first.wait_for()
    page.get_by_label("Reviewers, separated by commas").fill("ann, ben")
    page.get_by_role("button", name="Create project").click()


def test_nothing_is_stored_before_yes_to_what_looks_like_identifiers(lead, home, store):
    upload(lead, home, "calls")
    seen(lead.locator("#project-question"), "these notes seem to hold 4 phone numbers. Nothing is stored yet")
    assert "calls" not in project_names(store)
    assert list(home.glob("files/**/visits.jsonl"))
    lead.locator("#project-no").click()
    expect(lead.locator("#project-said textarea")).to_have_value("Nothing was stored; the uploaded files are deleted.")
    assert "calls" not in project_names(store)
    assert not list(home.glob("files/**/visits.jsonl"))
    upload(lead, home, "calls")
    lead.locator("#project-yes").click()
    said = "Project “calls”: 4 of 4 notes. Assigned: ann 4, ben 4. The annotations of 4 notes are suggestions now."
    expect(lead.locator("#project-said textarea")).to_have_value(said)
    assert [one.assigned for one in progress(store, "calls")] == [4, 4]


def add_labels(page, path):
    with page.expect_file_chooser() as asked:
        page.locator("#project-own-labels").click()
    asked.value.set_files(path)


def test_a_label_set_of_ones_own_is_added_and_a_project_made_under_it(browser, address, home, store):
    path = home / "wounds.json"
    path.write_text('{"name": "wounds", "entities": [{"label": "Wound", "definition": "Broken skin."}]}')
    with logged_in(browser, address, "lead") as page:
        tab(page, "Review")
        tab(page, "New project")
        said = page.locator("#project-said textarea")
        add_labels(page, path)
        expect(said).to_have_value(re.compile("“wounds” is kept: 1 labels of mentions.*review about 20 notes"))
        expect(page.locator("#project-labels input")).to_have_value("wounds")
        name = f"skin {len(project_names(store))}"  # another where the test is run again
        upload(page, home, name, text="Ulcer on the left heel")
        expect(said).to_have_value(re.compile(f"Project “{name}”: 4 of 4 notes"))
        assert load_project(store, name).labels.entity_labels == ("Wound",)
        path.write_text('{"name": "clinical", "entities": [{"label": "Wound"}]}')
        add_labels(page, path)
        page.get_by_text("there is another label set 'clinical'").first.wait_for()


def test_synthetic_notes_are_pre_annotated_by_a_model_with_a_blind_arm(lead, store):
    tab(lead, "New project")
    lead.get_by_label("Name", exact=True).fill("made")
    lead.get_by_label("Synthetic notes").check()
    lead.get_by_label("Suggestions by a model").click()
    lead.get_by_role("option", name="odin-mini", exact=True).click()
    lead.get_by_label("Notes (a stratified sample)").fill("6")
    lead.locator("#project-blind input[type=number]").fill("0.5")
    lead.get_by_label("Reviewers, separated by commas").fill("ann, ben")
    lead.get_by_role("button", name="Create project").click()
    made = re.compile("Project “made”: 6 of 30 notes.*odin-mini@test suggests")
    expect(lead.locator("#project-said textarea")).to_have_value(made)
    assert len(blind_documents(store, "made")) == 3
    assert len(suggestions(store, "made")) == 6


def given_to(store, reviewer, notes):
    """The name of a new project whose notes one reviewer has."""
    name = f"rounds {len(project_names(store))}"
    create_project(store, name, load_label_set("clinical"), notes, created_by="lead")
    assign(store, name, [reviewer], overlap=1)
    return name


def test_the_line_on_the_note_counts_what_is_left_as_soon_as_it_is_submitted(browser, address, store):
    notes = [document(f"Visit {n}.", id=f"visit-{n}") for n in range(2)]
    name = given_to(store, "ben", notes)
    with logged_in(browser, address, "ben") as page:
        page.get_by_role("tab", name="Review", exact=True).click()
        choose(page, name)
        line = page.get_by_label("This note")
        expect(line).to_have_value(re.compile("2 of 2 left"))
        page.locator("#review-editor .text").focus()
        page.keyboard.press("Control+Enter")
        expect(line).to_have_value(re.compile("1 of 2 left"))


def test_the_keys_of_a_note_work_at_once_and_whoever_comes_by_keyboard_stays_where_they_are(browser, address, store):
    notes = [document(f"[Fever](Symptom) on visit {n}.", id=f"round-{n}") for n in range(2)]
    name = given_to(store, "ann", notes)
    with logged_in(browser, address, "ann") as page:
        page.get_by_role("tab", name="Review", exact=True).click()
        choose(page, name)
        line, waiting = page.get_by_label("This note"), page.locator("#review-editor .waiting-count")
        expect(line).to_have_value(re.compile("Note round"))
        page.reload()
        page.get_by_role("tab", name="Review", exact=True).click()
        expect(line).to_have_value(re.compile("Note round"))
        expect(waiting).to_have_text("1 to decide")
        for key in (" ", "a"):
            page.keyboard.press(key)
        expect(waiting).to_have_text("all decided")
        following = page.get_by_role("button", name="Next note", exact=True)
        following.click()
        expect(waiting).to_have_text("1 to decide")
        expect(page.locator("#review-editor .text")).to_be_focused()
        following.focus()
        page.keyboard.press("Enter")
        expect(waiting).to_have_text("all decided")
        expect(following).to_be_focused()
