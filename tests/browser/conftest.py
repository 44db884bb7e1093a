"""Chromium and the whole app, each once for all browser tests of a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Opened, browser_page, chromium, launched
from playwright.sync_api import Browser
from trial import Trial, ready, started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the whole app as `app.py` builds it, with the small extractor of the tests as its model."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        "ODIN_HOME": str(home), "ODIN_STORE": str(home / "store.sqlite"), "GRADIO_TEMP_DIR": str(home / "files")
    }  # fmt: skip
    with launched("whole_app.py", str(home), environment=environment) as address:
        yield address


@pytest.fixture(scope="session")
def editor_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the editor's app."""
    return tmp_path_factory.mktemp("store") / "store.sqlite"


@pytest.fixture(scope="session")
def editor_address(editor_path: Path) -> Iterator[str]:
    """The address of an app that is the editor alone."""
    with launched("editor_app.py", str(editor_path)) as address:
        yield address


@pytest.fixture
def store(editor_path: Path, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """The editor's store, with a project of the test's own."""
    store = started(editor_path, f"{request.node.name} {getattr(request.node, 'execution_count', 1)}")
    yield store
    store.close()


@pytest.fixture
def url(editor_address: str, store: Trial) -> str:
    """Where the editor opens the test's own project."""
    return f"{editor_address}?project={store.project}"


@pytest.fixture
def opened(browser: Browser, url: str) -> Iterator[Opened]:
    """The editor with the first note; nothing is asked of another host, and no script fails."""
    with browser_page(browser, url) as opened:
        ready(opened)
        yield opened
        assert opened.outside == []
        assert opened.errors == []
