"""Gold export: every file opens in its own field's reader, and says what we said."""

import json
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from review_labels import CLINICAL

from annotation.gold import GOLD_FORMATS, GoldSet, export_gold, with_split
from annotation.gold.check import FormatProof, loss_table, prove
from odin.corpora import FORMATS, relations_csv
from odin.errors import FormatError, InputError
from odin.schema import Document, Entity, Provenance, ReadReport, Relation

NOTE = document(
    "[Aspirin](Drug) treats [[bad](Symptom) headache](Symptom) 😀.\r\nNo [fever](Symptom|negated) from [flu](Disease).",
    ("treats", "Aspirin", "bad headache"),
    ("causes", "flu", "fever"),
    id="n1",
)
NOTE = replace(
    NOTE,
    relations=(
        replace(NOTE.relations[0], provenance=Provenance("human", name="ann", action="accepted")),
        replace(NOTE.relations[1], attributes={"negated": True}),
    ),
)
PIECES = Document(
    "n2",
    "=Pain in left and right knee",
    (Entity("T1", "Symptom", 0, 17, ((0, 5), (9, 17)), score=0.5), Entity("T2", "Disease", 9, 13)),
    (Relation("R1", "causes", "T2", "T1"),),
    meta={"split": "test"},
)
GOLD = GoldSet("knee", (NOTE, PIECES), CLINICAL, guideline=2, reviewers=("ann", "ben"), licence="CC-BY-4.0")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[FormatProof, ...]]:
    folder = tmp_path_factory.mktemp("gold")
    proofs = export_gold(GOLD, folder / "gold.zip")
    with zipfile.ZipFile(folder / "gold.zip") as archive:
        archive.extractall(folder)
    return folder, proofs


def mentions(note: Document) -> Counter:
    return Counter((entity.label, note.text[entity.start : entity.end]) for entity in note.entities)


def test_every_format_is_in_the_zip_and_was_proven(exported) -> None:
    _, proofs = exported
    assert [proof.format for proof in proofs] == list(GOLD_FORMATS)
    lossless = {proof.format for proof in proofs if proof.lossless}
    assert {"jsonl", "bioc-json", "bioc-xml", "spacy", "huggingface"} <= lossless
    table = loss_table(proofs)
    assert "| conll |" in table
    assert "0/3" in next(line for line in table.splitlines() if line.startswith("| conll |"))


def test_the_hashes_are_those_of_the_files(exported) -> None:
    import hashlib

    folder, _ = exported
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_same_gold_set_gives_the_same_zip(tmp_path: Path) -> None:
    formats = ("jsonl", "brat", "label-studio", "relations-csv")
    for name in ("a.zip", "b.zip"):
        export_gold(GOLD, tmp_path / name, formats=formats)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_card_tells_what_the_set_is(exported) -> None:
    card = (exported[0] / "README.md").read_text()
    assert (
        "2 notes, 7 entities, 3 relations. Label set clinical (version 1, guideline version 2). Reviewers: 2." in card
    )
    for words in ("| test | 1 |", "| human, accepted | 1 |", "what Drug means", "CC-BY-4.0", "Not measured", "SHA-256"):
        assert words in card
    assert "holds no relations between mentions" in card


def test_spacy_opens_the_docbin_with_entities_and_relations(exported) -> None:
    from spacy.tokens import Doc, DocBin
    from spacy.vocab import Vocab

    if not Doc.has_extension("rel"):
        Doc.set_extension("rel", default={})
    bin_ = DocBin().from_disk(exported[0] / "spacy" / "gold.spacy")
    doc = next(doc for doc in bin_.get_docs(Vocab()) if doc.text == NOTE.text)
    assert Counter((span.label_, span.text) for span in doc.spans["entities"]) == mentions(NOTE)
    assert [ent.text for ent in doc.ents] == ["Aspirin", "bad headache", "fever", "flu"]
    ((head, tail), labels), *rest = doc._.rel.items()
    assert (doc[head].text, doc[tail].text, labels, rest) == ("Aspirin", "bad", {"treats": 1.0}, [])


def test_datasets_loads_the_folder_with_its_splits(exported, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(exported[0] / "huggingface"), cache_dir=str(tmp_path))
    rows = [row for split in loaded.values() for row in split]
    assert loaded["test"][0]["id"] == "n2"
    row = next(row for row in rows if row["id"] == "n1")
    assert row["text"] == NOTE.text
    assert [entity["text"] for entity in row["entities"]] == [e.text_in(NOTE.text) for e in NOTE.entities]
    assert [(r["label"], r["head"], r["tail"]) for r in row["relations"]] == [
        (r.label, r.head, r.tail) for r in NOTE.relations
    ]
    assert json.loads(row["relations"][1]["attributes"]) == {"negated": True}


