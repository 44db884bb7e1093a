"""Reading a user's input: every form, and what is said about input that cannot be read."""

import gzip
import io
from pathlib import Path

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odin.errors import InputError
from odin.extraction.inputs import MAX_CHARACTERS, Columns, count_inputs, read_inputs, read_stream
from odin.schema import ReadReport


def read(path: Path, columns: Columns | None = None) -> tuple[list[tuple[str, str]], list[str]]:
    """The (id, text) pairs, and the losses as `place: why`."""
    report = ReadReport()
    documents = [(document.id, document.text) for document in read_inputs(path, report, columns)]
    assert report.documents == len(documents)
    return documents, [f"{place}: {why}" for place, _, why in report.dropped]


def test_a_text_file_is_one_note_named_after_the_file_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "visit.txt"
    path.write_bytes("\ufeffCafé visit\r\n😀 fever".encode())
    assert read(path) == ([("visit", "Café visit\r\n😀 fever")], [])


def test_a_folder_is_read_in_order_and_says_what_it_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("two")
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "a.txt").write_text("three")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    report = ReadReport()
    assert [d.id for d in read_inputs(tmp_path, report)] == ["a", "b", "ward/a"]
    assert report.notes == [f"{tmp_path}: 1 files that do not end in .txt were passed over"]
    assert count_inputs(tmp_path) == 3


def test_in_a_folder_endings_in_capitals_count_and_a_folder_named_txt_is_no_note(tmp_path: Path) -> None:
    (tmp_path / "A.TXT").write_text("one")
    (tmp_path / "old.txt").mkdir()
    (tmp_path / "old.txt" / "b.txt").write_text("two")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    report = ReadReport()
    assert [d.id for d in read_inputs(tmp_path, report)] == ["A", "old.txt/b"]
    assert (count_inputs(tmp_path), report.dropped) == (2, [])
    assert report.notes == [f"{tmp_path}: 1 files that do not end in .txt were passed over"]


def test_a_folder_without_notes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.txt files"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the note is empty"),
        (b" \n\t", "the note is empty"),
        (b"fever\nna\xefve\n", ":2: byte 0xef is not UTF-8; save the file as UTF-8"),
        (b"%PDF-1.7 \xe2", "is a PDF, not text; export the note as plain UTF-8 text"),
        (b"PK\x03\x04\x14\x00", "is a Word, Excel or zip file, not text"),
        (b"fever\x00\x01", "holds NUL characters, so it is a binary file"),
        (
            b"x" * (5 * 1024 * 1024),
            "has 5,242,880 bytes and at most 1,000,000 characters are read as one note; split it",
        ),
        (b"x" * (MAX_CHARACTERS + 1), "the note has 1,000,001 characters and at most 1,000,000"),
    ],
)
def test_a_bad_note_is_reported_with_its_file_and_the_rest_of_the_folder_is_read(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    (tmp_path / "good.txt").write_text("fever")
    documents, losses = read(tmp_path)
    assert documents == [("good", "fever")]
    assert len(losses) == 1
    assert losses[0].startswith(f"{tmp_path / 'bad.txt'}:")
    assert message in losses[0]


def test_a_note_that_vanishes_is_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "good.txt").write_text("fever")
    documents, losses = read(tmp_path)
    assert (len(documents), losses) == (1, [f"{tmp_path / 'gone.txt'}: no such file; check the path"])


def test_a_malformed_line_17_is_named_and_the_other_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    lines = [f'{{"id": "n{i}", "text": "note {i}"}}' for i in range(1, 31)]
    lines[16] = '{"id": "n17", "text": "not closed'
    lines[20] = '{"id": "n21", "text": " "}'
    path.write_text("\n".join(lines))
    documents, losses = read(path)
    assert len(documents) == 28
    assert losses[0].startswith(f"{path}:17: not valid JSON at character")
    assert losses[1].startswith(f"{path}:21: the note is empty")
    assert count_inputs(path) == 30


