"""Sources to examples to batches, the same for a seed on any machine."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.catalog import as_label_set, load
from odin.errors import InputError
from odin.labels import LabelSet, load_label_set
from odin.schema import Document
from odin.training.config import Source
from odin.training.examples import Example


def source_documents(source: Source) -> list[Document]:
    """The documents of a source, their labels as its label set names them. Raises CorpusError, InputError."""
    if source.corpus.endswith(".jsonl"):
        documents = list(jsonl.read(Path(source.corpus)))
    else:
        documents = [as_label_set(document, source.label_set) for document in load(source.corpus, source.split)]
    if not documents:
        raise InputError(f"the source {source.corpus} ({source.split}) holds no documents")
    return documents


def source_labels(sources: Sequence[Source]) -> dict[str, LabelSet]:
    """The label sets of `sources` by name, in their order."""
    return {name: load_label_set(name) for name in dict.fromkeys(source.label_set for source in sources)}


def epoch_batches(
    pools: Sequence[tuple[float, Sequence[Example]]], *, batch_pieces: int, seed: int, epoch: int
) -> Iterator[list[Example]]:
    """The batches of an epoch in a random order, each of one label set and of chunks of like length.

    `pools` are (weight, examples). A weight of 1.5 gives every example once and a random half of them twice.
    """
    random_ = random.Random(f"{seed}:{epoch}")
    by_set: dict[str, list[Example]] = {}
    for weight, examples in pools:
        whole, part = divmod(weight, 1)
        chosen = list(examples) * int(whole) + random_.sample(list(examples), round(part * len(examples)))
        for example in chosen:
            by_set.setdefault(example.label_set, []).append(example)
    batches: list[list[Example]] = []
    for examples in by_set.values():
        keyed = [(example.size * random_.uniform(0.85, 1.15), i, example) for i, example in enumerate(examples)]
        batch: list[Example] = []
        widest = 0
        for _, _, example in sorted(keyed, key=lambda item: item[:2]):
            width = max(map(len, example.encoded.pieces))
            windows = sum(len(item.encoded.pieces) for item in batch) + len(example.encoded.pieces)
            if batch and max(widest, width) * windows > batch_pieces:
                batches.append(batch)
                batch, widest = [], 0
            batch.append(example)
            widest = max(widest, width)
        if batch:
            batches.append(batch)
    random_.shuffle(batches)
    yield from batches