@pytest.mark.parametrize(("folder", "suffix"), [("bioc-json", "json"), ("bioc-xml", "xml")])
def test_the_bioc_package_opens_both_forms(exported, folder: str, suffix: str) -> None:
    import bioc

    reader = __import__(f"bioc.bioc{suffix}", fromlist=["load"])
    with (exported[0] / folder / f"gold.{suffix}").open(encoding="utf-8", newline="") as file:
        collection = reader.load(file)
    assert isinstance(collection, bioc.BioCCollection)
    note = collection.documents[0]
    annotations = [annotation for passage in note.passages for annotation in passage.annotations]
    assert Counter((a.infons["type"], a.text) for a in annotations) == mentions(NOTE)
    relations = [*note.relations, *(relation for passage in note.passages for relation in passage.relations)]
    assert sorted(relation.infons["type"] for relation in relations) == ["causes", "treats"]


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")  # bratly's own
def test_a_brat_parser_finds_mentions_and_relations(exported) -> None:
    pytest.importorskip("bratly.io", reason="bratly and bratly-io-fs are not installed")
    from bratly import EntityAnnotation, NoteAnnotation, RelationAnnotation
    from bratly.io import read_and_load_ann_file

    for note, relations in (
        (NOTE, [("causes", "flu", "fever"), ("treats", "Aspirin", "bad headache")]),
        (PIECES, [("causes", "left", "=Pain left and")]),
    ):
        path = exported[0] / "brat" / f"{note.id}.ann"
        found = read_and_load_ann_file(str(path), no_duplicates=False, sorting=False, renumerotize=False).annotations
        entities = [item for item in found if isinstance(item, EntityAnnotation)]
        assert Counter((item.label, item.content) for item in entities) == Counter(
            (entity.label, " ".join(note.text[start:end] for start, end in entity.spans)) for entity in note.entities
        )
        assert [[(f.start, f.end) for f in item.fragments] for item in entities] == [
            list(entity.spans) for entity in note.entities
        ]
        said = [
            (item.label, item.argument1[1].content, item.argument2[1].content)
            for item in found
            if isinstance(item, RelationAnnotation)
        ]
        assert sorted(said) == relations
        assert any(isinstance(item, NoteAnnotation) for item in found)


def test_instruction_records_are_ready_to_train_on_and_say_where_they_lose(exported, tmp_path: Path) -> None:
    import datasets

    folder, proofs = exported
    files = {path.stem: str(path) for path in (folder / "instructions").iterdir()}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path))
    assert {split: rows["id"][0] for split, rows in loaded.items()} == {
        "test": "n2",
        with_split(NOTE, seed=0).meta["split"]: "n1",
    }
    row = next(rows[0] for rows in loaded.values() if rows[0]["id"] == "n1")
    assert row["input"] == NOTE.text
    assert "Drug: what Drug means" in row["instruction"]
    answer = json.loads(row["output"])
    assert [(item["label"], item["text"]) for item in answer["entities"]] == [
        (entity.label, entity.text_in(NOTE.text)) for entity in sorted(NOTE.entities, key=lambda e: (e.start, e.end))
    ]
    assert [bool(item.get("negated")) for item in answer["relations"]] == [False, True]
    (proof,) = (proof for proof in proofs if proof.format == "instructions")
    lost = {field for field, (kept, total) in proof.kept.items() if kept < total}
    assert lost == {"entity", "nested", "fragments", "relation", "score", "provenance", "meta"}
    assert "an instruction record holds no discontinuous mentions: the whole is kept" in proof.reasons


def test_seqeval_reads_the_tags(exported) -> None:
    from seqeval.metrics.sequence_labeling import get_entities

    rows = [
        line.split("\t") for line in (exported[0] / "conll" / "gold.conll").read_text().splitlines() if "\t" in line
    ]
    tags = [row[-1] for row in rows]
    labels = Counter(label for label, _, _ in get_entities(tags))
    assert labels["Drug"] == 1
    assert labels["Disease"] >= 1


