"""Ids, labels and offsets as the native format has them. Each function raises TypeError or ValueError for another."""

from __future__ import annotations

from typing import Any


def read_name(value: Any) -> str:
    """An id or a label; a number, as of a PMID or a gene, is read as its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"an id or a label must be a string, not {value!r}")
    return str(value)


def read_pair(value: Any) -> tuple[int, int]:
    """The (start, end) of a list of two offsets."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise TypeError(f"a span must be [start, end], not {value!r}")
    start, end = map(read_offset, value)
    return start, end


def read_offset(value: Any) -> int:
    """A whole number; whether the text is so long is not known here."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an offset must be a whole number, not {value!r}")
    return value
