"""The extent of a mention by real mouse and keys: its ends, its parts, and the words that say how it is asserted."""

from pages import soon
from trial import EDITOR, TEXT, draft, press


def mention(store, entity):
    return next(e for e in draft(store).document.entities if e.id == entity)


def said(store, entity="T2"):
    return mention(store, entity).text_in(TEXT)


def message(opened):
    return opened.page.inner_text("#editor .message")


def drag_end(opened, side, words, *, alt=False):
    """Drag the start or the end of the selected mention to the middle of the words."""
    place = opened.page.locator(f"#editor .handle.at-{side}")
    soon(lambda: place.bounding_box() is not None)  # a redraw takes the handles away for a moment
    left, right, height = opened.spot(EDITOR, words)
    handle = place.bounding_box()
    opened.page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    opened.page.mouse.down()
    if alt:
        opened.page.keyboard.down("Alt")
    opened.page.mouse.move((left + right) / 2, height, steps=5)
    opened.page.mouse.up()
    if alt:
        opened.page.keyboard.up("Alt")


def test_an_end_is_dragged_to_whole_words_and_the_relation_stays(opened, store):
    opened.click(EDITOR, "chest pain")
    drag_end(opened, "start", "mg")
    soon(lambda: said(store) == "mg for chest pain")
    drag_end(opened, "end", "denies")
    soon(lambda: said(store) == "mg for chest pain; denies")
    assert [(r.head, r.tail) for r in draft(store).document.relations] == [("T1", "T2")]


def test_an_end_is_dragged_by_characters_with_alt(opened, store):
    opened.click(EDITOR, "chest pain")
    drag_end(opened, "start", "hes", alt=True)
    soon(lambda: said(store) in ("hest pain", "est pain"))


def test_ends_move_by_keys_and_enter_keeps_them_in_one_action(opened, store):
    opened.click(EDITOR, "chest pain")
    press(opened, "b", "ArrowRight", "ArrowRight", "Shift+ArrowLeft", "Shift+ArrowLeft", "Alt+ArrowLeft")
    soon(lambda: "mg for chest pain; denie" in message(opened))
    assert said(store) == "chest pain"
    press(opened, "Enter")
    soon(lambda: said(store) == "mg for chest pain; denie")
    press(opened, "Control+z")
    soon(lambda: said(store) == "chest pain")


def test_escape_leaves_the_ends_where_they_were(opened, store):
    opened.click(EDITOR, "chest pain")
    press(opened, "b", "ArrowLeft", "Escape", "n")
    soon(lambda: mention(store, "T2").assertion == "negated")
    assert said(store) == "chest pain"


def test_a_part_is_added_with_the_mouse_shown_in_words_and_taken_away_again(opened, store):
    opened.click(EDITOR, "chest pain")
    opened.page.get_by_role("button", name="Add a part").click()
    opened.drag(EDITOR, "fever")
    soon(lambda: said(store) == "chest pain fever")
    names = "#editor .tag[data-entity=T2]"
    opened.page.wait_for_selector(f"{names} >> nth=1")
    shown = opened.page.eval_on_selector_all(names, "tags => tags.map(tag => tag.dataset.name)")
    assert [name.split(" · ")[:2] for name in shown] == [["Symptom", "1 of 2"], ["Symptom", "2 of 2"]]
    chosen = opened.page.eval_on_selector_all("#editor .segment.chosen", "all => all.map(node => node.textContent)")
    assert chosen == ["chest pain", "fever"]
    press(opened, "-")
    soon(lambda: said(store) == "chest pain")


def test_a_part_is_added_by_keys_and_parts_that_touch_become_one(opened, store):
    opened.click(EDITOR, "chest")
    press(opened, "+", "ArrowRight", "ArrowRight", "ArrowRight", "Enter")
    soon(lambda: said(store) == "chest pain denies")
    press(opened, "b", "Shift+Tab", "ArrowRight", "ArrowRight", "Enter")
    soon(lambda: said(store) == "chest pain; denies" and not mention(store, "T2").fragments)


def test_the_words_that_say_so_are_marked_and_kept_and_taken_away(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "w")
    soon(lambda: "Say first how the text asserts it" in message(opened))
    press(opened, "n")
    soon(lambda: mention(store, "T3").assertion == "negated")
    press(opened, "w")
    opened.click(EDITOR, "denies")
    soon(lambda: mention(store, "T3").cue)
    opened.page.wait_for_selector("#editor .cue")
    assert opened.page.inner_text("#editor .cue") == "denies"
    assert "cue “denies”" in opened.page.inner_text("#editor .panel")
    press(opened, "w", "Delete")
    soon(lambda: mention(store, "T3").cue is None)
    assert mention(store, "T3").assertion == "negated"


def test_the_cue_is_chosen_by_keys_too(opened, store):
    opened.click(EDITOR, "fever")
    press(opened, "n", "w", "ArrowLeft", "Enter")
    soon(lambda: mention(store, "T3").cue)
    assert TEXT[slice(*mention(store, "T3").cue)] == "denies"
