"""Finding a surface in a text: exactly, then whatever its case and white space, or not at all. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Collection

Span = tuple[int, int]


def locate(text: str, surface: str, near: int | None = None, taken: Collection[Span] = ()) -> Span | None:
    """The (start, end) of `surface` in `text`, or None where it does not stand there.

    An exact match goes before one that differs in case or white space; whole words go before parts of words; then the
    place nearest to `near` (a character offset), else the first. Spans in `taken` are passed over.

    >>> locate("No Chest  pain. Chest pain today.", "chest pain", taken=[(16, 26)])
    (3, 14)
    """
    if not surface.strip():
        return None
    for pattern in _patterns(surface):
        spans = [match.span(1) for match in pattern.finditer(text)]
        free = [span for span in spans if span not in taken and span[0] < span[1]]
        if free:
            return min(free, key=lambda span: (not _is_whole(text, span), _distance(span, near), span))
    return None


def _patterns(surface: str) -> tuple[re.Pattern[str], ...]:
    loose = r"\s+".join(map(re.escape, surface.split()))
    return re.compile(f"(?=({re.escape(surface)}))"), re.compile(f"(?=({loose}))", re.IGNORECASE)


def _is_whole(text: str, span: Span) -> bool:
    start, end = span
    opens = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    closes = end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum())
    return opens and closes


def _distance(span: Span, near: int | None) -> int:
    return 0 if near is None else abs(span[0] - near)
