"""A small deterministic extractor for tests of what stands around a model: it knows a few words and one rule.

A pair of mentions in a sentence is related when the word of a relation stands between them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.catalog import WEIGHTS
from odin.labels import LabelSet
from odin.schema import Document, Entity, Provenance, ReadReport, Relation

WORDS = {
    "metformin": ("Drug", 0.98),
    "aspirin": ("Drug", 0.95),
    "penicillin": ("Drug", 0.66),
    "penicillin allergy": ("Disease", 0.71),
    "type 2 diabetes": ("Disease", 0.97),
    "headache": ("Symptom", 0.93),
    "fever": ("Symptom", 0.90),
    "rash": ("Symptom", 0.55),
    "hemoglobin a1c": ("Lab_Test", 0.88),
    "colonoscopy": ("Procedure", 0.80),
    "stroke": ("Disease", 0.84),
}
VERBS = {"treats": 0.91, "causes": 0.62, "indicates": 0.75, "prevents": 0.80}


class WordExtractor:
    """Implements `odin.extraction.Extractor`; refuses a note that holds the word "unreadable"."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> WordExtractor:
        return cls(f"{folder.name}@test")

    def label_sets(self) -> tuple[str, ...]:
        return ("clinical", "biored")

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        for document in documents:
            if "unreadable" in document.text:
                raise InputError(f"document {document.id}: cannot be read by the test extractor")
            done = self._annotate(document, labels, options or ExtractionOptions())
            report = ReadReport()
            report.keep(done)
            yield Extraction(done, report)

    def _annotate(self, document: Document, labels: LabelSet, options: ExtractionOptions) -> Document:
        least = 0.5 if options.entity_threshold is None else options.entity_threshold
        entities = document.entities if options.given_entities else tuple(self._mentions(document.text, least))
        least = 0.5 if options.relation_threshold is None else options.relation_threshold
        made = Provenance("model", self.name)
        relations = [
            replace(relation, id=f"R{i}", provenance=made)
            for i, relation in enumerate(self._related(document.text, entities, labels), 1)
            if (relation.score or 0) >= least
        ]
        return replace(document, entities=entities, relations=tuple(relations), provenance=made)

    def _mentions(self, text: str, least: float) -> Iterator[Entity]:
        found = sorted(
            (match.start(), -match.end(), *label)
            for word, label in WORDS.items()
            for match in re.finditer(rf"\b{word}\b", text, re.IGNORECASE)
        )
        for i, (start, end, label, score) in enumerate((f for f in found if f[3] >= least), 1):
            before = re.search(r"\b(denies|no|mother had)\s+$", text[:start], re.IGNORECASE)
            assertion = "present" if not before else "family" if "had" in before[1].lower() else "negated"
            cue = before.span(1) if before else None
            yield Entity(
                f"T{i}", label, start, -end, score=score, assertion=assertion, cue=cue,
                provenance=Provenance("model", self.name),
            )  # fmt: skip

    def _related(self, text: str, entities: tuple[Entity, ...], labels: LabelSet) -> Iterator[Relation]:
        for sentence in re.finditer(r"[^.\n]+", text):
            inside = [e for e in entities if sentence.start() <= e.start < sentence.end()]
            for head in inside:
                for tail in inside:
                    between = text[head.end : tail.start]
                    for verb, score in VERBS.items():
                        if verb in between and verb in labels.allowed(head.label, tail.label):
                            negated = {"negated": True} if "not " in between else {}
                            yield Relation(
                                "R",
                                verb,
                                head.id,
                                tail.id,
                                score=score,
                                evidence=sentence.span(),
                                attributes=negated,
                            )


def write_word_model(folder: Path) -> Path:
    """A model folder that the catalog loads as a WordExtractor, once "words" is among its architectures."""
    folder.mkdir(parents=True, exist_ok=True)
    own = {"entity_threshold": 0.5, "relation_threshold": 0.5}
    config = {"architecture": "words", "decoding": {"clinical": own, "biored": own}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / WEIGHTS).write_bytes(b"")
    return folder
