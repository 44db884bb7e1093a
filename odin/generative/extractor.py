"""A fine-tuned language model at work: notes in, entities, assertions and relations out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.annotating import evidence_of, place_given
from odin.extraction.context import find_cue
from odin.extraction.windows import split_words
from odin.generative.answers import WindowAnswer, join, read_window
from odin.generative.config import GenerativeConfig
from odin.generative.decoding import generate
from odin.generative.prompts import answer_of, cut, learnable, prompt_tokens
from odin.generative.windows import TextWindow, text_windows
from odin.labels import LabelSet
from odin.schema import Document, Entity, Provenance, ReadReport, Relation

RELATIONS_FOLLOW = '"relations":'
"""Up to here an answer is given where entities are."""

ANSWER_TOKENS_A_TOKEN = 8
"""An answer takes at most so many tokens for each of its note's; the densest of clinical_notes take half as many."""


@dataclass(frozen=True)
class Part:
    """A window of document number `document`, its prompt, and the given beginning of its answer."""

    document: int
    window: TextWindow
    prompt: tuple[int, ...]
    limit: int
    """Tokens that the answer may take."""
    given: str = ""


class GenerativeExtractor:
    """A causal language model with an adapter. Implements `odin.extraction.Extractor`."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        label_sets: Mapping[str, LabelSet],
        config: GenerativeConfig,
        *,
        name: str = "untrained",
    ) -> None:
        self.model, self.tokenizer, self.labels, self.config, self.name = model, tokenizer, label_sets, config, name

    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets that it answers with."""
        return tuple(self.labels)

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "cpu") -> GenerativeExtractor:
        """The extractor of a model folder. Raises ModelError."""
        from odin.generative.bases import dequantized, load_base
        from odin.generative.model_folder import describe, read_adapter

        folder = Path(folder)
        config, own = describe(folder)
        precision = "bfloat16" if device.startswith("cuda") else "float32"
        base, tokenizer = load_base(replace(config, unsloth=False, precision=precision), device)
        base = dequantized(base)
        model = read_adapter(folder, base)
        if not getattr(base, "is_quantized", False):
            model = model.merge_and_unload()
        return cls(model.eval(), tokenizer, own.label_sets, config, name=own.name)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        """Extract as they come, in their order. Raises InputError where the model never learnt the label set."""
        options = options or ExtractionOptions()
        if labels.name not in self.labels:
            raise InputError(
                f"the model {self.name} does not know the label set {labels.name!r}; it answers with "
                f"{', '.join(self.labels)}. Choose one of these, or train a model on examples of yours"
            )
        known = self.labels[labels.name]
        group: list[Document] = []
        windows = 0
        for document in documents:
            group.append(document)
            windows += 1 + len(document.text) // (6 * self.config.window_words)
            if windows >= options.batch_size:
                yield from self._extract_group(group, known, options)
                group, windows = [], 0
        yield from self._extract_group(group, known, options)

    def _extract_group(
        self, documents: Sequence[Document], labels: LabelSet, options: ExtractionOptions
    ) -> Iterator[Extraction]:
        reports = [ReadReport() for _ in documents]
        given: list[Document | None] = [None] * len(documents)
        if options.given_entities:
            bare = [document.with_annotations(document.entities) for document in documents]
            given = [learnable(document, labels, report) for document, report in zip(bare, reports, strict=True)]
        parts = [part for i, document in enumerate(documents) for part in self._parts(i, document, labels, given[i])]
        answers = self._answers(parts, options.batch_size)
        found: list[list[WindowAnswer]] = [[] for _ in documents]
        for part, answer in zip(parts, answers, strict=True):
            number = part.document
            found[number].append(read_window(documents[number], part.window, answer, labels, reports[number]))
        for i, document in enumerate(documents):
            entities, relations = join(found[i])
            own = given[i]
            if own is not None:
                _report_crossing(own, [answer.window for answer in found[i]], reports[i])
                relations = _with_given_ids(document, entities, relations)
                entities = list(document.entities)
            done = self._annotated(document, entities, relations, labels, given=options.given_entities)
            if options.entity_threshold or options.relation_threshold:
                reports[i].notes.append(f"{document.id}: answers have no scores, so thresholds hold nothing back")
            reports[i].keep(done)
            yield Extraction(done, reports[i])

    def _parts(self, number: int, document: Document, labels: LabelSet, given: Document | None) -> Iterator[Part]:
        config = self.config
        for window in text_windows(document.text, size=config.window_words, overlap=config.overlap_words):
            text = document.text[window.start : window.end]
            prompt = prompt_tokens(self.tokenizer, text, labels, definitions=config.definitions)
            own = len(self.tokenizer(text, add_special_tokens=False)["input_ids"])
            limit = min(config.max_answer_tokens, 64 + ANSWER_TOKENS_A_TOKEN * own)
            beginning = ""
            if given is not None:
                part = cut(given, window.start, window.end)
                whole = answer_of(part.with_annotations(part.entities), labels)
                beginning = whole[: whole.rindex(RELATIONS_FOLLOW) + len(RELATIONS_FOLLOW)]
                prompt += self.tokenizer(beginning, add_special_tokens=False)["input_ids"]
            self._check_length(len(prompt) + limit, document.id)
            yield Part(number, window, tuple(prompt), limit, beginning)

    def _check_length(self, tokens: int, place: str) -> None:
        most = getattr(self.model.config, "max_position_embeddings", None)
        if most and tokens > most:
            raise InputError(
                f"{place}: a window and its answer take up to {tokens} tokens and the base model reads {most}; "
                "train with a smaller window_words or max_answer_tokens"
            )

    def _answers(self, parts: Sequence[Part], batch_size: int) -> list[str]:
        """The answers to `parts` in their order; parts of like length are read together."""
        order = sorted(range(len(parts)), key=lambda i: len(parts[i].prompt))
        out = [""] * len(parts)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            prompts, limits = [parts[i].prompt for i in rows], [parts[i].limit for i in rows]
            for i, answer in zip(rows, generate(self.model, self.tokenizer, prompts, limits), strict=True):
                out[i] = parts[i].given + answer
        return out

    def _annotated(
        self,
        document: Document,
        entities: Sequence[Entity],
        relations: Sequence[Relation],
        labels: LabelSet,
        *,
        given: bool,
    ) -> Document:
        """The document with what was found, cues and evidence, and where it comes from."""
        provenance = Provenance("model", self.name)
        words = split_words(document.text)
        if not given:
            entities = [replace(_with_cue(document, entity), provenance=provenance) for entity in entities]
        placed = {e.id: m for e, m in place_given(document.with_annotations(entities), labels, words, ReadReport())}
        numbers = count(1)
        relations = [
            replace(
                item,
                id=f"R{next(numbers)}",
                evidence=evidence_of(words, [placed[item.head], placed[item.tail]])
                if item.head in placed and item.tail in placed
                else None,
                provenance=provenance,
            )
            for item in relations
        ]
        return replace(
            document,
            entities=tuple(entities),
            relations=tuple(relations),
            concept_relations=(),
            provenance=provenance,
        )


def _with_cue(document: Document, entity: Entity) -> Entity:
    if entity.assertion in (None, "present"):
        return entity
    return replace(entity, cue=find_cue(document.text, entity.start, entity.end, str(entity.assertion)))


def _report_crossing(document: Document, windows: Sequence[TextWindow], report: ReadReport) -> None:
    """Report the entities that no window holds whole; no relation of theirs is looked for."""
    for entity in document.entities:
        if not any(window.start <= entity.start and entity.end <= window.end for window in windows):
            report.drop(document.id, f"entity {entity.id}", "a mention across the border of two windows")


def _with_given_ids(document: Document, entities: Sequence[Entity], relations: Sequence[Relation]) -> list[Relation]:
    """The relations on the entities of the document that stand where those of the answer do."""
    by_key = {(entity.label, entity.span): entity.id for entity in document.entities if not entity.fragments}
    ids = {entity.id: by_key[entity.label, entity.span] for entity in entities if (entity.label, entity.span) in by_key}
    return [
        replace(item, head=ids[item.head], tail=ids[item.tail])
        for item in relations
        if item.head in ids and item.tail in ids
    ]
