"""The published files of each corpus, read by us, against the checked parse beside them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markup import document as marked

from odin.corpora.catalog import CORPORA, as_label_set, corpora_folder, find, layout_in, load, split_names
from odin.corpora.label_maps import LABEL_MAPS
from odin.errors import CorpusError
from odin.labels import load_label_set
from odin.schema import Document, Provenance, ReadReport

Span = tuple[str, tuple[tuple[int, int], ...]]
COMPARED = [
    (name, split)
    for name in ("biored", "bc5cdr", "ncbi_disease", "ade", "phee", "maccrobat2020", "chia")
    for split in ("train", "dev")
] + [("crowdtruth", "all")]


def reference(corpora: Path, name: str, split: str) -> list[dict[str, Any]]:
    """The reference parse; not read as Documents, since it holds some that our schema forbids."""
    path = corpora / name / "reference" / f"{'train' if split == 'all' else split}.jsonl"
    with path.open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def reference_span(item: dict[str, Any], length: int) -> Span:
    """Label and spans, in order and inside the text, as Documents have them."""
    spans = sorted((start, min(end, length)) for start, end in item.get("fragments") or [[item["start"], item["end"]]])
    return item["label"], tuple(spans)


def reference_relations(document: dict[str, Any], length: int) -> Counter:
    spans = {item["id"]: reference_span(item, length) for item in document["entities"]}
    return Counter((item["label"], spans[item["head"]], spans[item["tail"]]) for item in document["relations"])


def our_relations(document: Document, *, chains: bool) -> Counter:
    """Our relations; of an n-ary one (a chain here, of which the reference has the first link) all links or none."""
    keys = {entity.id: entity.key for entity in document.entities}
    return Counter(
        (it.label, keys[it.head], keys[it.tail])
        for it in document.relations
        if ("equivalence" in it.attributes) <= chains
    )


def key(name: str, document: Any) -> object:
    """What identifies a document in both: the id, or PMID and sentence where the ids were made up."""
    text, meta, name_of = (
        (document.text, document.meta, document.id)
        if isinstance(document, Document)
        else (document["text"], document["meta"], document["id"])
    )
    return (meta["group"], text) if name == "ade" else name_of


@pytest.fixture(scope="session")
def read(corpora: Path):
    """Documents and report of a corpus and split, read once."""
    known: dict[tuple[str, str], tuple[list[Document], ReadReport]] = {}

    def get(name: str, split: str) -> tuple[list[Document], ReadReport]:
        if (name, split) not in known:
            report = ReadReport()
            known[name, split] = load(name, split, corpora, report=report), report
        return known[name, split]

    return get


@pytest.mark.parametrize(("name", "split"), COMPARED)
def test_texts_and_spans_equal_the_reference(corpora: Path, read, name: str, split: str):
    documents, report = read(name, split)
    ours = {key(name, document): document for document in documents}
    lost = Counter()
    for expected in reference(corpora, name, split):
        document = ours[key(name, expected)]
        assert document.text == expected["text"]
        spans = {reference_span(item, len(document.text)) for item in expected["entities"]}
        lost += Counter(spans - {entity.key for entity in document.entities})
        assert {entity.key for entity in document.entities} <= spans, document.id
    dropped = Counter(what.split()[0] for _, what, why in report.dropped if "repeats" not in why)
    assert sum(lost.values()) <= dropped["entity"] + (name == "crowdtruth")


@pytest.mark.parametrize(("name", "split"), [pair for pair in COMPARED if pair[0] not in ("phee", "ncbi_disease")])
def test_relations_equal_the_reference(corpora: Path, read, name: str, split: str):
    documents, report = read(name, split)
    ours = {key(name, document): document for document in documents}
    missing = 0
    for expected in reference(corpora, name, split):
        document = ours[key(name, expected)]
        wanted = reference_relations(expected, len(document.text))
        assert set(our_relations(document, chains=False)) <= set(wanted), document.id
        missing += len(set(wanted) - set(our_relations(document, chains=True)))
        concepts = Counter(
            (it["label"], it["head"], it["tail"], it.get("novel")) for it in expected.get("concept_relations", ())
        )
        assert concepts == Counter(
            (it.label, it.head, it.tail, it.attributes.get("novel")) for it in document.concept_relations
        )
    assert missing <= sum(what.startswith("relation") for _, what, _ in report.dropped)


@pytest.mark.parametrize(
    ("name", "split", "documents", "dropped"),
    [("biored", "dev", 71, 0), ("ade", "dev", 738, 0), ("chia", "dev", 240, 2), ("maccrobat2020", "train", 156, 0)],
)
def test_what_is_dropped_is_counted(read, name: str, split: str, documents: int, dropped: int):
    found, report = read(name, split)
    assert (len(found), report.documents, len(report.dropped)) == (documents, documents, dropped)


def test_ade_has_no_abstract_beyond_the_reference(corpora: Path, read):
    ours = {document.meta["group"] for split in ("train", "dev") for document in read("ade", split)[0]}
    published = {it["meta"]["group"] for split in ("train", "dev") for it in reference(corpora, "ade", split)}
    assert ours == published


def test_no_drug_of_phee_treats_a_disorder_that_it_is_a_part_of(corpora: Path, read):
    documents = read("phee", "dev")[0]
    treats = [
        (d.entity_by_id[r.head], d.entity_by_id[r.tail]) for d in documents for r in d.relations if r.label == "treats"
    ]
    assert len(treats) > 380
    assert not [pair for pair in treats if pair[1].start <= pair[0].start and pair[0].end <= pair[1].end]
    found = next(document for document in documents if document.text == "Treatment of lithium tremor with metoprolol.")
    [relation] = found.relations
    assert found.entity_by_id[relation.head].text_in(found.text) == "metoprolol"


def test_phee_agrees_with_the_rough_reference_on_adverse_effects(corpora: Path, read):
    ours = {document.id: document for document in read("phee", "dev")[0]}
    for expected in reference(corpora, "phee", "dev"):
        wanted = {it[1:] for it in reference_relations(expected, 10**6) if it[0] == "causes_adverse_effect"}
        document = ours[expected["id"]]
        keys = {entity.id: entity.key for entity in document.entities}
        found = {(keys[r.head], keys[r.tail]) for r in document.relations if r.label == "causes_adverse_effect"}
        assert wanted <= found


def test_the_clinical_notes_hold_only_what_their_label_set_allows(read):
    labels = load_label_set("clinical")
    for split in ("train", "dev", "written", "written_dev"):
        for document in read("clinical_notes", split)[0]:
            assert {entity.label for entity in document.entities} <= set(labels.entity_labels)
            assert {relation.label for relation in document.relations} <= set(labels.relation_labels)


def test_each_pair_of_chemprot_leads_from_a_chemical_to_a_protein(corpora: Path, read):
    documents = read("chemprot", "dev")[0]
    assert sum(len(document.relations) for document in documents) == 2427
    ends = Counter((d.entity_by_id[r.head].label, d.entity_by_id[r.tail].label) for d in documents for r in d.relations)
    assert ends["Chemical", "Protein"] > 0.99 * sum(ends.values())
    surfaces = Counter((entity.text_in(d.text), entity.label) for d in documents for entity in d.entities)
    for surface, label in (
        ("COX-2", "Protein"),
        ("AChE", "Protein"),
        ("imatinib", "Chemical"),
        ("ethanol", "Chemical"),
    ):
        other = {"Protein": "Chemical", "Chemical": "Protein"}[label]
        assert surfaces[surface, label] > 9 * surfaces[surface, other], surface


def test_a_corpus_without_published_splits_is_parted_80_10_10_and_always_alike(read):
    parts = {
        split: {d.meta["group"] for d in read("roam_drug_disease", split)[0]} for split in ("train", "dev", "test")
    }
    sizes = [len(part) for part in parts.values()]
    assert [round(size / sum(sizes), 2) for size in sizes] == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert not parts["train"] & (parts["dev"] | parts["test"])
    assert not parts["dev"] & parts["test"]
    assert len(read("roam_drug_disease", "all")[0]) == 9434 + 1980


@pytest.mark.parametrize(("corpus", "label_set"), sorted(key for key in LABEL_MAPS if key[0] != "annotated_abstracts"))
def test_mapped_documents_hold_only_labels_of_the_label_set(read, corpus: str, label_set: str):
    labels = load_label_set(label_set)
    split = {"aioner": "genes_and_chemicals"}.get(corpus, "dev")
    documents = [as_label_set(document, label_set) for document in read(corpus, split)[0]]
    assert sum(len(document.entities) for document in documents) > 100
    for document in documents:
        assert {entity.label for entity in document.entities} <= set(labels.entity_labels)
        for relation in document.relations:
            ends = (document.entity_by_id[relation.head].label, document.entity_by_id[relation.tail].label)
            assert relation.label in labels.relation_labels, ends


def test_the_four_kinds_of_ncbi_disease_are_one_label_of_its_label_set(read):
    documents = read("ncbi_disease", "dev")[0]
    assert {e.label for d in documents for e in d.entities} == {
        "SpecificDisease", "Modifier", "DiseaseClass", "CompositeMention"
    }  # fmt: skip
    mapped = [as_label_set(document, "ncbi_disease") for document in documents]
    assert {e.label for d in mapped for e in d.entities} == {"Disease"}
    assert sum(len(d.entities) for d in mapped) == 779


@pytest.mark.parametrize("name", sorted(set(CORPORA) - {"medmentions", "mtsamples", "annotated_abstracts"}))
def test_every_corpus_of_the_catalogue_is_here_and_states_its_terms(corpora: Path, name: str):
    corpus = find(name)
    assert split_names(layout_in(corpus, corpora / name))
    assert "https://" in corpus.address
    assert corpus.licence
    assert corpus.citation
    assert all(address.startswith("https://") for address in corpus.downloads)


def test_unknown_corpora_splits_and_folders_are_errors_that_say_what_to_do(tmp_path: Path, corpora: Path):
    with pytest.raises(CorpusError, match="unknown corpus 'bioread': choose one of biored, bc5cdr"):
        load("bioread", "train")
    with pytest.raises(CorpusError, match=r"no split 'tset': choose one of \('train', 'dev'\)"):
        load("biored", "tset", corpora)
    with pytest.raises(CorpusError, match="python -m odin corpora prepare biored"):
        load("biored", "train", tmp_path)
    (tmp_path / "biored").mkdir()
    with pytest.raises(CorpusError, match=r"Dev\.PubTator, Train\.PubTator is missing"):
        load("biored", "train", tmp_path)
    assert corpora_folder(tmp_path) == tmp_path


def test_an_examination_with_a_value_is_a_laboratory_test_and_one_without_a_procedure():
    text = (
        "[Hemoglobin](Diagnostic_procedure) of [9.2 g/dL](Lab_value), [LVEF](Diagnostic_procedure) [40 %](Lab_value), "
        "[heart rate](Diagnostic_procedure) [90](Lab_value), a [biopsy](Diagnostic_procedure)."
    )
    pairs = (("9.2 g/dL", "Hemoglobin"), ("40 %", "LVEF"), ("90", "heart rate"))
    found = marked(text, *(("MODIFY", value, name) for value, name in pairs))
    mapped = as_label_set(replace(found, provenance=Provenance("corpus", "maccrobat2020")), "clinical")
    assert [(e.text_in(mapped.text), e.label) for e in mapped.entities] == [
        ("Hemoglobin", "Lab_Test"),
        ("LVEF", "Procedure"),
        ("biopsy", "Procedure"),
    ]
