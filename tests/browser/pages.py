"""Chromium on an app in a process of its own, with real mouse and keys: `launched`, `chromium`, `browser_page`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
SPOT = """([selector, needle, nth]) => {
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  for (let node, seen = 0; (node = walker.nextNode());) {
    for (let at = node.data.indexOf(needle); at >= 0; at = node.data.indexOf(needle, at + 1)) {
      if (seen++ !== nth) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + needle.length);
      node.parentElement.scrollIntoView({block: 'nearest'});
      const box = range.getClientRects()[0];
      return [box.left, box.right, (box.top + box.bottom) / 2];
    }
  }
  throw new Error(`no "${needle}" in ${selector}`);
}"""


@dataclass
class Opened:
    """A page, the addresses outside this machine that it asked for, and its errors."""

    page: Page
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def spot(self, selector: str, words: str, nth: int = 0) -> tuple[float, float, float]:
        """(left, right, middle height) of words that stand in one text node below `selector`, in pixels."""
        left, right, height = self.page.evaluate(SPOT, [selector, words, nth])
        return left, right, height

    def click(self, selector: str, words: str, nth: int = 0) -> None:
        """A real click in the middle of the words."""
        left, right, height = self.spot(selector, words, nth)
        self.page.mouse.click((left + right) / 2, height)

    def drag(self, selector: str, first: str, last: str | None = None, *, inset: float = 1.0) -> None:
        """A real drag from the beginning of the first words to the end of the last, `inset` pixels inside."""
        left, right, height = self.spot(selector, first)
        end, end_height = (right, height) if last is None else self.spot(selector, last)[1:]
        self.page.mouse.move(left + inset, height)
        self.page.mouse.down()
        self.page.mouse.move((left + end) / 2, end_height, steps=4)
        self.page.mouse.move(end - inset, end_height, steps=4)
        self.page.mouse.up()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser until the block ends."""
    path = os.environ.get("ODIN_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def browser_page(
    browser: Browser, url: str, *, width: int = 1280, height: int = 900, dark: bool = False
) -> Iterator[Opened]:
    """A page at `url`, with storage and cookies of its own."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    opened = Opened(page)
    page.on("request", lambda request: _note_outside(opened, request.url))
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("console", lambda said: opened.errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{url}?__theme=dark" if dark else url)
    yield opened
    context.close()


@contextlib.contextmanager
def launched(script: str, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[str]:
    """The address of the app that `script`, beside this file, runs in a process of its own until the block ends.

    The script prints its address in a line of its own and ends when its input does.
    """
    command = [sys.executable, str(Path(__file__).parent / script), *arguments]
    own = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", **(environment or {})}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own) as process:
        try:
            url = next((line.strip() for line in process.stdout or () if line.startswith("http")), None)
            assert url, f"{script} ended before it printed its address"
            yield url
        finally:
            process.kill()


def _note_outside(opened: Opened, url: str) -> None:
    if not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:")):
        opened.outside.append(url)
