"""Scores of documents: counted by hand, the laws, the JSON form, and agreement with other scorers."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.errors import InputError
from odin.evaluation.concept_level import BIORED_PAIR_TYPES
from odin.evaluation.scores import Counts, LabelScores
from odin.evaluation.scoring import score_documents
from odin.schema import ConceptRelation, Document, Entity, Relation

NOTE = "[Metformin](Drug) treats [diabetes](Disease) but not [obesity](Disease)."


def test_ratios_are_those_of_the_counts() -> None:
    counts = Counts(6, 2, 4)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.6, pytest.approx(2 * 0.75 * 0.6 / 1.35))


def test_a_ratio_with_nothing_to_divide_by_is_undefined_rather_than_0_or_1() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    nothing_predicted = Counts(0, 0, 3)
    assert (nothing_predicted.precision, nothing_predicted.recall, nothing_predicted.f1) == (None, 0, 0)
    assert score_documents([], []).to_json()["entities"]["exact"]["micro"]["f1"] is None


def test_micro_sums_and_macro_averages_over_the_labels_for_which_it_is_defined() -> None:
    scores = LabelScores({"A": Counts(1, 1, 0), "B": Counts(0, 0, 2)})
    assert scores.micro == Counts(1, 1, 2)
    assert scores.macro.precision == 0.5
    assert scores.macro.recall == 0.5
    assert scores.macro.f1 == pytest.approx((2 / 3 + 0) / 2)


def test_the_json_form_is_the_documented_one() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"))
    value = score_documents([gold], [gold]).to_json()
    assert list(value) == ["documents", "entities", "relations", "concept_relations"]
    assert value["documents"] == 1
    assert list(value["entities"]) == ["exact", "partial", "type"]
    assert list(value["relations"]) == ["strict", "boundaries"]
    assert list(value["entities"]["exact"]) == ["micro", "macro", "per_label"]
    one = {"precision": 1, "recall": 1, "f1": 1, "true_positives": 2, "false_positives": 0, "false_negatives": 0}
    assert value["entities"]["exact"]["per_label"]["Disease"] == one
    assert list(value["entities"]["exact"]["macro"]) == list(one)
    assert value["entities"]["exact"]["macro"]["true_positives"] == 3
    assert value["concept_relations"]["per_label"] == {}


def test_relations_need_both_endpoints_right_and_boundaries_forgive_their_labels() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"), ("treats", "Metformin", "obesity"))
    wrong_label = document(
        "[Metformin](Drug) treats [diabetes](Symptom) but not [obese](Disease)ity.".replace(
            "obese](Disease)ity", "obesity](Disease)"
        ),
        ("treats", "Metformin", "diabetes"),
        ("causes", "Metformin", "obesity"),
    )
    scores = score_documents([gold], [wrong_label])
    assert scores.relations["strict"].per_label == {"treats": Counts(0, 1, 2), "causes": Counts(0, 1, 0)}
    assert scores.relations["boundaries"].per_label == {"treats": Counts(1, 0, 1), "causes": Counts(0, 1, 0)}


def test_a_relation_the_wrong_way_round_is_wrong_unless_its_label_has_no_direction() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"), ("Comparison", "diabetes", "obesity"))
    turned = document(NOTE, ("treats", "diabetes", "Metformin"), ("Comparison", "obesity", "diabetes"))
    for scores in score_documents([gold], [turned]).relations.values():
        assert scores.per_label == {"treats": Counts(0, 1, 1), "Comparison": Counts(1, 0, 0)}
    scores = score_documents([gold], [turned], symmetric=()).relations["strict"]
    assert scores.per_label["Comparison"] == Counts(0, 1, 1)


def test_a_relation_that_the_text_denies_is_none_on_either_side() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"), ("treats", "Metformin", "obesity"))
    denied = replace(gold.relations[1], attributes={"negated": True})
    gold = replace(gold, relations=(gold.relations[0], denied))
    assert score_documents([gold], [gold]).relations["strict"].micro == Counts(1, 0, 0)
    affirmed = replace(gold, relations=(replace(denied, attributes={}),))
    assert score_documents([gold], [affirmed]).relations["strict"].micro == Counts(0, 1, 1)
    assert score_documents([affirmed], [gold]).relations["strict"].micro == Counts(0, 1, 1)


def test_a_relation_stated_twice_between_the_same_mentions_counts_once() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"), ("treats", "Metformin", "diabetes"))
    assert score_documents([gold], [gold]).relations["strict"].micro == Counts(1, 0, 0)


def test_relations_do_not_depend_on_the_ids_of_their_entities() -> None:
    gold = document(NOTE, ("treats", "Metformin", "diabetes"))
    renamed = Document(
        gold.id,
        gold.text,
        tuple(replace(entity, id=f"X{entity.start}") for entity in reversed(gold.entities)),
        (Relation("Q", "treats", "X0", f"X{gold.text.index('diabetes')}"),),
    )
    assert score_documents([gold], [renamed]).relations["strict"].micro == Counts(1, 0, 0)


def test_assertions_are_judged_on_mentions_that_both_sides_have() -> None:
    gold = document("No [fever](Symptom|negated), [cough](Symptom|present), mother had [flu](Disease|family).")
    predicted = document("No [fever](Symptom|negated), [cough](Symptom|negated), mother had flu.")
    scores = score_documents([gold], [predicted])
    assert scores.assertions.per_label == {"negated": Counts(1, 1, 0), "present": Counts(0, 0, 1)}
    assert (scores.assertion_accuracy.correct, scores.assertion_accuracy.total) == (1, 2)
    assert score_documents([gold], [document("No fever, cough, mother had flu.")]).assertion_accuracy.value is None


def test_a_predicted_mention_without_an_assertion_is_present() -> None:
    gold = document("[cough](Symptom|present), no [fever](Symptom|negated)")
    predicted = document("[cough](Symptom), no [fever](Symptom)")
    assert score_documents([gold], [predicted]).assertion_accuracy.value == 0.5


def concepts(*relations: tuple[str, str, str], mentions: dict[str, str] | None = None) -> Document:
    entities = tuple(
        Entity(f"T{i}", label, i, i + 1, concept=concept) for i, (concept, label) in enumerate((mentions or {}).items())
    )
    return Document("d", "x" * 20, entities, (), tuple(ConceptRelation(*relation) for relation in relations))


def concept_counts(gold: Document, predicted: Document, **options) -> tuple[Counts, Counts]:
    scores = score_documents([gold], [predicted], **options)
    return scores.concept_relations.micro, scores.concept_pairs.micro


def test_a_concept_pair_may_have_the_wrong_label() -> None:
    gold = concepts(("Association", "1", "2"), ("Bind", "3", "4"))
    predicted = concepts(("Association", "1", "2"), ("Association", "3", "4"), ("Bind", "5", "6"))
    assert concept_counts(gold, predicted) == (Counts(1, 2, 1), Counts(2, 1, 0))


def test_repeated_and_turned_symmetric_concept_pairs_count_once() -> None:
    gold = concepts(("Association", "1", "2"), ("Association", "2", "1"), ("Association", "1", "2"))
    assert concept_counts(gold, concepts(("Association", "2", "1"))) == (Counts(1, 0, 0), Counts(1, 0, 0))


def test_cid_has_a_direction() -> None:
    gold = concepts(("CID", "D1", "D2"))
    assert concept_counts(gold, concepts(("CID", "D2", "D1"))) == (Counts(0, 1, 1), Counts(0, 1, 1))


@pytest.mark.parametrize("separator", ["|", ",", ";"])
def test_several_ids_in_one_mention_are_each_a_concept(separator: str) -> None:
    gold = concepts(("CID", "C1", "D001"), ("CID", "C1", "D002"))
    predicted = concepts(("CID", "C1", f"D001{separator}D002"))
    assert concept_counts(gold, predicted) == (Counts(2, 0, 0), Counts(2, 0, 0))


def test_the_bars_of_a_sequence_variant_do_not_part_ids() -> None:
    gold = concepts(("Association", "c|SUB|C|1007|G", "D1"), ("Association", "|DEL|46|S", "D1"))
    assert concept_counts(gold, gold)[0] == Counts(2, 0, 0)
    assert concept_counts(gold, concepts(("Association", "C", "D1")))[0] == Counts(0, 1, 2)


@pytest.mark.parametrize("missing", ["-", "-1", ""])
def test_a_missing_id_is_in_no_pair(missing: str) -> None:
    gold = concepts(("CID", "C1", "D1"))
    predicted = concepts(("CID", "C1", "D1"), ("CID", missing, "D1"))
    assert concept_counts(gold, predicted) == (Counts(1, 0, 0), Counts(1, 0, 0))


def test_pair_types_out_of_scope_are_dropped_on_both_sides() -> None:
    mentions = {"D1": "DiseaseOrPhenotypicFeature", "D2": "DiseaseOrPhenotypicFeature", "C1": "ChemicalEntity"}
    gold = concepts(("Association", "D1", "D2"), ("Association", "C1", "D1"), mentions=mentions)
    predicted = concepts(("Bind", "D1", "D2"), ("Association", "C1", "D1"), mentions=mentions)
    assert concept_counts(gold, predicted) == (Counts(1, 1, 1), Counts(2, 0, 0))
    in_scope = concept_counts(gold, predicted, pair_types=BIORED_PAIR_TYPES)
    assert in_scope == (Counts(1, 0, 0), Counts(1, 0, 0))


def test_documents_are_matched_by_id_in_any_order_and_a_missing_one_counts_as_empty() -> None:
    one, two, three = (document(NOTE, id=name) for name in ("a", "b", "c"))
    scores = score_documents([one, two, three], [three, one])
    assert scores.documents == 3
    assert scores.entities["exact"].micro == Counts(6, 0, 3)


def test_a_predicted_document_without_gold_an_id_that_stands_twice_and_another_text_are_errors() -> None:
    one, two = document(NOTE, id="a"), document(NOTE, id="b")
    with pytest.raises(InputError, match="1 predicted documents have no gold, the first is 'b'"):
        score_documents([one], [one, two])
    with pytest.raises(InputError, match="gold: two documents have the id 'a'"):
        score_documents([one, one], [one])
    with pytest.raises(InputError, match="document a: the predicted text differs from gold at character 0"):
        score_documents([one], [Document("a", "x" + one.text[1:])])
    with pytest.raises(InputError, match=f"at character {len(one.text)}"):
        score_documents([one], [Document("a", one.text + " ")])


words = st.integers(0, 11)


@st.composite
def annotated(draw: st.DrawFn, name: str = "d") -> Document:
    keys = draw(st.sets(st.tuples(st.sampled_from("AB"), words, st.integers(1, 3)), max_size=5))
    assertion = st.sampled_from([None, "present", "negated"])
    entities = tuple(
        Entity(f"T{i}", label, start, start + length, assertion=draw(assertion))
        for i, (label, start, length) in enumerate(sorted(keys))
    )
    pairs = [(one.id, other.id) for one in entities for other in entities if one is not other]
    chosen = (
        draw(st.lists(st.tuples(st.sampled_from(["r", "Bind"]), st.sampled_from(pairs)), max_size=5)) if pairs else []
    )
    relations = tuple(
        Relation(
            f"R{i}",
            label,
            head,
            tail,
            attributes={"negated": True} if draw(st.booleans()) and draw(st.booleans()) else {},
        )
        for i, (label, (head, tail)) in enumerate(chosen)
    )
    concept = st.sampled_from(["1", "2", "3", "1|2", "-", "c|SUB|A|1|G"])
    pair = st.tuples(st.sampled_from(["CID", "Bind"]), concept, concept)
    return Document(
        name, "x" * 20, entities, relations, tuple(ConceptRelation(*row) for row in draw(st.lists(pair, max_size=4)))
    )


def views(scores) -> dict[str, LabelScores]:
    return {**scores.entities, **scores.relations, "concepts": scores.concept_relations, "pairs": scores.concept_pairs}


@given(annotated())
def test_gold_against_itself_is_1_in_every_view(gold: Document) -> None:
    for scores in views(score_documents([gold], [gold])).values():
        assert scores.micro.f1 in (1, None)
        assert scores.micro.false_positives == scores.micro.false_negatives == 0


@given(annotated(), annotated())
def test_swapping_gold_and_predicted_swaps_precision_and_recall(gold: Document, predicted: Document) -> None:
    there, back = views(score_documents([gold], [predicted])), views(score_documents([predicted], [gold]))
    for name, scores in there.items():
        assert scores.micro.precision == back[name].micro.recall
        assert scores.micro.f1 == back[name].micro.f1
        assert scores.macro.recall == back[name].macro.precision


@given(st.data(), annotated(), annotated())
def test_the_order_of_annotations_and_documents_does_not_matter(
    data: st.DataObject, gold: Document, other: Document
) -> None:
    expected = score_documents([gold, replace(other, id="e")], [replace(other, id="e"), replace(other, id="d")])
    shuffled = replace(
        other,
        entities=tuple(data.draw(st.permutations(other.entities))),
        relations=tuple(data.draw(st.permutations(other.relations))),
        concept_relations=tuple(data.draw(st.permutations(other.concept_relations))),
    )
    found = score_documents([replace(other, id="e"), gold], [replace(shuffled, id="d"), replace(shuffled, id="e")])
    assert found.to_json() == expected.to_json()


@given(annotated(), annotated(), annotated())
def test_the_overall_counts_are_the_sum_over_labels_and_over_documents(
    one: Document, two: Document, other: Document
) -> None:
    both = views(score_documents([one, replace(two, id="e")], [other, replace(other, id="e")]))
    apart = [views(score_documents([gold], [other])) for gold in (one, two)]
    for name, scores in both.items():
        assert scores.micro == sum(scores.per_label.values(), Counts())
        assert scores.micro == apart[0][name].micro + apart[1][name].micro


@given(annotated(), annotated())
def test_strict_relations_are_no_more_than_boundaries(gold: Document, predicted: Document) -> None:
    scores = score_documents([gold], [predicted])
    for label, counts in scores.relations["strict"].per_label.items():
        assert counts.true_positives <= scores.relations["boundaries"].per_label[label].true_positives


def flat_documents(seed: int, count: int = 30) -> tuple[list[Document], list[Document]]:
    """Gold and predicted documents of words of one character, whose mentions never overlap within a side."""
    choose = random.Random(seed)

    def one_side(name: str) -> Document:
        entities, place = [], 0
        while place < 20:
            length = choose.randint(1, 3)
            if choose.random() < 0.6 and place + length <= 20:
                label = choose.choice(["Drug", "Disease", "Symptom"])
                entities.append(Entity(f"T{place}", label, place, place + length))
            place += length + 1
        return Document(name, "x" * 20, tuple(entities))

    return [one_side(str(i)) for i in range(count)], [one_side(str(i)) for i in range(count)]


def tags(one: Document) -> list[str]:
    out = ["O"] * len(one.text)
    for entity in one.entities:
        out[entity.start : entity.end] = [f"B-{entity.label}"] + [f"I-{entity.label}"] * (entity.end - entity.start - 1)
    return out


@pytest.mark.parametrize("seed", range(5))
def test_exact_scores_agree_with_seqeval_where_spans_do_not_overlap(seed: int) -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold, predicted = flat_documents(seed)
    theirs = classification_report(
        [tags(one) for one in gold], [tags(one) for one in predicted], mode="strict", scheme=IOB2, output_dict=True
    )
    ours = score_documents(gold, predicted).entities["exact"]
    for label, counts in ours.per_label.items():
        assert counts.f1 == pytest.approx(theirs[label]["f1-score"])
        assert counts.support == theirs[label]["support"]
    assert ours.micro.precision == pytest.approx(theirs["micro avg"]["precision"])
    assert ours.macro.f1 == pytest.approx(theirs["macro avg"]["f1-score"])


@pytest.mark.parametrize("seed", range(5))
def test_exact_scores_agree_with_nervaluate_where_spans_do_not_overlap(seed: int) -> None:
    from nervaluate import Evaluator

    gold, predicted = flat_documents(seed)

    def spans(documents: list[Document]) -> list[list[dict[str, object]]]:
        return [[{"label": e.label, "start": e.start, "end": e.end - 1} for e in one.entities] for one in documents]

    labels = ["Drug", "Disease", "Symptom"]
    results = Evaluator(spans(gold), spans(predicted), tags=labels, loader="dict").evaluate()
    strict = results["overall"]["strict"]
    ours = score_documents(gold, predicted).entities["exact"].micro
    assert (ours.true_positives, ours.support) == (strict.correct, strict.possible)
    assert ours.f1 == pytest.approx(strict.f1)
    for label in labels:
        assert score_documents(gold, predicted).entities["exact"].per_label[label].f1 == pytest.approx(
            results["entities"][label]["strict"].f1
        )
