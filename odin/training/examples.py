"""Annotated documents as training examples of the joint network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from odin.extraction.encoding import EncodedWords, WordPieces, encode_words
from odin.extraction.groups import NONE, PairGroup, concept_groups, concept_ids, mention_groups
from odin.extraction.pairs import FEATURE_SIZES, Mention, features, layout
from odin.extraction.windows import chunks, split_words
from odin.labels import LabelSet
from odin.schema import ASSERTIONS, Document, Entity, ReadReport

if TYPE_CHECKING:
    from odin.extraction.encoding import Integers


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """One chunk of a document. Words are counted within the chunk."""

    document: str
    label_set: str
    encoded: EncodedWords
    mentions: tuple[Mention, ...]
    assertions: tuple[int, ...]
    """Index into ASSERTIONS a mention; -1 where there is none."""
    pairs: Integers
    """(pairs, 2): head and tail, as places in `mentions`."""
    features: Integers
    """(pairs, kinds), see `odin.extraction.pairs.features`."""
    groups: Integers
    """(pairs,): the group of each pair, in their order from 0; a group is one decision."""
    targets: Integers
    """(groups,): the class of each group: 0 none, then the relation labels, then denied."""
    annotated: tuple[bool, ...] = field(default=())
    """Entity labels that this document's corpus annotates; the loss is masked on the others."""
    taught: bool = False
    """Whether all that is learnt of it is what teachers say; its mentions only say what they are asked about."""
    readings: tuple[EncodedWords, ...] = ()
    """The words in other word pieces, for teachers that read those."""

    @property
    def size(self) -> int:
        """Word pieces to encode."""
        return self.encoded.size


def make_examples(
    documents: Iterable[Document],
    labels: LabelSet,
    pieces_of: WordPieces,
    *,
    max_width: int,
    annotated: Sequence[str] | None = None,
    relations: bool = True,
    taught: bool = False,
    others: Sequence[WordPieces] = (),
) -> tuple[list[Example], ReadReport]:
    """The examples of `documents`, and what could not be put into them (discontinuous, too wide, inside a word).

    `annotated` names the entity labels that the corpus annotates; None stands for all of them. Without `relations`
    no pair is an example. Documents that are `taught` are learnt from what teachers say; `others` are the word pieces
    that teachers read.
    """
    report = ReadReport()
    known = tuple(not taught and (annotated is None or label in annotated) for label in labels.entity_labels)
    out: list[Example] = []
    for document in documents:
        words = split_words(document.text)
        placed = _place(document, labels, words, max_width, report)
        report.keep(document)
        for start, end in chunks(len(words)):
            inside = {key: (a - start, b - start) for key, (a, b) in placed.items() if start <= a and b <= end}
            example = _example(document, labels, words[start:end], inside, pieces_of, known, relations, taught)
            readings = tuple(encode_words(words[start:end], labels.name, each) for each in others)
            out.append(replace(example, readings=readings))
    return out, report


def _place(
    document: Document, labels: LabelSet, words: Sequence, max_width: int, report: ReadReport
) -> dict[str, tuple[int, int]]:
    """Entity id -> (start_word, end_word) of the entities that the network can express."""
    starts = {word.start: i for i, word in enumerate(words)}
    ends = {word.end: i + 1 for i, word in enumerate(words)}
    placed = {}
    for entity in document.entities:
        if entity.label not in labels.entity_labels:
            continue
        start, end = _trimmed(entity, document.text)
        if entity.fragments:
            why = "a discontinuous mention"
        elif start not in starts or end not in ends:
            why = "a mention that starts or ends inside a word"
        elif ends[end] - starts[start] > max_width:
            why = f"a mention of more than {max_width} words"
        else:
            placed[entity.id] = (starts[start], ends[end])
            continue
        report.drop(document.id, f"entity {entity.id}", why)
    return placed


def _trimmed(entity: Entity, text: str) -> tuple[int, int]:
    surface = text[entity.start : entity.end]
    return entity.start + len(surface) - len(surface.lstrip()), entity.end - len(surface) + len(surface.rstrip())


def _example(
    document: Document,
    labels: LabelSet,
    words: Sequence,
    placed: dict[str, tuple[int, int]],
    pieces_of: WordPieces,
    known: tuple[bool, ...],
    related: bool,
    taught: bool,
) -> Example:
    import numpy as np

    index = {label: i for i, label in enumerate(labels.entity_labels)}
    entities = [entity for entity in document.entities if entity.id in placed]
    mentions = [Mention(*placed[entity.id], index[entity.label]) for entity in entities]
    groups = _groups(document, labels, entities, mentions, taught) if related else []
    pairs = [pair for group in groups for pair in group.pairs]
    return Example(
        document=document.id,
        label_set=labels.name,
        encoded=encode_words(list(words), labels.name, pieces_of),
        mentions=tuple(mentions),
        assertions=tuple(ASSERTIONS.index(e.assertion) if e.assertion else -1 for e in entities),
        pairs=np.array(pairs or np.zeros((0, 2)), dtype=np.int16),
        features=np.array(features(mentions, pairs, layout(words)) or np.zeros((0, len(FEATURE_SIZES))), dtype=np.int8),
        groups=np.array([i for i, group in enumerate(groups) for _ in group.pairs], dtype=np.int32),
        targets=np.array([group.target for group in groups], dtype=np.int16),
        annotated=known,
        taught=taught,
    )


def _groups(
    document: Document, labels: LabelSet, entities: Sequence[Entity], mentions: Sequence[Mention], taught: bool
) -> list[PairGroup]:
    """The decisions of a document and their right answers; in a `taught` one, mentions alike are one concept."""
    if labels.concept_relations:
        classes = {label: i for i, label in enumerate(labels.concept_relation_labels, NONE + 1)}
        symmetric = {relation.label for relation in labels.concept_relations if relation.symmetric}
        answers: dict[tuple[str, str], int] = {}
        for statement in document.concept_relations:
            if statement.label not in classes:
                continue
            answers.setdefault((statement.head, statement.tail), classes[statement.label])
            if statement.label in symmetric:
                answers.setdefault((statement.tail, statement.head), classes[statement.label])
        concepts: list[tuple[str, ...]]
        if taught:
            concepts = [(document.text[entity.start : entity.end].casefold(),) for entity in entities]
        else:
            concepts = [concept_ids(entity.concept) for entity in entities]
        groups = concept_groups(mentions, concepts, labels)
        return [group.answered(answers.get((group.head, group.tail), NONE)) for group in groups]
    classes = {label: i for i, label in enumerate(labels.relation_labels, NONE + 1)}
    place = {entity.id: i for i, entity in enumerate(entities)}
    found: dict[tuple[int, int], int] = {}
    for relation in document.relations:
        if relation.label in classes and relation.head in place and relation.tail in place:
            answer = len(classes) + 1 if relation.negated else classes[relation.label]
            found.setdefault((place[relation.head], place[relation.tail]), answer)
    return [group.answered(found.get(group.pairs[0], NONE)) for group in mention_groups(mentions, labels)]
