"""What the Evaluate tab does, without a browser: files and models in, tables, charts, errors and notes out."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from markup import document

from annotation import evaluate_handlers as handlers
from annotation.evaluating import Evaluation, label_set_for
from annotation.services import Services
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
    found = handlers.evaluate_files(SERVICES, gold, predicted, gold, gold, "clinical")
    assert [pair[1].id for pair in found.pairs] == ["n0", "n1", "n2", "n3"]
    assert found.scores.entities["exact"].micro.true_positives == 10
    assert found.second == tuple(GOLD)
    assert [row[0] for row in handlers.show_slices(found, "mentions", "seen in training")] == ["seen"]


def test_files_that_are_absent_or_wrong_are_named(tmp_path: Path) -> None:
    gold = path_of(GOLD, tmp_path / "g.jsonl")
    with pytest.raises(InputError, match="choose a gold file and a predicted file"):
        handlers.evaluate_files(SERVICES, gold, None, None, None, "clinical")
    (tmp_path / "bad.jsonl").write_text("{")
    with pytest.raises(FormatError, match=r"bad\.jsonl:1"):
        handlers.evaluate_files(SERVICES, gold, str(tmp_path / "bad.jsonl"), None, None, "clinical")
    with pytest.raises(InputError, match="no gold document"):
        handlers.evaluate_files(SERVICES, path_of([], tmp_path / "empty.jsonl"), gold, None, None, "clinical")


class Parrot:
    """Answers each note with what it was told to answer."""

    name = "parrot@1"

    def __init__(self, answers: list[Document]) -> None:
        self._answers = {one.text: one for one in answers}

    def label_sets(self) -> tuple[str, ...]:
        return ("clinical",)

    def extract(self, documents, labels, options=None) -> Iterator[Extraction]:
        for one in documents:
            assert not one.entities
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


def test_a_model_is_evaluated_on_a_corpus_with_live_progress(corpora_of_ours: list[Document]) -> None:
    services = services_with(Parrot(corpora_of_ours))
    steps = list(handlers.evaluate_model(services, "parrot", None, "clinical_notes", "dev", 3))
    assert [said for _, said in steps][:3] == [f"parrot: {n} of 3 notes" for n in (1, 2, 3)]
    evaluation, said = steps[-1]
    assert said == "parrot on clinical_notes dev: done"
    assert evaluation.scores.documents == 3
    assert evaluation.scores.entities["exact"].micro.f1 == 1
    assert evaluation.training.surfaces["fever"] == 4


def test_a_model_without_a_corpus_or_with_an_absent_one_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    with pytest.raises(InputError, match="choose a model and a corpus first"):
        next(handlers.evaluate_model(SERVICES, None, None, "ade", "dev", 0))
    with pytest.raises(CorpusError, match="ade"):
        next(handlers.evaluate_model(SERVICES, "any", None, "ade", "dev", 0))
    assert handlers.splits_of("ade")["choices"] == ["train", "dev"]


def test_the_overview_has_the_headline_of_each_view(evaluation: Evaluation) -> None:
    summary, views, compared = handlers.show_summary(evaluation)
    rows = {row[0]: row[1:] for row in summary["value"]}
    assert rows["Entities, exact (span and label)"] == ["0.833", "12"]
    assert rows["Assertion accuracy on found mentions"] == ["1.000", "10"]
    assert rows["All-pairs baseline on gold mentions, strict"] == ["1.000", "4"]
    assert "exact" in [name for _, name in views["choices"]]
    by_view = {row[0]: row for row in compared["value"]}
    assert by_view["Entities, exact"][1:4] == ["0.833", "1.000", "0.167"]
    assert compared["visible"]
    assert not handlers.show_summary(replace(evaluation, second=None))[2]["visible"]


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
    assert "expected calibration error" in reliability.to_dict()["layer"][1]["title"]
    assert curve is not None
    assert said.startswith("From 0.50: precision 1.000, recall 0.500")
    unscored = Evaluation.of("x", GOLD, GOLD, CLINICAL)
    assert handlers.show_charts(unscored, "relations", 0.5)[1:] == (None, None, "The predictions carry no scores.")


def test_errors_are_filtered_by_kind_and_open_their_note(evaluation: Evaluation) -> None:
    kinds, choices = handlers.show_kinds(evaluation)
    assert kinds == [["mention", "label", "2"], ["relation", "endpoint", "2"]]
    assert choices["choices"] == ["all", "mention: label", "relation: endpoint"]
    rows, places = handlers.show_errors(evaluation, "mention: label")
    assert rows[1] == ["n1", "mention", "label", "Disease: diabetes", "Symptom: diabetes", "0.40", "PLAN"]
    shown, gold, predicted = handlers.side_by_side(evaluation, places, 1)
    assert shown["visible"]
    assert gold["document"] == GOLD[1].to_json()
    assert predicted["document"] == WORSE[1].to_json()
    assert gold["selected"] == predicted["selected"] == ["T2"]
    assert handlers.side_by_side(evaluation, places, 7)[1:] == (None, None)


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


def test_labels_that_the_label_set_does_not_know_are_shown_nevertheless() -> None:
    odd = [document("[a](X) [b](Y)", ("likes", "a", "b"))]
    found = label_set_for(odd, CLINICAL)
    assert (found.entity_labels, found.allowed("X", "Y")) == (("X", "Y"), ("likes",))
    assert label_set_for(GOLD, CLINICAL) is CLINICAL
    evaluation = Evaluation.of("odd", odd, [Document("d1", odd[0].text)], CLINICAL)
    assert {error.gold for error in evaluation.errors} == {"X: a", "Y: b", "a likes b"}


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
