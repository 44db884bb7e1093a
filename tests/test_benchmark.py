"""The benchmark: what each corpus is read as, baselines, published figures beside ours, and the reports."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from tiny_model import tiny_base

from odin.__main__ import main
from odin.benchmark import command
from odin.benchmark.measuring import run_benchmark
from odin.benchmark.published import beside, measured, published_figures
from odin.benchmark.report import section, tables_markdown
from odin.benchmark.streaming import streaming_table
from odin.benchmark.tasks import TASKS, folded, gold_documents, questions, sample, task_of
from odin.corpora import jsonl
from odin.corpora.catalog import CORPORA
from odin.errors import InputError
from odin.evaluation.scores import Tally
from odin.extraction import Extraction, ExtractionOptions, Extractor
from odin.extraction.neural import NeuralExtractor
from odin.labels import load_label_set
from odin.schema import Document, Entity, Relation
from odin.training.config import Source, TrainingConfig
from odin.training.kinds import trainer_of

CLINICAL = load_label_set("clinical")
NAMED = (
    *("biored", "bc5cdr", "ncbi_disease", "ade", "phee", "chemprot", "maccrobat2020", "chia", "roam_drug_disease"),
    "crowdtruth",
)
"""The corpora that the benchmark is to be made of."""


class Parrot:
    """Finds what it was shown, whatever the label set; given entities, it relates each two as its notes do."""

    name = "parrot@1"

    def __init__(self, *known: Document, label_sets: tuple[str, ...] = ("clinical",)) -> None:
        self._known = {one.text: one for one in known}
        self._label_sets = label_sets

    def label_sets(self) -> tuple[str, ...]:
        return self._label_sets

    def extract(self, documents, labels, options: ExtractionOptions | None = None) -> Iterator[Extraction]:
        for one in documents:
            assert bool(one.entities) == bool(options and options.given_entities)
            yield Extraction(replace(self._known[one.text], id=one.id))


class Shy:
    """Relates nothing unless it must."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self.name, self.label_sets = extractor.name, extractor.label_sets

    def extract(self, documents, labels, options: ExtractionOptions) -> Iterator[Extraction]:
        least = 1.0 if options.relation_threshold is None else options.relation_threshold
        return self._extractor.extract(documents, labels, replace(options, relation_threshold=least))


NOTE = document("[Metformin](Drug) for [diabetes](Disease), [fever](Symptom).", ("treats", "Metformin", "diabetes"))


def task(corpus: str, label_set: str | None = None):
    return next(one for one in TASKS if one.corpus == corpus and label_set in (None, one.label_set))


def test_every_corpus_has_a_task_a_named_metric_and_says_how_it_is_read() -> None:
    assert {one.corpus for one in TASKS} >= {*NAMED, "clinical_notes", "synthetic"}
    assert {row.corpus for row in published_figures()} == set(NAMED)
    assert all(row.metric and (row.source or "arXiv" in row.metric or "doi" in row.metric or "W19" in row.metric)
               for row in published_figures())  # fmt: skip
    assert all(row.value is None or (0 < row.value < 1 and row.system and row.year) for row in published_figures())
    assert all(one.note for one in TASKS if one.outside)
    assert {one.corpus for one in TASKS} - {"synthetic"} <= set(CORPORA)


def test_answers_are_folded_onto_the_labels_that_the_corpus_has() -> None:
    found = folded(NOTE, task("chia"))
    assert [(one.label, one.text_in(NOTE.text)) for one in found.entities] == [
        ("Drug", "Metformin"),
        ("Disease", "diabetes"),
        ("Disease", "fever"),
    ]
    assert found.relations == ()
    assert folded(NOTE, task("clinical_notes")) is NOTE


def test_a_crowdtruth_sentence_is_a_question_for_each_relation_with_the_terms_given() -> None:
    text = "Aspirin for headache."
    terms = (Entity("T1", "Term", 12, 20), Entity("T2", "Term", 0, 7))
    relations = (
        Relation("R1", "treat", "T1", "T2", attributes={"negated": False}),
        Relation("R2", "cause", "T2", "T1", attributes={"negated": True}),
    )
    treat, cause = questions(Document("CT-1", text, terms, relations))
    assert [(one.label, one.text_in(text)) for one in treat.entities] == [("Drug", "Aspirin"), ("Disease", "headache")]
    assert (treat.relations[0].label, treat.relations[0].head, treat.relations[0].negated) == ("treats", "T1", False)
    assert [one.label for one in cause.entities] == ["Disease", "Disease"]
    assert cause.relations[0].negated


