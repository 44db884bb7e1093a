"""Annotated documents as prompts and answers of a chat model, and how many tokens they take.

The messages are the chat records of `odin.synthesis.instructions`: the task with its labels, the note (or a window of
it), and the answer as JSON. Only the answer is learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from odin.errors import ModelError
from odin.extraction.windows import split_words
from odin.generative.windows import TextWindow, text_windows
from odin.labels import LabelSet, RelationLabel
from odin.schema import Document, Entity, ReadReport
from odin.synthesis.instructions import to_record

FEWEST_WORDS = 8
"""A window of this many words is not halved further; where it still takes too many tokens it is left out and told."""

TEMPLATE_DATE = "26 Jul 2024"
"""Templates of the Llama 3 family print a date; a fixed one keeps prompts the same from day to day."""


@dataclass(frozen=True)
class Example:
    """One window of a document: the tokens of the prompt, and of the answer with its end."""

    document: str
    label_set: str
    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def size(self) -> int:
        """Tokens of prompt and answer."""
        return len(self.prompt) + len(self.answer)


@dataclass
class TokenBudget:
    """How documents fit into the tokens that a model is given, and what was lost on the way."""

    documents: int = 0
    windowed: int = 0
    """Documents that are read in more than one window."""
    windows: int = 0
    halved: int = 0
    """Windows that took more than `max_tokens` and were read in halves."""
    left_out: int = 0
    """Windows that took more than `max_tokens` at `FEWEST_WORDS` words."""
    tokens: int = 0
    answer_tokens: int = 0
    longest: int = 0
    report: ReadReport = field(default_factory=ReadReport)

    def to_json(self) -> dict[str, int]:
        """The counts."""
        out = {key: value for key, value in vars(self).items() if key != "report"}
        return {**out, "annotations": self.report.entities + self.report.relations, "lost": len(self.report.dropped)}

    def summary(self) -> str:
        """A few lines for people."""
        return (
            f"{self.documents} documents in {self.windows} windows: {self.windowed} documents are windowed, "
            f"{self.halved} windows were halved to fit, {self.left_out} left out; {self.tokens:,} tokens "
            f"({self.answer_tokens:,} of answers), the longest window takes {self.longest}\n{self.report.summary()}"
        )


def make_examples(
    documents: Iterable[Document],
    labels: LabelSet,
    tokenizer: Any,
    *,
    window_words: int,
    max_tokens: int,
    definitions: bool = True,
    annotated: Sequence[str] | None = None,
    relations: bool = True,
) -> tuple[list[Example], TokenBudget]:
    """The examples of `documents`, and the token budget: what was windowed, halved, left out, and annotations lost.

    `annotated` names the entity labels that the corpus annotates; the prompt then asks for these alone. Without
    `relations` it asks for none.
    """
    asked = only_labels(labels if relations else replace(labels, relations=()), annotated)
    budget = TokenBudget()
    out: list[Example] = []
    for document in documents:
        clean = learnable(document, asked, budget.report)
        windows = text_windows(document.text, size=window_words)
        parts = [
            part
            for window in windows
            for part in _fit(clean, window, asked, tokenizer, max_tokens, definitions, budget)
        ]
        budget.documents += 1
        budget.windowed += len(windows) > 1
        _count(clean, [part for part, _ in parts], budget.report)
        out += [example for _, example in parts]
    budget.windows = len(out)
    budget.tokens = sum(example.size for example in out)
    budget.answer_tokens = sum(len(example.answer) for example in out)
    budget.longest = max((example.size for example in out), default=0)
    return out, budget


def messages(text: str, labels: LabelSet, *, definitions: bool) -> list[dict[str, str]]:
    """The system and user messages that ask for the entities and relations of `text`."""
    system, user, _ = to_record(Document("prompt", text), "chat", labels)["messages"]
    if not definitions:
        names = [", ".join(group) for group in (labels.entity_labels, labels.relation_labels) if group]
        system = {**system, "content": f"Entities and relations as JSON. {'; '.join(names)}"}
    return [system, user]


def prompt_tokens(tokenizer: Any, text: str, labels: LabelSet, *, definitions: bool) -> list[int]:
    """The tokens up to where the answer begins. Raises ModelError where the chat template does not fit."""
    own = messages(text, labels, definitions=definitions)
    if not tokenizer.chat_template:
        prompt = "\n\n".join(item["content"] for item in own) + "\n\n"
        return list(tokenizer(prompt)["input_ids"])
    from jinja2 import TemplateError

    try:
        prompt = tokenizer.apply_chat_template(
            own, tokenize=False, add_generation_prompt=True, date_string=TEMPLATE_DATE, enable_thinking=False
        )
    except TemplateError as err:
        raise ModelError(f"the chat template of the model does not take a system and a user message: {err}") from err
    return list(tokenizer(prompt, add_special_tokens=False)["input_ids"])


def answer_of(document: Document, labels: LabelSet) -> str:
    """The answer that is right for the document: JSON."""
    answer: str = to_record(document, "chat", labels)["messages"][-1]["content"]
    return answer


def answer_tokens(tokenizer: Any, answer: str) -> list[int]:
    """The tokens of an answer and of its end."""
    return [*tokenizer(answer, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]


def only_labels(labels: LabelSet, annotated: Sequence[str] | None) -> LabelSet:
    """The label set with these entity labels alone, and the relations that can hold between them."""
    if annotated is None:
        return labels
    known = set(annotated)

    def within(relation: RelationLabel) -> RelationLabel:
        return replace(relation, pairs=tuple(pair for pair in relation.pairs if known.issuperset(pair)))

    relations = tuple(relation for relation in map(within, labels.relations) if relation.pairs)
    return replace(labels, entities=tuple(labels.entity(label) for label in annotated), relations=relations)


def learnable(document: Document, labels: LabelSet, report: ReadReport) -> Document:
    """The document with what an answer can hold and the label set asks for; what is left out is reported."""
    kept: list[Entity] = []
    for entity in document.entities:
        if entity.label not in labels.entity_labels:
            report.drop(
                document.id, f"entity {entity.id}", f"the label set {labels.name} does not ask for {entity.label}"
            )
        elif entity.fragments:
            report.drop(document.id, f"entity {entity.id}", "a discontinuous mention")
        else:
            assertion = entity.assertion if labels.assertions else None
            kept.append(Entity(entity.id, entity.label, entity.start, entity.end, assertion=assertion))
    ids = {entity.id for entity in kept}
    relations = []
    for relation in document.relations:
        if relation.head in ids and relation.tail in ids and relation.label in labels.relation_labels:
            relations.append(relation)
        else:
            report.drop(document.id, f"relation {relation.id}", "its label or an end of it is not asked for")
    if document.concept_relations:
        count = len(document.concept_relations)
        report.drop(document.id, f"{count} concept relations", "an answer holds relations between mentions only")
    return document.with_annotations(kept, relations)


def cut(document: Document, start: int, end: int) -> Document:
    """The part of a document from `start` to `end` with the annotations that stand wholly in it, ids kept.

    A cue or evidence that reaches out of the part is left out of its annotation.
    """

    def inside(span: tuple[int, int] | None) -> tuple[int, int] | None:
        return (span[0] - start, span[1] - start) if span and start <= span[0] and span[1] <= end else None

    entities = tuple(
        replace(entity, start=entity.start - start, end=entity.end - start, cue=inside(entity.cue))
        for entity in document.entities
        if start <= entity.start and entity.end <= end
    )
    ids = {entity.id for entity in entities}
    relations = tuple(
        replace(item, evidence=inside(item.evidence))
        for item in document.relations
        if item.head in ids and item.tail in ids
    )
    return Document(document.id, document.text[start:end], entities, relations)


def _fit(
    document: Document,
    window: TextWindow,
    labels: LabelSet,
    tokenizer: Any,
    max_tokens: int,
    definitions: bool,
    budget: TokenBudget,
) -> list[tuple[Document, Example]]:
    """The window as an example, or its halves where it takes more than `max_tokens`."""
    part = cut(document, window.start, window.end)
    example = Example(
        document.id,
        labels.name,
        tuple(prompt_tokens(tokenizer, part.text, labels, definitions=definitions)),
        tuple(answer_tokens(tokenizer, answer_of(part, labels))),
    )
    if example.size <= max_tokens:
        return [(part, example)]
    words = len(split_words(part.text))
    if words <= FEWEST_WORDS:
        budget.left_out += 1
        budget.report.drop(document.id, f"characters {window.start}-{window.end}", f"take over {max_tokens} tokens")
        return []
    budget.halved += 1
    halves = text_windows(part.text, size=(words + 1) // 2)
    moved = [TextWindow(h.start + window.start, h.end + window.start, 0, 0) for h in halves]
    return [item for half in moved for item in _fit(document, half, labels, tokenizer, max_tokens, definitions, budget)]


def _count(document: Document, parts: Sequence[Document], report: ReadReport) -> None:
    """Count what the parts of a document hold and report what no part does."""
    entities = {entity.id for part in parts for entity in part.entities}
    relations = {relation.id for part in parts for relation in part.relations}
    report.documents += 1
    report.entities += len(entities)
    report.relations += len(relations)
    for entity in document.entities:
        if entity.id not in entities:
            report.drop(document.id, f"entity {entity.id}", "a mention across the border of two windows")
    for relation in document.relations:
        if relation.id not in relations:
            report.drop(document.id, f"relation {relation.id}", "a relation between two windows")
