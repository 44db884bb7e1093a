"""Gold and predicted documents side by side, matched by id in whatever order the two come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from odin.errors import InputError
from odin.schema import Document


def pair_documents(gold: Iterable[Document], predicted: Iterable[Document]) -> Iterator[tuple[Document, Document]]:
    """(gold, predicted) of each gold document. Both are read in step: in the same order, nothing is held back.

    A gold document that was not predicted comes last, with an empty prediction. Raises InputError where an id stands
    twice on a side, a predicted document has no gold, or the texts differ.
    """
    waiting: tuple[dict[str, Document], dict[str, Document]] = ({}, {})
    seen: tuple[set[str], set[str]] = (set(), set())
    for row in zip_longest(gold, predicted):
        for side, document in enumerate(row):
            if document is None:
                continue
            if document.id in seen[side]:
                raise InputError(f"{('gold', 'predicted')[side]}: two documents have the id {document.id!r}")
            seen[side].add(document.id)
            other = waiting[1 - side].pop(document.id, None)
            if other is None:
                waiting[side][document.id] = document
            else:
                pair = (document, other) if side == 0 else (other, document)
                check_same_text(*pair)
                yield pair
    if waiting[1]:
        first = next(iter(waiting[1]))
        raise InputError(
            f"{len(waiting[1])} predicted documents have no gold, the first is {first!r}; "
            "predict the documents of the gold file only"
        )
    for document in waiting[0].values():
        yield document, nothing_predicted(document)


def nothing_predicted(gold: Document) -> Document:
    """The text of `gold` without annotations."""
    return Document(gold.id, gold.text)


def check_same_text(gold: Document, predicted: Document) -> None:
    """Raise InputError where the two texts differ, naming the document and the first character that does."""
    if gold.text == predicted.text:
        return
    same = zip(gold.text, predicted.text, strict=False)
    shorter = min(len(gold.text), len(predicted.text))
    place = next((i for i, (one, other) in enumerate(same) if one != other), shorter)
    raise InputError(
        f"document {gold.id}: the predicted text differs from gold at character {place}: "
        f"{predicted.text[place : place + 20]!r} instead of {gold.text[place : place + 20]!r}; "
        "offsets would not mean the same place. Predict on the very text of the gold file"
    )
