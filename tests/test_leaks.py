"""No train document stands in a dev or test: by id, by text, or nearly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from odin.corpora.leaks import held_back_by_id, held_back_splits, leaks, sealed_splits, without_leaks
from odin.corpora.splits import split_of_group
from odin.schema import Document, Provenance, ReadReport

SENTENCE = (
    "A 54-year-old man who was treated with amiodarone for atrial fibrillation developed thyrotoxicosis after two "
    "years of treatment."
)
ABSTRACT = (
    f"{SENTENCE} The drug was stopped and methimazole was given. He recovered within three months without relapse."
)
OTHER = (
    "Lithium carbonate caused a coarse tremor in eleven of the patients who took part, and in none of those on placebo."
)


def test_the_same_pmid_in_two_corpora_leaks():
    train, dev = Document("10_1", OTHER, meta={"group": "10"}), Document("10", ABSTRACT, meta={"group": "10"})
    [leak] = leaks([train], [dev])
    assert (leak.train, leak.held_back, leak.why) == ("10_1", "10", "the same document")


def test_a_train_sentence_of_a_held_back_abstract_leaks_and_an_abstract_around_a_held_back_sentence_too():
    sentence, abstract = Document("s", SENTENCE), Document("a", ABSTRACT)
    assert [leak.why for leak in leaks([sentence], [abstract])] == ["a near-duplicate"]
    assert [leak.why for leak in leaks([abstract], [sentence])] == ["a near-duplicate"]
    assert not leaks([Document("o", OTHER)], [sentence, abstract])


def test_case_and_punctuation_do_not_hide_a_copy():
    [leak] = leaks([Document("s", SENTENCE.upper().replace(",", ";"))], [Document("t", SENTENCE)])
    assert leak.why == "the same text"


def test_a_few_changed_words_do_not_hide_a_copy_but_many_do():
    words = ABSTRACT.split()
    few, many = list(words), list(words)
    few[3] = "woman"
    many[::4] = ["x"] * len(many[::4])
    assert leaks([Document("f", " ".join(few))], [Document("a", ABSTRACT)])
    assert not leaks([Document("m", " ".join(many))], [Document("a", ABSTRACT)])


def test_short_sentences_that_share_words_do_not_leak():
    assert not leaks(
        [Document("a", "Pregnant or breastfeeding women of any age.")],
        [Document("b", "Pregnant or breastfeeding women of any age or race.")],
    )


def test_what_is_left_out_of_train_is_reported_and_the_rest_does_not_leak():
    report = ReadReport()
    provenance = Provenance("corpus", "ade")
    train = [Document("s", SENTENCE, provenance=provenance), Document("o", OTHER, provenance=provenance)]
    kept = without_leaks(train, [Document("a", ABSTRACT)], report)
    assert [document.id for document in kept] == ["o"]
    assert report.dropped == [("ade/s", "document", "left out of train: a near-duplicate of a held back one")]


@given(st.lists(st.sampled_from(("aspirin", "pain", "of", "the", "caused")), min_size=1, max_size=30))
def test_every_document_leaks_into_itself(words: list[str]):
    document = Document("d", " ".join(words))
    assert leaks([replace(document, id="copy")], [document])


def test_the_corpora_of_abstracts_and_clinical_notes_do_not_leak(corpora: Path):
    from odin.corpora.leaks import leaks_in

    assert (
        leaks_in(["biored", "bc5cdr", "ncbi_disease", "ade", "phee", "maccrobat2020", "clinical_notes"], corpora) == []
    )


def test_train_gives_way_where_published_splits_leak(corpora: Path):
    from odin.corpora.leaks import leakage_free

    splits = leakage_free(["chia", "crowdtruth"], corpora)
    held_back = [d for found in splits.values() for split in ("dev", "test") for d in found.get(split, ())]
    assert leaks([d for found in splits.values() for d in found["train"]], held_back) == []
    assert len(splits["chia"]["train"]) == 1578 - 34
    assert len(splits["chia"]["dev"]) == 240


def test_groups_are_parted_80_10_10_and_the_shared_split_comes_first(tmp_path: Path):
    places = [split_of_group(str(number), tmp_path) for number in range(5000)]
    assert [round(places.count(split) / 5000, 2) for split in ("train", "dev", "test")] == [0.8, 0.1, 0.1]
    assert places == [split_of_group(str(number), tmp_path) for number in range(5000)]
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "pmid_split.json").write_text('{"1": "dev", "2": "train"}')
    assert [split_of_group(group, shared) for group in "12"] == ["dev", "train"]


def test_an_id_that_any_corpus_holds_back_leaks_without_its_text(tmp_path: Path):
    (tmp_path / "pmid_split.json").write_text('{"1": "dev", "2": "train"}')
    notes = [Document(f"n{group}", OTHER, meta={"group": group}) for group in ("1", "2", "3")]
    [leak] = held_back_by_id([*notes, Document("no group", OTHER)], tmp_path)
    assert (leak.train, leak.held_back, leak.why) == ("n1", "pmid_split.json", "its PMID is in dev")


def test_published_tests_that_are_not_at_hand_are_named_as_sealed(tmp_path: Path):
    for split in ("train", "dev", "test"):
        (tmp_path / "bc5cdr").mkdir(exist_ok=True)
        (tmp_path / "bc5cdr" / f"{split}.jsonl").write_text('{"id": "1", "text": "Aspirin."}\n')
    assert sealed_splits(tmp_path) == []
    assert held_back_splits(["bc5cdr"], tmp_path) == [("bc5cdr", "dev"), ("bc5cdr", "test")]
    (tmp_path / "bc5cdr" / "test.jsonl").unlink()
    assert sealed_splits(tmp_path) == ["bc5cdr/test"]
    assert held_back_splits(["bc5cdr"], tmp_path) == [("bc5cdr", "dev")]
