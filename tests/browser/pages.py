"""Chromium on an app in a process of its own, with real mouse and keys: `launched`, `chromium`, `browser_page`."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from patience import SECONDS
from playwright.sync_api import Browser, Page, expect, sync_playwright

from annotation.components.palette import contrast

T = TypeVar("T")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
expect.set_options(timeout=1000 * SECONDS)
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

COLOURS = """([root, names]) => [...document.querySelectorAll(root + ' :is(' + names + ')')].map(node => {
  const fill = of => getComputedStyle(of).backgroundColor;
  let behind = node;
  while (behind && fill(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  return [node.className || node.tagName, getComputedStyle(node).color, behind ? fill(behind) : 'rgb(255, 255, 255)'];
})"""


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

    def hard_to_read(self, root: str, selectors: str) -> list[str]:
        """The classes of what is painted below `root` with less contrast than WCAG 2 asks of small text, 4.5 to 1."""
        painted = self.page.evaluate(COLOURS, [root, selectors])
        assert painted, f"nothing is {selectors}"
        return [name for name, colour, behind in painted if contrast(_as_hex(colour), _as_hex(behind)) < 4.5]

    def drag(self, selector: str, first: str, last: str | None = None, *, inset: float = 1.0) -> None:
        """A real drag from the beginning of the first words to the end of the last, `inset` pixels inside."""
        left, right, height = self.spot(selector, first)
        end, end_height = (right, height) if last is None else self.spot(selector, last)[1:]
        self.page.mouse.move(left + inset, height)
        self.page.mouse.down()
        self.page.mouse.move((left + end) / 2, end_height, steps=4)
        self.page.mouse.move(end - inset, end_height, steps=4)
        self.page.mouse.up()


def executable() -> str:
    """The path of Chromium."""
    return os.environ.get("ODIN_CHROMIUM", "/usr/bin/chromium")


def soon(check: Callable[[], T], seconds: float = SECONDS) -> T:
    """The check's value as soon as it is true; the server needs a moment after a key."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to be")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def browser_page(
    browser: Browser, url: str, *, width: int = 1280, height: int = 900, dark: bool = False
) -> Iterator[Opened]:
    """A page at `url`, with storage and cookies of its own."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(1000 * SECONDS)
    opened = Opened(page)
    page.on("request", lambda request: _note_outside(opened, request.url))
    page.on("pageerror", lambda error: _note_error(opened, str(error)))
    page.on("console", lambda said: _note_error(opened, said.text) if said.type == "error" else None)
    page.goto(f"{url}{'&' if '?' in url else '?'}__theme=dark" if dark else url)
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


def _as_hex(colour: str) -> str:
    return "#" + "".join(f"{int(float(part)):02x}" for part in re.findall(r"[\d.]+", colour)[:3])


def _note_error(opened: Opened, error: str) -> None:
    """All but that Gradio gives up its open stream when the page is left, which its script does not catch."""
    if "AbortError: signal is aborted without reason" not in error:
        opened.errors.append(error)


def _note_outside(opened: Opened, url: str) -> None:
    if not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:")):
        opened.outside.append(url)
