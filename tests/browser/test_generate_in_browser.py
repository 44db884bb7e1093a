"""The Generate tab in a real browser: notes stream, a run is cancelled, a file comes, a sample goes to review."""

import io
import json
import re

import pytest
from markup import document
from pages import browser_page, launched
from PIL import Image

from odin.corpora import jsonl

REAL = document("[Aspirin](Drug) daily for [headache](Symptom), as before; she is well.", id="real")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    (folder / "corpora" / "clinical_notes").mkdir(parents=True)
    jsonl.write([REAL], folder / "corpora" / "clinical_notes" / "train.jsonl")
    own = {"ODIN_STORE": str(folder / "odin.sqlite"), "GRADIO_TEMP_DIR": str(folder / "files")}
    own["ODIN_CORPORA"] = str(folder / "corpora")
    with launched("generate_app.py", environment=own) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser, url):
    with browser_page(browser, url, width=1500) as opened:
        yield opened.page
        assert opened.outside == []


def generate(page, count, seed=7):
    page.wait_for_selector("#generate-stop[disabled]")  # the run before is over
    page.locator("#generate-count input").fill(str(count))
    page.locator("#generate-seed input").fill(str(seed))
    page.locator("#generate-start").click()


def wait_for_status(page, words):
    page.wait_for_function(
        "([words]) => new RegExp(words).test(document.querySelector('#generate-status').textContent)", arg=[words]
    )
    return page.locator("#generate-status").inner_text()


def test_before_there_are_notes_nothing_is_shown_of_them(page):
    page.get_by_text("No notes yet").wait_for()
    for name in ("view", "plots", "use"):
        assert not page.locator(f"#generate-{name}").is_visible()


def test_notes_stream_with_marked_mentions_and_plots(page):
    generate(page, 40)
    assert re.search(r"40 of 40 notes; .*done in", wait_for_status(page, "40 of 40 notes.*done"))
    page.wait_for_selector("#generate-view .mention")
    assert "entities" in page.locator("#generate-caption").inner_text()
    page.wait_for_selector(".vega-embed")
    assert not page.get_by_text("No notes yet").is_visible()
    before = page.locator("#generate-caption").inner_text()
    page.locator("#generate-following").click()
    page.wait_for_function("([text]) => document.querySelector('#generate-caption').innerText !== text", arg=[before])


def test_their_quality_is_measured_to_the_last_row(page):
    page.get_by_text("Quality report").click()
    page.locator("#generate-measure").click()
    row = page.locator("#generate-quality tr", has_text="longest run shared, clinical_notes").first
    row.wait_for()
    assert int(row.locator("td").nth(1).inner_text()) < len(REAL.text.split())
    last = page.locator("#generate-quality tr", has_text="contradictions").first
    assert last.locator("td").nth(1).inner_text().strip() == "0"


def test_the_notes_are_taken_away_as_a_file_that_reads_back(page, tmp_path):
    page.locator("#generate-download-native").click()
    link = page.locator("#generate-file a[download]").first
    link.wait_for()
    with page.expect_download() as found:
        link.click()
    found.value.save_as(tmp_path / "notes.jsonl")
    found.value.save_as(tmp_path.parent / "annotated.jsonl")
    lines = (tmp_path / "notes.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 40
    for line in lines:
        note = json.loads(line)
        assert all(note["text"][e["start"] : e["end"]] == e["text"] for e in note["entities"])


def test_a_sample_goes_to_review(page):
    page.locator("#generate-project textarea, #generate-project input").first.fill("from the browser")
    page.locator("#generate-send").click()
    page.wait_for_function("() => document.querySelector('#generate-sent').textContent.includes('from the browser')")


def test_annotated_notes_are_made_more_of(page, tmp_path):
    page.get_by_text("More notes from annotated ones").click()
    page.locator("#generate-augment").click()
    page.get_by_text("choose a file with annotated notes").wait_for()
    page.wait_for_selector("#generate-start:enabled")  # what went wrong ends the run
    page.locator("#generate-annotated input[type=file]").set_input_files(tmp_path.parent / "annotated.jsonl")
    page.locator("#generate-annotated .file-preview").wait_for()
    page.locator("#generate-augment").click()
    assert "of at most 40 notes" in wait_for_status(page, "of at most 40 notes.*done")
    page.wait_for_selector("#generate-view .mention")
    assert "+synonyms" in page.locator("#generate-caption").inner_text()


def test_a_run_can_be_cancelled_and_keeps_what_was_made(page):
    generate(page, 50_000, seed=8)
    wait_for_status(page, "of 50,000 notes.*left")
    page.locator("#generate-stop").press("Enter")
    status = wait_for_status(page, "ended after")
    assert 0 < int(status.split(" of ")[0].replace(",", "")) < 50_000


def test_in_a_narrow_window_what_the_note_is_stands_below_the_buttons(browser, url):
    with browser_page(browser, url, width=420) as opened:
        generate(opened.page, 3)
        wait_for_status(opened.page, "done")
        caption, older = (opened.page.locator(f"#generate-{name}").bounding_box() for name in ("caption", "following"))
        assert caption["y"] >= older["y"] + older["height"]
        assert caption["width"] > 300


def test_charts_are_dark_on_a_dark_page(browser, url):
    with browser_page(browser, url, width=1500, dark=True) as opened:
        generate(opened.page, 5)
        wait_for_status(opened.page, "done")
        chart = opened.page.locator("#generate-plots canvas.marks").first
        chart.wait_for()
        drawn = (
            "() => document.querySelector('#generate-plots canvas').getContext('2d').getImageData(9, 9, 1, 1).data[3]"
        )
        opened.page.wait_for_function(drawn)
        paper = Image.open(io.BytesIO(chart.screenshot())).convert("L").getpixel((9, 9))
    assert paper < 80
