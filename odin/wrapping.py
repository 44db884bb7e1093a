"""Line breaks that only wrap a line, as many record systems write notes: they mean what a space does.

A text is taken as wrapped by what it shows: lines that go on in the middle of a sentence ("... with type 2" / "diabetes
...") whose next word would not have fitted into the longest of them. Lists, headings and short lines stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"(?<=\S)[ \t]*(\r?\n)[ \t]*(?=\S)")
_GOES_ON = re.compile(r"[^\s.:;!?][ \t]*\r?\n[ \t]*[a-z]")
_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"[-*\u2022>+#]|\(?(?:\d{1,2}|[A-Za-z])[.)]\s|\[.?\]|[A-Z][\w /&()'-]{0,40}:")
"""How an item of a list or a line with a heading begins."""
NARROWEST, WIDEST = 40, 160
"""The widths, in characters, at which texts are wrapped."""
NARROWEST_ALONE = 60
"""The width where a single line goes on; then all lines must be full."""
LEAST_SHARE = 0.75
"""Of the lines that go on in the middle of a sentence, how many must be full."""


@dataclass(frozen=True)
class _Break:
    """A single line break between two lines with text."""

    start: int
    end: int
    width: int
    """The characters of the line before."""
    needed: int
    """The same with the first word of the next line."""
    goes_on: bool
    """Whether the next line goes on in the middle of a sentence."""
    item: bool
    """Whether the next line begins an item, or the one before announces one."""


def unwrapped(text: str) -> str:
    r"""The text with a space for each character of a line break that only wraps; every character keeps its place.

    >>> unwrapped("She was seen for long-standing and poorly controlled type 2\ndiabetes.\nPlan:\n- metformin")
    'She was seen for long-standing and poorly controlled type 2 diabetes.\nPlan:\n- metformin'
    """
    if not _GOES_ON.search(text):
        return text
    breaks = [_break(text, match) for match in _LINE_END.finditer(text)]
    going_on = [one for one in breaks if one.goes_on and one.width <= WIDEST]
    width = max((one.width for one in going_on), default=0)
    full = [one for one in going_on if one.needed > width]
    if len(full) > 1:
        wrapped = width >= NARROWEST and len(full) >= LEAST_SHARE * len(going_on)
    else:
        wrapped = width >= NARROWEST_ALONE and all(one.needed > width for one in breaks)
    if not wrapped:
        return text
    widest = max(width, min(one.needed for one in full) - 1)
    out = list(text)
    for one in breaks:
        if one.width <= widest and one.needed > width and not one.item:
            out[one.start : one.end] = " " * (one.end - one.start)
    return "".join(out)


def _break(text: str, match: re.Match[str]) -> _Break:
    start, end = match.span(1)
    line = text[text.rfind("\n", 0, start) + 1 : match.start()]
    word = _WORD.match(text, match.end())
    item = _ITEM.match(text, match.end()) is not None or line.endswith(":")
    goes_on = text[match.end()].islower() and line[-1] not in ".:;!?"
    return _Break(start, end, len(line), len(line) + 1 + len(word.group() if word else ""), goes_on and not item, item)
