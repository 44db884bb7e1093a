"""From documents to scores: every way of matching in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from odin.evaluation import concept_level, matching, relations
from odin.evaluation.annotations import Annotations, Mention, annotations_of, symmetric_labels
from odin.evaluation.matching import Rows
from odin.evaluation.pairing import pair_documents
from odin.evaluation.scores import Scores, Tally
from odin.schema import Document

ENTITY_VIEWS = ("exact", "partial", "type")
RELATION_VIEWS = ("strict", "boundaries")
CONCEPT_VIEWS = ("pair_and_label", "pair")


def score_documents(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    symmetric: Collection[str] | None = None,
    pair_types: Collection[frozenset[str]] | None = None,
) -> Scores:
    """The scores of predicted documents against gold ones, matched by id in whatever order.

    `symmetric` are the relation labels without direction (None: those of the project's label sets); `pair_types`
    limits concept pairs to these label pairs. A gold document without a prediction counts as one with nothing in it.
    Raises InputError where an id stands twice, a predicted document has no gold, or the texts differ.
    """
    return score_pairs(pair_documents(gold, predicted), symmetric=symmetric, pair_types=pair_types)


def score_pairs(
    pairs: Iterable[tuple[Document, Document]],
    *,
    symmetric: Collection[str] | None = None,
    pair_types: Collection[frozenset[str]] | None = None,
) -> Scores:
    """The scores of (gold, predicted) documents."""
    counter = PairCounter(symmetric=symmetric, pair_types=pair_types)
    for gold, predicted in pairs:
        counter.add(gold, predicted)
    return counter.scores()


class PairCounter:
    """Counts pairs of documents one at a time; the counters of two parts may be merged."""

    def __init__(
        self, *, symmetric: Collection[str] | None = None, pair_types: Collection[frozenset[str]] | None = None
    ) -> None:
        """`symmetric` and `pair_types` as in `score_documents`."""
        self.documents = 0
        self.symmetric: frozenset[str] = symmetric_labels() if symmetric is None else frozenset(symmetric)
        self._pair_types = pair_types
        self._tallies = {name: Tally() for name in (*ENTITY_VIEWS, *RELATION_VIEWS, *CONCEPT_VIEWS, "assertion")}

    def add(self, gold: Document, predicted: Document) -> None:
        """Count one document."""
        self.add_annotations(annotations_of(gold, self.symmetric), annotations_of(predicted, self.symmetric))

    def add_annotations(self, gold: Annotations, predicted: Annotations) -> None:
        """Count one document of which only what is scored is at hand."""
        self.documents += 1
        for name, rows in count_views(gold, predicted, self.symmetric, self._pair_types).items():
            self._tallies[name].add(rows)

    def merge(self, other: PairCounter) -> None:
        """Take what another counter has counted."""
        self.documents += other.documents
        for name, tally in self._tallies.items():
            tally.merge(other._tallies[name])

    def scores(self) -> Scores:
        """The scores of what was counted so far."""
        scores = {name: tally.scores() for name, tally in self._tallies.items()}
        return Scores(
            documents=self.documents,
            entities={name: scores[name] for name in ENTITY_VIEWS},
            relations={name: scores[name] for name in RELATION_VIEWS},
            concept_relations=scores["pair_and_label"],
            concept_pairs=scores["pair"],
            assertions=scores["assertion"],
        )


def count_views(
    gold: Annotations,
    predicted: Annotations,
    symmetric: Collection[str],
    pair_types: Collection[frozenset[str]] | None = None,
) -> dict[str, Rows]:
    """The rows of one document under every way of matching."""
    concepts = concept_level.in_scope(gold, predicted, pair_types)
    return {
        "exact": matching.exact(gold.mentions, predicted.mentions),
        "partial": matching.partial(gold.mentions, predicted.mentions),
        "type": matching.type_counts(gold.mentions, predicted.mentions),
        "strict": relations.strict(gold.relations, predicted.relations),
        "boundaries": relations.boundaries(gold.relations, predicted.relations, symmetric),
        "pair_and_label": concept_level.pair_and_label(*concepts),
        "pair": concept_level.pair(*concepts),
        "assertion": assertions(gold.mentions, predicted.mentions),
    }


def assertions(gold: Mapping[Mention, str | None], predicted: Mapping[Mention, str | None]) -> Rows:
    """Counts by assertion over the mentions that both have (exact span and label) and gold asserts.

    A predicted mention without an assertion is present, as the guidelines' default. Gold negated and present against
    predicted negated and negated: negated (1, 1, 0), present (0, 0, 1).
    """
    both = [(asserted, predicted[key] or "present") for key, asserted in gold.items() if asserted and key in predicted]
    return matching.count_rows(
        [(expected,) for expected, given in both if expected == given],
        [(expected,) for expected, _ in both],
        [(given,) for _, given in both],
    )
