"""The Train tab in a real browser: a run is checked, started, re-attached after a reload, stopped, resumed, used."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from pages import browser_page, launched, soon
from playwright.sync_api import expect
from tiny_causal_model import tiny_causal
from tiny_model import tiny_base

from odin.training.run_folder import find_run, list_runs, metrics_of


@pytest.fixture
def home(tmp_path):
    yield tmp_path / "home"
    for run in list_runs(tmp_path / "home" / "runs"):
        if run.alive and run.pid:
            with suppress(ProcessLookupError):
                os.kill(run.pid, signal.SIGKILL)


@pytest.fixture
def page(browser, home, tmp_path, request):
    """The app's page; a parameter is the environment of the app besides."""
    (tmp_path / "corpora").mkdir()
    environment = {
        "ODIN_HOME": str(home), "GRADIO_TEMP_DIR": str(tmp_path / "files"), "OMP_NUM_THREADS": "1",
        "ODIN_CORPORA": str(tmp_path / "corpora"), "ODIN_STORE": str(tmp_path / "odin.sqlite"),
        **getattr(request, "param", {}),
    }  # fmt: skip
    with launched("whole_app.py", str(home), environment=environment) as address, browser_page(browser, address) as it:
        yield it.page
        assert it.outside == []


def open_tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def fill_form(page, *, name, base, notes, more):
    page.locator("#train-name textarea, #train-name input").first.fill(name)
    page.locator("#train-base input").fill(str(base))
    page.locator("#train-base input").press("Enter")
    page.locator("#train-files button").first.click()
    page.get_by_label("Synthetic notes").fill(str(notes))
    page.get_by_role("button", name="More settings").click()
    page.get_by_label("Further settings (JSON)").fill(more)


def last_step(home):
    return metrics_of(home / "runs" / "tiny")[-1]["step"]


def test_a_run_outlives_the_page_and_its_model_is_used(page, home, tmp_path):
    base = tiny_base(tmp_path / "base")
    open_tab(page, "Train")
    expect(page.locator("#train-guidance")).to_contain_text("No run yet")
    expect(page.locator("#train-sources")).to_contain_text("synthetic notes")
    fill_form(page, name="tiny", base=base, notes=12, more='{"patience": 900, "max_steps": 90000}')
    page.locator("#train-epochs input").fill("900")

    page.locator("#train-check").click()
    expect(page.locator("#train-report")).to_contain_text("about", ignore_case=True)
    expect(page.locator("#train-budget")).to_contain_text("synthetic-train")

    page.locator("#train-start").click()
    status = page.locator("#train-status")
    expect(status).to_contain_text("tiny: running")
    expect(page.locator("#train-guidance")).to_be_hidden()
    page.reload()
    open_tab(page, "Train")
    expect(status).to_contain_text("tiny: running")
    expect(page.locator("#train-watch .vega-embed").first).to_be_visible()

    page.locator("#train-stop").click()
    expect(status).to_contain_text("tiny: stopped")
    steps = last_step(home)
    page.locator("#train-resume").click()
    expect(status).to_contain_text("tiny: running")
    expect(page.locator("#train-use")).to_be_enabled()
    page.locator("#train-use").click()
    open_tab(page, "Extract")
    expect(page.locator("#model input")).to_have_value("tiny")
    open_tab(page, "Train")
    soon(lambda: last_step(home) > steps)  # it runs from when it loads its base, before any step
    page.locator("#train-stop").click()
    expect(status).to_contain_text("tiny: stopped")
    assert last_step(home) > steps
    assert (Path(home) / "models" / "tiny" / "README.md").is_file()


def test_a_language_model_is_trained_with_qlora_from_the_same_form_and_used(page, home, tmp_path):
    base = tiny_causal(tmp_path / "base", size=64)
    open_tab(page, "Train")
    expect(page.locator("#train-adapter")).to_be_hidden()
    page.get_by_label("Small language model (LoRA)").check()
    expect(page.locator("#train-base input")).to_have_value("meta-llama/Llama-3.2-1B-Instruct")
    page.get_by_label("QLoRA, 4 bits").check()
    few = '{"definitions": false, "max_steps": 3, "max_answer_tokens": 8, "dev_documents": 1}'
    fill_form(page, name="adapter", base=base, notes=10, more=few)
    page.locator("#train-start").click()
    expect(page.locator("#train-status")).to_contain_text("adapter: finished")
    expect(page.locator("#train-watch .vega-embed").first).to_be_visible()
    page.locator("#train-use").click()
    open_tab(page, "Extract")
    expect(page.locator("#model input")).to_have_value("adapter")
    assert find_run(home / "runs" / "adapter").config["quantization"] == "nf4"
    assert (home / "models" / "adapter" / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("page", [{"SPACE_ID": "somebody/odin"}], indirect=True)
def test_visitors_of_a_space_cannot_train_and_are_told_what_turns_it_on(page):
    open_tab(page, "Train")
    expect(page.locator("#train-report")).to_contain_text("Training is off")
    expect(page.locator("#train-report")).to_contain_text("ODIN_PUBLIC_TRAINING")
    expect(page.locator("#train-check")).to_be_disabled()
    expect(page.locator("#train-start")).to_be_disabled()
