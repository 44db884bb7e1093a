"""How long a run of words do two sets of texts share? Long runs mean that one was copied from the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

SHORTEST = 5
"""Words; shorter shared runs are everyday language."""

_WORD = re.compile(r"\w+")


def longest_shared(texts: Iterable[str], others: Iterable[str]) -> tuple[int, str]:
    """The longest run of words (whatever the case) of `texts` that stands in `others`, its length and the words.

    (0, "") where none has SHORTEST words. One pass over `others`, with the runs of `texts` of SHORTEST words by hash.
    """
    notes = [_WORD.findall(text.lower()) for text in texts]
    places: dict[bytes, list[tuple[int, int]]] = {}
    for number, words in enumerate(notes):
        for at in range(len(words) - SHORTEST + 1):
            where = places.setdefault(_hash(words, at), [])
            if len(where) < 20:
                where.append((number, at))
    best, best_words = 0, ""
    for text in others:
        words = _WORD.findall(text.lower())
        at = 0
        while at <= len(words) - max(SHORTEST, best + 1):
            for number, start in places.get(_hash(words, at), ()):
                length = _run(words, at, notes[number], start)
                if length > best and length >= SHORTEST:
                    best, best_words = length, " ".join(words[at : at + length])
            at += 1
    return best, best_words


def _hash(words: list[str], at: int) -> bytes:
    return blake2b("\n".join(words[at : at + SHORTEST]).encode(), digest_size=8).digest()


def _run(left: list[str], at: int, right: list[str], start: int) -> int:
    length = 0
    while at + length < len(left) and start + length < len(right) and left[at + length] == right[start + length]:
        length += 1
    return length
