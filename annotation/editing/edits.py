"""The edits a person can make to an annotated document, as small values.

`annotation.editing.performing.apply_edit` performs them, `annotation.editing.edit_json` is how they travel.
Offsets are Python code points.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class _OnEntity:
    entity: str
    """The id of a mention."""


@dataclass(frozen=True)
class _OnRelation:
    relation: str
    """The id of a relation."""


@dataclass(frozen=True)
class _OnSuggestion:
    target: str
    """The id of a suggested mention or relation."""


@dataclass(frozen=True)
class _OnAnything:
    target: str | None
    """The id of a mention or relation; None for the document."""


@dataclass(frozen=True)
class AddEntity:
    """Mark characters `start` to `end`, or several `fragments` that they enclose, as a mention."""

    label: str
    start: int
    end: int
    fragments: tuple[Span, ...] = ()
    assertion: str | None = None


@dataclass(frozen=True)
class RelabelEntity(_OnEntity):
    """Give a mention another label. Its relations must allow the new one, or go too where `drop_relations`."""

    label: str
    drop_relations: bool = False


@dataclass(frozen=True)
class MoveBoundary(_OnEntity):
    """Give a mention another extent."""

    start: int
    end: int
    fragments: tuple[Span, ...] = ()


@dataclass(frozen=True)
class SetAssertion(_OnEntity):
    """Say how the text asserts a mention, and which words (`cue`) say so; `assertion=None` clears both."""

    assertion: str | None
    cue: Span | None = None


class DeleteEntity(_OnEntity):
    """Delete a mention and its relations."""


class MarkIdentical(_OnEntity):
    """Mark every other whole-word occurrence of a mention's text with its label."""


class RemoveIdentical(_OnEntity):
    """Delete every mention with this one's text and label, itself included, and their relations."""


@dataclass(frozen=True)
class AddRelation:
    """Relate two mentions; only what the label set allows between their labels."""

    label: str
    head: str
    tail: str
    evidence: Span | None = None
    """Which text says so; None: the sentences of the two mentions."""


@dataclass(frozen=True)
class RelabelRelation(_OnRelation):
    """Give a relation another label that its two mentions allow."""

    label: str


@dataclass(frozen=True)
class NegateRelation(_OnRelation):
    """Say that the text denies the relation, or no longer does."""

    negated: bool = True


class FlipRelation(_OnRelation):
    """Swap head and tail, where the label set allows it."""


class DeleteRelation(_OnRelation):
    """Delete a relation."""


class Accept(_OnSuggestion):
    """Accept a suggested mention or relation; a relation's two mentions are accepted with it."""


class Reject(_OnSuggestion):
    """Reject a suggested mention, with its relations, or a suggested relation."""


@dataclass(frozen=True)
class Comment(_OnAnything):
    """Write a comment; empty text clears it."""

    text: str


@dataclass(frozen=True)
class MarkUnsure(_OnAnything):
    """Ask the adjudicator to look at it."""

    unsure: bool = True


Edit = (
    AddEntity | RelabelEntity | MoveBoundary | DeleteEntity | SetAssertion | MarkIdentical | RemoveIdentical
    | AddRelation | RelabelRelation | FlipRelation | NegateRelation | DeleteRelation
    | Accept | Reject | Comment | MarkUnsure
)  # fmt: skip
