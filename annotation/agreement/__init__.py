"""How far two reviewers (or a reviewer and a model) agree on the same documents.

Entities: F1, exact and partial, and Cohen's kappa over tokens. Relations: F1 with exact and with overlapping endpoints;
F1 and kappa *given shared entities*, which asks about the relations alone: only pairs of mentions that both have count.
Assertions: kappa over the mentions that both have. F1 is symmetric: it does not matter who is called gold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from annotation.agreement.kappa import Confusion, kappa, kappa_interval, total, with_label
from odin.errors import InputError
from odin.evaluation import matching, relations
from odin.evaluation.annotations import Annotations, Mention, annotations_of, symmetric_labels
from odin.evaluation.bootstrap import Interval, bootstrap
from odin.evaluation.matching import Rows
from odin.evaluation.pairing import check_same_text
from odin.evaluation.scores import Counts, Tally
from odin.schema import Document

_TOKEN = re.compile(r"\w+|[^\w\s]")
NOBODY = "neither marked any"
ONE_CATEGORY = "both put everything into one category, which chance alone explains"


@dataclass(frozen=True)
class Figure:
    """A measure of agreement and how sure it is; `why` says why `value` is None."""

    value: float | None
    interval: Interval | None
    items: int
    """What was judged: for F1 the annotations of both together, for kappa tokens, pairs or mentions."""
    why: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict; `undefined` only where there is a reason to give."""
        out: dict[str, Any] = {"value": self.value, "interval": list(self.interval) if self.interval else None}
        return out | {"items": self.items} | ({"undefined": self.why} if self.why else {})


@dataclass(frozen=True)
class Measure:
    """One way of asking: over everything, and label by label."""

    overall: Figure
    per_label: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """A dict."""
        labels = {label: figure.to_json() for label, figure in self.per_label.items()}
        return {"overall": self.overall.to_json(), "per_label": labels}


@dataclass(frozen=True)
class Agreement:
    """How far two agree on the documents that both have."""

    documents: int
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    """Ids of documents that one of them alone has; they count for nothing."""
    measures: Mapping[str, Measure]

    def to_json(self) -> dict[str, Any]:
        """A dict with each measure by its name."""
        return {
            "documents": self.documents,
            "only_first": len(self.only_first),
            "only_second": len(self.only_second),
            **{name: measure.to_json() for name, measure in self.measures.items()},
        }


