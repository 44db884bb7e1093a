import numpy as np
import pytest

from odin.extraction import ExtractionOptions
from odin.extraction.annotating import annotate
from odin.extraction.decoding import (
    Decision,
    ScoredMention,
    decode_mentions,
    decode_relations,
    group_probabilities,
)
from odin.extraction.groups import PairGroup, concept_groups, concept_ids, mention_groups
from odin.extraction.merging import ChunkResult, FoundMention, FoundRelation, merge
from odin.extraction.pairs import Mention, candidate_pairs, features, layout
from odin.extraction.scaling import UNSCALED, Scale
from odin.extraction.windows import split_words
from odin.labels import LabelSet, load_label_set
from odin.schema import Document, Provenance

LABELS = LabelSet.from_json(
    {
        "name": "t",
        "entities": [{"label": "Drug"}, {"label": "Disease"}],
        "relations": [
            {"label": "treats", "pairs": [["Drug", "Disease"]]},
            {"label": "causes", "pairs": [["Drug", "Disease"], ["Disease", "Drug"]]},
        ],
    }
)
DRUG, DISEASE = 0, 1


def scores(*spans):
    out = np.zeros((8, 4, 2))
    for start, end, label, value in spans:
        out[start, end - start - 1, label] = value
    return out


def found(array, *, nested):
    return [(m.mention.start, m.mention.end, m.mention.label) for m in decode_mentions(array, 0.5, nested=nested)]


def test_the_best_of_two_crossing_spans_is_kept():
    array = scores((0, 3, DRUG, 0.9), (2, 5, DISEASE, 0.8))
    assert found(array, nested=True) == [(0, 3, DRUG)]


def test_a_span_inside_another_is_kept_only_where_nesting_is_allowed_and_labels_differ():
    array = scores((0, 4, DISEASE, 0.9), (1, 2, DRUG, 0.8), (2, 4, DISEASE, 0.7))
    assert found(array, nested=True) == [(0, 4, DISEASE), (1, 2, DRUG)]
    assert found(array, nested=False) == [(0, 4, DISEASE)]


def test_the_same_words_get_one_label():
    assert found(scores((0, 2, DRUG, 0.6), (0, 2, DISEASE, 0.7)), nested=True) == [(0, 2, DISEASE)]


def test_mentions_below_the_threshold_are_not_found():
    assert found(scores((0, 2, DRUG, 0.5)), nested=True) == []


MENTIONS = [Mention(0, 1, DRUG), Mention(3, 4, DISEASE), Mention(6, 7, DISEASE)]
CERTAIN = [ScoredMention(mention, 1.0) for mention in MENTIONS]


def test_only_pairs_whose_labels_may_be_related_are_candidates():
    pairs = {group.pairs[0] for group in mention_groups(MENTIONS, LABELS)}
    assert pairs == {(0, 1), (0, 2), (1, 0), (2, 0)}
    assert candidate_pairs(MENTIONS, {(DRUG, DISEASE)}, max_words=3) == [(0, 1)]


def test_of_two_opposite_relations_on_the_same_mentions_the_likelier_is_kept():
    groups = [PairGroup(((0, 1),)), PairGroup(((1, 0),))]
    logits = np.array([[0.0, 2.0, 0.0, -9.0], [0.0, 9.0, 4.0, -9.0]])
    (decision,) = decode_relations(logits, groups, CERTAIN, LABELS, UNSCALED, 0.5)
    assert (decision.pair, decision.relation) == ((1, 0), 1)


def test_relations_are_measured_against_the_threshold_by_their_scaled_scores():
    groups, logits = [PairGroup(((0, 1),))], np.array([[0.0, 2.0, -9.0, -9.0]])  # related with a probability of 0.88
    (decision,) = decode_relations(logits, groups, CERTAIN, LABELS, Scale(0.5, -0.5), 0.6)
    assert decision.score == pytest.approx(1 / (1 + np.exp(-0.5)), abs=1e-3)
    assert decode_relations(logits, groups, CERTAIN, LABELS, Scale(0.5, -0.5), 0.63) == []


def test_a_relation_is_no_surer_than_its_mentions():
    groups, logits = [PairGroup(((0, 1),))], np.array([[0.0, 2.0, -9.0, -9.0]])
    doubtful = [ScoredMention(MENTIONS[0], 0.9), ScoredMention(MENTIONS[1], 0.8)]
    (certain,) = decode_relations(logits, groups, CERTAIN, LABELS, UNSCALED, 0.5)
    (decision,) = decode_relations(logits, groups, doubtful, LABELS, UNSCALED, 0.5)
    assert decision.score == pytest.approx(certain.score * 0.9 * 0.8)
    assert decode_relations(logits, groups, doubtful, LABELS, UNSCALED, 0.64) == []


