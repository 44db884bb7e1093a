"""The Extract tab without a browser: what its handlers return and how the result is shown."""

import csv
import gzip
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio
import pytest
from markup import document
from word_extractor import WordExtractor, write_word_model

from annotation.background import in_background
from annotation.components.notice import progress_value
from annotation.components.relation_table import EVIDENCE_AROUND, evidence_of, table_value
from annotation.downloads import FORMATS, write_download
from annotation.extract import handlers
from annotation.extract.extracting import Run, extract_notes, read_uploads, summary_rows
from annotation.services import Services, shows_errors
from odin.corpora import bioc, jsonl
from odin.errors import InputError, LabelError, ModelError
from odin.extraction import catalog
from odin.extraction.inputs import Columns
from odin.labels import load_label_set
from odin.schema import ConceptRelation, Document, ReadReport, Relation

NOTE = "Metformin treats type 2 diabetes. Penicillin causes rash.\nDenies fever."
CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services whose one model is the test extractor."""
    models = tmp_path_factory.mktemp("models")
    write_word_model(models / "odin-mini")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "MODELS_FOLDER", models)
        patch.setitem(catalog.ARCHITECTURES, "words", ("word_extractor", "WordExtractor"))
        yield Services(models / "home")


def run_of(services: Services, text: str = NOTE, entity: float = 0.5) -> Run:
    run = list(handlers.extract_text(services, text, "clinical", "odin-mini", entity))[-1][0]
    assert run is not None
    return run


def words_of(update: dict | None) -> str:
    return "" if update is None else update["words"]


def test_a_note_gives_view_table_and_graph_of_the_same_document(services: Services) -> None:
    shown = handlers.show(run_of(services), 0, 0.5, 0.5)
    page, found, phi, problems, _, _, _, view, table, graph = shown
    assert page["visible"] is True
    assert words_of(found) == "5 mentions and 2 relations"
    assert (phi, problems) == (None, None)
    assert [e["text"] for e in view["document"]["entities"]][:2] == ["Metformin", "type 2 diabetes"]
    assert [row["sentence"] for row in table["rows"]] == ["{head} treats {tail}", "{head} causes {tail}"]
    assert len(graph["edges"]) == 2


def test_sliders_filter_what_was_found_without_another_run(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(services)
    monkeypatch.setattr("word_extractor.WordExtractor.extract", None)
    assert handlers.look_lower(services, run, "odin-mini", 0.7, 0.5) is run
    assert words_of(handlers.show(run, 0, 0.7, 0.5)[1]) == "3 mentions and 1 relation"
    assert words_of(handlers.show(run, 0, 0.5, 0.95)[1]) == "5 mentions and 0 relations"


def test_a_relation_below_the_models_own_threshold_appears_when_the_slider_is_lowered(services: Services) -> None:
    run = run_of(services, "Penicillin causes rash")
    assert words_of(handlers.show(run, 0, 0.5, 0.7)[1]) == "2 mentions and 0 relations"
    assert words_of(handlers.show(run, 0, 0.5, 0.6)[1]) == "2 mentions and 1 relation"


def test_one_note_is_read_again_where_the_slider_goes_below_what_was_looked_for(services: Services) -> None:
    run = replace(run_of(services, "Penicillin causes rash", 0.5), entity_floor=0.7, documents=())
    run = replace(run, documents=run_of(services, "Penicillin causes rash").documents)
    lower = handlers.look_lower(services, run, "odin-mini", 0.3, 0.5)
    assert lower is not None
    assert (lower.entity_floor, len(lower.documents[0].entities)) == (0.3, 2)


def test_choosing_another_model_does_not_put_its_answer_under_the_name_of_the_first(services: Services) -> None:
    write_word_model(catalog.MODELS_FOLDER / "other")
    try:
        run = run_of(services)
        assert handlers.look_lower(services, run, "other", 0.0, 0.0) is run
        assert "below 0.50 were not looked for: extract again" in handlers.show(run, 0, 0.0, 0.0)[1]["detail"]
        again = handlers.look_lower(services, run, "odin-mini", 0.0, 0.0)
        assert again is not None
        assert again.entity_floor == 0.0
    finally:
        shutil.rmtree(catalog.MODELS_FOLDER / "other")


def test_a_run_can_be_stopped_while_the_model_is_at_a_note(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    go_on, at_work = threading.Event(), threading.Event()

    def slow(self: WordExtractor, document: Document, *_: object) -> Document:
        read.append(document.id)
        at_work.set()
        assert go_on.wait(60)
        return document

    monkeypatch.setattr(WordExtractor, "_annotate", slow)
    notes = [Document(str(number), "aspirin") for number in range(3)]
    run = Run(CLINICAL, "odin-mini@test", 0.5)
    so_far = extract_notes(services.extractor("odin-mini"), notes, run, ReadReport())
    assert (next(so_far).finished, next(so_far).documents) == (False, ())
    assert at_work.wait(60)
    so_far.close()
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "in-background":
            thread.join(60)
    assert read == ["0"]


def test_what_goes_wrong_in_the_thread_of_a_run_is_raised_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_background((1 // number for number in (1, 0)), 0.1))
    assert list(in_background(iter("ab"), 60)) == ["a", "b"]


def test_a_batch_says_that_lower_scores_were_not_looked_for(services: Services) -> None:
    run = replace(run_of(services), total=2)
    assert handlers.look_lower(services, run, "odin-mini", 0.1, 0.5) is run
    assert "mentions below 0.50 were not looked for" in handlers.show(run, 0, 0.1, 0.5)[1]["detail"]


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "x" * 1_000_001])
def test_text_that_cannot_be_read_is_refused_in_words(services: Services, text: str) -> None:
    with pytest.raises(InputError, match=r"^Note: "):
        list(handlers.extract_text(services, text, "clinical", "odin-mini", 0.5))


def test_only_models_at_hand_may_be_asked_for_and_only_label_sets_they_know(services: Services, tmp_path: Path) -> None:
    for name in ("someone/else", str(write_word_model(tmp_path / "elsewhere")), "../models/odin-mini"):
        with pytest.raises(ModelError, match="at hand"):
            list(handlers.extract_text(services, NOTE, "clinical", name, 0.5))
    with pytest.raises(LabelError, match="cannot answer with the label set 'ade'"):
        list(handlers.extract_text(services, NOTE, "ade", "odin-mini", 0.5))


def test_a_label_set_of_the_page_is_never_a_path(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(CLINICAL.to_json()))
    with pytest.raises(LabelError, match="unknown label set"):
        services.labels(str(path))


def test_uploads_go_on_past_files_that_cannot_be_read_and_keep_server_folders_out(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = {
        "a/visit.txt": b"aspirin treats headache",
        "b/visit.txt": b"fever",
        "a/bad.jsonl": b'{"id": "j", "text": "rash"}\n{broken',
        "a/scan.pdf": b"%PDF",
        "a/table.csv": b"note\nx\n",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in files]
    *_, (run, progress) = handlers.extract_files(services, paths, None, "text", "clinical", "odin-mini", 0.5)
    assert run is not None
    assert [d.id for d in run.documents] == ["visit", "visit.txt:visit", "j"]
    assert [problem.split(": ")[0] for problem in run.problems] == ["bad.jsonl:2", "scan.pdf", "table.csv"]
    assert not any(str(tmp_path) in problem for problem in run.problems)
    assert progress["words"].startswith("6 notes")
    shown = handlers.show(run, 1, 0.5, 0.5)
    assert words_of(shown[3]) == "3 inputs could not be done; the rest was."
    assert words_of(shown[6]) == "Note 2 of 3: visit.txt:visit"
    assert shown[4]["value"][0] == [1, "visit", 23, 2, 1, 0, 0]


def test_packed_uploads_are_read_and_a_damaged_one_is_named_beside_them(services: Services, tmp_path: Path) -> None:
    whole = gzip.compress(b'{"id": "cut", "text": "rash"}\n')
    files = {"good.jsonl.gz": gzip.compress(b'{"id": "j", "text": "rash"}\n'), "visit.txt.gz": gzip.compress(b"fever")}
    for name, data in (files | {"cut.jsonl.gz": whole[:20]}).items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in ("cut.jsonl.gz", *files)]
    *_, (run, _) = handlers.extract_files(services, paths, None, "text", "clinical", "odin-mini", 0.5)
    assert run is not None
    assert [d.text for d in run.documents] == ["rash", "fever"]
    assert run.problems[0].startswith("cut.jsonl.gz: is not a whole gzip file")


def test_no_files_is_said(services: Services) -> None:
    with pytest.raises(InputError, match="No files yet"):
        list(handlers.extract_files(services, None, ["/x/scan.pdf"], "text", "clinical", "odin-mini", 0.5))


def test_an_upload_table_is_read_by_its_text_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,note\n1,fever\n")
    assert [d.text for d in read_uploads([tmp_path / "t.csv"], ReadReport(), Columns(text="note"))] == ["fever"]


def test_the_phi_warning_counts_and_lists_what_was_seen(services: Services) -> None:
    shown = handlers.show(run_of(services, "Mr. John Doe has fever, MRN: 0012345"), 0, 0.5, 0.5)[2]
    assert words_of(shown) == "this text may identify somebody: 1 name, 1 record number."
    assert shown["items"] == ["name: John Doe", "record number: 0012345"]
    assert "not de-identification" in shown["detail"]


def test_moving_stays_within_the_run(services: Services) -> None:
    run = run_of(services)
    assert (handlers.move(1, run, 0), handlers.move(-1, run, 0), handlers.move(1, None, 0)) == (0, 0, 0)


def test_settings_follow_the_model(services: Services) -> None:
    labels, entity, relation = handlers.settings_of(services, "odin-mini", "ade")
    assert (labels["value"], labels["choices"], entity, relation) == ("clinical", ["clinical", "biored"], 0.5, 0.5)
    assert handlers.settings_of(services, "odin-mini", "biored")[0]["value"] == "biored"


def test_every_sample_has_a_title_and_text_and_no_annotation(services: Services) -> None:
    samples = services.samples()
    assert len({note.meta["title"] for note in samples}) == len(samples) >= 5
    assert all(note.text and not note.entities for note in samples)
    assert handlers.sample_text(services, str(samples[0].meta["title"])) == samples[0].text
    assert handlers.sample_text(services, None) == gradio.skip()  # what somebody has typed stays


def test_assertion_cue_and_denial_stand_in_the_table() -> None:
    note = document(
        "No [fever](Symptom|negated); [aspirin](Drug) did not help the [headache](Symptom).",
        ("treats", "aspirin", "headache"),
        ("treats", "aspirin", "fever"),
    )
    fever, *others = note.entities
    denied, plain = note.relations
    note = note.with_annotations(
        [replace(fever, cue=(0, 2)), *others], [replace(denied, attributes={"negated": True}), plain]
    )
    first, second = table_value(note, CLINICAL)["rows"]
    assert (first["denied"], second["denied"]) == (True, False)
    assert (second["tail"]["assertion"], second["tail"]["cue"]) == ("negated", "No")
    assert first["head"]["assertion"] is None


def test_evidence_marks_both_mentions_and_shortens_what_stands_far_apart() -> None:
    note = document("[Aspirin](Drug) treats\n[headache](Symptom).")
    relation = Relation("R1", "treats", "T1", "T2", evidence=(0, len(note.text)))
    assert evidence_of(relation, note) == [["Aspirin", "head"], [" treats ", ""], ["headache", "tail"], [".", ""]]
    far = document(f"x [Aspirin](Drug) {'a ' * 400}[headache](Symptom) z")
    pieces = evidence_of(replace(relation, evidence=(0, len(far.text))), far)
    assert [role for _, role in pieces] == ["", "head", "", "gap", "", "tail", ""]
    assert sum(len(text) for text, _ in pieces) < 4 * EVIDENCE_AROUND + 40


def test_concept_relations_are_shown_by_their_first_mention() -> None:
    note = document("[Metformin](Drug) for [diabetes](Disease)")
    metformin, diabetes = note.entities
    note = note.with_annotations(
        [replace(metformin, concept="D008687"), replace(diabetes, concept="D003924|D1")],
        concepts=[ConceptRelation("Negative_Correlation", "D008687", "D1", score=0.7)],
    )
    [row] = table_value(note, load_label_set("biored"))["rows"]
    assert (row["head"]["text"], row["tail"]["text"], row["id"]) == ("Metformin (D008687)", "diabetes (D1)", None)


def test_every_download_is_read_back_as_what_is_shown(services: Services, tmp_path: Path) -> None:
    run = run_of(services)
    documents = [d.with_annotations(d.entities, d.relations) for d in run.documents]
    paths = {kind: write_download(kind, documents, tmp_path, "odin")[0] for kind in FORMATS}
    assert list(jsonl.read(paths["JSON lines"])) == documents
    assert [d.entities for d in bioc.read(paths["BioC"])] == [documents[0].entities]
    with zipfile.ZipFile(paths["brat"]) as archive:
        assert sorted(archive.namelist()) == ["note.ann", "note.txt"]
    rows = list(csv.DictReader(paths["CSV"].read_text("utf-8-sig").splitlines()))
    assert [row["kind"] for row in rows] == ["entity"] * 5 + ["relation"] * 2
    assert (rows[5]["head_text"], rows[5]["label"], rows[5]["tail_text"]) == ("Metformin", "treats", "type 2 diabetes")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths.values())


def test_a_download_is_deleted_once_it_was_handed_over(services: Services) -> None:
    steps = handlers.download("CSV", run_of(services), 0.5, 0.5)
    path = Path(next(steps)[0])
    assert path.is_file()
    assert list(steps) == []
    assert not path.exists()
    with pytest.raises(InputError, match="nothing to download yet"):
        next(handlers.download("CSV", None, 0.5, 0.5))


def test_the_endpoint_answers_with_a_document_in_the_native_format(services: Services) -> None:
    answer = handlers.extract(services, NOTE)
    assert answer["relations"][0]["label"] == "treats"
    with pytest.raises(InputError, match="the note is empty"):
        handlers.extract(services, "")
    with pytest.raises(InputError, match="cannot be read by the test extractor"):
        handlers.extract(services, "unreadable")
    with pytest.raises(InputError, match="labels must be a string, not list"):
        handlers.extract(services, NOTE, ["clinical"])


def test_errors_reach_the_page_as_text_and_bugs_stay_bugs() -> None:
    @shows_errors
    def wrong() -> None:
        raise InputError("'<img src=x onerror=alert(1)>': no")

    @shows_errors
    def broken() -> None:
        raise KeyError("bug")

    with pytest.raises(gradio.Error) as error:
        wrong()
    assert error.value.message == "'&lt;img src=x onerror=alert(1)&gt;': no"
    with pytest.raises(KeyError):
        broken()


def test_an_error_names_an_uploaded_file_without_where_the_server_keeps_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "3f9a").mkdir()
    (tmp_path / "3f9a" / "gold.jsonl").write_text("{broken")
    with pytest.raises(gradio.Error) as error:
        shows_errors(lambda path: list(jsonl.read(path)))(str(tmp_path / "3f9a" / "gold.jsonl"))
    assert error.value.message.startswith("gold.jsonl:1: not valid JSON")


def test_progress_says_rate_and_time_left() -> None:
    assert progress_value(30, 120, 10.0)["words"] == "30 of 120 notes · 3.0 a second · 30 s left"
    assert progress_value(1, None, 0.1)["words"] == "1 note"


def test_a_long_note_is_said_to_be_read_still() -> None:
    said = [handlers._progress(0, 1, seconds)["words"] for seconds in (0.0, 4.9, 5.1, 131.0)]
    assert said == ["Reading the note …", "Reading the note …", "Reading the note … 5 s", "Reading the note … 130 s"]


def test_the_summary_counts_what_does_not_hold_for_the_patient_now() -> None:
    note = document("No [fever](Symptom|negated), [aspirin](Drug|present), [rash](Symptom)")
    assert summary_rows([note]) == [[1, "d1", len(note.text), 3, 0, 1, 0]]
