"""The sections of a note, found by their headings."""

from __future__ import annotations

import re
from bisect import bisect_right

_HEADING = re.compile(
    r"^[ \t]*(?:[#*\d.)]+[ \t]*)?(?P<title>[A-Z][A-Za-z]*(?:[ /&'-]+[A-Za-z]+){0,5})[ \t]*(?P<colon>:)?(?P<rest>.*)$",
    re.M,
)
NO_SECTION = "(no section)"


def section_starts(text: str) -> list[tuple[int, str]]:
    """(offset, title in capitals) of each heading: "Plan:" at the start of a line, or a line in capitals.

    "CHIEF COMPLAINT\\n\\nPlan: rest" gives (0, "CHIEF COMPLAINT") and (17, "PLAN").
    """
    found = []
    for match in _HEADING.finditer(text):
        title = match["title"]
        alone = not match["rest"].strip()
        if match["colon"] or (alone and title.isupper() and len(title) > 3):
            found.append((match.start(), title.upper()))
    return found


def section_of(starts: list[tuple[int, str]], offset: int) -> str:
    """The title of the section that holds `offset`."""
    place = bisect_right(starts, offset, key=lambda start: start[0]) - 1
    return starts[place][1] if place >= 0 else NO_SECTION
