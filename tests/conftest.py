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


settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; the test is skipped where there is none (never in CI)."""
    folder = Path(os.environ.get("ODIN_CORPORA", ROOT / "data" / "corpora"))
    if not folder.is_dir() and not os.environ.get("CI"):
        pytest.skip(f"the corpora folder {folder} is absent; set ODIN_CORPORA")
    return folder
