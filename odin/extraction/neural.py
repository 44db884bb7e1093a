"""The network at work: documents in, entities, assertions and relations out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.annotating import annotate, place_given
from odin.extraction.assertion import Asserted, decide_assertion
from odin.extraction.decoding import Floats, ScoredMention, decode_mentions, decode_relations
from odin.extraction.encoding import EncodedWords, WordPieces, collate, encode_words, passes
from odin.extraction.groups import PairGroup, concept_groups, concept_ids, mention_groups
from odin.extraction.known import with_facts, with_known
from odin.extraction.merging import ChunkResult, merge
from odin.extraction.pairs import Mention, features, layout
from odin.extraction.repetition import with_repetitions
from odin.extraction.scaling import UNSCALED, Scale
from odin.extraction.windows import Word, chunks, split_words
from odin.labels import LabelSet
from odin.schema import Document, Provenance, ReadReport
from odin.wrapping import unwrapped

if TYPE_CHECKING:
    import torch

    from odin.extraction.network import JointNetwork, MentionStates

PASS_PIECES = 64
"""Word pieces of padding that a processor may read to spare a pass of the network; on a GPU padding is taken as free.

clinical_notes dev took 12.3 seconds of one core with 64, 12.4 with 128, 12.6 with 256, and 20.6 in passes of all eight.
"""


@dataclass(frozen=True)
class Decoding:
    """How the scores of one label set become annotations; tuned on dev."""

    entity_threshold: float = 0.5
    relation_threshold: float = 0.5
    given_relation_threshold: float | None = None
    """That of relations between given entities, where it differs: no score of a mention lowers theirs."""
    nested: bool = True
    repetition: float = 0.0
    """How far a span moves towards the likeliest with the same words, as `odin.extraction.repetition` has it."""
    known: float = 0.0
    """What is added to the logit of a mention that the knowledge graph has, as `odin.extraction.known` has it."""
    facts: float = 0.0
    """What is added to the logit of a relation that the knowledge graph states, in the same way."""
    entity_scale: Scale = UNSCALED
    relation_scale: Scale = UNSCALED

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Decoding:
        """Read what `asdict` gave. Raises KeyError or TypeError where it does not fit."""
        scales = {name: Scale(**value[name]) for name in ("entity_scale", "relation_scale") if name in value}
        return cls(**{**value, **scales})


@dataclass(frozen=True)
class Chunk:
    """Words that are read at once, from word `start` of document number `document`; mentions given in them.

    `text` runs from the first word to the last.
    """

    document: int
    text: str
    start: int
    words: Sequence[Word]
    encoded: EncodedWords
    given: tuple[Mention, ...] = ()
    given_ids: tuple[str, ...] = ()
    concepts: tuple[tuple[str, ...], ...] = ()

    def surface(self, mention: Mention) -> str:
        """The text of a mention in it."""
        base = self.words[0].start
        return self.text[self.words[mention.start].start - base : self.words[mention.end - 1].end - base]


class NeuralExtractor:
    """The joint network of a model folder. Implements `odin.extraction.Extractor`."""

    def __init__(
        self,
        network: JointNetwork,
        tokenizer: Any,
        label_sets: Mapping[str, LabelSet],
        decoding: Mapping[str, Decoding],
        *,
        name: str = "untrained",
    ) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.labels = dict(label_sets)
        self.decoding = {label_set: decoding.get(label_set, Decoding()) for label_set in label_sets}
        self.name = name
        self.pieces_of = WordPieces(tokenizer)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets that it answers with."""
        return tuple(self.labels)

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "cpu") -> NeuralExtractor:
        """The extractor of a model folder. Raises ModelError that says what is missing or does not fit."""
        from odin.extraction.model_folder import read_model

        return read_model(Path(folder), device=device)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        """Extract as they come, in their order. Raises InputError where the model never learnt the label set."""
        options = options or ExtractionOptions()
        known = self.known(labels)
        batch: list[Document] = []
        size = 0
        for document in documents:
            batch.append(document)
            size += 1 + len(document.text) // 2000
            if size >= options.batch_size:
                yield from self._extract_batch(batch, known, options)
                batch, size = [], 0
        if batch:
            yield from self._extract_batch(batch, known, options)

    def known(self, labels: LabelSet) -> LabelSet:
        """The label set as this model learnt it. Raises InputError where it did not."""
        if labels.name not in self.labels:
            raise InputError(
                f"the model {self.name} does not know the label set {labels.name!r}; it answers with "
                f"{', '.join(self.labels)}. Choose one of these, or train a model on examples of yours"
            )
        return self.labels[labels.name]

    def _extract_batch(
        self, documents: Sequence[Document], labels: LabelSet, options: ExtractionOptions
    ) -> Iterator[Extraction]:
        reports = [ReadReport() for _ in documents]
        parts = [
            chunk
            for i, document in enumerate(documents)
            for chunk in self._chunks(i, document, labels, options, reports[i])
        ]
        results: list[list[ChunkResult]] = [[] for _ in documents]
        read: dict[int, ChunkResult] = {}
        overhead = PASS_PIECES if self.device.type == "cpu" else math.inf
        for rows in passes([part.encoded.size for part in parts], options.batch_size, overhead):
            read.update(zip(rows, self._read([parts[i] for i in rows], labels, options), strict=True))
        for i, part in enumerate(parts):
            results[part.document].append(read[i])
        for i, document in enumerate(documents):
            done = annotate(document, *merge(results[i]), labels, options, Provenance("model", self.name))
            reports[i].keep(done)
            yield Extraction(done, reports[i])

    def _chunks(
        self, number: int, document: Document, labels: LabelSet, options: ExtractionOptions, report: ReadReport
    ) -> Iterator[Chunk]:
        text, words = unwrapped(document.text), split_words(document.text)
        placed = place_given(document, labels, words, report) if options.given_entities else []
        for start, end in chunks(len(words)):
            own = [(e, m) for e, m in placed if start <= m.start and m.end <= end]
            yield Chunk(
                document=number,
                text=text[words[start].start : words[end - 1].end],
                start=start,
                words=words[start:end],
                encoded=encode_words(words[start:end], labels.name, self.pieces_of),
                given=tuple(Mention(m.start - start, m.end - start, m.label) for _, m in own),
                given_ids=tuple(e.id for e, _ in own),
                concepts=tuple(concept_ids(e.concept) for e, _ in own),
            )

    def _read(self, parts: Sequence[Chunk], labels: LabelSet, options: ExtractionOptions) -> list[ChunkResult]:
        """Run the network over a batch of chunks."""
        import torch

        from odin.extraction.padding import pad_mentions

        device = self.device
        decoding = self.decoding[labels.name]
        entity_threshold = _or(options.entity_threshold, decoding.entity_threshold)
        own = decoding.relation_threshold
        if options.given_entities:
            own = _or(decoding.given_relation_threshold, own)
        relation_threshold = _or(options.relation_threshold, own)
        batch = collate([part.encoded for part in parts], self.tokenizer.pad_token_id).to(device)
        with torch.inference_mode():
            first, last = self.network.encode(batch)
            if options.given_entities:
                found = [[ScoredMention(mention, 1.0) for mention in part.given] for part in parts]
            else:
                logits = self.network.score_spans(first, last, labels.name).float().cpu().numpy()
                scores = [
                    _span_scores(logits[i], part, labels, decoding, entity_threshold) for i, part in enumerate(parts)
                ]
                found = [decode_mentions(own_scores, entity_threshold, nested=decoding.nested) for own_scores in scores]
            mentions = [[item.mention for item in row] for row in found]
            groups: list[Sequence[PairGroup]] = [[] for _ in parts]
            if relation_threshold < 1:
                groups = [_groups(part, row, labels, options) for part, row in zip(parts, mentions, strict=True)]
            states = self.network.read_mentions(first, last, batch, pad_mentions(mentions, device), labels.name)
            asserted = self._assertions(states, parts, mentions, labels)
            pair_logits = self._pair_logits(states, parts, mentions, groups, labels)
        relating = labels, decoding.relation_scale, relation_threshold
        decisions = [decode_relations(pair_logits[i], groups[i], found[i], *relating) for i in range(len(parts))]
        return [
            ChunkResult(
                start=part.start,
                length=len(part.words),
                mentions=found[i],
                assertions=[assertion for assertion, _ in asserted[i]],
                cues=[cue for _, cue in asserted[i]],
                decisions=decisions[i],
                ids=part.given_ids,
            )
            for i, part in enumerate(parts)
        ]

    def _assertions(
        self,
        states: MentionStates,
        parts: Sequence[Chunk],
        mentions: Sequence[Sequence[Mention]],
        labels: LabelSet,
    ) -> list[list[Asserted]]:
        """What the network and the ConText rules agree on, and the cue where a rule finds one."""
        if not labels.assertions or not any(mentions):
            return [[(None, None)] * len(row) for row in mentions]
        scores = self.network.score_assertions(states, labels.name).float().log_softmax(-1).cpu().numpy()
        return [
            [_assert(part, mention, labels.entity_labels[mention.label], scores[i, j]) for j, mention in enumerate(row)]
            for i, (part, row) in enumerate(zip(parts, mentions, strict=True))
        ]

    def _pair_logits(
        self,
        states: MentionStates,
        parts: Sequence[Chunk],
        mentions: Sequence[Sequence[Mention]],
        groups: Sequence[Sequence[PairGroup]],
        labels: LabelSet,
    ) -> list[Floats]:
        """The logits (pairs, classes) of each chunk, its groups' pairs one after another."""
        from odin.extraction.padding import pad_pairs

        pairs = [[pair for group in row for pair in group.pairs] for row in groups]
        if not any(pairs):
            return [np.zeros((0, 0)) for _ in parts]
        rows = [features(mentions[i], pairs[i], layout(part.words)) if pairs[i] else [] for i, part in enumerate(parts)]
        index, kinds = pad_pairs(pairs, rows, states.words.device)
        logits = self.network.score_pairs(states, index, kinds, labels.name).float().cpu().numpy()
        own = [logits[i, : len(pairs[i])] for i in range(len(parts))]
        facts = self.decoding[labels.name].facts
        if not facts:
            return own
        surfaces = [[part.surface(mention) for mention in row] for part, row in zip(parts, mentions, strict=True)]
        return [
            with_facts(own[i], pairs[i], mentions[i], surfaces[i], labels, facts) if pairs[i] else own[i]
            for i in range(len(parts))
        ]


