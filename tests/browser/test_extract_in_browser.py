"""The Extract tab in real Chromium: mouse, keyboard alone, dark, narrow, hostile notes, files, the endpoint."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from pages import Opened, browser_page
from playwright.sync_api import Browser, Page, expect

HOSTILE = (
    '<script>window.pwned=1</script> <img src=x onerror="window.pwned=2"> {{value}} ${window.pwned=3} '
    '<b onmouseover="window.pwned=4">aspirin</b>'
)
NOTE = f"Aspirin treats headache.\nPenicillin allergy: penicillin causes rash.\nDenies fever. {HOSTILE} treats rash."


@pytest.fixture
def opened(browser: Browser, app_url: str) -> Iterator[Opened]:
    """The Extract tab; no test may reach another host or leave an error in the console."""
    with browser_page(browser, app_url) as opened:
        opened.page.wait_for_selector("#note textarea")
        yield opened
        assert opened.outside == []
        assert opened.errors == []
        assert opened.page.evaluate("window.pwned") is None


def extract(opened: Opened, text: str = NOTE) -> None:
    opened.page.fill("#note textarea", text)
    opened.page.click("#extract-text")
    opened.page.wait_for_selector("#view .mention")


def test_a_note_gives_highlights_plain_words_and_a_graph_and_runs_nothing_of_its_text(opened: Opened) -> None:
    extract(opened)
    page = opened.page
    assert page.evaluate("document.querySelector('#view .text').textContent") == NOTE
    rows = page.locator("#relations tbody tr")
    expect(rows.first).to_contain_text("Aspirin treats headache")
    expect(page.locator("#relations")).to_contain_text("Penicillin allergy causes rash")
    expect(page.get_by_role("button", name="fever, Symptom, negated")).to_be_visible()
    expect(page.locator("#graph svg .node").first).to_be_visible()
    markup = page.locator("#results script, #results img, #results b[onmouseover]")
    assert markup.count() == 0
    assert page.locator("#extract-progress .words").count() == 0

    rows.first.click()
    expect(rows.first).to_have_class("chosen")
    expect(page.locator("#view .mention.chosen")).to_have_count(2)
    opened.click("#view .text", "rash")
    expect(page.locator("#relations tr.chosen")).to_have_count(0)


def test_sliders_filter_what_is_shown(opened: Opened) -> None:
    extract(opened)
    page = opened.page
    before = page.locator("#relations tbody tr").count()
    field = page.locator("#relation-score input[type=number]")
    field.fill("0.9")
    field.press("Enter")
    expect(page.locator("#relations tbody tr")).to_have_count(2)
    assert before > 2


def focus(page: Page, selector: str) -> None:
    """Go to an element as a keyboard does: round the page by Tab until it has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_the_whole_way_by_keyboard_alone(opened: Opened) -> None:
    page = opened.page
    focus(page, "#note textarea")
    page.keyboard.type("Metformin treats type 2 diabetes.")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "extract-text"
    page.keyboard.press("Enter")
    page.wait_for_selector("#relations .statement")
    expect(page.locator("#note textarea")).to_have_value("Metformin treats type 2 diabetes.")
    focus(page, "#relations .statement")
    page.keyboard.press("Enter")
    expect(page.locator("#relations tr.chosen")).to_have_count(1)
    assert page.evaluate("document.activeElement.className") == "statement"
    expect(page.locator("#view .mention.chosen")).to_have_count(2)


def test_text_that_cannot_be_read_is_said_and_the_page_goes_on(opened: Opened) -> None:
    page = opened.page
    page.click("#extract-text")
    expect(page.get_by_text("the note is empty")).to_be_visible()
    expect(page.locator("#stop")).to_be_hidden()
    extract(opened, "Aspirin treats headache")
    expect(page.locator("#relations tbody tr")).to_have_count(1)
    opened.errors.clear()  # the browser logs what the server refused


def test_a_sample_fills_the_note(opened: Opened) -> None:
    page = opened.page
    page.click("#sample input")
    page.get_by_role("option").nth(1).click()
    expect(page.locator("#note textarea")).not_to_have_value("")