def agreement(
    first: Iterable[Document],
    second: Iterable[Document],
    *,
    symmetric: Collection[str] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """The agreement on the documents that both have, matched by id.

    `symmetric` are the relation labels without direction (None: those of the project's label sets). Raises InputError
    where an id stands twice on a side or a document has two texts.
    """
    one, two = _by_id(first, "first"), _by_id(second, "second")
    without = symmetric_labels() if symmetric is None else frozenset(symmetric)
    shared = [(one[name], two[name]) for name in one if name in two]
    for pair in shared:
        check_same_text(*pair)
    pairs = [(annotations_of(left, without), annotations_of(right, without)) for left, right in shared]
    sure = _Sure(resamples, seed)
    measures = {
        "entity_f1_exact": _f1(pairs, lambda a, b: matching.exact(a.mentions, b.mentions), sure),
        "entity_f1_partial": _f1(pairs, lambda a, b: matching.partial(a.mentions, b.mentions), sure),
        "token_kappa": _kappa([token_confusion(left, right) for left, right in shared], sure, "no tokens"),
        "relation_f1_exact": _f1(pairs, lambda a, b: relations.strict(a.relations, b.relations), sure),
        "relation_f1_overlapping": _f1(
            pairs, lambda a, b: relations.overlapping(a.relations, b.relations, without), sure
        ),
        "relation_f1_given_shared_entities": _f1(pairs, _shared_relations, sure, "no relation joins shared entities"),
        "relation_kappa_given_shared_entities": _kappa(
            [pair_confusion(*pair) for pair in pairs], sure, "no two shared entities in a document"
        ),
        "assertion_kappa": _kappa([assertion_confusion(*pair) for pair in pairs], sure, "no shared entity"),
    }
    return Agreement(
        len(shared),
        tuple(name for name in one if name not in two),
        tuple(name for name in two if name not in one),
        measures,
    )


def pairwise(reviewers: Mapping[str, Sequence[Document]], **options: Any) -> dict[tuple[str, str], Agreement]:
    """The agreement of each two of the reviewers (a model may be one); `options` as in `agreement`."""
    return {(one, two): agreement(reviewers[one], reviewers[two], **options) for one, two in combinations(reviewers, 2)}


def token_confusion(first: Document, second: Document) -> Confusion:
    """How often a token has the one set of labels for the first and the other for the second reviewer.

    A token (a word or a sign) has the label of every mention that covers a part of it; nested mentions give it several.
    """
    tokens = [match.span() for match in _TOKEN.finditer(first.text)]
    return Counter(zip(_token_labels(first, tokens), _token_labels(second, tokens), strict=True))


def pair_confusion(first: Annotations, second: Annotations) -> Confusion:
    """How often an ordered pair of two mentions that both have carries these sets of relation labels.

    A relation without direction stands on one of the two orders only.
    """
    shared = first.mentions.keys() & second.mentions.keys()
    left, right = (_labels_of_pairs(side, shared) for side in (first, second))
    counts = Counter((left.get(ends, frozenset()), right.get(ends, frozenset())) for ends in left.keys() | right.keys())
    unrelated = len(shared) * (len(shared) - 1) - sum(counts.values())
    return counts + Counter({(frozenset(), frozenset()): unrelated})


def assertion_confusion(first: Annotations, second: Annotations) -> Confusion:
    """How often a mention that both have has these assertions; one without is present, as the guidelines' default."""
    return Counter(
        (frozenset({asserted or "present"}), frozenset({second.mentions[mention] or "present"}))
        for mention, asserted in first.mentions.items()
        if mention in second.mentions
    )


@dataclass(frozen=True)
class _Sure:
    resamples: int
    seed: int


def _f1(
    pairs: Sequence[tuple[Annotations, Annotations]],
    count: Callable[[Annotations, Annotations], Rows],
    sure: _Sure,
    why: str = NOBODY,
) -> Measure:
    tally = Tally()
    for left, right in pairs:
        tally.add(count(left, right))
    scores = tally.scores()
    intervals = bootstrap(scores, resamples=sure.resamples, seed=sure.seed)

    def figure(counts: Counts, measures: Mapping[str, Interval | None]) -> Figure:
        judged = 2 * counts.true_positives + counts.false_positives + counts.false_negatives
        return Figure(counts.f1, measures.get("f1"), judged, None if counts.f1 is not None else why)

    return Measure(
        figure(scores.micro, intervals.micro),
        {label: figure(counts, intervals.per_label.get(label, {})) for label, counts in scores.per_label.items()},
    )


def _kappa(documents: Sequence[Confusion], sure: _Sure, why: str) -> Measure:
    labels = sorted({label for one in documents for pair in one for category in pair for label in category})

    def figure(confusions: Sequence[Confusion]) -> Figure:
        whole = total(confusions)
        judged = sum(whole.values())
        value = kappa(whole) if judged else None
        interval = kappa_interval(confusions, resamples=sure.resamples, seed=sure.seed)
        reason = None if value is not None else (ONE_CATEGORY if judged else why)
        return Figure(value, interval, judged, reason)

    return Measure(
        figure(documents), {label: figure([with_label(one, label) for one in documents]) for label in labels}
    )


def _shared_relations(first: Annotations, second: Annotations) -> Rows:
    shared = first.mentions.keys() & second.mentions.keys()
    left, right = (
        {triple for triple in side.relations if triple[1] in shared and triple[2] in shared} for side in (first, second)
    )
    return relations.strict(left, right)


def _labels_of_pairs(side: Annotations, shared: Collection[Mention]) -> dict[tuple[Mention, Mention], frozenset[str]]:
    labels: dict[tuple[Mention, Mention], frozenset[str]] = {}
    for label, head, tail in side.relations:
        if head in shared and tail in shared:
            labels[head, tail] = labels.get((head, tail), frozenset()) | {label}
    return labels


def _token_labels(document: Document, tokens: Sequence[tuple[int, int]]) -> list[frozenset[str]]:
    ends = [end for _, end in tokens]
    labels: list[set[str]] = [set() for _ in tokens]
    for entity in document.entities:
        for start, end in entity.spans:
            place = bisect_left(ends, start + 1)
            while place < len(tokens) and tokens[place][0] < end:
                labels[place].add(entity.label)
                place += 1
    return list(map(frozenset, labels))


def _by_id(documents: Iterable[Document], side: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.id in found:
            raise InputError(f"{side} reviewer: two documents have the id {document.id!r}; give each its own")
        found[document.id] = document
    return found
