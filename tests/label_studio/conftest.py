"""A running Label Studio server, shared by the tests of this folder, and a store of each test's own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent)]

from server import TOKENS, Server, running_server  # noqa: E402 - the folder is no package
from sides import ANN  # noqa: E402

from annotation.label_studio.connection import connect  # noqa: E402
from annotation.store import Store  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server."""
    with running_server(tmp_path_factory.mktemp("label-studio")) as running:
        yield running


@pytest.fixture
def client(server: Server):
    """Connected as Ann."""
    return connect(server.url, TOKENS[ANN])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store(tmp_path / "odin.sqlite")
    yield opened
    opened.close()
