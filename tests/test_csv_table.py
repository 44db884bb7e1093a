"""The CSV table for spreadsheets."""

import csv
from pathlib import Path

from markup import document

from odin.corpora import csv_table
from odin.schema import Entity, Relation


def test_the_table_has_a_row_for_each_entity_and_relation(tmp_path: Path) -> None:
    note = document("[Aspirin](Drug) for [head,\nache](Symptom|negated) 😀", ("treats", "Aspirin", "head,\nache"))
    report = csv_table.write([note], tmp_path / "out.csv")
    assert (report.documents, report.entities, report.relations) == (1, 2, 1)
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines(keepends=True)))
    assert [(row["kind"], row["text"], row["assertion"]) for row in rows[:2]] == [
        ("entity", "Aspirin", ""),
        ("entity", "head,\nache", "negated"),
    ]
    assert (rows[2]["head"], rows[2]["tail"], rows[2]["denied"]) == ("T1", "T2", "no")


def test_a_surface_cannot_become_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    note = document("x").with_annotations([])
    note = type(note)(
        "=1+1", "=cmd()", (Entity("T1", "Drug", 0, 6), Entity("T2", "Drug", 1, 4)), (Relation("R1", "a", "T1", "T2"),)
    )
    csv_table.write([note], tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    assert (rows[0]["document"], rows[0]["text"], rows[2]["head_text"]) == ("'=1+1", "'=cmd()", "'=cmd()")
    assert all(not value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
