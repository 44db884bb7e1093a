"""Which words make a mention negated, uncertain, hypothetical, historical or somebody else's: ConText rules.

A cue opens a scope, forward or backward, that ends with the sentence, at a terminating phrase, or after `max_tokens`
words; a pseudo-cue ("not ruled out") masks the cues that it overlaps; a section ("FAMILY HISTORY") holds for the
mentions in it. Method: Harkema et al. 2009, J Biomed Inform 42:839-851. The rules and their sources stand in
`data/knowledge/context_rules.json`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from odin.errors import FormatError
from odin.schema import Document, Entity

RULES_PATH = Path(__file__).parents[2] / "data" / "knowledge" / "context_rules.json"

PRECEDENCE = ("negated", "family", "hypothetical", "uncertain", "historical")
"""Of several assertions whose cues cover a mention, the first counts ("no family history of stroke" is negated)."""

DIRECTIONS = ("pseudo", "terminate", "forward", "backward")

_BREAK = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bvs)(?<!\bMrs)[.!](?=\s|$)|[?;](?=\s+[A-Z]|\s*$)|\n(?=\s*(?:\n|[-•*\d]|[A-Z]))"
)
_HEADING = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /&]{0,40}?)[ \t]*(:|$)", re.MULTILINE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Rule:
    """One way to say an assertion."""

    assertion: str
    direction: str
    """One of DIRECTIONS."""
    pattern: re.Pattern[str]
    max_tokens: int | None = None
    """How many words away its scope reaches; None is to the end of the sentence."""
    decides: frozenset[str] | None = None
    """The labels whose assertion it settles by itself; None is every label."""


@dataclass(frozen=True)
class Section:
    """A heading under which mentions (of `labels`, or of all where that is empty) have an assertion."""

    assertion: str
    headings: frozenset[str]
    labels: frozenset[str]


@dataclass(frozen=True)
class _Cue:
    rule: Rule
    start: int
    end: int


def find_cue(text: str, start: int, end: int, assertion: str, label: str | None = None) -> tuple[int, int] | None:
    """The (start, end) of the nearest words that give the mention at `start`-`end` that assertion, or None.

    Without `label` the assertion is taken as known and every cue counts; with the label of the mention, only those
    that are proof enough by themselves ("had a" makes a procedure historical, not a symptom).
    """
    left, right = _sentence(text, start, end)
    cues = [cue for cue in _cues(text, assertion) if left <= cue.start and cue.end <= right]
    best: _Cue | None = None
    for cue in cues:
        if label is not None and cue.rule.decides is not None and label not in cue.rule.decides:
            continue
        if _covers(cue, cues, text, start, end) and (best is None or _gap(cue, start, end) < _gap(best, start, end)):
            best = cue
    if best is not None:
        return best.start, best.end
    return _section_cue(text, start, assertion, label)


def assign_assertions(document: Document) -> Document:
    """The document with the assertion and cue of every mention by the rules alone; what stood there is replaced."""
    return replace(document, entities=tuple(_asserted(document.text, entity) for entity in document.entities))


def assertion_by_rules(text: str, start: int, end: int, label: str) -> tuple[str, tuple[int, int] | None]:
    """(assertion, cue) of the mention at `start`-`end` by the rules alone; present where no rule speaks."""
    for assertion in PRECEDENCE:
        cue = find_cue(text, start, end, assertion, label)
        if cue is not None:
            return assertion, cue
    return "present", None


def _asserted(text: str, entity: Entity) -> Entity:
    assertion, cue = assertion_by_rules(text, entity.start, entity.end, entity.label)
    return replace(entity, assertion=assertion, cue=cue)


def _covers(cue: _Cue, cues: list[_Cue], text: str, start: int, end: int) -> bool:
    if cue.rule.direction == "forward" and cue.end <= start:
        left, right = cue.end, start
    elif cue.rule.direction == "backward" and cue.start >= end:
        left, right = end, cue.start
    else:
        return False
    if any(other.rule.direction == "terminate" and left <= other.start and other.end <= right for other in cues):
        return False
    return cue.rule.max_tokens is None or len(_WORD.findall(text, left, right)) <= cue.rule.max_tokens


def _gap(cue: _Cue, start: int, end: int) -> int:
    return max(start - cue.end, cue.start - end)


def _section_cue(text: str, start: int, assertion: str, label: str | None) -> tuple[int, int] | None:
    headings = _headings(text)
    index = bisect_left(headings, (start + 1, 0, "")) - 1
    if index < 0:
        return None
    heading_start, heading_end, name = headings[index]
    for section in load_rules()[1]:
        concerned = label is None or not section.labels or label in section.labels
        if section.assertion == assertion and name in section.headings and concerned:
            return (heading_start, heading_end) if heading_end <= start else None
    return None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    breaks = _breaks(text)
    before = bisect_left(breaks, start)
    after = bisect_left(breaks, end)
    return breaks[before - 1] if before else 0, breaks[after] + 1 if after < len(breaks) else len(text)


@lru_cache(maxsize=16)
def _breaks(text: str) -> tuple[int, ...]:
    return tuple(match.start() for match in _BREAK.finditer(text))


@lru_cache(maxsize=16)
def _headings(text: str) -> list[tuple[int, int, str]]:
    """(start, end, lower-case name) of each heading: before a colon, or alone on its line in capitals or well known."""
    found = []
    known = frozenset[str]().union(*(section.headings for section in load_rules()[1]))
    for match in _HEADING.finditer(text):
        name = match[1].strip().lower()
        if match[2] or match[1].isupper() or name in known:
            found.append((match.start(1), match.end(1), name))
    return found


@lru_cache(maxsize=64)
def _cues(text: str, assertion: str) -> tuple[_Cue, ...]:
    """The cues of one assertion in order of place; where two overlap the longer one counts, a pseudo-cue first."""
    found = [
        _Cue(rule, *match.span())
        for rule in load_rules()[0]
        if rule.assertion == assertion
        for match in rule.pattern.finditer(text)
    ]
    found.sort(key=lambda cue: (cue.rule.direction != "pseudo", cue.start - cue.end, cue.start))
    kept: list[_Cue] = []
    for cue in found:
        if all(cue.end <= other.start or other.end <= cue.start or _both_ways(cue, other) for other in kept):
            kept.append(cue)
    return tuple(sorted((cue for cue in kept if cue.rule.direction != "pseudo"), key=lambda cue: cue.start))


def _both_ways(cue: _Cue, other: _Cue) -> bool:
    return {cue.rule.direction, other.rule.direction} == {"forward", "backward"}


@cache
def load_rules(path: Path = RULES_PATH) -> tuple[tuple[Rule, ...], tuple[Section, ...]]:
    """The rules and sections of a file. Raises FormatError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        rules = tuple(
            Rule(item["assertion"], item["direction"], _pattern(item["phrases"]), item.get("max_tokens"), _labels(item))
            for item in value["rules"]
        )
        sections = tuple(
            Section(item["assertion"], frozenset(item["headings"]), frozenset(item.get("labels", ())))
            for item in value["sections"]
        )
    except (OSError, ValueError, KeyError, TypeError, re.error) as err:
        raise FormatError(f"the assertion rules cannot be read: {err}", path=path) from err
    return rules, sections


def _labels(item: dict[str, list[str]]) -> frozenset[str] | None:
    return frozenset(item["decides"]) if "decides" in item else None


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    """One pattern of phrases, which are regular expressions in which a space stands for any white space."""
    alternatives = "|".join(phrase.replace(" ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w])", re.IGNORECASE)