def test_relations_between_given_terms_are_scored_without_asking_for_mentions() -> None:
    denied = replace(NOTE.relations[0], attributes={"negated": True})
    gold = [replace(NOTE, id="a"), replace(NOTE, id="b", relations=(denied,))]
    found = run_benchmark(gold, CLINICAL, Parrot(NOTE), corpus="crowdtruth", split="dev", task=task("crowdtruth"))
    assert set(found.tables) == {"relations, gold entities"}
    counts = found.tables["relations, gold entities"].per_label["treats"]
    assert (counts.true_positives, counts.false_positives, counts.false_negatives) == (1, 1, 0)
    assert found.seconds > 0


def test_the_model_reads_as_many_windows_at_once_as_asked() -> None:
    asked = []

    class Asked(Parrot):
        def extract(self, documents, labels, options: ExtractionOptions | None = None) -> Iterator[Extraction]:
            asked.append((options.given_entities, options.batch_size) if options else None)
            return super().extract(documents, labels, options)

    run_benchmark([NOTE], CLINICAL, Asked(NOTE), corpus="clinical_notes", split="dev", batch_size=64)
    assert asked == [(False, 64), (True, 64)]


def test_a_model_without_the_label_set_leaves_the_baselines_alone() -> None:
    text = "Gefitinib inhibits EGFR and binds COX-2."
    entities = (Entity("T1", "Chemical", 0, 9), Entity("T2", "Protein", 19, 23), Entity("T3", "Protein", 34, 39))
    gold = Document("c", text, entities, (Relation("R1", "INHIBITOR", "T1", "T2"),))
    chemprot = task("chemprot", "chemprot")
    found = run_benchmark([gold], load_label_set("chemprot"), Parrot(), corpus="chemprot", split="dev", task=chemprot)
    assert found.tables == {}
    assert found.headline() == {"all-pairs baseline": pytest.approx(2 / 3)}
    assert [row["ours"] for row in found.to_json()["beside_published"]] == [None, None]
    assert "parrot@1 cannot answer with the label set chemprot: baselines alone." in section(found)


def test_of_a_pair_that_is_given_the_likeliest_class_counts_however_unlikely_it_is_to_be_related(
    tmp_path: Path,
) -> None:
    gold = []
    for label, text in (("INHIBITOR", "Gefitinib inhibits EGFR"), ("ACTIVATOR", "Nicotine activates AChR")):
        chemical = Entity("T1", "Chemical", 0, text.index(" "))
        protein = Entity("T2", "Protein", text.rindex(" ") + 1, len(text))
        gold.append(Document(label, text, (chemical, protein), (Relation("R1", label, "T1", "T2"),)))
    path = tmp_path / "sentences.jsonl"
    jsonl.write(gold, path)
    source = Source(str(path), "chemprot", annotated=())
    base = str(tiny_base(tmp_path / "base"))
    settings = {"epochs": 40, "batch_pieces": 64, "learning_rate": 2e-3, "head_learning_rate": 2e-3, "patience": 99}
    trainer_of(TrainingConfig(sources=(source,), dev=(source,), base=base, **settings), tmp_path / "run").run()
    sure = NeuralExtractor.load(tmp_path / "run" / "model")
    shy = Shy(sure)
    for extractor, related in ((sure, 2), (shy, 0)):
        found = run_benchmark(
            gold, load_label_set("chemprot"), extractor, corpus="chemprot", split="dev", task=task("chemprot")
        )
        assert set(found.tables) == {"relations, gold entities", "relation classes, gold pairs"}
        assert found.tables["relations, gold entities"].micro.true_positives == related
        assert found.tables["relation classes, gold pairs"].micro.f1 == 1
        classes, related_too = found.to_json()["beside_published"]
        assert (classes["ours"], classes["published"][0]["system"]) == (1, "SciBERT")
        assert [row["system"] for row in related_too["published"]] == ["BioBERT", "PubMedBERT"]


def test_a_sample_is_drawn_by_the_seed_and_said_to_be_one() -> None:
    many = [replace(NOTE, id=str(i)) for i in range(20)]
    chosen = sample(many, 5, 3)
    assert chosen == sample(many, 5, 3) != sample(many, 5, 4)
    assert [int(one.id) for one in chosen] == sorted(int(one.id) for one in chosen)
    assert sample(many, None, 3) == sample(many, 20, 3) == many
    found = run_benchmark(chosen, CLINICAL, Parrot(NOTE), corpus="chia", split="dev", of=20, seed=3)
    assert "5 documents drawn from 20, seed 3" in section(found)
    assert found.to_json()["sampled"] == {"of": 20, "seed": 3}


def test_published_figures_stand_beside_ours_under_the_same_measure() -> None:
    tally = Tally()
    tally.add({"Drug": (3, 1, 1), "Adverse_Effect": (1, 1, 1), "Dosage": (0, 5, 5)})
    tally.add({"Drug": (1, 0, 0)})
    scores = tally.scores()
    assert measured(scores, "macro:Drug+Adverse_Effect")[0] == pytest.approx((0.8 + 0.5) / 2)
    assert measured(scores, "label:Drug")[0] == pytest.approx(0.8)
    assert measured(scores, "micro")[0] == scores.micro.f1
    assert measured(scores, "label:Gene") == (None, None)
    with pytest.raises(InputError, match="unknown measure 'macro'"):
        measured(scores, "macro")
    (entities,) = beside("ade", {"entities": scores})
    assert entities["ours"] == pytest.approx(0.65)
    assert [row["system"] for row in entities["published"]] == ["SpERT", "PFN"]