def test_an_id_that_comes_twice_is_reported_with_both_places(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("id,text\np1,fever\np1,cough\n")
    documents, losses = read(path)
    assert documents == [("p1", "fever")]
    assert losses == [
        f"{path}:3: the id 'p1' stands in {path}:2 already; give each note its own, or choose another id column"
    ]


def test_a_table_row_may_span_lines_and_a_bad_row_is_named_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(b'patient;note\nA;"fever\nand cough"\nB;na' + b"\xef" + b"ve\nC;\n\nD;rash\n")
    documents, losses = read(path, Columns(text="note", id="patient"))
    assert documents == [("A", "fever\nand cough"), ("D", "rash")]
    assert losses[0].startswith(f"{path}:4: the text is not valid UTF-8")
    assert losses[1].startswith(f"{path}:5: the note is empty")


def test_rows_without_an_id_column_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "notes.tsv"
    path.write_text("when\ttext\n1\tfever\n2\tcough\n")
    assert read(path)[0] == [("notes-1", "fever"), ("notes-2", "cough")]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_whose_id_is_empty_are_numbered_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    if suffix == ".csv":
        path.write_text("id,text\nA,fever\n,cough\n ,rash\n")
    else:
        pandas.DataFrame({"id": ["A", "", " "], "text": ["fever", "cough", "rash"]}).to_parquet(path)
    assert read(path) == ([("A", "fever"), ("notes-2", "cough"), ("notes-3", "rash")], [])


def test_a_note_longer_than_the_csv_modules_own_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("text\n" + "fever " * 50_000 + "\n")
    assert len(read(path)[0][0][1]) == 300_000


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_absent_text_column_is_refused_with_the_columns_there_are(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes.{suffix}"
    frame = pandas.DataFrame({"note": ["fever"], "when": ["1"]})
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    with pytest.raises(InputError, match="no column 'text'; it has note, when: name the one with the notes"):
        read(path)


def test_parquet_rows_are_read_and_empty_ones_reported(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    pandas.DataFrame({"id": [7, 8, 9], "body": ["fever", None, "😀 rash"]}).to_parquet(path)
    documents, losses = read(path, Columns(text="body"))
    assert documents == [("7", "fever"), ("9", "😀 rash")]
    assert losses == [f"{path}: row 2: the note is empty; give it some text or leave it out"]


def test_a_file_that_is_no_parquet_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    path.write_text("id,text\n1,fever\n")
    documents, losses = read(path)
    assert documents == []
    assert "is not a Parquet file that can be read" in losses[0]


def test_a_missing_path_and_an_unknown_kind_say_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.txt: no such file; check the path"):
        read(tmp_path / "nowhere.txt")
    (tmp_path / "note.docx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"cannot read \.docx; give one of \.txt, \.jsonl"):
        read(tmp_path / "note.docx")


def stream(data: bytes) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    report = ReadReport()
    return [(d.id, d.text) for d in read_stream(io.BytesIO(data), report)], report.dropped


def test_a_stream_is_one_note_or_json_lines() -> None:
    assert stream(b"fever\nand cough\n") == ([("stdin", "fever\nand cough\n")], [])
    assert stream(b'{"id": "a", "text": "x"}\n{"id": "b", "text": "y"}\n') == ([("a", "x"), ("b", "y")], [])
    assert stream(b"\xff\xfe")[1] == [("stdin", "note", "byte 0xff is not UTF-8; convert the text to UTF-8")]
    assert stream(b"")[1][0][2].startswith("the note is empty")


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_reading_of_a_stream(data: bytes) -> None:
    documents, dropped = stream(data)
    assert documents or dropped or not data.strip()


@pytest.mark.parametrize(
    ("name", "data", "id"),
    [
        ("visit.txt", b"Aspirin for headache.", "visit"),
        ("visits.jsonl", b'{"id": "a", "text": "Aspirin for headache."}\n', "a"),
        ("visits.csv", b"text\nAspirin for headache.\n", "visits-1"),
        ("visits.tsv", b"id\ttext\n7\tAspirin for headache.\n", "7"),
    ],
)
def test_packed_files_are_read_as_what_they_hold(tmp_path, name, data, id):
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(data))
    report = ReadReport()
    assert [(item.id, item.text) for item in read_inputs(path, report)] == [(id, "Aspirin for headache.")]
    assert not report.dropped
    path.write_bytes(gzip.compress(data)[:-9])
    with pytest.raises(InputError, match="not a whole gzip file"):
        list(read_inputs(path, report))


def test_a_packed_stream_is_called_so():
    report = ReadReport()
    assert not list(read_stream(io.BytesIO(gzip.compress(b"Aspirin for headache.")), report))
    assert report.dropped[0][2].startswith("is packed with gzip; unpack it on the way")
