"""Text -> concepts: the longest known surface at each place, exact or normalised, with abbreviations of the document.

Words are compared without case, accents, plural and possessive endings. A surface in capitals of up to six letters
("MI", "RA") counts only as it is written, or in lower case where that is no English word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from odin.knowledge.graph import Concept, KnowledgeGraph
from odin.knowledge.names import words_of
from odin.knowledge.tables import load_graph

# fmt: off
PLAIN_WORDS = frozenset([
    "a", "add", "age", "aids", "all", "am", "ambition", "an", "and", "are", "as", "at", "bad", "be", "but", "by",
    "can", "cat", "cats", "dig", "do", "eat", "ed", "fit", "for", "go", "had", "has", "he", "her", "hit", "if",
    "in", "is", "it", "lab", "led", "let", "lit", "low", "ma", "mac", "mad", "man", "map", "mar", "mass", "me",
    "men", "met", "mom", "more", "my", "net", "no", "nor", "not", "now", "of", "off", "on", "one", "or", "os",
    "out", "pa", "pad", "pan", "par", "pat", "per", "pet", "pit", "pod", "pop", "ra", "ram", "ran", "rap", "rat",
    "red", "rest", "rip", "rt", "sat", "see", "set", "she", "sir", "sit", "so", "son", "star", "still", "stop",
    "than", "that", "the", "then", "they", "this", "tic", "tip", "to", "top", "trip", "up", "us", "use", "vent",
    "was", "we", "what", "who", "will", "with", "yes", "you", "your",
])
# fmt: on
"""Words of plain English that are never read as an abbreviation in lower case."""

MAX_WORDS = 8
"""The longest surface that is looked for, in words."""

FUZZY_LENGTH = 7
"""Shorter words are not corrected: too many of them are a letter from another."""

_DEFINITION = re.compile(r"\(\s*([A-Za-z][A-Za-z0-9/-]{1,7})s?\s*[),;]")
_GAP = re.compile(r"[ \t]*[-/'\u2019]?[ \t]*\n?[ \t]*|, ")


@dataclass(frozen=True)
class Match:
    """A stretch of text and the concepts that it may mean, the likeliest first."""

    start: int
    end: int
    concepts: tuple[Concept, ...]

    @property
    def concept(self) -> Concept:
        """The likeliest concept."""
        return self.concepts[0]


class Lookup:
    """The surfaces of a graph, indexed. Safe to share; building it takes a fraction of a second."""

    def __init__(self, graph: KnowledgeGraph, *, labels: Iterable[str] | None = None) -> None:
        self.graph = graph
        chosen = frozenset(labels) if labels is not None else None
        self._by_words: dict[str, list[tuple[float, Concept]]] = defaultdict(list)
        self._by_case: dict[str, list[tuple[float, Concept]]] = defaultdict(list)
        self._starts: dict[str, int] = {}
        for concept in graph.concept.values():
            if chosen is None or concept.label in chosen:
                self._index(concept)

    def find(self, text: str, *, fuzzy: bool = False) -> list[Match]:
        """The matches of a text from left to right, none within another."""
        words = words_of(text)
        local = self.definitions(text)
        found: list[Match] = []
        index = 0
        while index < len(words):
            match, length = self._longest(text, words, index, local)
            if match is None and fuzzy:
                match, length = self._corrected(words[index]), 1
            if match is not None:
                found.append(match)
            index += length if match is not None else 1
        return found

    def concepts(self, surface: str, label: str | None = None) -> tuple[Concept, ...]:
        """The concepts that a whole surface may mean, the likeliest first; only those of `label` where it is given."""
        entries = [*self._by_case.get(surface, ())]
        entries += self._by_words.get(" ".join(word for word, _, _ in words_of(surface)), ())
        ranked = _ranked(entries)
        return tuple(concept for concept in ranked if label is None or concept.label == label)

    def nearest(self, surface: str) -> tuple[Concept, ...]:
        """The concepts of the one surface that is a letter off (two from twelve letters on); none where it is unclear.

        Digits must be the same, and words must begin alike: "hypokalemia" is never "hyperkalemia".
        """
        from rapidfuzz import process
        from rapidfuzz.distance import DamerauLevenshtein

        normal = " ".join(word for word, _, _ in words_of(surface))
        if len(normal) < FUZZY_LENGTH:
            return ()
        allowed = 1 if len(normal) < 12 else 2
        candidates = self._alike.get(_outline(normal), ())
        close = process.extract(normal, candidates, scorer=DamerauLevenshtein.distance, score_cutoff=allowed, limit=2)
        if not close or (len(close) > 1 and close[0][1] == close[1][1]):
            return ()
        return _ranked(self._by_words[close[0][0]])

    @property
    def _alike(self) -> dict[str, list[str]]:
        """The surfaces by their outline."""
        cached = self.__dict__.get("_by_outline")
        if cached is None:
            cached = defaultdict(list)
            for words in self._by_words:
                if len(words) >= FUZZY_LENGTH:
                    cached[_outline(words)].append(words)
            self.__dict__["_by_outline"] = cached
        return cached

    def _index(self, concept: Concept) -> None:
        for surface in concept.surfaces + concept.recognised:
            words = [word for word, _, _ in words_of(surface.text)]
            if not words or len(words) > MAX_WORDS:
                continue
            rank = (max(surface.weight, 0.02) if surface.kind != "preferred" else 2) * (0.05 + concept.weight)
            if _case_matters(surface.text):
                self._by_case[surface.text].append((rank, concept))
                lower = surface.text.lower()
                if len(lower) > 2 and lower not in PLAIN_WORDS and concept.weight > 0:
                    self._by_case[lower].append((rank / 2, concept))
            elif len(surface.text) > 2 and surface.text.lower() not in PLAIN_WORDS:
                self._by_words[" ".join(words)].append((rank, concept))
            self._starts[words[0]] = max(self._starts.get(words[0], 0), len(words))

    def _longest(
        self, text: str, words: list[tuple[str, int, int]], index: int, local: dict[str, tuple[Concept, ...]]
    ) -> tuple[Match | None, int]:
        start = words[index][1]
        reach = min(self._starts.get(words[index][0], 1), len(words) - index)
        for (_, _, left), (_, right, _) in pairwise(words[index : index + reach]):
            if not _GAP.fullmatch(text, left, right):
                reach = next(n for n in range(1, reach + 1) if words[index + n - 1][2] == left)
                break
        for length in range(reach, 0, -1):
            end = words[index + length - 1][2]
            surface = text[start:end]
            if surface in local:
                return Match(start, end, local[surface]), length
            entries = self._by_case.get(surface) or self._by_words.get(
                " ".join(word for word, _, _ in words[index : index + length])
            )
            if entries:
                return Match(start, end, _ranked(entries)), length
        return None, 1

    def definitions(self, text: str) -> dict[str, tuple[Concept, ...]]:
        """Abbreviations that the text itself explains: "congestive heart failure (CHF)"."""
        found: dict[str, tuple[Concept, ...]] = {}
        for match in _DEFINITION.finditer(text):
            short = match[1]
            before = words_of(text[max(0, match.start() - 80) : match.start()])
            for length in range(min(len(before), MAX_WORDS), 0, -1):
                candidate = [word for word, _, _ in before[-length:]]
                entries = self._by_words.get(" ".join(candidate))
                if entries and short[0].lower() == candidate[0][0]:
                    found[short] = _ranked(entries)
                    break
        return found

    def _corrected(self, word: tuple[str, int, int]) -> Match | None:
        """The surface of one word that is one edit away (two from ten letters on), if there is just one nearest."""
        from rapidfuzz import process
        from rapidfuzz.distance import DamerauLevenshtein

        normal, start, end = word
        if len(normal) < FUZZY_LENGTH or not normal.isalpha():
            return None
        allowed = 1 if len(normal) < 10 else 2
        candidates = [name for name in self._single.get(normal[0], ()) if abs(len(name) - len(normal)) <= allowed]
        best = process.extractOne(normal, candidates, scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
        return Match(start, end, _ranked(self._by_words[best[0]])) if best and best[1] > 0 else None

    @property
    def _single(self) -> dict[str, list[str]]:
        """The generated surfaces of one long word by their first letter."""
        cached = self.__dict__.get("_single_words")
        if cached is None:
            cached = defaultdict(list)
            for words, entries in self._by_words.items():
                weighted = any(concept.weight > 0 for _, concept in entries)
                if " " not in words and len(words) >= FUZZY_LENGTH and weighted:
                    cached[words[0]].append(words)
            self.__dict__["_single_words"] = cached
        return cached


@cache
def default_lookup() -> Lookup:
    """The look-up of the project's own graph."""
    return Lookup(load_graph())


def _ranked(entries: Iterable[tuple[float, Concept]]) -> tuple[Concept, ...]:
    return tuple(dict.fromkeys(concept for _, concept in sorted(entries, key=lambda entry: -entry[0])))


def _outline(words: str) -> str:
    """What a misspelling keeps: the digits, and how many words there are and how the first begins."""
    digits = "".join(character for character in words if character.isdigit())
    return f"{words[:5]}|{words.count(' ')}|{digits}"


def _case_matters(text: str) -> bool:
    return len(text) <= 6 and " " not in text and sum(character.isupper() for character in text) >= 2
