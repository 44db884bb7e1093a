"""The Evaluate tab in a real browser: two files in, figures, an error clicked, its note seen on both sides."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pages import browser_page, launched, soon
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from markup import document

from odin.corpora import jsonl

HOSTILE = "<img src=x onerror=window.pwned=1> ${window.pwned=2} {{value}}"
TREATS = ("treats", "metformin", "diabetes")
GOLD, PREDICTED = (
    [document(f"Plan: [metformin](Drug) for [diabetes]({label}). {HOSTILE}", TREATS, id=f"n{i}") for i in range(3)]
    for label in ("Disease", "Symptom")
)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    corpora = tmp_path_factory.mktemp("corpora")
    (corpora / "clinical_notes").mkdir()
    for split in ("train", "written", "dev", "written_dev"):
        documents = (replace(GOLD[0], id=f"n{i}") for i in range(3000))
        jsonl.write(documents, corpora / "clinical_notes" / f"{split}.jsonl")
    with launched("evaluate_app.py", environment={"ODIN_CORPORA": str(corpora)}) as address:
        yield address


@pytest.fixture
def opened(browser, url):
    with browser_page(browser, url) as opened:  # of each test's own: a reload would break off what is on its way
        yield opened
        assert opened.outside == []
        assert opened.errors == []


LINES = """nodes => nodes.map(node => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return [node.innerText.trim(), range.getClientRects().length];
})"""
"""The words of each node, and on how many lines they stand."""
LAST_LINE_IN_SIGHT = """view => {
  const [line, frame] = ['.line:last-child', '.scroller'].map(part => view.querySelector(part).getBoundingClientRect());
  return line.top >= frame.top && line.bottom <= frame.bottom;
}"""


def test_files_are_evaluated_and_a_slice_and_an_error_lead_to_the_note(opened, tmp_path: Path) -> None:
    page = opened.page
    for name, documents in (("gold", GOLD), ("predicted", PREDICTED)):
        path = tmp_path / f"{name}.jsonl"
        jsonl.write(documents, path)
        page.locator(f"#evaluate-{name} input[type=file]").set_input_files(str(path))
        page.locator(f"#evaluate-{name}").get_by_text(f"{name}.jsonl").or_(
            page.locator(f"#evaluate-{name} .file-preview")
        ).first.wait_for()
    page.get_by_role("button", name="Evaluate files").click()
    overview = page.locator("#evaluate-summary .virtual-row [role=gridcell]")
    overview.filter(has_text="Entities, exact").first.wait_for(timeout=60_000)
    overview.filter(has_text="0.500").first.wait_for()
    page.locator("canvas, svg.marks").first.wait_for(timeout=60_000)
    page.locator("#evaluate-slices .virtual-row [role=gridcell]").filter(has_text="Disease").first.click()
    within = page.locator("#evaluate-within")
    within.locator("input, textarea").first.wait_for()
    assert within.locator("input, textarea").first.input_value() == "mentions, label: Disease"
    page.locator("#evaluate-everything").click()
    within.wait_for(state="hidden")
    cell = page.locator("#evaluate-errors .virtual-row [role=gridcell]").filter(has_text="Disease: diabetes").first
    cell.click()
    for side in ("gold", "predicted"):
        view = page.locator(f"#evaluate-{side}-view")
        view.locator(".mention").first.wait_for(timeout=30_000)
        assert "onerror=window.pwned=1" in view.inner_text()
    assert page.evaluate("window.pwned") is None
    heads = page.locator("#evaluate-errors th").evaluate_all(
        "heads => heads.map(head => head.getBoundingClientRect().right)"
    )
    assert max(heads) <= 1280
    page.get_by_role("tab", name="Scores").click()
    page.set_viewport_size({"width": 800, "height": 900})
    lines = page.locator("#evaluate-table th .header").evaluate_all(LINES)
    assert {"precision", "spurious", "support"} <= {words for words, _ in lines}
    assert [words for words, count in lines if " " not in words and count > 1] == []
    page.set_viewport_size({"width": 420, "height": 900})
    page.wait_for_function("document.querySelector('#evaluate-table .table-wrap').clientWidth > 420")
    for table in ("#evaluate-summary", "#evaluate-table", "#evaluate-slices"):
        lines = page.locator(f"{table} [role=gridcell] .text").evaluate_all(LINES)
        figures = {count for words, count in lines if words in ("0.000", "0.500", "1.000")}
        assert figures == {1}, table
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    label, arrow = (page.locator(f"#evaluate-training {part}").first.bounding_box() for part in ("label", ".wrap svg"))
    assert label["y"] + label["height"] < arrow["y"]
    assert page.locator("#evaluate-gold .file-preview .stem").evaluate("name => name.scrollWidth <= name.clientWidth")


def test_an_error_far_down_a_note_is_seen_on_both_sides_and_nothing_else_is_selected(opened, tmp_path: Path) -> None:
    page = opened.page
    gold = document("[fever](Symptom)." + " Slept well.\n" * 200 + "Took [aspirin](Drug), [rest](Procedure).", id="far")
    wrong = document("[fever](Disease)." + " Slept well.\n" * 200 + "Took aspirin, [rest](Procedure).", id="far")
    for name, one in (("gold", gold), ("predicted", wrong)):
        jsonl.write([one], tmp_path / f"{name}.jsonl")
        page.locator(f"#evaluate-{name} input[type=file]").set_input_files(str(tmp_path / f"{name}.jsonl"))
        page.locator(f"#evaluate-{name} .file-preview").wait_for()
    page.get_by_role("button", name="Evaluate files").click()
    page.get_by_role("tab", name="Errors").click()
    errors = page.locator("#evaluate-errors .virtual-row [role=gridcell]")
    errors.filter(has_text="Symptom: fever").click()
    predicted = page.locator("#evaluate-predicted-view")
    expect(predicted.locator(".segment.chosen")).to_have_text("fever")
    errors.filter(has_text="Drug: aspirin").click()
    expect(page.locator("#evaluate-gold-view .segment.chosen")).to_have_text("aspirin")
    for view in (page.locator("#evaluate-gold-view"), predicted):
        assert soon(lambda view=view: view.evaluate(LAST_LINE_IN_SIGHT))
    expect(predicted.locator(".chosen")).to_have_count(0)


def test_packed_files_are_taken_and_a_damaged_one_is_named_as_the_person_knows_it(opened, tmp_path: Path) -> None:
    page = opened.page
    packed = tmp_path / "gold.jsonl.gz"
    jsonl.write(GOLD, packed)
    (tmp_path / "cut.jsonl.gz").write_bytes(packed.read_bytes()[:20])
    for name, path in (("gold", packed), ("predicted", tmp_path / "cut.jsonl.gz")):
        page.locator(f"#evaluate-{name} input[type=file]").set_input_files(str(path))
        page.locator(f"#evaluate-{name} .file-preview").wait_for()
    page.get_by_role("button", name="Evaluate files").click()
    message = page.locator(".toast-body")
    message.get_by_text("cut.jsonl.gz: is not a whole gzip file").wait_for()
    assert "/" not in message.inner_text()


def test_a_missing_file_is_said_on_the_page(opened) -> None:
    page = opened.page
    page.get_by_role("button", name="Evaluate files").click()
    page.get_by_text("choose a gold file and a predicted file").wait_for(timeout=30_000)


def test_stop_is_there_while_a_model_reads_and_at_no_other_time(opened) -> None:
    page = opened.page
    stop = page.locator("#evaluate-stop")
    progress = page.locator("#evaluate-progress textarea, #evaluate-progress input")
    page.get_by_role("tab", name="Model and corpus").click()
    assert not stop.is_visible()
    assert not progress.is_visible()
    page.get_by_role("button", name="Evaluate model").click()
    stop.wait_for(timeout=60_000)
    read = "node => node.value.includes('of 3000 notes')"
    page.wait_for_function(read, arg=progress.element_handle(), timeout=90_000)
    stop.click()
    stop.wait_for(state="hidden")
    expect(progress).to_have_value("stopped")
