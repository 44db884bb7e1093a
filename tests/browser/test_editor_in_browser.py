"""The editor by real mouse and keys: each table stake of the Review tab, checked against what is in the store."""

import time

import pytest
from pages import browser_page, launched

from annotation.audit import actions
from annotation.edits import Comment
from annotation.projects import ProjectSettings, assign, create_project
from annotation.reviews import DraftKey, apply, open_note
from annotation.store import Store
from annotation.versions import versions
from odin.labels import load_label_set
from odin.schema import Document, Entity, Relation

TEXT = (
    "😀 Pt started aspirin 81 mg for chest pain; denies fever.\n"
    "Aspirin caused gastritis? Metformin for type 2 diabetes.\n"
    "Return if chest pain worsens; aspirin daily.\n"
)
EDITOR = "#editor .text"


def entity(id, label, words, score=0.9):
    start = TEXT.index(words)
    return Entity(id, label, start, start + len(words), score=score)


def suggested():
    entities = (
        entity("T1", "Drug", "aspirin"),
        entity("T2", "Symptom", "chest pain"),
        entity("T3", "Symptom", "fever", 0.6),
    )
    return Document("note", TEXT, entities, (Relation("R1", "treats", "T1", "T2", score=0.7),))


def long_note():
    row = "BP 120/80, given aspirin for headache, no fever; continues metformin.\n"
    found = []
    for n in range(0, 600, 5):
        at = n * len(row) + row.index("aspirin")
        found.append(Entity(f"T{n + 1}", "Drug", at, at + 7))
    return Document("long", row * 600, tuple(found))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("store") / "store.sqlite"


@pytest.fixture(scope="module")
def address(path):
    with launched("editor_app.py", str(path)) as address:
        yield address


class Trial(Store):
    """The store, and the test's own project in it."""

    project = ""

    @property
    def key(self):
        return DraftKey(self.project, "note", "ann")


@pytest.fixture
def store(path, request):
    store = Trial(path)
    store.project = request.node.originalname
    notes = [suggested(), Document("second", "No allergies known."), long_note()]
    labels, settings = load_label_set("clinical"), ProjectSettings(random_share=0)
    create_project(store, store.project, labels, notes, created_by="lead", settings=settings)
    assign(store, store.project, ["ann", "bob"], overlap=2)
    yield store
    store.close()


@pytest.fixture
def url(address, store):
    return f"{address}?project={store.project}"


@pytest.fixture
def opened(browser, url):
    with browser_page(browser, url) as opened:
        ready(opened)
        yield opened
        assert opened.outside == []
        assert opened.errors == []


def ready(opened):
    opened.page.wait_for_selector("#editor .mention")
    opened.page.wait_for_function("document.querySelector('#editor .saved').textContent.startsWith('saved')")


def press(opened, *keys):
    for key in keys:
        opened.page.keyboard.press(key)


def draft(store):
    return open_note(store, store.key)


def surfaces(store):
    document = draft(store).document
    return sorted((document.text[e.start : e.end], e.label) for e in document.entities)


def sentences(store):
    document = draft(store).document
    said = {e.id: e.text_in(document.text) for e in document.entities}
    return sorted((said[r.head], r.label, said[r.tail]) for r in document.relations)