def test_many_notes_are_summed_up_walked_through_and_taken_away(opened: Opened, tmp_path: Path) -> None:
    page = opened.page
    notes = tmp_path / "notes.jsonl"
    lines = [json.dumps({"id": f"n{i}", "text": f"Aspirin treats headache {i}. Mr. John Doe."}) for i in range(1, 6)]
    notes.write_text("\n".join([*lines, "{broken"]))
    (tmp_path / "<img src=x onerror=window.pwned=5>.txt").write_bytes(b"\xff")
    page.get_by_role("tab", name="Many notes").click()
    page.set_input_files("#files input[type=file]", sorted(tmp_path.iterdir()))
    page.wait_for_selector("#files .file-preview")
    page.click("#extract-files")
    expect(page.locator("#found")).to_contain_text("10 mentions and 5 relations in 5 notes")
    expect(page.locator("#problems")).to_contain_text("2 inputs could not be done")
    page.click("#problems summary")
    expect(page.locator("#problems")).to_contain_text("notes.jsonl:6: not valid JSON")
    expect(page.locator("#phi")).to_contain_text("5 names")
    expect(page.locator("#position")).to_contain_text("Note 1 of 5: n1")
    page.click("#next")
    expect(page.locator("#position")).to_contain_text("Note 2 of 5: n2")
    expect(page.locator("#view .text")).to_contain_text("headache 2")
    page.locator("#summary [role=gridcell]").get_by_text("n4").click()
    expect(page.locator("#position")).to_contain_text("Note 4 of 5: n4")

    for button, name in (("#download-json", "odin-clinical.jsonl"), ("#download-csv", "odin-clinical.csv")):
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
    documents = [json.loads(line) for line in (tmp_path / "odin-clinical.jsonl").read_text("utf-8").splitlines()]
    assert [d["id"] for d in documents] == ["n1", "n2", "n3", "n4", "n5"]
    assert len(list(csv.DictReader((tmp_path / "odin-clinical.csv").read_text("utf-8-sig").splitlines()))) == 15


def test_a_packed_note_is_taken(opened: Opened, tmp_path: Path) -> None:
    page = opened.page
    (tmp_path / "visit.txt.gz").write_bytes(gzip.compress(b"Aspirin treats headache"))
    page.get_by_role("tab", name="Many notes").click()
    page.set_input_files("#files input[type=file]", tmp_path / "visit.txt.gz")
    page.wait_for_selector("#files .file-preview")
    page.click("#extract-files")
    expect(page.locator("#found")).to_contain_text("2 mentions and 1 relation")


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (800, False)])
def test_nothing_runs_past_the_edge_in_dark_or_on_a_narrow_page(
    browser: Browser, app_url: str, width: int, dark: bool
) -> None:
    with browser_page(browser, app_url, width=width, dark=dark) as opened:
        opened.page.wait_for_selector("#note textarea")
        extract(opened)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.page.evaluate("document.body.classList.contains('dark')") is dark
        paper = opened.page.evaluate("getComputedStyle(document.querySelector('#relations .odin')).backgroundColor")
        assert paper == ("rgb(24, 24, 27)" if dark else "rgb(255, 255, 255)")
        assert opened.outside == []


@pytest.mark.parametrize(("width", "breaks"), [(1280, "anywhere"), (420, "break-word")])
def test_the_words_of_the_evidence_stay_whole_where_its_column_is_narrow(
    browser: Browser, app_url: str, width: int, breaks: str
) -> None:
    with browser_page(browser, app_url, width=width) as opened:
        opened.page.wait_for_selector("#note textarea")
        extract(opened)
        evidence = opened.page.locator("#relations .evidence").first
        assert evidence.evaluate("cell => getComputedStyle(cell).overflowWrap") == breaks
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_client_calls_the_extract_endpoint(app_url: str) -> None:
    client = Client(app_url, verbose=False)
    answer = client.predict("Metformin treats type 2 diabetes.", "clinical", "odin-mini", api_name="/extract")
    assert [(r["label"], r["head"], r["tail"]) for r in answer["relations"]] == [("treats", "T1", "T2")]
    assert list(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == ["/extract"]
