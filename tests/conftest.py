"""What every test shares."""

import os
import sys
import tempfile
from pathlib import Path

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


@pytest.hookimpl(tryfirst=True)  # before the plugins that read the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` one process runs all that drives a browser or a server; other files stay whole.

    Two browsers at once on a machine of two cores wait for each other longer than a person would. A browser or a server
    may still miss a moment: such a test is run again, at most twice, and the report counts it.
    """
    for item in items:
        folder = item.path.parent.name
        if folder in ("browser", "label_studio"):
            item.add_marker(pytest.mark.flaky(reruns=2))
            item.add_marker(pytest.mark.xdist_group("browsers and servers"))
        else:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; the test is skipped where there is none (never in CI)."""
    folder = Path(os.environ.get("ODIN_CORPORA", ROOT / "data" / "corpora"))
    if not folder.is_dir() and not os.environ.get("CI"):
        pytest.skip(f"the corpora folder {folder} is absent; set ODIN_CORPORA")
    return folder
