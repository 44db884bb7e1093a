"""What the Evaluate tab does, without a browser: files and models in, tables, charts, errors and notes out."""

import csv
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from markup import document

from annotation.evaluate import handlers, sources
from annotation.evaluate.evaluating import Evaluation, label_set_for
from annotation.services import Services
from annotation.store import Store
from annotation.store.projects import create_project, project_documents, suggestions
from annotation.store.reviews import DraftKey
from annotation.store.versions import insert_version
from odin.corpora import jsonl
from odin.errors import CorpusError, FormatError, InputError
from odin.extraction import Extraction
from odin.labels import load_label_set
from odin.schema import Document

CLINICAL = load_label_set("clinical")
SERVICES = Services()
NOTE = "Plan: [metformin](Drug|present) for [diabetes](Disease|present), no [fever](Symptom|negated)."
GOLD = [document(NOTE, ("treats", "metformin", "diabetes"), id=f"n{i}") for i in range(4)]


def scored(one: Document, score: float) -> Document:
    relations = tuple(replace(relation, score=score) for relation in one.relations)
    return replace(one, entities=tuple(replace(e, score=score) for e in one.entities), relations=relations)


RELABELLED = NOTE.replace("[diabetes](Disease", "[diabetes](Symptom")
WORSE = [
    *(scored(document(RELABELLED, ("treats", "metformin", "diabetes"), id=f"n{i}"), 0.4) for i in range(2)),
    *(scored(one, 0.9) for one in GOLD[2:]),
]


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation.of("test", GOLD, WORSE, CLINICAL, second=GOLD)


def path_of(documents: list[Document], path: Path) -> str:
    jsonl.write(documents, path)
    return str(path)


def test_uploaded_files_become_an_evaluation_with_what_training_had_seen(tmp_path: Path) -> None:
    gold, predicted = path_of(GOLD, tmp_path / "g.jsonl"), path_of(WORSE[::-1], tmp_path / "p.jsonl")
    found = sources.evaluate_files(SERVICES, gold, predicted, gold, gold, "clinical")
    assert [pair[1].id for pair in found.pairs] == ["n0", "n1", "n2", "n3"]
    assert found.scores.entities["exact"].micro.true_positives == 10
    assert found.second == tuple(GOLD)
    assert [row[0] for row in handlers.show_slices(found, "mentions", "seen in training")] == ["seen"]
    assert hash(found) != hash(replace(found))  # the page tells by it that something new is to be shown


def test_the_page_hears_at_once_that_files_are_being_scored(tmp_path: Path) -> None:
    gold = path_of(GOLD, tmp_path / "g.jsonl")
    (nothing, said), (evaluation, done) = sources.score_files(SERVICES, gold, gold, None, None, "clinical")
    assert (nothing, said) == (None, "reading and scoring the files")
    assert (evaluation.scores.documents, done) == (4, "g.jsonl against g.jsonl: done")


def test_files_that_seem_swapped_are_scored_with_a_question(tmp_path: Path) -> None:
    gold, predicted = path_of(GOLD, tmp_path / "g.jsonl"), path_of(WORSE, tmp_path / "p.jsonl")
    asked = {
        pair: list(sources.score_files(SERVICES, *pair, None, None, "clinical"))[-1][1].endswith("swapped?")
        for pair in ((gold, predicted), (predicted, gold), (gold, gold), (predicted, predicted))
    }
    assert [pair for pair, is_asked in asked.items() if is_asked] == [(predicted, gold)]


def test_files_that_are_absent_or_wrong_are_named(tmp_path: Path) -> None:
    gold = path_of(GOLD, tmp_path / "g.jsonl")
    with pytest.raises(InputError, match="choose a gold file and a predicted file"):
        sources.evaluate_files(SERVICES, gold, None, None, None, "clinical")
    (tmp_path / "bad.jsonl").write_text("{")
    with pytest.raises(FormatError, match=r"bad\.jsonl:1"):
        sources.evaluate_files(SERVICES, gold, str(tmp_path / "bad.jsonl"), None, None, "clinical")
    with pytest.raises(InputError, match="no gold document"):
        sources.evaluate_files(SERVICES, path_of([], tmp_path / "empty.jsonl"), gold, None, None, "clinical")


class Parrot:
    """Answers each note with what it was told to answer."""

    name = "parrot@1"

    def __init__(self, answers: list[Document]) -> None:
        self._answers = {one.text: one for one in answers}

    def label_sets(self) -> tuple[str, ...]:
        return ("clinical",)

    def extract(self, documents, labels, options=None) -> Iterator[Extraction]:
        for one in documents:
            assert bool(one.entities) == bool(options and options.given_entities)
            yield Extraction(replace(self._answers[one.text], id=one.id))


