"""The native format: errors name the line, a bad line does not stop a tolerant reading, a crash leaves the old file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from markup import document

from odin.corpora import jsonl
from odin.errors import FormatError, InputError
from odin.schema import ReadReport

GOOD = '{"id":"a","text":"x y","entities":[{"id":"T1","label":"Drug","start":0,"end":1,"text":"x"}]}'


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return path


def related(fields: str) -> str:
    """A line with a relation that has these fields too."""
    entities = '{"id":"T1","label":"L","start":0,"end":1},{"id":"T2","label":"L","start":1,"end":2}'
    relation = f'{{"id":"R1","label":"treats","head":"T1","tail":"T2",{fields}}}'
    return f'{{"id":"b","text":"xy","entities":[{entities}],"relations":[{relation}]}}'


def test_a_concept_id_that_is_a_number_is_read_as_a_string(tmp_path: Path):
    line = '{"id":"a","text":"BRCA1","entities":[{"id":"T1","label":"Gene","start":0,"end":5,"concept":672}]}'
    [found] = jsonl.read(write(tmp_path / "in.jsonl", line))
    assert found.entities[0].concept == "672"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id":"b","text":', "not valid JSON at character"),
        ('{"id":"b"}', 'a document needs "text"'),
        ("[1]", "a document must be a JSON object, not list"),
        (b'{"id":"b","text":"\xff"}', "byte 0xff is not UTF-8"),
        (b"\x1f\x8b\x08", "is packed with gzip; let the file's name end in .gz, or unpack it"),
        ('{"id":"a","text":"other"}', "the id 'a' stands in line 1 too"),
        ('{"id":"b","text":"x","meta":{"score":NaN}}', "NaN is not a JSON value"),
        ('{"id":"b","text":"x","entities":[{"id":"T1","label":"L","start":0,"end":9}]}', "0-9 is not a span of a text"),
        (
            '{"id":"b","text":"xy","entities":[{"id":"T1","label":"L","start":0,"end":1,"text":"y"}]}',
            "says its text is 'y'",
        ),
        ("[" * 100_000, "the JSON is nested too deep"),
        ('{"id":null,"text":"x"}', 'the "id" of a document: an id or a label must be a string, not None'),
        (
            '{"id":"b","text":"xy","entities":[{"id":"T1","label":"L","start":0,"end":1,"cue":[1]}]}',
            "a span must be [start, end], not [1]",
        ),
        (
            '{"id":"b","text":"xy","entities":[{"id":"T1","label":"L","start":0,"end":1,"concept":["D1"]}]}',
            "an id or a label must be a string, not ['D1']",
        ),
        (related('"evidence":[0,9]'), "its evidence 0-9 is not a span of a text of 2 characters"),
        (related('"score":85'), "relation R1: score 85 is not between 0 and 1"),
        (related('"score":"high"'), "an annotation is not in the native format"),
    ],
)
def test_a_bad_line_is_named_or_dropped_and_the_rest_is_read(tmp_path: Path, caplog, line: str | bytes, message: str):
    path = write(tmp_path / "in.jsonl", GOOD, "", line, '{"id":"c","text":"z"}')
    with pytest.raises(FormatError) as caught:
        list(jsonl.read(path))
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)
    report = ReadReport()
    assert [it.id for it in jsonl.read(path, report, strict=False)] == ["a", "c"]
    [(place, what, why)] = report.dropped
    assert (place, what) == (f"{path}:3", "document")
    assert message in why
    assert report.documents == 2
    assert "1 of 3 documents could not be read" in caplog.text


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path):
    path = write(
        tmp_path / "in.jsonl", b"\xef\xbb\xbf" + GOOD.encode() + b"\r", '{"id":"b","text":"1\\r\\n2\\u2028"}\r'
    )
    assert [it.text for it in jsonl.read(path)] == ["x y", "1\r\n2\u2028"]


def test_missing_files_and_folders_are_errors_that_name_them(tmp_path: Path):
    with pytest.raises(InputError, match=r"absent\.jsonl: no such file"):
        list(jsonl.read(tmp_path / "absent.jsonl"))
    with pytest.raises(InputError, match="is a folder"):
        list(jsonl.read(tmp_path))


def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    jsonl.write([document("[a](Drug)")], path)
    before = path.read_bytes()
    with pytest.raises(FormatError, match="two documents have the id 'd1'"):
        jsonl.write([document("[b](Drug)"), document("c")], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_ends_in_gz_is_packed_and_read_back(tmp_path: Path):
    path = tmp_path / "out.jsonl.gz"
    jsonl.write([document("[a](Drug) 😀")], path)
    assert gzip.decompress(path.read_bytes()).startswith(b'{"id"')
    assert [it.text for it in jsonl.read(path)] == ["a 😀"]


CUT_SHORT = gzip.compress(GOOD.encode() * 99)[:60]


@pytest.mark.parametrize("data", [b'{"id":"a","text":"x"}', CUT_SHORT], ids=["not packed", "cut short"])
def test_a_gz_file_that_is_not_packed_or_cut_short_is_an_error_that_names_it(tmp_path: Path, data: bytes):
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"in\.jsonl\.gz: is not a whole gzip file"):
        list(jsonl.read(path))


def test_half_a_surrogate_pair_is_written_as_an_escape(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    jsonl.write([document("a\ud83d b")], path)
    assert "\\ud83d" in path.read_text()
    assert [it.text for it in jsonl.read(path)] == ["a\ud83d b"]


def test_reading_and_writing_stream(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    jsonl.write((document("[a](Drug) 😀", id=str(number)) for number in range(3)), path)
    reading = jsonl.read(path)
    assert next(reading).id == "0"
    reading.close()
    assert json.loads(path.read_text().splitlines()[2])["id"] == "2"
