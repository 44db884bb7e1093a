"""`python -m odin extract --resume`: an interrupted run goes on, to the output of one that was not interrupted."""

import gzip
import json
from pathlib import Path

import pytest
from word_extractor import WordExtractor, write_word_model

from odin.__main__ import main
from odin.extraction import catalog

NOTES = [f"aspirin treats headache and not fever {i}. Penicillin causes rash." for i in range(40)]
UNREADABLE = (7, 20, 38)


@pytest.fixture(autouse=True)
def _word_models(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path_factory.mktemp("models")
    for name in ("odin-mini", "another"):
        write_word_model(models / name)
    monkeypatch.setattr(catalog, "MODELS_FOLDER", models)
    monkeypatch.setitem(catalog.ARCHITECTURES, "words", ("word_extractor", "WordExtractor"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty notes, three of which the extractor refuses."""
    path = tmp_path / "notes.jsonl"
    texts = [text + " unreadable" * (i in UNREADABLE) for i, text in enumerate(NOTES)]
    path.write_text("".join(json.dumps({"id": f"n{i}", "text": text}) + "\n" for i, text in enumerate(texts)))
    return path


def extract(source: Path, output: Path, *options: str) -> int:
    return main(["extract", "--input", str(source), "--output", str(output), *options])


def interrupted_after(count: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ctrl+C comes when so many notes have been read; the ids of the notes that are read, then and later."""
    annotate, read = WordExtractor._annotate, []

    def annotate_or_stop(self, document, labels, options):
        if len(read) == count:
            read.append("interrupted")
            raise KeyboardInterrupt
        read.append(document.id)
        return annotate(self, document, labels, options)

    monkeypatch.setattr(WordExtractor, "_annotate", annotate_or_stop)
    return read


@pytest.mark.parametrize("name", ["found.jsonl", "found.jsonl.gz"])
def test_an_interrupted_run_keeps_what_was_done_and_goes_on_from_it(
    name: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = interrupted_after(25, monkeypatch)
    part = tmp_path / name.replace(".jsonl", ".jsonl.part")
    assert extract(source, tmp_path / name) == 1
    assert f"what was done is in {part}: the same call with --resume goes on from it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path != source] == [part.name]
    before = len(read)
    assert extract(source, tmp_path / name, "--resume") == 1
    assert f"notes are taken over from {part}" in capsys.readouterr().err
    assert not {f"n{i}" for i in range(16)} & set(read[before:])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "notes.jsonl"])
    extract(source, tmp_path / "whole.jsonl")
    data = (tmp_path / name).read_bytes()
    assert (gzip.decompress(data) if name.endswith("gz") else data) == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("place", ["found.jsonl", "found.jsonl.part"])
def test_wherever_an_output_is_cut_the_rest_is_what_it_was_and_failures_are_named_again(
    place: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extract(source, tmp_path / "whole.jsonl")
    failures = [line for line in capsys.readouterr().err.splitlines() if line.startswith("document")]
    whole = (tmp_path / "whole.jsonl").read_bytes()
    for cut in range(0, len(whole) + 1, len(whole) // 60):
        (tmp_path / place).write_bytes(whole[:cut])
        assert extract(source, tmp_path / "found.jsonl", "--resume") == 1
        assert (tmp_path / "found.jsonl").read_bytes() == whole
        errors = capsys.readouterr().err
        assert [line for line in errors.splitlines() if line.startswith("document")] == failures
        assert "3 inputs could not be done (named above), 37 were" in errors
        (tmp_path / "found.jsonl").unlink()


def test_without_anything_to_go_on_from_resume_begins(source: Path, tmp_path: Path) -> None:
    extract(source, tmp_path / "whole.jsonl")
    extract(source, tmp_path / "found.jsonl", "--resume")
    assert (tmp_path / "found.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_without_resume_a_run_begins_anew(source: Path, tmp_path: Path) -> None:
    (tmp_path / "found.jsonl.part").write_text("what an interrupted run left")
    extract(source, tmp_path / "found.jsonl")
    assert len((tmp_path / "found.jsonl").read_text().splitlines()) == len(NOTES) - len(UNREADABLE)
    assert not (tmp_path / "found.jsonl.part").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "another"], "note 'n0' was done by odin-mini@test, not by another@test"),
        (["--labels", "biored"], "note 'n0' has the label Drug, which biored does not"),
        (["--entity-threshold", "0.92"], "note 'n0' has a score of 0.9, below the threshold of 0.92"),
        (["--relation-threshold", "0.7"], "note 'n0' has a score of 0.62, below the threshold of 0.7"),
        (["--given-entities"], "note 'n16' was done with other options than those of now"),
        (["--entity-threshold", "0.1"], None),
    ],
)
def test_other_options_than_before_are_refused_and_change_nothing(
    options: list[str], message: str | None, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extract(source, tmp_path / "found.jsonl")
    begun = b"".join((tmp_path / "found.jsonl").read_bytes().splitlines(keepends=True)[:20])
    (tmp_path / "found.jsonl").write_bytes(begun)
    code = extract(source, tmp_path / "found.jsonl", "--resume", *options)
    if message is None:  # nothing that was found says that it was another
        assert code == 1
        return
    assert code == 2
    assert f"{tmp_path / 'found.jsonl'}: {message}; go on with what it was begun with" in capsys.readouterr().err
    assert (tmp_path / "found.jsonl").read_bytes() == begun
    assert not (tmp_path / "found.jsonl.part").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[5:], "holds the note 'n0', which the input does not, or not in this order"),
        (lambda lines: lines[::-1], "holds the note 'n1', which the input does not, or not in this order"),
        (lambda lines: [line.replace("fever", "cough") for line in lines], "the text of note 'n0' was another"),
    ],
)
def test_other_input_than_before_is_refused(
    change, message: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extract(source, tmp_path / "found.jsonl")
    source.write_text("\n".join(change(source.read_text().splitlines())))
    assert extract(source, tmp_path / "found.jsonl", "--resume") == 2
    assert message in capsys.readouterr().err


def test_an_output_that_is_no_extraction_is_refused(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "found.jsonl").write_text("Metformin, twice a day\n" * 3)
    assert extract(source, tmp_path / "found.jsonl", "--resume") == 2
    assert "found.jsonl:1: not valid JSON" in capsys.readouterr().err


def test_notes_that_were_added_to_the_input_are_done_where_they_stand(source: Path, tmp_path: Path) -> None:
    extract(source, tmp_path / "found.jsonl")
    lines = source.read_text().splitlines()
    lines.insert(3, json.dumps({"id": "late", "text": "aspirin treats headache"}))
    source.write_text("\n".join(lines))
    extract(source, tmp_path / "whole.jsonl")
    extract(source, tmp_path / "found.jsonl", "--resume")
    assert (tmp_path / "found.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_a_stream_cannot_be_gone_on_from(
    option: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"--input": str(source), "--output": str(tmp_path / "found.jsonl"), option: "-"}
    assert main(["extract", "--resume", *(word for pair in given.items() for word in pair)]) == 2
    assert "give files, not -" in capsys.readouterr().err


def test_two_runs_that_write_the_same_output_do_not_mix(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    annotate, begun = WordExtractor._annotate, []

    def annotate_beside(self, document, labels, options):
        if document.id == "n39" and not begun:
            begun.append("beside")
            assert extract(source, tmp_path / "found.jsonl") == 1
        return annotate(self, document, labels, options)

    monkeypatch.setattr(WordExtractor, "_annotate", annotate_beside)
    assert extract(source, tmp_path / "found.jsonl") == 2
    assert "another run began to write the same output" in capsys.readouterr().err
    assert len((tmp_path / "found.jsonl").read_text().splitlines()) == len(NOTES) - len(UNREADABLE)
