"""What `python -m odin benchmark all` measures: corpora, splits, and how a model's labels are read as a corpus's.

Where the model answers with the corpus's own label set, its answers are scored as they are. The other corpora are read
as the nearest label set (`odin.corpora.label_maps`), and the answers are folded onto the labels that both have; `note`
says what that means for the figures. None of the corpora marked `outside` may be a source of training of the model that
is measured, or the note no longer holds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from odin.corpora.catalog import as_label_set, find, load
from odin.corpora.label_maps import LabelMap, relabel
from odin.errors import InputError
from odin.labels import LabelSet, load_label_set
from odin.schema import Document, Entity, Relation

SYNTHETIC = "synthetic"
SYNTHETIC_SEED = 20_261_125
"""Of the notes that only the benchmark is made of; training generates with other seeds."""
SYNTHETIC_NOTES = 40


@dataclass(frozen=True)
class Task:
    """One line of the benchmark."""

    corpus: str
    split: str = "dev"
    label_set: str = ""
    """What the model is asked to answer with."""
    outside: bool = False
    """The model has no label set of this corpus; only a sample is read."""
    folded: Mapping[str, str] | None = None
    """Label of an answer to the label that it is scored as; what is absent is not scored. None: as they are."""
    relations: Mapping[str, str] | None = None
    """The same for relations."""
    mentions: bool = True
    """False where no mention is asked for, since all are given."""
    pairs_given: bool = False
    """The class of each related pair is asked for too, the pair being given."""
    note: str = ""


def _same(*labels: str) -> dict[str, str]:
    return {label: label for label in labels}


TASKS = (
    Task("clinical_notes", "dev", "clinical", note="Annotated by a large language model, not by clinicians."),
    Task("clinical_notes", "written_dev", "clinical", note="Annotated by a large language model, not by clinicians."),
    Task(
        SYNTHETIC,
        "generated",
        "clinical",
        note=f"{SYNTHETIC_NOTES} notes of the project's own generator from held-out templates, seed {SYNTHETIC_SEED}.",
    ),
    Task("biored", label_set="biored"),
    Task("bc5cdr", label_set="bc5cdr"),
    Task("ncbi_disease", label_set="ncbi_disease"),
    Task("ade", label_set="ade"),
    Task(
        "phee",
        label_set="phee",
        note="Treatment.Drug, Effect, Treatment.Disorder, Treatment.Dosage; causes_adverse_effect, treats. Only what "
        "takes part in an event is marked.",
    ),
    Task(
        "chemprot",
        label_set="chemprot",
        mentions=False,
        pairs_given=True,
        note="Gold mentions are given, since a sentence has only those that are related: there is no figure of "
        "mentions. Relation classes, gold pairs: the pair is given too and its class asked for, as the corpus is "
        "published in this form. Relations, gold entities: whether two are related is asked as well.",
    ),
    Task(
        "maccrobat2020",
        label_set="clinical",
        outside=True,
        folded={**_same("Disease", "Symptom", "Drug", "Procedure"), "Lab_Test": "Procedure"},
        relations={},
        note="Answered as clinical: Disease_disorder, Sign_symptom, Medication; Procedure and Lab_Test are one, as "
        "Diagnostic_procedure is. Other guidelines: a body site or severity is a mention of its own there.",
    ),
    Task(
        "chia",
        label_set="clinical",
        outside=True,
        folded={**_same("Disease", "Drug", "Procedure", "Lab_Test"), "Symptom": "Disease"},
        relations={},
        note="Answered as clinical: Condition (Disease and Symptom are one), Drug, Procedure, Measurement as Lab_Test.",
    ),
    Task(
        "roam_drug_disease",
        label_set="clinical",
        outside=True,
        folded=_same("Disease") | {"Symptom": "Disease"},
        relations={},
        note="Answered as clinical: every marked disease, whatever the drug does to it, as Disease or Symptom. The "
        "drug is the label's own and has no span, so that no relation can be asked for.",
    ),
    Task(
        "crowdtruth",
        label_set="clinical",
        outside=True,
        folded=_same("Drug", "Disease"),
        relations=_same("treats", "causes"),
        mentions=False,
        note="Each sentence and relation is a question: the two terms are given (treat: as Drug and Disease; cause: as "
        "two Diseases), and the relation is to be found or not. The crowd's score from 0.7 counts as a yes.",
    ),
)


def task_of(corpus: str, split: str, label_set: str | None) -> Task:
    """The task of a corpus; another split or label set than the table's is taken as it is. Raises CorpusError."""
    known = [task for task in TASKS if task.corpus == corpus]
    for task in known:
        if task.split == split and label_set in (None, task.label_set):
            return task
    name = label_set or find(corpus).label_set
    if name is None and known:
        return replace(known[0], split=split)
    if name is None:
        raise InputError(f"the corpus {corpus} has no label set of its own: name one with --labels")
    return Task(corpus, split, name)


def gold_documents(task: Task) -> list[Document]:
    """The documents of a task under the labels that are scored. Raises CorpusError where the corpus is not at hand."""
    if task.corpus == SYNTHETIC:
        from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator

        generator = MedicalTextGenerator(options=GenerationOptions(seed=SYNTHETIC_SEED, split="test"))
        return list(generator.documents(SYNTHETIC_NOTES, workers=1))
    documents = load(task.corpus, task.split)
    if task.corpus == "crowdtruth" and task.label_set == "clinical":
        return [question for document in documents for question in questions(document)]
    if task.corpus == "roam_drug_disease" and task.label_set == "clinical":
        every = LabelMap({entity.label: "Disease" for document in documents for entity in document.entities})
        documents = [relabel(document, every) for document in documents]
        return documents
    mapped = [as_label_set(document, task.label_set) for document in documents]
    return [folded(document, task) for document in mapped]


def sample(documents: Sequence[Document], count: int | None, seed: int) -> list[Document]:
    """`count` of the documents, drawn by the seed, in their order; all where there are no more."""
    if count is None or count >= len(documents):
        return list(documents)
    return [documents[place] for place in sorted(random.Random(seed).sample(range(len(documents)), count))]


def folded(document: Document, task: Task) -> Document:
    """An answer, or gold, under the labels that the task scores."""
    if task.folded is None:
        return document
    return relabel(document, LabelMap(task.folded, task.relations or {}))


def questions(document: Document) -> Iterator[Document]:
    """A document for each relation of a CrowdTruth sentence: its two terms, typed as the question implies."""
    for number, relation in enumerate(document.relations, 1):
        first, second = document.entity_by_id[relation.head], document.entity_by_id[relation.tail]
        if relation.label == "treat":  # term 1 is treated by term 2
            head, tail, label, types = second, first, "treats", ("Drug", "Disease")
        else:
            head, tail, label, types = first, second, "causes", ("Disease", "Disease")
        entities = (Entity("T1", types[0], head.start, head.end), Entity("T2", types[1], tail.start, tail.end))
        stated = Relation("R1", label, "T1", "T2", attributes=relation.attributes)
        yield Document(f"{document.id}/{number}", document.text, entities, (stated,), meta=document.meta)


def labels_of(task: Task) -> LabelSet:
    """The label set that the task's model answers with."""
    return load_label_set(task.label_set)
