"""Protected slots: a document as text with inline tags `[[T1|surface]]`, and the proof that a rewording kept them.

Cues are protected as well (`[[C1|denies]]`), so that an assertion cannot lose what expresses it. A rewording is taken
only if `restored` finds nothing against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from odin.errors import OdinError
from odin.schema import Document

Span = tuple[int, int]

_MARK = re.compile(r"\[\[([TC]\d+)\||\]\]")
_BREAK = re.compile(r"[.!?;]\s|\n")
_NEGATION = re.compile(
    r"\b(no|not|never|none|without|denie[sd]|deny|denying|negative|absent|ruled out|unlikely|nor|neither|cannot|nil|"
    r"fail(?:s|ed)?|ineffective|refractory|lack(?:s|ed|ing)?|free of|despite|in spite of|w/o)\b|n't\b",
    re.I,
)
_HEDGE = re.compile(r"\b(possibl[ey]|probabl[ey]|likely|suspected|presumed|perhaps|maybe|might|questionable)\b", re.I)

_THOUGHT = re.compile(r"\A.*</think>", re.S)
_FENCE = re.compile(r"\A```\w*\n(.*)\n```\Z", re.S)
_PREFACE = re.compile(r"\A(?:here|sure|certainly|of course|okay|below)\b[^\n\[]*:[ ]*\n", re.I)
_CHATTER = re.compile(r"</?think>|```|\b(reword|rewrit|paraphras|rephras)\w*|\btags?\b|\blanguage model\b", re.I)


class NotProven(OdinError):
    """A rewording that must not be used; `reason` is one of a few words, for counting."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True)
class Protected:
    """A document, its tagged text, and the words between the tags."""

    document: Document
    tagged: str
    surfaces: dict[str, str]
    """By tag: the text that must come back, without tags."""
    outside: str
    """The words that stand in no tag, with a gap for each tag."""


def protect(document: Document) -> Protected:
    """The document with tags. Raises NotProven where tags cannot hold it."""
    spans: dict[str, tuple[int, int]] = {}
    if "[[" in document.text or "]]" in document.text:
        raise NotProven("brackets", "the text holds [[ or ]] already")
    for number, entity in enumerate(document.entities, 1):
        if entity.fragments:
            raise NotProven("fragments", f"entity {entity.id} is in fragments")
        spans[f"T{number}"] = entity.span
    taken = set(spans.values())
    for number, cue in enumerate(sorted({entity.cue for entity in document.entities if entity.cue}), 1):
        if cue not in taken:
            spans[f"C{number}"] = cue
    tagged = _tag(document.text, spans)
    if read_tags(tagged) != (document.text, spans):
        raise NotProven("brackets", "brackets in the text run into the tags")
    return Protected(
        document,
        tagged,
        {name: document.text[start:end] for name, (start, end) in spans.items()},
        _outside(document.text, list(spans.values())),
    )


def restored(protected: Protected, answer: str, known: Callable[[str], Counter[str]]) -> Document:
    """The document of a rewording. Raises NotProven with what is wrong with it.

    `known(words)` counts the known terms that stand in words: a new one would be an unplanned mention.
    """
    text, spans = read_tags(_bare(answer))
    _check_tags(protected, text, spans)
    outside = _outside(text, list(spans.values()))
    if len(_CHATTER.findall(outside)) > len(_CHATTER.findall(protected.outside)):
        raise NotProven("words of the model")
    if unplanned := known(outside) - known(protected.outside):
        raise NotProven("unplanned term", min(unplanned))
    _check_negations(protected, outside)
    if len(_HEDGE.findall(outside)) > len(_HEDGE.findall(protected.outside)):
        raise NotProven("new doubt")
    return _rebuilt(protected, text, spans)


def read_tags(tagged: str) -> tuple[str, dict[str, Span]]:
    """The text without tags and the span of each. Raises NotProven where they do not nest or one stands twice."""
    text: list[str] = []
    opened: list[tuple[str, int]] = []
    spans: dict[str, Span] = {}
    at = length = 0
    for match in _MARK.finditer(tagged):
        text.append(tagged[at : match.start()])
        length += match.start() - at
        at = match.end()
        if match[1]:
            opened.append((match[1], length))
        elif not opened:
            raise NotProven("broken tags", "]] without [[")
        else:
            name, start = opened.pop()
            if name in spans:
                raise NotProven("repeated mention", name)
            spans[name] = (start, length)
    text.append(tagged[at:])
    out = "".join(text)
    if opened or "[[" in out:
        raise NotProven("broken tags", "[[ without ]]")
    return out, spans


