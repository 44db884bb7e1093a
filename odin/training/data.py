"""Sources to examples to batches, the same for a seed on any machine."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from odin.corpora import jsonl
from odin.corpora.catalog import as_label_set, check_at_hand, load
from odin.corpora.files import open_binary
from odin.errors import InputError, LabelError
from odin.labels import LabelSet, check_name, load_label_set
from odin.schema import Document
from odin.training.config import NATIVE, Source
from odin.training.control import check_stopped
from odin.training.environment import describe_source
from odin.training.examples import Example
from odin.training.scores import DevSource

E = TypeVar("E")


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cyclic garbage, which goes through all that is loaded again and again as that grows."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def source_documents(source: Source) -> list[Document]:
    """The documents of a source, their labels as its label set names them.

    Raises CorpusError, InputError, and Stopped where the run that they are for was asked to stop.
    """
    check_stopped()
    if source.corpus.endswith(NATIVE):
        documents = list(jsonl.read(Path(source.corpus)))
    else:
        documents = list(load(source.corpus, source.split))
        if source.label_set:
            documents = [as_label_set(document, source.label_set) for document in documents]
    if not documents:
        raise InputError(f"the source {source.corpus} ({source.split}) holds no documents")
    return documents


def check_sources(sources: Iterable[Source]) -> None:
    """Raise CorpusError or InputError where one is not at hand, or names labels that are not there; none is read.

    So a run whose last stage lacks a corpus says so before its first, and a slip in `annotated` masks no label.
    """
    for source in sources:
        if source.annotated:
            labels = label_set_of(source).entity_labels
            unknown = [label for label in source.annotated if label not in labels]
            if unknown:
                raise InputError(
                    f"the source {source.corpus}: annotated names {unknown[0]!r}, and the labels of {source.label_set} "
                    f"are {', '.join(labels)}"
                )
        if source.corpus.endswith(NATIVE):
            open_binary(source.corpus).close()
        else:
            check_at_hand(source.corpus, source.split)


def label_set_of(source: Source) -> LabelSet:
    """The label set of a source. Raises LabelError."""
    return load_label_set(source.label_set)


def source_labels(sources: Sequence[Source]) -> dict[str, LabelSet]:
    """The label sets of `sources` by name, in their order. Raises LabelError where two of one name differ."""
    found: dict[str, LabelSet] = {}
    for source in sources:
        labels = label_set_of(source)
        check_name(labels, source.label_set)
        known = found.setdefault(labels.name, labels)
        if (known.entity_labels, known.relations) != (labels.entity_labels, labels.relations):
            raise LabelError(f"{source.label_set}: another label set of this run is called {labels.name!r} too")
    return found


def dev_sources(
    sources: Sequence[Source],
    labels: Mapping[str, LabelSet],
    *,
    most: int,
    described: list[dict[str, Any]] | None = None,
) -> list[DevSource]:
    """What is scored after each epoch: `most` documents a source, always the same; 0 for all.

    `described` gets a row a source, as `describe_source` gives it. Raises InputError where nothing teaches a source's
    label set.
    """
    out = []
    for source in sources:
        name = label_set_of(source).name
        if name not in labels:
            raise InputError(f"dev source {source.corpus}: no source trains the label set {name!r}")
        documents = source_documents(source)
        if described is not None:
            described.append(describe_source(source, documents))
        if most:
            documents = random.Random(0).sample(documents, min(most, len(documents)))
        out.append((source.name, labels[name], documents))
    return out


def weighted(pools: Sequence[tuple[float, Sequence[E]]], random_: random.Random) -> list[E]:
    """The examples of an epoch. A weight of 1.5 gives every example once and a random half of them twice."""
    chosen: list[E] = []
    for weight, examples in pools:
        whole, part = divmod(weight, 1)
        chosen += list(examples) * int(whole) + random_.sample(list(examples), round(part * len(examples)))
    return chosen


def epoch_batches(
    pools: Sequence[tuple[float, Sequence[Example]]], *, batch_pieces: int, seed: int, epoch: int
) -> Iterator[list[Example]]:
    """The batches of an epoch in a random order, each of one label set and of chunks of like length.

    `pools` are (weight, examples), as `weighted` takes them.
    """
    random_ = random.Random(f"{seed}:{epoch}")
    by_set: dict[str, list[Example]] = {}
    for example in weighted(pools, random_):
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