@pytest.fixture
def corpora_of_ours(tmp_path: Path, monkeypatch) -> list[Document]:
    notes = [replace(NOTE, id=f"n{i}", text=NOTE.text) for i in range(6)]
    for part in ("train", "dev"):
        jsonl.write(notes, tmp_path / "corpora" / "clinical_notes" / f"{part}.jsonl")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setattr(command, "load_extractor", lambda name, device=None: Parrot(NOTE))
    return notes


def test_the_command_writes_both_reports_and_puts_the_tables_between_the_marks(
    corpora_of_ours: list[Document], tmp_path: Path, capsys
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# A\n<!-- figures -->\nold\n<!-- /figures -->\nrest\n")
    asked = ["benchmark", "clinical_notes", "--documents", "4", "--output", str(tmp_path), "--into", str(readme)]
    assert main([*asked, "--no-dictionary"]) == 0
    assert "entities" in capsys.readouterr().out
    (record,) = json.loads((tmp_path / "benchmark.json").read_text())
    assert (record["documents"], record["sampled"]) == (4, {"of": 6, "seed": 0})
    assert record["figures"]["relations"] == 1
    assert len(record["data_sha256"]) == 64
    text = readme.read_text()
    assert text.startswith("# A\n<!-- figures -->\n| corpus |")
    assert text.endswith("<!-- /figures -->\nrest\n")
    assert tables_markdown([record]) in text
    assert "clinical_notes dev (4 of 6) | entities | 1.000" in text
    assert "## clinical_notes dev, label set clinical, parrot@1" in (tmp_path / "benchmark.md").read_text()
    readme.write_text("no marks")
    assert main([*asked, "--no-dictionary"]) == 2
    assert "the marks <!-- figures --> and <!-- /figures --> are missing" in capsys.readouterr().err


def test_a_corpus_that_is_not_in_the_table_is_taken_with_the_label_set_that_is_named() -> None:
    assert task_of("clinical_notes", "train", None).label_set == "clinical"
    assert task_of("chia", "train", None) == replace(task("chia"), split="train")
    with pytest.raises(InputError, match="medmentions has no label set of its own"):
        task_of("medmentions", "dev", None)


@pytest.mark.parametrize("one", TASKS[3:], ids=lambda one: f"{one.corpus}-{one.label_set}")
def test_every_task_has_gold_in_the_labels_that_it_scores(one, corpora: Path) -> None:
    documents = gold_documents(one)
    assert len({document.id for document in documents}) == len(documents)
    labels = load_label_set(one.label_set)
    assert {entity.label for document in documents for entity in document.entities} <= set(labels.entity_labels)
    assert any(document.entities for document in documents)
    assert all(folded(document, one) == document for document in documents[:50])


def test_the_synthetic_notes_are_the_same_each_time() -> None:
    notes = gold_documents(task("synthetic"))
    assert notes[:3] == gold_documents(task("synthetic"))[:3]
    bare = {note.meta["note_type"] for note in notes if not note.relations}
    assert bare <= {"past history", "social history", "systems review"}  # sections that list


OLD = {
    **{"documents": 500_000, "megabytes": 10.2, "mentions": 7, "seconds": 1.8, "processor_seconds": 3.1},
    **{"peak_memory_mb": 40.0, "worker_peak_memory_mb": 50.4},
}


def test_scoring_files_is_measured_on_as_many_documents_as_are_asked_for(capsys, tmp_path: Path) -> None:
    (tmp_path / "streaming.json").write_text(json.dumps([OLD, {"documents": 300}]))
    (readme := tmp_path / "README.md").write_text("<!-- streaming -->\n<!-- /streaming -->\n")
    asked = ["benchmark", "streaming", "--documents", "300", "--threads", "1", "--output", str(tmp_path)]
    assert main([*asked, "--into", str(readme)]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["documents"] == 300
    assert figures["mentions"] > 1000
    assert 0.5 < figures["entities_f1"] < 1
    assert figures["processor_seconds"] > 0
    assert json.loads((tmp_path / "streaming.json").read_text()) == [figures, OLD]
    assert streaming_table([figures, OLD]) in readme.read_text()
    assert "| 500,000 | 10 | 7 | 2 | 3 | 40 | 50 |" in readme.read_text()
    with pytest.raises(SystemExit, match="2"):
        main(["benchmark", "streaming", "--documents", "-1"])
