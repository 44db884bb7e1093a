"""The stretches of a note that a language model reads at once, cut between sentences; together they cover the note."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from odin.extraction.pairs import layout
from odin.extraction.windows import Word, split_words

Range = tuple[int, int]


@dataclass(frozen=True)
class TextWindow:
    """Characters `start` to `end` of a note; mentions that begin in `own_start` to `own_end` are taken from here."""

    start: int
    end: int
    own_start: int
    own_end: int

    def owns(self, start: int) -> bool:
        """Whether this window speaks for a mention that begins at character `start`."""
        return self.own_start <= start < self.own_end


def text_windows(text: str, *, size: int, overlap: int = 0) -> list[TextWindow]:
    """The windows of at most `size` words over `text`, that share whole sentences of at most `overlap` words.

    A sentence longer than `size` is cut between words. The border between what two windows own lies in the middle of
    what they share. Blank text has no window.

    >>> [(w.start, w.end) for w in text_windows("One two. Three four. Five.", size=6)]
    [(0, 20), (21, 26)]
    """
    words = split_words(text)
    spans = [span for span in _pack(_sentences(words, size), size, overlap) if not _blank(words, span)]
    if not spans:
        return []
    borders = [(left[1] + right[0]) // 2 for left, right in itertools.pairwise(spans)]
    edges = [0, *(words[border].start for border in borders), len(text)]
    out = []
    for (first, last), own_start, own_end in zip(spans, edges[:-1], edges[1:], strict=True):
        start, end = words[first].start, words[last - 1].end
        inner = text[start:end]
        start, end = end - len(inner.lstrip()), start + len(inner.rstrip())
        out.append(TextWindow(start, end, own_start, own_end))
    return out


def _sentences(words: list[Word], size: int) -> list[Range]:
    """(start_word, end_word) of each sentence or line, those longer than `size` words in pieces."""
    numbers = layout(words).sentence
    out: list[Range] = []
    for _, group in itertools.groupby(range(len(words)), key=lambda i: numbers[i]):
        places = list(group)
        start, end = places[0], places[-1] + 1
        out += [(at, min(at + size, end)) for at in range(start, end, size)]
    return out


def _pack(sentences: list[Range], size: int, overlap: int) -> list[Range]:
    """(start_word, end_word) of each window: as many sentences as fit, after those shared with the window before."""
    out: list[Range] = []
    first = 0
    while first < len(sentences):
        last = first + 1
        while last < len(sentences) and sentences[last][1] - sentences[first][0] <= size:
            last += 1
        out.append((sentences[first][0], sentences[last - 1][1]))
        if last == len(sentences):
            break
        shared = last
        while shared - 1 > first and sentences[last - 1][1] - sentences[shared - 1][0] <= overlap:
            shared -= 1
        while shared < last and sentences[last][1] - sentences[shared][0] > size:
            shared += 1  # the next sentence must fit beside what is shared
        first = shared
    return out


def _blank(words: list[Word], span: Range) -> bool:
    return all(word.line_breaks for word in words[span[0] : span[1]])
