"""The importers of licensed terminologies, on small made-up releases of the right form."""

from pathlib import Path

import pytest

from odin.__main__ import main
from odin.errors import FormatError, InputError
from odin.knowledge.check import check
from odin.knowledge.snomed import import_snomed
from odin.knowledge.tables import KNOWLEDGE_FOLDER, read_graph
from odin.knowledge.umls import import_umls

MRSTY = "C1|T121|A1|Pharm|AT1||\nC2|T047|B2|Dis|AT2||\nC3|T073|A1|Object|AT3||\n"
MRCONSO = """\
C1|ENG|P|L1|PF|S1|Y|A1||1||RXNORM|IN|123|zamipril|0|N||
C1|ENG|S|L2|PF|S2|Y|A2||2||MSH|ET|D0001|ZMP drug|0|N||
C1|ENG|S|L9|PF|S9|Y|A9||9||MSH|ET|D0001|hidden name|0|O||
C2|ENG|P|L3|PF|S3|Y|A3||3||ICD10CM|PT|Z99.0|odd fever|0|N||
C2|ENG|S|L4|PF|S4|Y|A4||4||NCI|AB|C77|OF|0|N||
C2|FRE|P|L5|PF|S5|Y|A5||5||MSHFRE|MH|D0002|fievre|0|N||
C3|ENG|P|L6|PF|S6|Y|A6||6||MSH|MH|D0003|chair|0|N||
"""
MRREL = """\
C2|A3|AUI|RO|C1|A1|AUI|may_treat|R1||NDFRT|NDFRT||Y|N||
C1|A1|AUI|RO|C2|A3|AUI|may_be_treated_by|R2||NDFRT|NDFRT||N|N||
C3|A6|AUI|RO|C1|A1|AUI|may_treat|R3||NDFRT|NDFRT||Y|N||
"""


@pytest.fixture
def umls(tmp_path: Path) -> Path:
    folder = tmp_path / "META"
    folder.mkdir()
    for name, text in (("MRSTY", MRSTY), ("MRCONSO", MRCONSO), ("MRREL", MRREL)):
        (folder / f"{name}.RRF").write_text(text, encoding="utf-8")
    return folder


def test_a_umls_release_becomes_a_graph(umls: Path, tmp_path: Path) -> None:
    counts = import_umls(umls, tmp_path / "graph")
    graph = read_graph(tmp_path / "graph")
    drug = graph.concept["UMLS:C1"]
    assert (drug.label, drug.name, drug.codes) == ("Drug", "zamipril", ("RXNORM:123", "MESH:D0001"))
    assert [(item.text, item.kind) for item in graph.concept["UMLS:C2"].surfaces] == [
        ("odd fever", "preferred"), ("OF", "abbreviation"),
    ]  # fmt: skip
    assert "UMLS:C3" not in graph.concept
    assert [fact.key for fact in graph.facts] == [("UMLS:C1", "treats", "UMLS:C2")]
    assert counts["treats"] == 1
    assert "hidden name" not in {item.text for item in drug.surfaces}


def test_a_licensed_graph_is_sound_but_may_not_ship(umls: Path, tmp_path: Path) -> None:
    import_umls(umls, tmp_path / "graph")
    assert check(tmp_path / "graph", shipped=False) == []
    assert any("forbids shipping" in problem for problem in check(tmp_path / "graph"))


def test_a_licensed_release_never_overwrites_the_graph_that_ships(umls: Path) -> None:
    with pytest.raises(InputError, match="a folder of its own"):
        import_umls(umls, KNOWLEDGE_FOLDER)


def test_a_torn_rrf_line_is_named(umls: Path, tmp_path: Path) -> None:
    (umls / "MRCONSO.RRF").write_text("C1|ENG|P\n")
    with pytest.raises(FormatError, match=r"MRCONSO\.RRF:1: 3 fields"):
        import_umls(umls, tmp_path / "graph")


def test_a_release_without_names_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"MRSTY\.RRF"):
        import_umls(tmp_path, tmp_path / "graph")


CONCEPTS = (
    "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n1\t2026\t1\tm\td\n2\t2026\t1\tm\td\n3\t2026\t0\tm\td\n"
)
DESCRIPTION_HEADER = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n"
DESCRIPTIONS = DESCRIPTION_HEADER + (
    "11\t2026\t1\tm\t1\ten\t900000000000003001\tOdd fever (disorder)\tc\n"
    "12\t2026\t1\tm\t1\ten\t900000000000013009\tOddness\tc\n"
    "13\t2026\t0\tm\t1\ten\t900000000000013009\tRetired name\tc\n"
    "14\t2026\t1\tm\t2\ten\t900000000000003001\tVery odd fever (disorder)\tc\n"
    "15\t2026\t1\tm\t3\ten\t900000000000003001\tGone (disorder)\tc\n"
)
RELATIONSHIPS = (
    "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId"
    "\tmodifierId\n"
    "21\t2026\t1\tm\t2\t1\t0\t116680003\tc\tm\n"
    "22\t2026\t1\tm\t2\t1\t1\t42752001\tc\tm\n"
    "23\t2026\t0\tm\t1\t2\t0\t116680003\tc\tm\n"
)


@pytest.fixture
def snomed(tmp_path: Path) -> Path:
    folder = tmp_path / "rf2" / "Snapshot" / "Terminology"
    folder.mkdir(parents=True)
    (folder / "sct2_Concept_Snapshot_INT_20260101.txt").write_text(CONCEPTS, encoding="utf-8")
    (folder / "sct2_Description_Snapshot-en_INT_20260101.txt").write_text(DESCRIPTIONS, encoding="utf-8")
    (folder / "sct2_Relationship_Snapshot_INT_20260101.txt").write_text(RELATIONSHIPS, encoding="utf-8")
    return tmp_path / "rf2"


def test_a_snomed_snapshot_becomes_a_graph(snomed: Path, tmp_path: Path) -> None:
    import_snomed(snomed, tmp_path / "graph")
    graph = read_graph(tmp_path / "graph")
    assert set(graph.concept) == {"SNOMEDCT:1", "SNOMEDCT:2"}
    assert [item.text for item in graph.concept["SNOMEDCT:1"].surfaces] == ["Odd fever", "Oddness"]
    assert {fact.key for fact in graph.facts} == {
        ("SNOMEDCT:2", "is_a", "SNOMEDCT:1"),
        ("SNOMEDCT:1", "causes", "SNOMEDCT:2"),
    }


def test_a_file_that_is_not_rf2_is_named(snomed: Path, tmp_path: Path) -> None:
    path = next(snomed.rglob("sct2_Concept_*"))
    path.write_text("name\tage\n")
    with pytest.raises(FormatError, match="not that of an RF2 file"):
        import_snomed(snomed, tmp_path / "graph")


def test_the_command_imports_and_looks_up(
    umls: Path, snomed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["knowledge", "import-umls", str(umls), "--output", str(tmp_path / "u")]) == 0
    assert main(["knowledge", "import-snomed", str(snomed), "--output", str(tmp_path / "s")]) == 0
    capsys.readouterr()
    assert main(["knowledge", "lookup", "an odd fever", "--folder", str(tmp_path / "u")]) == 0
    assert "UMLS:C2" in capsys.readouterr().out
