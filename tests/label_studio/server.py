"""A real Label Studio server for tests, from its own virtual environment, on a copy of a cached data folder.

The environment is at LABEL_STUDIO_VENV (default /opt/label-studio-venv); make it with
`python -m venv DIR && DIR/bin/pip install label-studio==1.23.2`. The first start takes a minute, later ones seconds.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

VENV = Path(os.environ.get("LABEL_STUDIO_VENV", "/opt/label-studio-venv"))
PROGRAM = VENV / "bin" / "label-studio"
CACHE = Path(os.environ.get("LABEL_STUDIO_CACHE", Path.home() / ".cache" / "odin" / "label-studio-1.23.2"))
TOKENS = {"ann@example.com": "0123456789abcdef0123456789abcdef01234567", "ben@example.com": "89abcdef" * 5}
PASSWORD = "correct-horse-1"
START_SECONDS = 900
"""The first start makes the database, slowly on a busy machine."""


class Server:
    """A server on a port of its own; `kill` and `start` keep its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(self.port)]
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [str(PROGRAM), *arguments], env=environment(self.folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text()[-2000:])
            if self._healthy():
                return
            time.sleep(0.5)
        raise TimeoutError(f"Label Studio did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A server on a copy of the cached data; the test is skipped where Label Studio is not installed, never in CI."""
    if not PROGRAM.exists() and not os.environ.get("CI"):
        pytest.skip(f"Label Studio is not installed at {PROGRAM}; set LABEL_STUDIO_VENV")
    running = Server(initialised_folder(folder))
    running.start()
    yield running
    running.kill()


def environment(folder: Path) -> dict[str, str]:
    quiet = {"COLLECT_ANALYTICS": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "LATEST_VERSION_CHECK": "false"}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LABEL_STUDIO", "PYTHON"))},
        **quiet,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_USERNAME": "ann@example.com",
        "LABEL_STUDIO_PASSWORD": PASSWORD,
        "LABEL_STUDIO_USER_TOKEN": TOKENS["ann@example.com"],
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "SSRF_PROTECTION_ENABLED": "false",
    }


def initialised_folder(target: Path) -> Path:
    """A copy of the cached data folder, made first where there is none: by one of the test processes, others wait."""
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE.with_name(f"{CACHE.name}.lock")):
        if not (CACHE / "ready").exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            CACHE.mkdir()
            for user, token in TOKENS.items():
                account = ["--username", user, "--password", PASSWORD, "--user-token", token]
                subprocess.run(
                    [str(PROGRAM), "init", "-q", *account, "tests"],
                    env=environment(CACHE), stdin=subprocess.DEVNULL, check=True, capture_output=True,
                    timeout=START_SECONDS,
                )  # fmt: skip
            (CACHE / "ready").touch()
        shutil.copytree(CACHE, target, dirs_exist_ok=True)
    return target