def test_the_table_of_relations_cannot_run_formulas_and_reads_back(exported) -> None:
    raw = (exported[0] / "relations.csv").read_text()
    assert "'=Pain" in raw
    rows = relations_csv.read_rows(exported[0] / "relations.csv")
    assert [(row["head_text"], row["relation"], row["negated"], row["tail_text"]) for row in rows] == [
        ("Aspirin", "treats", "0", "bad headache"),
        ("flu", "causes", "1", "fever"),
        ("left", "causes", "0", PIECES.entities[0].text_in(PIECES.text)),
    ]
    assert rows[1]["sentence"] == "No fever from flu."


def test_a_writer_that_loses_in_silence_is_caught() -> None:
    shorter = replace(NOTE, relations=NOTE.relations[:1])
    with pytest.raises(FormatError, match="came back changed without a word"):
        prove("x", [NOTE], [shorter], ReadReport())
    report = ReadReport()
    report.drop("n1", "relation R2", "no room")
    proof = prove("x", [NOTE], [shorter], report)
    assert proof.kept["relation"] == (1, 2)
    assert proof.reasons == {"no room": 1}


def test_a_document_keeps_its_split_and_groups_stay_together() -> None:
    assert with_split(PIECES, seed=1) == PIECES
    drawn = Counter(with_split(Document(f"d{n}", "x"), seed=1).meta["split"] for n in range(1000))
    assert abs(drawn["train"] - 800) < 50
    assert set(drawn) == {"train", "dev", "test"}
    grouped = {with_split(Document(f"d{n}", "x", meta={"group": "g"}), seed=1).meta["split"] for n in range(50)}
    assert len(grouped) == 1


def test_an_unknown_format_or_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown format 'doc'"):
        export_gold(GOLD, tmp_path / "x.zip", formats=("doc",))
    with pytest.raises(InputError, match="no gold notes"):
        export_gold(replace(GOLD, documents=()), tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_the_command_writes_the_gold_of_a_project_and_says_when_there_is_none(tmp_path: Path, capsys) -> None:
    from annotation.agreement.adjudication import adjudicate
    from annotation.editing.edits import AddEntity
    from annotation.store import Store
    from annotation.store.projects import assign, create_project
    from annotation.store.reviews import DraftKey, apply, open_note
    from annotation.store.versions import submit
    from odin.__main__ import main

    store = Store(tmp_path / "s.sqlite")
    create_project(store, "p", CLINICAL, [Document(name, NOTE.text) for name in ("n1", "n2")], created_by="ann")
    assign(store, "p", ["ann", "ben"])
    arguments = [
        "gold",
        str(tmp_path / "g.zip"),
        "--project",
        "p",
        "--store",
        str(store.path),
        "--formats",
        "jsonl,brat",
    ]
    assert main(arguments) == 2
    assert "no note is gold yet" in capsys.readouterr().err
    made = []
    for note, reviewer in (("n2", "ann"), ("n2", "ben"), ("n1", "ann"), ("n1", "ben")):
        key = DraftKey("p", note, reviewer)
        edited = apply(store, key, AddEntity("Drug", 0, 7), open_note(store, key).version)
        made.append(submit(store, key, edited.version))
    adjudicate(store, DraftKey("p", "n1", "chief"), made[2:])
    assert main(arguments) == 0
    assert "1 notes in" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "g.zip") as archive:
        card = archive.read("README.md").decode()
    assert "| Entities, F1 exact (span and label), ann and ben (2 notes) | 1.00 (1.00 to 1.00) |" in card
    store.close()


def test_formats_of_the_gold_set_are_formats_of_the_library() -> None:
    assert set(GOLD_FORMATS) - {"relations-csv", "instructions"} <= set(FORMATS)


def test_a_format_that_refuses_a_document_is_left_out_and_the_others_are_written(tmp_path: Path) -> None:
    odd = replace(GOLD, documents=(NOTE, replace(PIECES, id="ward|17")))
    proofs = export_gold(odd, tmp_path / "gold.zip", formats=("jsonl", "pubtator", "brat"))
    with zipfile.ZipFile(tmp_path / "gold.zip") as archive:
        names = archive.namelist()
        card = archive.read("README.md").decode()
    assert "jsonl/gold.jsonl" in names
    assert not any(name.startswith("pubtator") for name in names)
    why = "pubtator: the format is left out: pubtator/gold.pubtator: the document id 'ward|17' cannot be written"
    assert why in loss_table(proofs)
    assert why in card
    assert "| pubtator | 0/2 |" in loss_table(proofs)
    with pytest.raises(InputError, match="no format that was asked for holds it"):
        export_gold(odd, tmp_path / "none.zip", formats=("pubtator",))
