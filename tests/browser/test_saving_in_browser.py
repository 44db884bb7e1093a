"""Nothing is lost in the editor: what is not saved, what others changed, what a reload or fast keys might forget."""

from contextlib import contextmanager

from pages import browser_page, soon
from playwright.sync_api import expect
from trial import EDITOR, TEXT, draft, press, ready, surfaces

from annotation.editing.edits import Comment
from annotation.store.audit import actions
from annotation.store.reviews import apply


@contextmanager
def without_the_server(opened):
    """Nothing that the editor asks is answered; what the browser says of that is no error of the page."""
    opened.page.route("**/component_server**", lambda route: route.abort())
    yield
    opened.page.unroute("**/component_server**")
    opened.errors.clear()


def test_what_is_not_saved_is_said_and_can_be_sent_again(opened, store):
    with without_the_server(opened):
        opened.click(EDITOR, "fever")
        press(opened, "Delete")
        opened.page.wait_for_selector("#editor .saved.alarm")
    press(opened, "Control+s")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))
    opened.page.wait_for_selector("#editor .saved:not(.alarm)")


def test_what_is_not_saved_goes_before_the_next_action_and_is_not_forgotten(opened, store):
    with without_the_server(opened):
        opened.click(EDITOR, "fever")
        press(opened, "n")
        expect(opened.page.locator("#editor .message")).to_contain_text("not saved: the server does not answer")
        opened.click(EDITOR, "chest pain")
        press(opened, "a")
        opened.page.wait_for_timeout(300)
    press(opened, "u")
    soon(lambda: len(actions(store, store.project, document="note", reviewer="ann")) == 2)
    assertions = {e.text_in(TEXT): e.assertion for e in draft(store).document.entities}
    assert (assertions["fever"], assertions["chest pain"]) == ("negated", "uncertain")


def test_what_is_not_saved_when_another_note_is_opened_is_tried_once_more(opened, store):
    with without_the_server(opened):
        opened.click(EDITOR, "fever")
        press(opened, "Delete")
        opened.page.wait_for_selector("#editor .saved.alarm")
    opened.page.get_by_role("button", name="Second note").click()
    soon(lambda: ("fever", "Symptom") not in surfaces(store))


def test_whoever_is_logged_out_is_told_so(opened):
    opened.page.route("**/component_server**", lambda route: route.fulfill(status=401))
    opened.page.route("**/login_check", lambda route: route.fulfill(status=401))
    opened.click(EDITOR, "fever")
    press(opened, "n")
    expect(opened.page.locator("#editor .saved")).to_have_text("NOT SAVED: you are logged out")
    expect(opened.page.locator("#editor .message")).to_contain_text("Log in again in another tab, then press Ctrl+S")
    opened.errors.clear()


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


def test_a_change_by_another_program_is_noticed_too(opened, store):
    apply(store, store.key, Comment(None, "from elsewhere"), draft(store).version)
    opened.click(EDITOR, "fever")
    press(opened, "n")
    opened.page.wait_for_selector("#editor .conflict:not([hidden])")
    assert "only decisions, comments or doubts changed" in opened.page.inner_text("#editor .conflict")


def test_fast_keys_wait_for_the_server_and_none_is_lost(opened, store):
    opened.click(EDITOR, "fever")
    for key in "nuyhfpnuyh":
        opened.page.keyboard.press(key)
    soon(lambda: len(actions(store, store.project, document="note", reviewer="ann")) == 10)
    assert next(e for e in draft(store).document.entities if e.id == "T3").assertion == "historical"


def test_what_is_under_way_when_another_note_comes_is_done_on_its_own_note(opened, store):
    opened.page.route("**/component_server**", lambda route: (opened.page.wait_for_timeout(300), route.continue_()))
    opened.click(EDITOR, "fever")
    press(opened, "n", "u", "y")
    opened.page.get_by_role("button", name="Second note").click()
    expect(opened.page.locator(EDITOR)).to_contain_text("No allergies")
    assert [action.kind for action in actions(store, store.project, document="note", reviewer="ann")] == ["edit"] * 3
    assert actions(store, store.project, document="second", reviewer="ann") == []


def test_a_choice_that_is_open_goes_with_its_note(opened, store):
    opened.drag(EDITOR, "fever")
    press(opened, "Enter")
    opened.page.wait_for_selector("#editor .offer")
    opened.page.get_by_role("button", name="Second note").click()
    expect(opened.page.locator(EDITOR)).to_contain_text("No allergies")
    expect(opened.page.locator("#editor .offer")).to_have_count(0)


def comment_on_fever(opened, text):
    opened.click(EDITOR, "fever")
    press(opened, "c")
    opened.page.locator("#editor .offer textarea").fill(text)


def comment_of(store):
    return next(e for e in draft(store).document.entities if e.id == "T3").attributes.get("comment")


def test_a_comment_that_is_too_long_is_still_there_to_be_shortened(opened, store):
    field = opened.page.locator("#editor .offer textarea")
    comment_on_fever(opened, "x" * 4001)
    press(opened, "Control+Enter")
    expect(opened.page.locator("#editor .message")).to_contain_text("4000 are the most. The comment is not kept")
    expect(field).to_be_focused()
    assert (len(field.input_value()), comment_of(store)) == (4001, None)
    press(opened, "Backspace", "Control+Enter")
    soon(lambda: comment_of(store) == "x" * 4000)
    expect(field).to_have_count(0)


def test_a_comment_is_kept_when_the_person_goes_on_to_something_else(opened, store):
    comment_on_fever(opened, "which side?")
    opened.click(EDITOR, "chest pain")
    soon(lambda: comment_of(store) == "which side?")
    expect(opened.page.locator("#editor .segment.alone").first).to_have_text("chest ")
    comment_on_fever(opened, "which side, and since when?")
    opened.page.get_by_role("button", name="Second note").click()
    soon(lambda: comment_of(store) == "which side, and since when?")


def test_a_comment_that_is_left_with_escape_is_not_kept(opened, store):
    comment_on_fever(opened, "never mind")
    press(opened, "Escape", "n")
    soon(lambda: len(actions(store, store.project, document="note", reviewer="ann")) == 1)
    assert comment_of(store) is None


def test_undo_and_redo_survive_another_note_and_a_reload(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "Delete")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))
    opened.page.get_by_role("button", name="Second note").click()
    opened.page.wait_for_function("document.querySelector('#editor .text').textContent.startsWith('No allergies')")
    opened.page.reload()
    opened.page.get_by_role("button", name="First note").click()
    ready(opened)
    opened.page.locator(EDITOR).focus()
    press(opened, "Control+z")
    soon(lambda: ("fever", "Symptom") in surfaces(store))
    press(opened, "Control+Shift+Z")
    soon(lambda: ("fever", "Symptom") not in surfaces(store))


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