def soon(check, seconds=10):
    """The check's value as soon as it is true; the server needs a moment after a key."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to be")


def test_a_drag_snaps_to_words_and_a_number_key_marks_them(opened, store):
    opened.drag(EDITOR, "astritis")
    press(opened, "1")
    soon(lambda: ("gastritis", "Disease") in surfaces(store))


def test_a_drag_with_alt_marks_the_very_characters_after_an_emoji(opened, store):
    opened.page.keyboard.down("Alt")
    opened.drag(EDITOR, "form", inset=0.5)
    opened.page.keyboard.up("Alt")
    press(opened, "3")
    soon(lambda: ("form", "Drug") in surfaces(store))


def test_a_drag_across_mentions_makes_a_crossing_one(opened, store):
    opened.drag(EDITOR, "81", "chest")
    press(opened, "4")
    soon(lambda: ("81 mg for chest", "Procedure") in surfaces(store))


def test_the_label_can_be_chosen_with_the_mouse_alone(opened, store):
    opened.drag(EDITOR, "gastritis")
    opened.page.locator("#editor .offer button").first.click()
    soon(lambda: ("gastritis", "Disease") in surfaces(store))


def test_a_whole_note_by_keys_only(opened, store):
    opened.page.locator(EDITOR).focus()
    press(opened, " ", "a", "a", "n", " ", "a")
    soon(lambda: draft(store).undecided == 0)
    found = {e.text_in(TEXT): e for e in draft(store).document.entities}
    assert found["fever"].assertion == "negated"
    press(opened, "Control+Enter")
    soon(lambda: draft(store).submitted)
    assert [v.kind for v in versions(store, store.project, document="note")] == ["submitted"]


def test_the_word_cursor_marks_and_grows_by_words(opened, store):
    opened.click(EDITOR, "Metformin")
    press(opened, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "1")
    soon(lambda: ("type 2 diabetes", "Disease") in surfaces(store))


def test_r_relates_to_a_target_and_offers_only_what_is_allowed(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "r")
    soon(lambda: "Relate “fever”" in opened.page.inner_text("#editor .message"))
    opened.click(EDITOR, "aspirin")
    opened.page.wait_for_selector("#editor .offer")
    assert opened.page.locator("#editor .offer button").count() == 3
    offered = opened.page.inner_text("#editor .offer")
    assert "aspirin" in offered
    assert "indicates" not in offered
    press(opened, "1")
    soon(lambda: ("aspirin", "treats", "fever") in sentences(store))


def test_keys_choose_the_target_too(opened, store):
    opened.click(EDITOR, "aspirin")
    press(opened, "r", "Tab", "Enter")
    opened.page.wait_for_selector("#editor .offer")
    press(opened, "2")
    soon(
        lambda: (
            ("aspirin", "causes", "fever") in sentences(store)
            or ("aspirin", "causes", "chest pain") in sentences(store)
        )
    )


def test_a_relation_card_can_be_relabelled_denied_and_deleted_by_key(opened, store):
    opened.click(EDITOR, "chest pain")
    press(opened, "t", "2")
    soon(lambda: ("aspirin", "causes", "chest pain") in sentences(store))
    press(opened, "n")
    soon(lambda: draft(store).document.relations[0].negated)
    press(opened, "Delete")
    soon(lambda: sentences(store) == [])


def test_a_flip_that_the_label_set_forbids_is_refused_in_words(opened, store):
    opened.click(EDITOR, "chest pain")
    press(opened, "t", "s")
    soon(lambda: opened.page.inner_text("#editor .message") != "")
    assert sentences(store) == [("aspirin", "treats", "chest pain")]


def test_deleting_a_mention_takes_its_relations(opened, store):
    opened.click(EDITOR, "aspirin")
    press(opened, "Delete")
    soon(lambda: sentences(store) == [] and ("aspirin", "Drug") not in surfaces(store))


def test_rejecting_a_suggestion_goes_to_the_next(opened, store):
    opened.click(EDITOR, "aspirin")
    press(opened, "x")
    soon(lambda: draft(store).undecided == 2)
    opened.page.wait_for_function("document.querySelector('#editor .status').textContent.startsWith('chest pain')")


def test_assertion_keys_show_as_words(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "n")
    opened.page.wait_for_selector("#editor .tag[data-name^='Symptom · negated']")
    assert next(e for e in draft(store).document.entities if e.id == "T3").assertion == "negated"


def test_all_identical_mentions_are_shown_before_they_are_marked(opened, store):
    opened.click(EDITOR, "aspirin")
    press(opened, "m")
    opened.page.wait_for_selector("#editor .coming")
    shown = opened.page.eval_on_selector_all("#editor .coming", "all => all.map(node => node.textContent)")
    assert shown == ["Aspirin", "aspirin"]
    assert len(surfaces(store)) == 3
    press(opened, "Enter")
    soon(lambda: len(surfaces(store)) == 5)


def test_removing_identical_mentions_is_shown_first_and_escape_leaves_them(opened, store):
    opened.click(EDITOR, "aspirin")
    press(opened, "Shift+M")
    opened.page.wait_for_selector("#editor .leaving")
    press(opened, "Escape")
    opened.page.wait_for_selector("#editor .leaving", state="detached")
    assert len(surfaces(store)) == 3


def test_undo_and_redo_survive_a_reload(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "Delete")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))
    opened.page.reload()
    ready(opened)
    opened.page.locator(EDITOR).focus()
    press(opened, "Control+z")
    soon(lambda: ("fever", "Symptom") in surfaces(store))
    press(opened, "Control+Shift+Z")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))


def test_submit_waits_until_each_suggestion_is_decided_and_says_how_many(opened, store):
    assert "4 left" in opened.page.get_by_role("button", name="Submit").inner_text()
    opened.page.get_by_role("button", name="Submit").click(force=True)  # aria-disabled, but it says why
    soon(lambda: "4 suggestions to decide" in opened.page.inner_text("#editor .message") or None)
    assert not draft(store).submitted


def test_comment_and_doubt_are_kept(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "q", "c")
    opened.page.wait_for_selector("#editor .offer textarea:focus")
    opened.page.keyboard.type("not sure <b>at all</b>")
    press(opened, "Control+Enter")
    soon(lambda: next(e for e in draft(store).document.entities if e.id == "T3").attributes.get("comment"))
    kept = next(e for e in draft(store).document.entities if e.id == "T3").attributes
    assert (kept["comment"], kept["unsure"]) == ("not sure <b>at all</b>", True)


def test_question_mark_lists_the_keys(opened):
    opened.page.locator(EDITOR).focus()
    press(opened, "?")
    assert "accept the suggestion" in opened.page.inner_text("#editor .offer.help")
    press(opened, "Escape")
    assert opened.page.locator("#editor .offer.help").count() == 0


def test_another_tab_is_warned_and_shown_the_difference(browser, opened, url, store):
    with browser_page(browser, url) as second:
        ready(second)
        second.click(EDITOR, "fever")
        press(second, "Delete")
        soon(lambda: ("fever", "Symptom") not in surfaces(store))
    opened.click(EDITOR, "chest pain")
    press(opened, "a")
    opened.page.wait_for_selector("#editor .conflict:not([hidden])")
    assert "gone: “fever” (Symptom)" in opened.page.inner_text("#editor .conflict")
    assert draft(store).undecided == 3
    opened.page.get_by_role("button", name="make my change again").click()
    soon(lambda: draft(store).undecided == 2)
    assert ("fever", "Symptom") not in surfaces(store)


def test_what_is_not_saved_is_said_and_can_be_sent_again(opened, store):
    opened.page.route("**/component_server**", lambda route: route.abort())
    opened.click(EDITOR, "fever")
    press(opened, "Delete")
    opened.page.wait_for_selector("#editor .saved.alarm")
    opened.page.unroute("**/component_server**")
    press(opened, "Control+s")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))
    opened.page.wait_for_selector("#editor .saved:not(.alarm)")
    opened.errors.clear()


def test_the_page_comes_back_to_the_note_and_the_mention(opened, store):
    opened.page.get_by_role("button", name="Second note").click()
    opened.page.wait_for_function("document.querySelector('#editor .text').textContent.startsWith('No allergies')")
    opened.page.get_by_role("button", name="First note").click()
    ready(opened)
    opened.click(EDITOR, "fever")
    soon(lambda: store.row("SELECT selected FROM positions WHERE project = ?", store.project)["selected"] == "T3")
    opened.page.reload()
    ready(opened)
    assert opened.page.inner_text("#editor .segment.alone") == "fever"


def test_fast_keys_wait_for_the_server_and_none_is_lost(opened, store):
    opened.click(EDITOR, "fever")
    for key in "nuyhfpnuyh":
        opened.page.keyboard.press(key)
    soon(lambda: len(actions(store, store.project, document="note", reviewer="ann")) == 10)
    assert next(e for e in draft(store).document.entities if e.id == "T3").assertion == "historical"


def test_every_action_is_timed_on_a_long_note(opened, store, record_property):
    opened.page.get_by_role("button", name="Long note").click()
    opened.page.wait_for_function("document.querySelectorAll('#editor .line').length === 600", timeout=60000)
    opened.click(EDITOR, "aspirin", nth=5)
    key = DraftKey(store.project, "long", "ann")
    before = open_note(store, key).version
    started = time.perf_counter()
    press(opened, "n")
    opened.page.wait_for_selector("#editor .tag[data-name^='Drug · negated']", timeout=60000)
    record_property("seconds", time.perf_counter() - started)
    print("600 lines, 120 mentions: seconds an action:", time.perf_counter() - started)
    assert open_note(store, key).version == before + 1


def test_a_change_by_another_program_is_noticed_too(opened, store):
    apply(store, store.key, Comment(None, "from elsewhere"), draft(store).version)
    opened.click(EDITOR, "fever")
    press(opened, "n")
    opened.page.wait_for_selector("#editor .conflict:not([hidden])")
    assert "only decisions, comments or doubts changed" in opened.page.inner_text("#editor .conflict")
