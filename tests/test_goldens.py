"""One document in every format, byte for byte; and files that others wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from odin.corpora import FORMATS, bioc, bioc_xml, brat, conll, pubtator, relations_csv
from odin.errors import FormatError, InputError
from odin.schema import ConceptRelation, Document, Entity, Provenance, ReadReport, Relation

GOLDEN = Path(__file__).parent / "golden"
TEXT = "Aspirin 😀 for chest pain.\r\nDenies left or right leg swelling."
NOTE = Document(
    "note-1",
    TEXT,
    (
        Entity("T1", "Drug", 0, 7, concept="RXNORM:1191", score=0.98, provenance=Provenance("model", "odin-mini@3f9c")),
        Entity("T2", "Symptom", 14, 24, assertion="present", attributes={"severity": "mild", "note": "ask again"}),
        Entity("T3", "Anatomy", 14, 19),
        Entity("T4", "Symptom", 34, 60, ((34, 38), (48, 60)), assertion="negated", cue=(27, 33)),
        Entity("T5", "Symptom", 42, 60, concept="C0022346", assertion="negated"),
    ),
    (
        Relation("R1", "treats", "T1", "T2", 0.91, (0, 25)),
        Relation("R2", "treats", "T1", "T5", attributes={"negated": True}),
    ),
    (ConceptRelation("Negative_Correlation", "D001241", "D002637", attributes={"novel": "Novel"}),),
    {"split": "train"},
    Provenance("human", "a"),
)
LOST = {"jsonl": 0, "bioc-json": 0, "bioc-xml": 0, "brat": 3, "pubtator": 14, "conll": 17, "label-studio": 11}
BINARY = ("spacy", "huggingface")
"""Their bytes change with the library that writes them: what was written once must go on being readable."""


def files(path: Path) -> dict[str, bytes]:
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    return {item.name: item.read_bytes() for item in found}


@pytest.mark.parametrize("name", sorted(LOST))
def test_the_written_form_is_the_golden_one_and_reads_back(tmp_path: Path, name: str):
    form, golden = FORMATS[name], GOLDEN / f"note.{name}{FORMATS[name].suffix}"
    written = tmp_path / golden.name
    report = form.write([NOTE], written)
    if os.environ.get("WRITE_GOLDEN"):
        form.write([NOTE], golden)
    assert files(written) == files(golden)
    assert len(report.dropped) == LOST[name], report.summary()
    [document] = form.read(golden)
    assert document.entities[0].text_in(document.text) == "Aspirin"
    if not LOST[name]:
        assert document == NOTE


@pytest.mark.parametrize("name", BINARY)
def test_what_was_written_in_a_binary_form_is_still_read_whole(name: str):
    golden = GOLDEN / f"note.{name}{FORMATS[name].suffix}"
    if os.environ.get("WRITE_GOLDEN"):
        FORMATS[name].write([NOTE], golden)
    assert list(FORMATS[name].read(golden)) == [NOTE]


def test_the_table_of_relations_and_the_instruction_records_are_the_golden_ones(tmp_path: Path):
    from annotation.gold import instructions as gold_instructions
    from odin.labels import EntityLabel, LabelSet, RelationLabel

    labels = LabelSet("small", (EntityLabel("Drug", "a medicine"),), (RelationLabel("treats", (("Drug", "Symptom"),)),))
    for folder in (tmp_path, *([GOLDEN] if os.environ.get("WRITE_GOLDEN") else [])):
        relations_csv.write([NOTE], folder / "note.relations.csv")
        gold_instructions.write([NOTE], folder / "note.instructions", labels)
    for name in ("note.relations.csv", "note.instructions"):
        assert files(tmp_path / name) == files(GOLDEN / name)
    [document] = gold_instructions.read(GOLDEN / "note.instructions")
    assert [(e.label, e.span) for e in document.entities] == sorted(
        ((e.label, e.span) for e in NOTE.entities), key=lambda item: item[1]
    )


def brat_folder(folder: Path, text: str, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "note_12.txt").write_bytes(text.encode())
    (folder / "note_12.ann").write_bytes("".join(f"{line}\n" for line in lines).encode())
    return folder


def test_brat_events_attributes_equivalences_and_notes_of_others_are_read(tmp_path: Path):
    folder = brat_folder(
        tmp_path / "in",
        "fever\r\nand severe chills, rash",
        "R1\tMODIFY Arg1:T2 Arg2:E2\t",
        "*\tOVERLAP E1 E2 T4",
        "T1\tSign_symptom 0 5\tfever",
        "E1\tSign_symptom:T1 ",
        "T2\tSeverity 11 17\tsevere",
        "T3\tSign_symptom 18 24\tchills",
        "E2\tSign_symptom:T3 Cause:E1",
        "T4\tSign_symptom 26 30;0 5\trash fever",
        "A1\tPOLARITY E1 NEG",
        "M1\tHedged T4",
        "N1\tReference T3 UMLS:C0085593\tChills",
        "#1\tAnnotatorNotes E2\tsee page 2",
    )
    report = ReadReport()
    [document] = brat.read(folder, report)
    assert report.lossless
    assert report.notes == ["note_12: the fragments of entity T4 were put in order"]
    by_id = document.entity_by_id
    assert by_id["T1"].attributes == {"POLARITY": "NEG"}
    assert by_id["T3"].concept == "UMLS:C0085593"
    assert by_id["T3"].attributes == {"note": "see page 2"}
    assert (by_id["T4"].fragments, by_id["T4"].attributes) == (((0, 5), (26, 30)), {"Hedged": True})
    assert {(it.label, it.head, it.tail) for it in document.relations} == {
        ("MODIFY", "T2", "T3"), ("Cause", "T3", "T1"), ("OVERLAP", "T1", "T3"), ("OVERLAP", "T3", "T4")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("R3\ttreats Arg1:T1 Arg2:T9", r":2: relation R3 \(treats, T9\) refers to an unknown entity"),
        ("R3\ttreats T1 T2", ":2: relation R3 is not of the form"),
        ("T2\tDrug 0 99\tx", ":2: entity T2 at 0-99 of 5 characters is not a span of the text"),
        ("T2\tDrug 0 2\tzz", r":2: entity T2 'zz' \(found: 'fe'\) does not stand at its offsets"),
        ("T2\tDrug zero 2\tfe", ":2: entity T2 is not of the form"),
        ("T1\tDrug 0 2\tfe", ":2: entity T1 has an id that is used twice"),
        ("E1\tDrug ", ":2: event E1 has no trigger"),
        ("X1\tDrug 0 2", ":2: line 'X1' is not brat"),
        ("A1\tNegated T7", "attribute or note of T7 refers to an unknown annotation"),
        ("#1\tOdin T1\t{", ":2: note #1 of type Odin is not the JSON"),
    ],
)
def test_brat_errors_name_file_and_line_and_tolerant_reading_goes_on(tmp_path: Path, line: str, message: str):
    folder = brat_folder(tmp_path / "in", "fever", "T1\tSymptom 0 5\tfever", line)
    with pytest.raises(FormatError, match=message):
        list(brat.read(folder))
    report = ReadReport()
    [document] = brat.read(folder, report, strict=False)
    assert [entity.id for entity in document.entities] == ["T1"]
    assert len(report.dropped) == 1


def test_brat_keeps_the_first_of_two_like_entities_and_hands_it_the_relations(tmp_path: Path):
    folder = brat_folder(
        tmp_path / "in",
        "a b",
        "T1\tX 0 1\ta",
        "T2\tX 0 1\ta",
        "T3\tY 2 3\tb",
        "R1\tr Arg1:T2 Arg2:T3",
        "R2\tr Arg1:T1 Arg2:T2",
    )
    report = ReadReport()
    [document] = brat.read(folder, report)
    assert [(it.id, it.head, it.tail) for it in document.relations] == [("R1", "T1", "T3")]
    assert [what for _, what, _ in report.dropped] == ["entity T2 (as T1)", "relation R2"]


def test_brat_never_mixes_documents_into_a_folder_that_holds_some(tmp_path: Path):
    folder = brat_folder(tmp_path / "in", "fever")
    with pytest.raises(InputError, match=r"holds \.txt or \.ann files already"):
        FORMATS["brat"].write([NOTE], folder)


def test_pubtator_of_others_with_several_concepts_novelty_and_parts_is_read(tmp_path: Path):
    path = tmp_path / "x.PubTator"
    path.write_bytes(
        b"7|t|Ovarian and breast cancer.\r\n7|a|In p.V600E|b|.\r\n"
        b"7\t0\t25\tOvarian and breast cancer\tDisease\tD010051|D001943\tovarian cancer|breast cancer\r\n"
        b"7\t30\t37\tp.V600E\tVariant\tp|SUB|V|600|E\r\n7\t0\t7\tOvarian\tX\t-\r\n"
        b"7\tCID\tD1\tD2\r\n7\tAssociation\tD1\tp|SUB|V|600|E\tNovel\r\n\r\n\r\n8|t|Only a title\r\n8|a|\r\n"
    )
    first, second = pubtator.read(path)
    assert first.text == "Ovarian and breast cancer. In p.V600E|b|."
    assert [entity.concept for entity in first.entities] == ["D010051|D001943", "p|SUB|V|600|E", None]
    assert first.entities[0].attributes == {"parts": "ovarian cancer|breast cancer"}
    assert [it.attributes for it in first.concept_relations] == [{}, {"novel": "Novel"}]
    assert second.text == "Only a title"


def test_pubtator_errors_name_the_line(tmp_path: Path):
    path = tmp_path / "x.PubTator"
    path.write_text("7|t|Pain.\n7|a|Yes.\n7\t0\t4\tPain\tX\n8\t0\t4\tPain\tX\tD1\n7\t1\n")
    with pytest.raises(FormatError, match=r"x\.PubTator:4: line of document '8' stands in document 7"):
        list(pubtator.read(path))
    report = ReadReport()
    [document] = pubtator.read(path, report, strict=False)
    assert (len(document.entities), len(report.dropped)) == (1, 2)


@pytest.mark.parametrize("separator", ["\t", " "])
def test_conll_of_others_is_read_by_its_first_and_last_column(tmp_path: Path, separator: str):
    rows = [
        "-DOCSTART- X O",
        "",
        "Denies NN O",
        "chest NN I-Symptom",
        "pain NN I-Symptom",
        ". . O",
        "",
        "Aspirin NN S-Drug",
    ]
    path = tmp_path / "x.conll"
    path.write_text("\n".join(row.replace(" ", separator) for row in rows))
    [document] = conll.read(path)
    assert document.text == "Denies chest pain .\nAspirin"
    assert [(e.label, e.text_in(document.text)) for e in document.entities] == [
        ("Symptom", "chest pain"),
        ("Drug", "Aspirin"),
    ]


def test_conll_refuses_what_is_no_tag(tmp_path: Path):
    path = tmp_path / "x.conll"
    path.write_text("Aspirin\tB-Drug\nhelps\tDrug\n")
    with pytest.raises(FormatError, match=r"x\.conll:2: 'Drug' is not a tag"):
        list(conll.read(path))


def test_bioc_with_passages_is_written_with_the_same_passages(tmp_path: Path):
    source = (
        '<collection><source/><date/><key/><document><id>9</id><passage><infon key="type">title</infon>'
        "<offset>0</offset>"
        '<text>Pain.</text><annotation id="a"><infon key="type">Symptom</infon><location offset="0" length="4"/>'
        "<text>Pain</text></annotation></passage><passage><offset>6</offset>"
        "<sentence><offset>6</offset><text>Aspirin.</text>"
        '<annotation id="b"><infon key="type">Drug</infon><infon key="identifier">D1</infon>'
        '<location offset="6" length="7"/>'
        '<text>Aspirin</text></annotation></sentence></passage><relation id="r"><infon key="type">treats</infon>'
        '<node refid="b" role="drug"/><node refid="a" role="problem"/></relation></document></collection>'
    )
    path = tmp_path / "x.xml"
    path.write_text(source)
    [document] = bioc_xml.read(path)
    assert document.text == "Pain. Aspirin."
    assert [(it.label, it.head, it.tail) for it in document.relations] == [("treats", "b", "a")]
    value = bioc.to_bioc(document)
    again = tmp_path / "y.json"
    bioc.write([document], again)
    assert list(bioc.read(again)) == [document]
    assert [len(passage["annotations"]) for passage in value["passages"]] in ([1, 1], [2])


def test_bioc_xml_refuses_entities_that_grow_without_bound(tmp_path: Path):
    path = tmp_path / "bomb.xml"
    path.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE c [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;">\n]>\n'
        "<collection>&b;</collection>"
    )
    with pytest.raises(FormatError, match=r"bomb\.xml:3: declares an XML entity"):
        list(bioc_xml.read(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bioc-json", '{"documents": [{"id": "1"}]}', "document 1 is not BioC: 'passages' is missing"),
        ("bioc-json", '{"documents": [\n{]}', ":2: not valid JSON"),
        ("bioc-json", "{}", 'needs a list of "documents"'),
        (
            "bioc-json",
            '{"documents": [{"id": "1", "passages": [{"offset": 99999999}]}]}',
            "does not follow the text before it",
        ),
        ("bioc-xml", "<collection><document>", ":1: not well-formed XML"),
        ("roam", "{}", "a list of sentences is needed"),
        ("phee", '{"id": "1_1"}', ":1: the line is not a PHEE sentence"),
        ("chemprot", '{"text": "<< a >> b", "label": "X"}', ":1: needs a label and a text with one"),
    ],
)
def test_what_is_not_in_the_format_is_an_error_that_names_the_place(
    tmp_path: Path, name: str, content: str, message: str
):
    path = tmp_path / "in.x"
    path.write_text(content)
    with pytest.raises(FormatError, match=message):
        list(FORMATS[name].read(path))
