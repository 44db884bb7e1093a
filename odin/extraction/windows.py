"""Words of a text, and the overlapping windows in which an encoder reads them.

A word is what a mention may start or end with: a run of letters and digits, one punctuation mark, or a line break
(layout carries meaning in clinical notes, so line breaks are read too). Long texts are cut into chunks that share
`CHUNK_OVERLAP` words, and chunks are read in windows of the encoder's length that overlap; each word is taken
from the window in which it has the most context. Nothing is left unread.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from odin.wrapping import unwrapped

WORD = re.compile(r"[^\W_]+|_+|\r?\n(?:[ \t]*\r?\n)*|[^\w\s]")

CHUNK_WORDS = 1400
CHUNK_OVERLAP = 200
WINDOW_OVERLAP = 128

LOUD_LETTERS, LOUD_SHARE = 100, 0.9
"""How many letters of a text are capitals, and which share of all, where it is in capitals throughout."""

# Shapes that an uncased vocabulary cannot see: "ALL" and "all" are different words in a note.
LOWER, TITLE, UPPER, MIXED, OTHER = range(5)
SHAPES = 5


@dataclass(frozen=True)
class Word:
    """A word at characters `start` to `end`."""

    text: str
    start: int
    end: int

    @property
    def shape(self) -> int:
        """One of LOWER, TITLE, UPPER, MIXED, OTHER."""
        if not self.text.isalpha():
            return OTHER
        if self.text.islower():
            return LOWER
        if self.text.isupper():
            return UPPER if len(self.text) > 1 else TITLE
        return TITLE if self.text.istitle() else MIXED

    @property
    def line_breaks(self) -> int:
        """The number of line breaks that it stands for; 0 for any other word."""
        return self.text.count("\n")


def without_shouting(text: str) -> str:
    """A text in capitals throughout in small letters, any other as it is: there capitals tell no word from another."""
    capitals = sum(map(str.isupper, text))
    small = sum(map(str.islower, text))
    loud = capitals >= LOUD_LETTERS and capitals >= LOUD_SHARE * (capitals + small)
    return text.lower() if loud and len(text.lower()) == len(text) else text


def split_words(text: str) -> list[Word]:
    """The words of `text` in order; a line break that only wraps a line is none, and capitals alone mean nothing.

    >>> [word.text for word in split_words("HTN.\\n- ASA 81mg")]
    ['HTN', '.', '\\n', '-', 'ASA', '81mg']
    """
    read = without_shouting(unwrapped(text))
    return [Word(match.group(), match.start(), match.end()) for match in WORD.finditer(read)]


def chunks(length: int, size: int = CHUNK_WORDS, overlap: int = CHUNK_OVERLAP) -> list[tuple[int, int]]:
    """(start_word, end_word) of the chunks that cover `length` words, each sharing `overlap` words with the next.

    >>> chunks(10, size=6, overlap=2)
    [(0, 6), (4, 10)]
    """
    if length <= size:
        return [(0, length)] if length else []
    starts = range(0, length - overlap, size - overlap)
    return [(start, min(start + size, length)) for start in starts]


@dataclass(frozen=True)
class Window:
    """Words `start` to `end` of a chunk, read together; `own_start` to `own_end` are taken from this window."""

    start: int
    end: int
    own_start: int
    own_end: int


def windows(pieces: list[int], size: int) -> list[Window]:
    """The windows over words that take `pieces[i]` word pieces each, at most `size` pieces a window.

    As few windows as cover the chunk with an overlap of `WINDOW_OVERLAP` pieces, of like length, so that little is read
    twice or padded. The border between what two windows own lies in the middle of their overlap.
    """
    total = sum(pieces)
    count = 1 if total <= size else -(-(total - WINDOW_OVERLAP) // (size - WINDOW_OVERLAP))
    target = min(size, (total + (count - 1) * WINDOW_OVERLAP) // count + 16)
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(pieces):
        end, used = start, 0
        while end < len(pieces) and (used + pieces[end] <= target or end == start):
            used += pieces[end]
            end += 1
        spans.append((start, end))
        if end == len(pieces):
            break
        back, kept = end, 0
        while back - 1 > start and kept < WINDOW_OVERLAP:
            back -= 1
            kept += pieces[back]
        start = back
    borders = [0] + [(left[1] + right[0]) // 2 for left, right in itertools.pairwise(spans)] + [len(pieces)]
    return [Window(*span, borders[i], borders[i + 1]) for i, span in enumerate(spans)]