@pytest.fixture
def corpora_of_ours(tmp_path: Path, monkeypatch) -> list[Document]:
    notes = [replace(one, id=f"{part}{i}") for part in ("train", "dev") for i, one in enumerate(GOLD)]
    for part in ("train", "dev"):
        jsonl.write([one for one in notes if one.id.startswith(part)], tmp_path / "clinical_notes" / f"{part}.jsonl")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    return notes


def services_with(parrot: Parrot) -> SimpleNamespace:
    return SimpleNamespace(extractor=lambda name: parrot, labels=load_label_set)


def test_a_model_is_evaluated_on_a_corpus_with_live_progress(corpora_of_ours: list[Document], monkeypatch) -> None:
    monkeypatch.setattr(sources, "SECONDS_BETWEEN_UPDATES", 600)  # on a busy machine the first note takes seconds
    services = services_with(Parrot(corpora_of_ours))
    steps = list(sources.evaluate_model(services, "parrot", None, "clinical_notes", "dev", 3))
    assert [said for _, said in steps][:3] == [f"parrot: {n} of 3 notes" for n in (1, 2, 3)]
    evaluation, said = steps[-1]
    assert said == "parrot on clinical_notes dev: done"
    assert evaluation.scores.documents == 3
    assert evaluation.scores.entities["exact"].micro.f1 == 1
    assert evaluation.training.surfaces["fever"] == 4
    assert "parrot, given gold entities: 3 of 3 notes" in [said for _, said in steps]
    assert evaluation.views()["strict_given"].micro.f1 == 1


def test_an_evaluation_can_be_stopped_while_the_model_is_at_its_notes(
    corpora_of_ours: list[Document], monkeypatch
) -> None:
    monkeypatch.setattr(sources, "SECONDS_BETWEEN_UPDATES", 0.01)
    parrot, go_on = Parrot(corpora_of_ours), threading.Event()
    answer = parrot.extract

    def slow(documents, labels, options=None) -> Iterator[Extraction]:
        assert go_on.wait(10)
        yield from answer(documents, labels, options)

    monkeypatch.setattr(parrot, "extract", slow)
    steps = sources.evaluate_model(services_with(parrot), "parrot", None, "clinical_notes", "dev", 3)
    try:
        assert next(steps) == (None, "parrot: 0 of 3 notes")
        steps.close()
    finally:
        go_on.set()


def test_relations_given_gold_mentions_are_those_that_the_model_found_between_them() -> None:
    given = [replace(one, relations=()) for one in GOLD]
    found = Evaluation.of("test", GOLD, GOLD, CLINICAL, given=given).views()
    assert found["strict"].micro.true_positives == 4
    assert found["strict_given"].micro.false_negatives == 4
    assert "strict_given" not in Evaluation.of("test", GOLD, GOLD, CLINICAL).views()


def test_a_model_without_a_corpus_or_with_an_absent_one_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    with pytest.raises(InputError, match="choose a model and a corpus first"):
        next(sources.evaluate_model(SERVICES, None, None, "ade", "dev", 0))
    with pytest.raises(CorpusError, match="ade"):
        next(sources.evaluate_model(SERVICES, "any", None, "ade", "dev", 0))
    assert {"train", "dev"} <= set(handlers.splits_of("ade")["choices"])
    assert handlers.splits_of("clinical_notes")["value"] == "dev"


def test_the_overview_has_the_headline_of_each_view(evaluation: Evaluation) -> None:
    summary, views, compared = handlers.show_summary(evaluation)
    rows = {row[0]: row[1:] for row in summary["value"]}
    micro, interval, macro, support = rows["Entities, exact (span and label)"]
    assert (micro, macro, support) == ("0.833", "0.822", "12")
    low, high = map(float, interval.split("-"))
    assert low < 0.833 < high
    assert rows["Assertion accuracy on found mentions"] == ["1.000", "", "", "10"]
    assert rows["All-pairs baseline on gold mentions, strict"] == ["1.000", "1.000-1.000", "1.000", "4"]
    assert "exact" in [name for _, name in views["choices"]]
    by_view = {row[0]: row for row in compared["value"]}
    assert by_view["Entities, exact"][1:4] == ["0.833", "1.000", "0.167"]
    assert compared["visible"]
    assert not handlers.show_summary(replace(evaluation, second=None))[2]["visible"]


def test_notes_that_either_system_did_not_predict_are_counted(tmp_path: Path) -> None:
    gold, part, less = (path_of(GOLD[:n], tmp_path / f"{n}.jsonl") for n in (4, 3, 2))
    rows = handlers.show_summary(sources.evaluate_files(SERVICES, gold, part, less, None, "clinical"))[0]["value"]
    assert ["Gold notes that were not predicted", "1", "", "", "4"] in rows
    assert ["Gold notes that the other system did not predict", "2", "", "", "4"] in rows
    rows = handlers.show_summary(sources.evaluate_files(SERVICES, gold, gold, gold, None, "clinical"))[0]["value"]
    assert not any("predict" in row[0] for row in rows)