def _bare(answer: str) -> str:
    """The note of an answer, without the thoughts, the fence and the line of preface that models put around it."""
    text = _THOUGHT.sub("", answer).strip()
    text = _PREFACE.sub("", text).strip()
    fenced = _FENCE.match(text)
    return fenced[1].strip() if fenced else text


def _check_tags(protected: Protected, text: str, spans: dict[str, Span]) -> None:
    if missing := sorted(set(protected.surfaces) - set(spans)):
        raise NotProven("lost mention", ", ".join(missing))
    if invented := sorted(set(spans) - set(protected.surfaces)):
        raise NotProven("invented tag", ", ".join(invented))
    old = _spans_of(protected)
    for name, surface in protected.surfaces.items():
        start, end = spans[name]
        if text[start:end] != surface or (_cut(text, spans[name]) and not _cut(protected.document.text, old[name])):
            raise NotProven("altered mention", name)
    if [name for name, _ in _ordered(spans)] != [name for name, _ in _ordered(old)]:
        raise NotProven("reordered mentions")


def _check_negations(protected: Protected, outside: str) -> None:
    """Raises NotProven for a negation that is new, or that is gone where words outside the tags carry one."""
    before, after = len(_NEGATION.findall(protected.outside)), len(_NEGATION.findall(outside))
    if after > before:
        raise NotProven("new negation")
    old = protected.document
    carried = any(entity.assertion == "negated" and not entity.cue for entity in old.entities)
    if after < before and (carried or any(relation.negated for relation in old.relations)):
        raise NotProven("lost negation")


def _rebuilt(protected: Protected, text: str, spans: dict[str, Span]) -> Document:
    old = protected.document
    cues = {span: name for name, span in _spans_of(protected).items()}
    entities = []
    for number, entity in enumerate(old.entities, 1):
        start, end = spans[f"T{number}"]
        cue = spans[cues[entity.cue]] if entity.cue else None
        if cue and not _joined(old.text, entity.cue or cue, entity.span) and _joined(text, cue, (start, end)):
            raise NotProven("cue moved", f"T{number}")
        if cue and _joined(old.text, entity.cue or cue, entity.span) and not _joined(text, cue, (start, end)):
            raise NotProven("cue parted", f"T{number}")
        entities.append(replace(entity, start=start, end=end, cue=cue))
    relations = tuple(replace(relation, evidence=None) for relation in old.relations)
    return replace(old, text=text, entities=tuple(entities), relations=relations)


def _spans_of(protected: Protected) -> dict[str, Span]:
    return read_tags(protected.tagged)[1]


def _ordered(spans: dict[str, Span]) -> list[tuple[str, Span]]:
    return sorted(spans.items(), key=lambda item: (item[1][0], -item[1][1], item[0]))


def _cut(text: str, span: Span) -> bool:
    """True where the span ends inside a word."""
    start, end = span
    return any(0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum() for at in (start, end))


def _joined(text: str, first: Span, second: Span) -> bool:
    """True where no sentence or line ends between two spans."""
    low, high = sorted((first, second))
    return _BREAK.search(text[low[1] : max(high[0], low[1])]) is None


def _tag(text: str, spans: dict[str, Span]) -> str:
    out: list[str] = []
    open_spans: list[Span] = []
    at = 0

    def close(until: int) -> None:
        nonlocal at
        while open_spans and open_spans[-1][1] <= until:
            end = open_spans.pop()[1]
            out.extend((text[at:end], "]]"))
            at = end

    for name, (start, end) in _ordered(spans):
        close(start)
        if open_spans and end > open_spans[-1][1]:
            raise NotProven("crossing mentions", f"{name} crosses another")
        out.extend((text[at:start], f"[[{name}|"))
        at = start
        open_spans.append((start, end))
    close(len(text))
    return "".join(out) + text[at:]


def _outside(text: str, spans: list[Span]) -> str:
    signs = list(text)
    for start, end in spans:
        signs[start:end] = "\n" * (end - start)
    return "".join(signs)
