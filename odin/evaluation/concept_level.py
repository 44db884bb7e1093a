"""Relations between concept ids of a whole document, as BioRED and BC5CDR are scored.

A document has a set of (label, head, tail): a pair stated twice counts once, symmetric labels count either way round.
BioRED (Luo and others 2022, doi:10.1093/bib/bbac282) is scored on the pair and on the pair with its label; BC5CDR
(Wei and others 2016, doi:10.1093/database/baw032) on chemical-disease pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from odin.evaluation.annotations import Annotations, ConceptTriple
from odin.evaluation.matching import Rows, count_rows

PAIR = "pair"
"""The one label of pairs that are counted without theirs."""

BIORED_PAIR_TYPES = frozenset(
    frozenset(pair)
    for pair in (
        ("DiseaseOrPhenotypicFeature", "GeneOrGeneProduct"),
        ("DiseaseOrPhenotypicFeature", "ChemicalEntity"),
        ("DiseaseOrPhenotypicFeature", "SequenceVariant"),
        ("GeneOrGeneProduct", "GeneOrGeneProduct"),
        ("GeneOrGeneProduct", "ChemicalEntity"),
        ("ChemicalEntity", "ChemicalEntity"),
        ("ChemicalEntity", "SequenceVariant"),
        ("SequenceVariant", "SequenceVariant"),
    )
)
"""The eight pair types of the BioRED guideline, for `pair_types`."""


def pair_and_label(gold: Iterable[ConceptTriple], predicted: Iterable[ConceptTriple]) -> Rows:
    """Counts of concept pairs with the right label. Gold CID(D1, D2) twice against one CID(D1, D2): CID (1, 0, 0)."""
    left, right = frozenset(gold), frozenset(predicted)
    return count_rows(left & right, left, right)


def pair(gold: Iterable[ConceptTriple], predicted: Iterable[ConceptTriple]) -> Rows:
    """Counts of concept pairs whatever their labels, all under the label PAIR.

    Gold Bind(1, 2) against Association(1, 2): pair (1, 0, 0), where `pair_and_label` has none.
    """
    left = {(PAIR, head, tail) for _, head, tail in gold}
    right = {(PAIR, head, tail) for _, head, tail in predicted}
    return count_rows(left & right, left, right)


def in_scope(
    gold: Annotations, predicted: Annotations, pair_types: Collection[frozenset[str]] | None
) -> tuple[frozenset[ConceptTriple], frozenset[ConceptTriple]]:
    """The concept relations of both sides without those whose entity labels are not among `pair_types`.

    What a concept is called on either side counts; one that no mention carries is never out of scope. None: all are
    in scope.
    """
    if pair_types is None:
        return gold.concept_relations, predicted.concept_relations

    def keep(triple: ConceptTriple) -> bool:
        heads, tails = (labels(concept) for concept in triple[1:])
        if not heads or not tails:
            return True
        return any(frozenset((head, tail)) in pair_types for head in heads for tail in tails)

    def labels(concept: str) -> frozenset[str]:
        return gold.concept_labels.get(concept, frozenset()) | predicted.concept_labels.get(concept, frozenset())

    return frozenset(filter(keep, gold.concept_relations)), frozenset(filter(keep, predicted.concept_relations))
