"""Where sentences begin, as far as scores, rules and look-ups need it."""

from __future__ import annotations

import re
from bisect import bisect_right

_ABBREVIATIONS = frozenset(
    ("al", "approx", "dept", "dr", "e.g", "etc", "fig", "i.e", "inc", "mr", "mrs", "ms", "pt", "st", "vs")
)
_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n\s*")


def sentence_starts(text: str) -> list[int]:
    """The offsets at which sentences begin, 0 first. A line break ends one, as notes are lists as often as prose.

    "Dr. Lee saw her. No fever." has two: 0 and 17.
    """
    starts = [0]
    for match in _END.finditer(text):
        if match.group()[0] != "\n" and _abbreviation_before(text, match.start()):
            continue
        if match.end() < len(text):
            starts.append(match.end())
    return starts


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The (start, end) of each sentence or line that holds anything, without the white space around it."""
    starts = sentence_starts(text)
    spans = zip(starts, [*starts[1:], len(text)], strict=True)
    stripped = [(start, start + len(text[start:end].rstrip())) for start, end in spans]
    return [(start, end) for start, end in stripped if start < end]


def sentence_of(starts: list[int], offset: int) -> int:
    """The number of the sentence that holds `offset`, from 0."""
    return bisect_right(starts, offset) - 1


def _abbreviation_before(text: str, stop: int) -> bool:
    if text[stop] != ".":
        return False
    word = text[max(0, stop - 12) : stop].split()[-1:] or [""]
    bare = word[0].lstrip("(\"'").lower()
    return bare in _ABBREVIATIONS or (len(bare) == 1 and bare.isalpha())