def _assert(part: Chunk, mention: Mention, label: str, scores: Floats) -> Asserted:
    """The assertion of a mention from the network's log-probabilities and the rules, and its cue in the document."""
    base = part.words[0].start
    start, end = part.words[mention.start].start - base, part.words[mention.end - 1].end - base
    assertion, cue = decide_assertion(part.text, start, end, label, scores)
    return assertion, cue and (cue[0] + base, cue[1] + base)


def _groups(
    part: Chunk, mentions: Sequence[Mention], labels: LabelSet, options: ExtractionOptions
) -> Sequence[PairGroup]:
    if not labels.concept_relations:
        return mention_groups(mentions, labels)
    return concept_groups(mentions, part.concepts, labels) if options.given_entities else []


def _span_scores(logits: Floats, part: Chunk, labels: LabelSet, decoding: Decoding, threshold: float) -> Floats:
    """Scores (words, width, labels) of spans; 0 of those that reach past the last word."""
    scale = decoding.entity_scale
    logits = _within(logits, len(part.words))
    if decoding.known:
        logits = with_known(logits, part.words, part.text, labels, decoding.known)
    if decoding.repetition:
        logits = with_repetitions(logits, part.words, decoding.repetition, least=scale.logit(threshold))
    scores: Floats = 0.5 + 0.5 * np.tanh((scale.slope * logits + scale.shift) / 2)  # the sigmoid
    return scores


def _within(logits: Floats, length: int) -> Floats:
    """Logits (length, width, labels) in which spans that reach past the last word are impossible."""
    logits = logits[:length].copy()
    for width in range(1, logits.shape[1]):
        logits[max(0, length - width) :, width] = -np.inf
    return logits


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
