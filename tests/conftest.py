"""What every test shares."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
os.environ["ODIN_HOME"] = tempfile.mkdtemp(prefix="odin-home-")
os.environ["ODIN_TRACKERS"] = "none"  # but for the tests of trackers: they take seconds a run
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("any machine")


DRIVEN = ("browser/", "label_studio/")
"""The folders of tests that drive a browser or a server."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser or a server may miss a moment: such a test is run again, at most twice, and the report counts it."""
    for item in items:
        if item.nodeid.startswith(DRIVEN):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`, one process runs all that drives a browser or a server.

    Two browsers at once on a machine of two cores wait for each other longer than a person would.
    """
    from xdist.scheduler import LoadFileScheduling

    class OneDriver(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "driven" if nodeid.startswith(DRIVEN) else super()._split_scope(nodeid)

    return OneDriver(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; the test is skipped where there is none (never in CI)."""
    folder = Path(os.environ.get("ODIN_CORPORA", ROOT / "data" / "corpora"))
    if not folder.is_dir() and not os.environ.get("CI"):
        pytest.skip(f"the corpora folder {folder} is absent; set ODIN_CORPORA")
    return folder
