"""Chromium and the whole app, each once for all browser tests of a process."""

from collections.abc import Iterator

import pytest
from pages import chromium, launched
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the whole app as `app.py` builds it, with the small extractor of the tests as its model."""
    home = tmp_path_factory.mktemp("home")
    environment = {"ODIN_HOME": str(home), "GRADIO_TEMP_DIR": str(home / "files")}
    with launched("whole_app.py", str(home), environment=environment) as address:
        yield address