def test_what_the_text_denies_comes_marked_with_the_label_that_it_would_have():
    groups = [PairGroup(((0, 1),)), PairGroup(((0, 2),))]
    logits = np.array([[0.0, 2.0, 0.0, 6.0], [0.0, 0.0, 0.0, 0.1]])
    (decision,) = decode_relations(logits, groups, CERTAIN, LABELS, UNSCALED, 0.5)
    assert (decision.pair, decision.relation, decision.denied) == ((0, 1), 0, True)
    (stated,) = decode_relations(np.array([[0.0, 6.0, 0.0, 2.0]]), groups[:1], CERTAIN, LABELS, UNSCALED, 0.5)
    assert not stated.denied
    assert stated.score > 0.9


def test_a_drug_not_given_treats_nothing_but_may_cause():
    clinical = load_label_set("clinical")
    drug, disease = (clinical.entity_labels.index(label) for label in ("Drug", "Disease"))
    mentions = [Mention(1, 2, drug), Mention(3, 4, disease)]
    for label, assertion, denied in (
        ("treats", "negated", True),
        ("treats", "present", False),
        ("causes", "negated", False),
    ):
        decision = Decision(PairGroup(((0, 1),)), clinical.relation_labels.index(label), (0, 1), 0.9)
        found = [FoundMention(mentions[0], 0.9, assertion), FoundMention(mentions[1], 0.9, "present")]
        options, source = ExtractionOptions(), Provenance("model", "m")
        done = annotate(
            Document("d", "No aspirin for headache."), found, [FoundRelation(decision, 0, 1)], clinical, options, source
        )
        assert [(relation.label, relation.negated) for relation in done.relations] == [(label, denied)]


def test_labels_that_may_not_join_a_pair_have_no_probability():
    probabilities = group_probabilities(np.array([[0.0, 9.0, 0.0, 0.0]]), [PairGroup(((1, 0),))], MENTIONS, LABELS)
    assert probabilities[0, 1] == 0
    assert probabilities.sum() == pytest.approx(1)


def test_pairs_of_a_concept_pair_add_their_evidence():
    one = group_probabilities(np.array([[0.0, 1.0, -9.0, -9.0]]), [PairGroup(((0, 1),))], MENTIONS, LABELS)
    two = group_probabilities(np.array([[0.0, 1.0, -9.0, -9.0]] * 2), [PairGroup(((0, 1), (0, 2)))], MENTIONS, LABELS)
    assert one[0, 1] == pytest.approx(np.e / (np.e + 1), abs=1e-3)
    assert two[0, 1] == pytest.approx(2 * np.e / (2 * np.e + 1), abs=1e-3)


def test_concept_pairs_come_once_and_composite_mentions_belong_to_each_of_their_concepts():
    biored = load_label_set("biored")
    disease = biored.entity_labels.index("DiseaseOrPhenotypicFeature")
    chemical = biored.entity_labels.index("ChemicalEntity")
    mentions = [Mention(0, 1, disease), Mention(2, 3, chemical), Mention(4, 5, disease)]
    groups = concept_groups(mentions, [("D1",), ("C1",), ("D1", "D2")], biored)
    drug_pairs = {(group.head, group.tail): group.pairs for group in groups if "C1" in (group.head, group.tail)}
    assert drug_pairs == {("D1", "C1"): ((0, 1), (1, 2)), ("C1", "D2"): ((1, 2),)}


def test_published_concept_fields_are_taken_apart():
    assert concept_ids("D001|D002") == ("D001", "D002")
    assert concept_ids("-1") == concept_ids("-") == concept_ids(None) == ()


def test_features_tell_the_nearest_pair_and_stay_within_their_tables():
    words = split_words("Aspirin for headache.\n" + "word " * 300 + "\nfever. Ibuprofen")
    mentions = [Mention(0, 1, DRUG), Mention(2, 3, DISEASE), Mention(len(words) - 3, len(words) - 2, DISEASE)]
    near, far = features(mentions, [(0, 1), (0, 2)], layout(words))
    assert near[4] == 3
    assert far[4] == 1
    from odin.extraction.pairs import FEATURE_SIZES

    assert all(0 <= value < size for row in (near, far) for value, size in zip(row, FEATURE_SIZES, strict=True))


def test_what_two_chunks_both_saw_is_found_once():
    mention = ScoredMention(Mention(8, 9, DRUG), 0.9)
    again = ScoredMention(Mention(2, 3, DRUG), 0.8)
    late = ScoredMention(Mention(7, 8, DISEASE), 0.7)
    group = [PairGroup(((0, 1),))]
    (relation,) = decode_relations(np.array([[0.0, 5.0, 0.0, 0.0]]), group, CERTAIN, LABELS, UNSCALED, 0.5)
    mentions, relations = merge(
        [
            ChunkResult(0, 10, [mention], ["present"], []),
            ChunkResult(6, 10, [again, late], ["present", "negated"], [relation]),
        ]
    )
    assert [(m.mention.start, m.score, m.assertion) for m in mentions] == [(8, 0.8, "present"), (13, 0.7, "negated")]
    assert [(r.head, r.tail) for r in relations] == [(0, 1)]
