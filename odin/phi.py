"""Finding what looks like protected health information (PHI), so that a person is warned before text goes anywhere.

This is a warning, not de-identification: it is made of patterns after the 18 identifiers of the HIPAA Safe Harbor rule
(45 CFR 164.514(b)(2)); it misses names without a title or a heading, and it must never be used to declare a text safe.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NOTICE = (
    "This is a warning from simple patterns, not de-identification: "
    "it misses things, and some of these may be harmless."
)

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_NO_AMOUNT = r"(?![ ]?(?:mg|mcg|g|kg|ml|mL|units?|tablets?|puffs?|%))"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NAME_WORD = r"(?:[A-Z]\.|(?:[ODL]['’]|Mc|Mac)?[A-Z][a-zà-öø-ÿ]+(?:-[A-Z][a-zà-öø-ÿ]+)?)"
_PARTICLES = r"(?:(?:[Dd]e|[Dd]a|[Vv]an|[Vv]on|[Dd]er|[Ll]a|[Ee]l|[Bb]in)[ \t]+){1,2}"
_CAPITALS = r"[A-Z][A-Z'’-]{2,}"
_CAPITAL_NAME = rf"{_CAPITALS}(?:,?[ \t]+(?:{_CAPITALS}|[A-Z]\b\.?)){{0,2}}"
_NAME = rf"{_NAME_WORD}(?:[ \t]+(?:(?:de|da|van|von|der|la|el|bin)[ \t]+){{0,2}}{_NAME_WORD}){{0,3}}"
_NUMBER = r"(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{2,}"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")),
    ("web address", re.compile(r"\bhttps?://[^\s<>\"']+|\bwww\.[\w-]+\.[^\s<>\"']+", re.IGNORECASE)),
    ("IP address", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")),
    (
        "social security number",
        re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])|(?i:\bSSN)[ \t:#]*(\d{9}|[\dXx*-]{11})\b"),
    ),
    (
        "phone number",
        re.compile(
            r"(?<![\w.])(?:\+?1[ .-]?)?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\w)"
            r"|(?<![\w.])0\d{2,4}[ ]\d{3,4}[ ]?\d{3,4}(?!\w)"
            r"|(?<!\w)\+\d{1,3}(?:[ .-]?\d{2,4}){3,4}(?!\w)"
            r"|(?i:\b(?:phone|tel|fax|mobile|cell|pager)\b\.?(?:[ ]?(?:no\.?|number|#))?[ \t:]*)"
            r"(\+?[\d(][\d ().-]{6,}\d)"
        ),
    ),
    (
        "record number",
        re.compile(
            r"(?i:\b(?:MRN|(?:medical record|record|chart|account|acct|encounter|visit|accession|policy|"
            r"member|insurance|NHS|hospital|patient|case|serial|licen[sc]e)"
            r"[ \t]*(?:id|no\.?|num(?:ber)?|#))[ \t]*[:#]?[ \t]*#?)"
            rf"(?<=[ \t:#])({_NUMBER})\b"
        ),
    ),
    (
        "date",
        re.compile(
            rf"(?<![\w/.-])(?:{_DAY}([/.-]){_DAY}\1(?:\d{{4}}|\d{{2}})|(?:19|20)\d{{2}}([/.-]){_DAY}\2{_DAY})"
            r"(?!(?!T\d\d:)[\w/-])"
            rf"|(?<![\w-]){_DAY}-?(?i:{_MONTH})-?(?:(?:19|20)\d\d|\d\d)(?![\w-])"
            rf"|(?<![\w-])(?i:{_MONTH})-{_DAY}-(?:(?:19|20)\d\d|\d\d)(?![\w-])"
            rf"|\b{_MONTH}[ ]+\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ ]+(?:19|20)\d{{2}})?\b{_NO_AMOUNT}"
            rf"|\b\d{{1,2}}(?:st|nd|rd|th)?[ ]+(?:of[ ]+)?{_MONTH}(?:,?[ ]+(?:19|20)\d{{2}})?\b",
        ),
    ),
    (
        "age over 89",
        re.compile(
            r"\b(9\d|1[01]\d)[ -]?(?:year|yr)s?[ -]?old\b|\b(9\d|1[01]\d)[ ]?(?:y/?o|yo)\b"
            r"|\b(?i:aged?)[ :]+(9\d|1[01]\d)\b"
        ),
    ),
    (
        "address",
        re.compile(
            rf"\b\d{{1,5}}[ ]+(?:[NSEW]\.?[ ]+)?(?:{_NAME_WORD}|\d+(?:st|nd|rd|th))(?:[ ]+{_NAME_WORD}){{0,2}}[ ]+"
            r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Square|Highway)\b\.?"
            r"|\b[A-Z]{2}[ ]+\d{5}(?:-\d{4})?\b|\b(?i:zip(?: code)?|post(?:al )?code)[ :]+([A-Z0-9 -]{5,10})\b"
        ),
    ),
    (
        "name",
        re.compile(
            rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Doctor|Nurse|Rev|Hon|Capt|Sgt)\.?[ \t]+"
            rf"((?:{_PARTICLES})?{_NAME}|{_CAPITAL_NAME})"
            rf"|\b(?i:patient|pt)[ \t]*:[ \t]*(?:(?:Mr|Mrs|Ms|Miss)\.?[ \t]+)?({_NAME_WORD}[ \t]+{_NAME})"
            rf"|\b(?i:(?:patient|pt|full|first|last|mother's|father's|spouse|physician|provider|attending|"
            rf"surgeon)[ ]name|name|signed(?:[ ]by)?|dictated[ ]by|attending|"
            rf"referring[ ]physician|PCP|next[ ]of[ ]kin|emergency[ ]contact)"
            rf"[ \t]*:[ \t]*(?:Dr\.?[ ]+)?({_NAME}(?:,[ \t]*{_NAME_WORD})?|{_CAPITAL_NAME})"
            rf"|\b({_NAME}),[ ]+(?:M\.?D|D\.?O|R\.?N|N\.?P|PA-C|Ph\.?D)\b"
        ),
    ),
)


@dataclass(frozen=True)
class PhiSpan:
    """A stretch of text that looks like an identifier of the given kind, as characters start to end."""

    kind: str
    start: int
    end: int


def find_phi(text: str) -> tuple[PhiSpan, ...]:
    """What looks like PHI in `text`, in order and without overlaps (the first kind in the table wins)."""
    found: list[PhiSpan] = []
    taken = bytearray(len(text))
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = _span(match)
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(PhiSpan(kind, start, end))
    return tuple(sorted(found, key=lambda span: span.start))


def count_kinds(spans: Iterable[PhiSpan]) -> dict[str, int]:
    """How many of each kind, the most frequent first."""
    return dict(Counter(span.kind for span in spans).most_common())


def describe(spans: Iterable[PhiSpan]) -> str:
    """The counts in words, such as "2 names, 1 date"; empty where there are none."""
    return ", ".join(_counted(kind, count) for kind, count in count_kinds(spans).items())


def _counted(kind: str, count: int) -> str:
    if count == 1:
        return f"1 {kind}"
    plural = {"age over 89": "ages over 89"}.get(kind) or kind + ("es" if kind.endswith("address") else "s")
    return f"{count} {plural}"


def _span(match: re.Match[str]) -> tuple[int, int]:
    for index, value in _groups(match):
        if len(value) > 1:  # a separator that is matched again is one character
            return match.span(index)
    return match.span()


def _groups(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    return ((index, value) for index, value in enumerate(match.groups(), 1) if value)
