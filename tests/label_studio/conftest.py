"""A running Label Studio server, shared by the tests of this folder."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent)]

from server import PROGRAM, Server, initialised_folder  # noqa: E402 - the folder is no package


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server; skipped where Label Studio is not installed, never in CI."""
    if not PROGRAM.exists() and not os.environ.get("CI"):
        pytest.skip(f"Label Studio is not installed at {PROGRAM}; set LABEL_STUDIO_VENV")
    running = Server(initialised_folder(tmp_path_factory.mktemp("label-studio")))
    running.start()
    yield running
    running.kill()