def test_the_table_of_a_view_has_intervals_and_support(evaluation: Evaluation) -> None:
    rows = {row[0]: row for row in handlers.show_table(evaluation, "exact")}
    assert rows["Disease"][1:4] == ["1.000", "0.500", "0.667"]
    assert rows["Disease"][-1] == "4"
    assert rows["micro"][4].count("-") == 1
    assert handlers.show_table(evaluation, None) == []


def test_the_charts_are_those_of_the_figures(evaluation: Evaluation) -> None:
    confusion, reliability, curve, said = handlers.show_charts(evaluation, "mentions", 0.5)
    cells = {(c["gold"], c["predicted"]): c["count"] for c in confusion.data.values}
    assert cells["Disease", "Symptom"] == 2
    assert cells["Disease", "Disease"] == 2
    assert "expected calibration error" in reliability.to_dict()["layer"][1]["title"]["subtitle"]
    assert curve is not None
    assert said.startswith("From 0.50: precision 1.000, recall 0.500")
    bare = Evaluation.of("x", [one.with_annotations(one.entities) for one in GOLD], WORSE, CLINICAL)
    assert handlers.show_charts(bare, "relations", 0.5)[3].startswith("Gold has no relations")
    unscored = Evaluation.of("x", GOLD, GOLD, CLINICAL)
    assert handlers.show_charts(unscored, "relations", 0.5)[1:] == (None, None, "The predictions carry no scores.")


def test_errors_are_filtered_by_kind_and_open_their_note(evaluation: Evaluation) -> None:
    kinds, choices, _ = handlers.show_kinds(evaluation)
    assert kinds == [["mention", "label", "2"], ["relation", "endpoint", "2"]]
    assert choices["choices"] == ["all", "mention: label", "relation: endpoint"]
    chosen = handlers.choose_kind(SimpleNamespace(row_value=kinds[0]))
    rows, places = handlers.show_errors(evaluation, chosen, None)
    assert rows[1] == ["n1", "mention", "label", "Disease: diabetes", "Symptom: diabetes", "0.40", "PLAN"]
    shown, gold, predicted = handlers.side_by_side(evaluation, places, 1)
    assert shown["visible"]
    assert gold["document"] == GOLD[1].to_json()
    assert predicted["document"] == WORSE[1].to_json()
    assert gold["selected"] == predicted["selected"] == ["T2"]
    assert gold["place"] == predicted["place"] == GOLD[1].entities[1].start
    assert handlers.side_by_side(evaluation, places, 7)[1:] == (None, None)


def test_a_row_of_a_slice_shows_the_errors_that_it_counts(evaluation: Evaluation) -> None:
    chosen = SimpleNamespace(row_value=["Drug -> Symptom", "0.000"])
    within, tabs = handlers.choose_slice("relations", "pair", chosen)
    assert tabs["selected"] == handlers.ERRORS
    assert handlers.say_slice(within)[1] == "relations, pair: Drug -> Symptom"
    rows, places = handlers.show_errors(evaluation, handlers.ALL, within)
    assert [row[:3] for row in rows] == [["n0", "relation", "endpoint"], ["n1", "relation", "endpoint"]]
    assert handlers.side_by_side(evaluation, places, 1)[1]["document"]["id"] == "n1"
    assert handlers.show_errors(evaluation, "mention: label", within)[0] == []
    band = handlers.show_errors(evaluation, handlers.ALL, ("mentions", "score band", "0.4-0.5"))[0]
    assert [row[0] for row in band] == ["n0", "n1"]
    assert len(handlers.show_errors(evaluation, handlers.ALL, None)[0]) == 4
    assert handlers.show_kinds(evaluation)[2] is None


def test_the_confusion_matrix_is_of_what_is_chosen(evaluation: Evaluation) -> None:
    matrix = handlers.show_charts(evaluation, "relations", 0.5)[0]
    assert {(cell["gold"], cell["predicted"]): cell["count"] for cell in matrix.data.values}["treats", "treats"] == 4


def test_slices_follow_what_is_sliced(evaluation: Evaluation) -> None:
    assert [row[0] for row in handlers.show_slices(evaluation, "relations", "pair")] == [
        "Drug -> Disease",
        "Drug -> Symptom",
    ]
    assert handlers.show_slices(evaluation, "relations", "mention length") == []
    assert "pair" in handlers.slice_names("relations")["choices"]
    assert "section" in handlers.slice_names("mentions")["choices"]


