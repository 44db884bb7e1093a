"""How like real notes are these? Form, variety, balance, proofs of consistency, duplicates and leakage.

Measures: Jensen-Shannon divergence in bits (0 same, 1 disjoint); distinct-n, the share of different n-grams (Li et al.,
2016); self-BLEU, the mean BLEU-4 of a note against others (Zhu et al., 2018; lower is more varied); the AUC of a TF-IDF
classifier that tells real from synthetic by cross-validation (0.5 cannot tell, 1 always).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from statistics import fmean, median
from typing import Any

from odin.knowledge.graph import KnowledgeGraph
from odin.schema import Document

WORD = re.compile(r"\w+(?:['-]\w+)*")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
SAMPLE = 400
"""Documents that the slow measures look at."""


@dataclass(frozen=True)
class Profile:
    """A set of documents in numbers."""

    documents: int
    median_words: float
    entities_per_document: float
    relations_per_document: float
    words_per_entity: float | None
    sentences_without_entity: float | None
    same_sentence_relations: float | None
    labels: Mapping[str, float] = field(hash=False)
    relations: Mapping[str, float] = field(hash=False)
    """Shares of the relations that are not denied."""
    denied_relations: float | None
    assertions: Mapping[str, float] = field(hash=False)
    type_token_ratio: float
    """Different words in the first 20,000."""
    distinct_2: float
    distinct_4: float
    self_bleu: float | None


@dataclass(frozen=True)
class QualityReport:
    """What `compare` found; None where there was nothing to measure it with."""

    synthetic: Profile
    reference: Profile | None = None
    divergence: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Jensen-Shannon in bits: labels, relations, assertions, sections, lengths."""
    real_or_synthetic_auc: float | None = None
    relations_in_graph: float | None = None
    """Share, of the relations whose two concepts are known, that the knowledge graph states."""
    relations_checked: int = 0
    contradictions: tuple[str, ...] = ()
    duplicates: int = 0
    duplicate_relations: int = 0
    longest_shared: Mapping[str, tuple[int, str]] = field(default_factory=dict, hash=False)
    """By corpus: the longest run of words that stands in it too, its length and the words."""
    largest_template: tuple[str, float] | None = None
    """The most used template and its share of the statements."""

    def to_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes."""
        return asdict(self)


def compare(
    documents: Sequence[Document],
    *,
    reference: Sequence[Document] = (),
    graph: KnowledgeGraph | None = None,
    corpora: Mapping[str, Callable[[], Iterable[str]]] | None = None,
    seed: int = 0,
) -> QualityReport:
    """The report on `documents`, against real ones where they are given. `corpora`: texts by name, for leakage."""
    from odin.synthesis.consistency import checked_relations, contradictions
    from odin.synthesis.leakage import longest_shared

    stated, checked = checked_relations(documents, graph) if graph else (0, 0)
    return QualityReport(
        synthetic=profile(documents, seed=seed),
        reference=profile(reference, seed=seed) if reference else None,
        divergence=divergences(documents, reference) if reference else {},
        real_or_synthetic_auc=real_or_synthetic_auc(documents, reference, seed=seed) if reference else None,
        relations_in_graph=stated / checked if checked else None,
        relations_checked=checked,
        contradictions=contradictions(documents, graph),
        duplicates=len(documents) - len({document.text for document in documents}),
        duplicate_relations=sum(_repeats(document) for document in documents),
        longest_shared={
            name: longest_shared((item.text for item in documents), texts()) for name, texts in (corpora or {}).items()
        },
        largest_template=largest_template(documents),
    )


def profile(documents: Sequence[Document], *, seed: int = 0) -> Profile:
    """The documents in numbers."""
    words = [WORD.findall(document.text) for document in documents]
    entities = sum(len(document.entities) for document in documents)
    relations = [relation for document in documents for relation in document.relations]
    sentences = [spans for document in documents for spans in _sentences(document)]
    near = [
        _in_one_sentence(document, relation.head, relation.tail)
        for document in documents
        for relation in document.relations
    ]
    stream = [word.lower() for note in words for word in note][:20_000]
    return Profile(
        documents=len(documents),
        median_words=median(map(len, words)) if words else 0,
        entities_per_document=entities / len(documents) if documents else 0.0,
        relations_per_document=len(relations) / len(documents) if documents else 0.0,
        words_per_entity=sum(map(len, words)) / entities if entities else None,
        sentences_without_entity=fmean(not found for found in sentences) if sentences else None,
        same_sentence_relations=fmean(near) if near else None,
        labels=shares(entity.label for document in documents for entity in document.entities),
        relations=shares(relation.label for relation in relations if not relation.negated),
        denied_relations=fmean(relation.negated for relation in relations) if relations else None,
        assertions=shares(entity.assertion or "present" for document in documents for entity in document.entities),
        type_token_ratio=len(set(stream)) / len(stream) if stream else 0.0,
        distinct_2=distinct(stream, 2),
        distinct_4=distinct(stream, 4),
        self_bleu=self_bleu([[word.lower() for word in note] for note in words], seed=seed),
    )


def shares(values: Iterable[str]) -> dict[str, float]:
    """The share of each value, the most frequent first."""
    counts = Counter(values)
    total = sum(counts.values())
    return {value: count / total for value, count in counts.most_common()}


def jensen_shannon(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """The Jensen-Shannon divergence of two distributions in bits: `({"a": 1}, {"b": 1})` gives 1."""
    total = 0.0
    for value in sorted(set(left) | set(right)):
        first, second = left.get(value, 0.0), right.get(value, 0.0)
        middle = (first + second) / 2
        for share in (first, second):
            if share:
                total += share * math.log2(share / middle) / 2
    return max(total, 0.0)


def divergences(documents: Sequence[Document], reference: Sequence[Document]) -> dict[str, float]:
    """Jensen-Shannon divergence from the reference, by what is compared."""
    measures: dict[str, Callable[[Sequence[Document]], dict[str, float]]] = {
        "labels": lambda items: shares(entity.label for item in items for entity in item.entities),
        "relations": lambda items: shares(
            relation.label for item in items for relation in item.relations if not relation.negated
        ),
        "assertions": lambda items: shares(entity.assertion or "present" for item in items for entity in item.entities),
        "sections": lambda items: shares(section for item in items for section in headings(item.text)),
        "lengths": lambda items: shares(str(min(len(WORD.findall(item.text)) // 50, 20)) for item in items),
    }
    return {name: jensen_shannon(measure(documents), measure(reference)) for name, measure in measures.items()}


def headings(text: str) -> list[str]:
    """The words that begin a line and end in a colon, or stand alone in capitals, in capitals."""
    found = re.findall(r"^\W{0,3}([A-Za-z][A-Za-z /&]{1,34}):|^([A-Z][A-Z /&]{2,34})$", text, re.M)
    return [(first or second).upper().strip() for first, second in found]


def distinct(words: Sequence[str], size: int) -> float:
    """The share of n-grams that are different: 1 where none comes twice."""
    grams = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(notes: Sequence[Sequence[str]], *, seed: int = 0, sample: int = 60) -> float | None:
    """The mean BLEU-4 of sampled notes against the others of the sample; None below two notes."""
    chosen = [note for note in notes if len(note) >= 4]
    if len(chosen) > sample:
        chosen = Random(seed).sample(chosen, sample)
    if len(chosen) < 2:
        return None
    grams = [
        [Counter(zip(*(note[at:] for at in range(size)), strict=False)) for size in range(1, 5)] for note in chosen
    ]
    return fmean(_bleu(grams, number, [len(note) for note in chosen]) for number in range(len(chosen)))


def real_or_synthetic_auc(
    documents: Sequence[Document], reference: Sequence[Document], *, seed: int = 0
) -> float | None:
    """The area under the ROC curve, 5-fold, of TF-IDF with logistic regression; None below 20 documents a side."""
    if min(len(documents), len(reference)) < 20:
        return None
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    rng = Random(seed)
    size = min(len(documents), len(reference), SAMPLE)
    texts = [item.text for item in rng.sample(list(documents), size) + rng.sample(list(reference), size)]
    sides = [1] * size + [0] * size
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), LogisticRegression(max_iter=1000)
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, texts, sides, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(sides, scores))


def largest_template(documents: Sequence[Document]) -> tuple[str, float] | None:
    """The template that most statements come from and its share; bare mentions (headings, lists) are not templates."""
    counts = Counter(
        str(name)
        for document in documents
        for name in document.meta.get("templates", ())
        if not str(name).startswith("bare.")
    )
    if not counts:
        return None
    name, count = counts.most_common(1)[0]
    return name, count / sum(counts.values())


def _repeats(document: Document) -> int:
    keys = [(relation.label, relation.head, relation.tail) for relation in document.relations]
    return len(keys) - len(set(keys))


def _bounds(text: str) -> list[tuple[int, int]]:
    bounds, start = [], 0
    for match in SENTENCE.finditer(text):
        bounds.append((start, match.start()))
        start = match.end()
    bounds.append((start, len(text)))
    return [(first, last) for first, last in bounds if WORD.search(text, first, last)]


def _sentences(document: Document) -> list[int]:
    """The number of entities of each sentence."""
    starts = sorted(entity.start for entity in document.entities)
    return [sum(first <= start < last for start in starts) for first, last in _bounds(document.text)]


def _in_one_sentence(document: Document, head: str, tail: str) -> bool:
    first, second = sorted((document.entity_by_id[head], document.entity_by_id[tail]), key=lambda item: item.start)
    return SENTENCE.search(document.text, first.end, max(second.start, first.end)) is None


def _bleu(grams: Sequence[Sequence[Counter[tuple[str, ...]]]], number: int, lengths: Sequence[int]) -> float:
    logs = 0.0
    for size in range(4):
        own = grams[number][size]
        highest: Counter[tuple[str, ...]] = Counter()
        for other, counts in enumerate(grams):
            if other != number:
                for gram in own:
                    highest[gram] = max(highest[gram], counts[size].get(gram, 0))
        matched = sum(min(count, highest[gram]) for gram, count in own.items())
        logs += math.log((matched + 1e-9) / max(sum(own.values()), 1)) / 4
    closest = min((abs(length - lengths[number]), length) for at, length in enumerate(lengths) if at != number)[1]
    brevity = 1.0 if lengths[number] >= closest else math.exp(1 - closest / lengths[number])
    return brevity * math.exp(logs)
