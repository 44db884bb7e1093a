"""Which words make a mention negated, uncertain, hypothetical, historical or somebody else's: ConText rules.

A cue opens a scope, forward or backward, that ends with the sentence, at a terminating phrase, or after `max_tokens`
words; a pseudo-cue ("not ruled out") masks the cues that it overlaps, an exempting cue ("if her pain does not improve")
keeps the mentions in its scope from the assertion; a section ("FAMILY HISTORY") holds for the mentions in it. A
question is read with its answer ("Any chest pain? No."), and "He had ..." after "His father ..." as the father's.
Method: Harkema et al. 2009, J Biomed Inform 42:839-851. The rules and their sources stand in
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

DIRECTIONS = ("pseudo", "terminate", "forward", "backward", "exempt_forward", "exempt_backward")

_BREAK = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bvs)(?<!\bMrs)[.!](?=\s|$)|[?;](?=\s+[A-Z]|\s*$)|\n(?=\s*(?:\n|[-•*\d]|[A-Z]))"
)
_HEADING = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /&]{0,40}?)[ \t]*(:|$)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_ANSWERED_NO = re.compile(
    r"[^.!?\n]{0,80}\?\s*(?:[A-Za-z][\w. ]{0,20}:\s*)?(no|nope|nah|never|none|not (?:really|at all|that i know)|denies"
    r"|i (?:do not|don['\u2019]t|have not|haven['\u2019]t|never))\b",
    re.IGNORECASE,
)
_NEGATED_NAME = re.compile(r"nkd?a\b|no known\b", re.IGNORECASE)
"""Mentions that deny themselves: "NKDA", "no known drug allergies"."""
_PRONOUN = re.compile(r"\W*(?:he|she|they|his|her|their)\b", re.IGNORECASE)


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
    """The labels whose assertion it settles by itself, or whose scope it ends; None is every label."""
    mentions: re.Pattern[str] | None = None
    """It settles only the assertion of mentions that this is found in; None is every mention."""


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
    left, right = sentence_around(text, start, end)
    inside = [cue for cue in _cues(text, assertion) if left <= cue.start and cue.end <= right]
    cues = _masked([cue for cue in inside if _concerns(cue.rule, text[start:end], label)], start, end)
    best: _Cue | None = None
    for cue in cues:
        if not _covers(cue, cues, text, start, end):
            continue
        if cue.rule.direction.startswith("exempt"):
            if label is not None:
                return None
        elif best is None or _gap(cue, start, end) < _gap(best, start, end):
            best = cue
    if best is not None:
        return best.start, best.end
    if assertion == "negated" and (denied := _denied(text, start, end)):
        return denied
    return _section_cue(text, start, assertion, label) or (
        _relative_before(text, left, start) if assertion == "family" else None
    )


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


def _concerns(rule: Rule, surface: str, label: str | None) -> bool:
    if label is None:
        return rule.direction != "terminate" or rule.decides is None
    known = rule.decides is None or label in rule.decides
    return known and (rule.mentions is None or rule.mentions.search(surface) is not None)


def _covers(cue: _Cue, cues: list[_Cue], text: str, start: int, end: int) -> bool:
    forward, backward = cue.rule.direction.endswith("forward"), cue.rule.direction.endswith("backward")
    if forward and cue.start < start:
        left, right = min(cue.end, start), start
    elif backward and cue.start >= end:
        left, right = end, cue.start
    else:
        return False
    if any(other.rule.direction == "terminate" and left <= other.start and other.end <= right for other in cues):
        return False
    return cue.rule.max_tokens is None or len(_WORD.findall(text, left, right)) <= cue.rule.max_tokens


def _denied(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The answer "no" to the question that the mention stands in, or the mention's own "no known"."""
    own = _NEGATED_NAME.match(text, start, end)
    if own:
        return own.span()
    answer = _ANSWERED_NO.match(text, end)
    return answer.span(1) if answer else None


def _relative_before(text: str, left: int, start: int) -> tuple[int, int] | None:
    """The relative that "he" or "she" stands for: the sentence begins so, and the one before it with the relative."""
    while left > 0 and _PRONOUN.match(text, left + (left > 0)):
        before, _ = sentence_around(text, left - 1, left - 1)
        for cue in _masked(
            [cue for cue in _cues(text, "family") if before <= cue.start and cue.end <= left], start, start
        ):
            if cue.rule.direction == "forward" and len(_WORD.findall(text, before, cue.start)) <= 1:
                return cue.start, cue.end
        if before >= left:
            return None
        left = before
    return None


def _gap(cue: _Cue, start: int, end: int) -> int:
    return max(start - cue.end, cue.start - end)


def _section_cue(text: str, start: int, assertion: str, label: str | None) -> tuple[int, int] | None:
    found = heading_before(text, start)
    if found is None:
        return None
    heading_start, heading_end, name = found
    for section in load_rules()[1]:
        concerned = label is None or not section.labels or label in section.labels
        if section.assertion == assertion and name in section.headings and concerned:
            return heading_start, heading_end
    return None


def heading_before(text: str, start: int) -> tuple[int, int, str] | None:
    """(start, end, lower-case name) of the heading that `start` stands under."""
    headings = _headings(text)
    index = bisect_left(headings, (start + 1, 0, "")) - 1
    return headings[index] if index >= 0 and headings[index][1] <= start else None


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The (start, end) of the sentence or line that holds `start`-`end`."""
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
    """Every place that a rule of one assertion fits: pseudo-cues first, then the longest."""
    found = [
        _Cue(rule, *match.span())
        for rule in load_rules()[0]
        if rule.assertion == assertion
        for match in rule.pattern.finditer(text)
    ]
    return tuple(sorted(found, key=lambda cue: (cue.rule.direction != "pseudo", cue.start - cue.end, cue.start)))


def _masked(cues: list[_Cue], start: int, end: int) -> list[_Cue]:
    """The cues that count for the mention at `start`-`end`, in order of place: where two overlap the longer one, and
    a pseudo-cue before any, unless it lies within the mention ("no change in bowel habits" is a symptom denied)."""
    kept: list[_Cue] = []
    for cue in cues:
        if cue.rule.direction == "pseudo" and cue.start < end and start < cue.end:
            continue
        if all(cue.end <= other.start or other.end <= cue.start or _both_ways(cue, other) for other in kept):
            kept.append(cue)
    return sorted((cue for cue in kept if cue.rule.direction != "pseudo"), key=lambda cue: cue.start)


def _both_ways(cue: _Cue, other: _Cue) -> bool:
    both = {cue.rule.direction, other.rule.direction}
    return both == {"forward", "backward"} or (cue.rule.direction != other.rule.direction and _exempts(both))


def _exempts(directions: set[str]) -> bool:
    return any(direction.startswith("exempt") for direction in directions) and "pseudo" not in directions


@cache
def load_rules(path: Path = RULES_PATH) -> tuple[tuple[Rule, ...], tuple[Section, ...]]:
    """The rules and sections of a file. Raises FormatError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        rules = tuple(
            Rule(
                item["assertion"],
                item["direction"],
                _pattern(item["phrases"]),
                item.get("max_tokens"),
                _labels(item),
                _pattern(item["mentions"]) if "mentions" in item else None,
            )
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