def test_downloads_hold_the_scores_the_errors_and_the_charts(
    evaluation: Evaluation, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    scores = json.loads(Path(handlers.download_scores(evaluation)).read_text())
    assert scores == evaluation.scores.to_json()
    with Path(handlers.download_errors(evaluation)).open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(evaluation.errors) == 4
    charts = json.loads(Path(handlers.download_charts(evaluation, "mentions", 0.5)).read_text())
    assert set(charts) == {"confusion", "reliability", "precision_recall"}
    assert handlers.download_scores(None) is None


def test_the_charts_come_as_pictures_too(evaluation: Evaluation, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with zipfile.ZipFile(handlers.download_pictures(evaluation, "mentions", 0.5)) as archive:
        names = {f"{name}.{ending}" for name in handlers.CHARTS for ending in ("svg", "png")}
        assert set(archive.namelist()) == names
        assert "expected calibration error" in archive.read("reliability.svg").decode()
        assert archive.read("confusion.png").startswith(b"\x89PNG")
    assert handlers.download_pictures(None, "mentions", 0.5) is None


@pytest.fixture
def store(tmp_path: Path, monkeypatch) -> Iterator[Store]:
    monkeypatch.setenv("ODIN_STORE", str(tmp_path / "store.sqlite"))
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


def test_a_model_is_evaluated_on_the_gold_of_a_project(store: Store) -> None:
    create_project(store, "ours", CLINICAL, [one.with_annotations(()) for one in GOLD], created_by="ann")
    assert handlers.refresh_projects()["choices"] == []
    with pytest.raises(InputError, match="the project 'ours' has no gold note yet"):
        next(sources.evaluate_project(SERVICES, "parrot", None, "ours"))
    with store.writing() as database:
        for one in GOLD[:3]:
            insert_version(store, database, DraftKey("ours", one.id, "ann"), "gold", one)
    assert handlers.refresh_projects()["choices"] == ["ours"]
    evaluation, said = list(sources.evaluate_project(services_with(Parrot(GOLD)), "parrot", None, "ours"))[-1]
    assert said == "parrot on gold of ours: done"
    assert evaluation.scores.documents == 3
    assert evaluation.scores.relations["strict"].micro.f1 == 1


def test_notes_with_errors_become_a_review_project(evaluation: Evaluation, store: Store) -> None:
    _, places = handlers.show_errors(evaluation, "mention: label", None)
    send = handlers.send_to_review
    said = send(evaluation, places, None, handlers.SHOWN, 50, "predicted", " errors ")
    assert said == "2 notes are in the review project “errors”, with the predictions as suggestions."
    assert [one.id for one in project_documents(store, "errors")] == ["n0", "n1"]
    assert suggestions(store, "errors")["n0"].entities[1].label == "Symptom"
    send(evaluation, places, places[1], handlers.OPENED, 50, "gold", "one")
    assert suggestions(store, "one")["n1"].entities[1].label == "Disease"
    with pytest.raises(InputError, match="there are no notes to send"):
        send(evaluation, places, None, handlers.OPENED, 50, "gold", "none")
    with pytest.raises(InputError, match="give the review project a name"):
        send(evaluation, places, None, handlers.SHOWN, 50, "gold", " ")
    with pytest.raises(InputError, match="there is a project 'errors' already"):
        send(evaluation, places, None, handlers.SHOWN, 50, "gold", "errors")


def test_labels_that_the_label_set_does_not_know_are_shown_nevertheless() -> None:
    odd = [document("[a](X) [b](Y)", ("likes", "a", "b"))]
    found = label_set_for(odd, CLINICAL)
    assert (found.entity_labels, found.allowed("X", "Y")) == (("X", "Y"), ("likes",))
    assert label_set_for(GOLD, CLINICAL) is CLINICAL
    evaluation = Evaluation.of("odd", odd, [Document("d1", odd[0].text)], CLINICAL)
    assert {error.gold for error in evaluation.errors} == {"X: a", "Y: b", "a (X) likes b (Y)"}


def test_drift_is_measured_between_two_files(tmp_path: Path) -> None:
    first = path_of(GOLD, tmp_path / "a.jsonl")
    second = path_of([document("[zinc](Drug) daily", id=str(i)) for i in range(4)], tmp_path / "b.jsonl")
    rows, words = handlers.measure_drift(first, second)
    values = dict(rows)
    assert float(values["Entity labels, Jensen-Shannon (bits)"]) > 0.3
    assert values["Relation labels, Jensen-Shannon (bits)"] == "-"
    assert ["zinc", "second"] in [word[:2] for word in words]
    with pytest.raises(InputError, match="choose two files"):
        handlers.measure_drift(first, None)
