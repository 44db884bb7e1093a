"""The view and the graph in a real browser: what is seen, what a click does, what a hostile note cannot do."""

import time

import pytest
from pages import browser_page, launched
from view_app import LABELS, TEXT


@pytest.fixture(scope="module")
def url():
    with launched("view_app.py") as address:
        yield address


@pytest.fixture
def opened(browser, url):
    with browser_page(browser, url) as opened:
        show(opened)
        yield opened
        assert opened.outside == []
        assert opened.errors == []


def show(opened):
    opened.page.get_by_role("tab", name="Text").click()
    opened.page.wait_for_selector("#view .mention")
    opened.page.wait_for_selector("#view .arc")


def told(opened, value, box="#told"):
    opened.page.wait_for_function(
        "([box, value]) => document.querySelector(`${box} textarea`).value === value", arg=[box, value]
    )


def status(opened):
    return opened.page.inner_text("#view .status")


def test_the_text_is_shown_whole_and_a_hostile_note_runs_nothing(opened):
    assert opened.page.evaluate("document.querySelector('#view .text').textContent") == TEXT
    assert opened.page.evaluate("window.pwned") is None
    assert opened.page.locator("#view .text script, #view .text img").count() == 0
    assert opened.page.locator("#graph").count() == 1


def test_each_mention_carries_its_label_and_assertion_as_words(opened):
    names = opened.page.eval_on_selector_all("#view .tag", "tags => tags.map(tag => tag.dataset.name)")
    assert sorted(names) == sorted(
        [
            "Disease · negated",
            "Drug",
            "Disease",
            "Symptom · 1 of 2",
            "Symptom · 2 of 2",
            "Drug",
            "Drug",
            "Symptom · uncertain",
            "Procedure",
        ]
    )


def test_a_click_selects_the_innermost_mention_and_a_second_click_the_one_around_it(opened):
    opened.click("#view .text", "allergic reaction")
    assert status(opened).startswith("allergic reaction, Disease, negated")
    told(opened, "T3")
    opened.click("#view .text", "allergic reaction")
    assert status(opened).startswith("Severe allergic reaction to penicillin, Disease")
    told(opened, "T1")


def test_crossing_mentions_can_each_be_selected_by_their_own_name(opened):
    opened.page.locator("#view .tag[data-entity=T2]").click()
    assert status(opened).startswith("penicillin V potassium, Drug, 1 relation")
    chosen = opened.page.eval_on_selector_all("#view .segment.chosen", "all => all.map(node => node.textContent)")
    assert "".join(chosen) == "penicillin V potassium"


def test_a_mention_in_parts_is_selected_whole_and_the_gap_is_not(opened):
    opened.click("#view .text", "leg")
    chosen = opened.page.eval_on_selector_all("#view .segment.chosen", "all => all.map(node => node.textContent)")
    assert chosen == ["Pain", "leg"]
    assert "in 2 parts" in status(opened)


def test_a_selected_mention_shows_its_relations_as_sentences(opened):
    opened.click("#view .text", "headache")
    cards = opened.page.locator("#view .card")
    assert cards.locator(".sentence").all_inner_texts() == [
        LABELS.relation("treats").say("Aspirin", "headache"),
        "The text denies: " + LABELS.relation("treats").say("K given", "headache"),
    ]
    assert "91 %" in cards.first.inner_text()


def test_a_card_lights_up_both_ends_and_a_second_press_lets_go(opened):
    opened.click("#view .text", "headache")
    opened.page.locator("#view .card").first.click()
    assert opened.page.inner_text("#view .segment.head") == "Aspirin"
    assert opened.page.inner_text("#view .segment.tail") == "headache"
    assert opened.page.locator("#view .card[aria-pressed=true]").count() == 1
    opened.page.locator("#view .card").first.click()
    assert opened.page.locator("#view .segment.head").count() == 0
    assert opened.page.inner_text("#view .segment.alone") == "headache"


def test_a_line_can_be_clicked_and_lines_can_be_switched_off(opened):
    opened.page.locator("#view .arc[data-relation=R1] text").click()
    assert status(opened) == LABELS.relation("treats").say("Aspirin", "headache")
    assert opened.page.locator("#view .arc").count() == 3
    opened.page.get_by_role("button", name="Selected").click()
    assert opened.page.locator("#view .arc").count() == 1
    opened.page.get_by_role("button", name="Off").click()
    assert opened.page.locator("#view .arc").count() == 0


def test_the_server_can_select_and_can_show_another_text(opened):
    opened.page.click("#pick")
    opened.page.wait_for_selector("#view .segment.alone")
    assert opened.page.inner_text("#view .segment.alone") == "Aspirin"
    opened.page.click("#other")
    opened.page.wait_for_function("document.querySelector('#view .text').textContent === 'Second: metformin.'")
    assert opened.page.locator("#view .arc").count() == 0


def test_the_graph_tells_which_mentions_stand_behind_a_node(opened):
    node = opened.page.get_by_role("button", name="headache, Symptom", exact=True)
    node.click()
    told(opened, "T7", "#drawn")
    edge = opened.page.get_by_role("button", name="K given not treats headache")
    edge.focus()
    opened.page.keyboard.press("Enter")
    told(opened, "R2", "#drawn")


def test_names_for_screen_readers(opened):
    page = opened.page
    assert page.get_by_role("group", name="Text note, 8 mentions, 3 relations").count() == 1
    assert page.get_by_role("button", name="headache, Symptom, uncertain, 2 relations").count() == 1
    assert page.get_by_role("complementary", name="Selected mention and relations").count() == 1
    assert page.locator("#view [role=status][aria-live=polite]").count() == 1


READABLE = ".tag, .card, .facts, .hint, .mention, .name, .choice button, .status, .denial, .kinds .arrow"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_what_is_painted_is_readable_and_fits(browser, url, dark, width):
    with browser_page(browser, url, width=width, dark=dark) as opened:
        show(opened)
        opened.click("#view .text", "headache")
        assert opened.hard_to_read("#view", READABLE) == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        scroller = opened.page.locator("#view .scroller")
        assert scroller.evaluate("node => node.scrollWidth <= node.clientWidth")


COUNT_REDRAWN = """() => {
  window.redrawn = new Set();
  new MutationObserver(changes => {
    for (const change of changes) window.redrawn.add(change.target);
  }).observe(document.querySelector('#view .text'), {childList: true, subtree: true});
}"""


def test_in_a_note_of_600_lines_a_click_redraws_only_the_lines_that_change(opened, record_property):
    opened.page.click("#long")
    opened.page.wait_for_function("document.querySelectorAll('#view .line').length === 600")
    opened.page.evaluate(COUNT_REDRAWN)
    started = time.perf_counter()
    opened.click("#view .text", "aspirin", nth=5)
    opened.page.wait_for_selector("#view .segment.alone")
    record_property("seconds", time.perf_counter() - started)
    opened.click("#view .text", "headache", nth=10)
    opened.page.wait_for_function("document.querySelector('#view .segment.alone').textContent === 'headache'")
    assert opened.page.evaluate("window.redrawn.size") == 2
