"""Train documents that stand in a dev or test of any corpus: the same document, the same text, or nearly.

Texts are compared by shingles, five words in a row: two are near-duplicates where most shingles of the shorter one are
in the other (a sentence of ADE inside an abstract of BC5CDR is found too). The comparison is exact, not sampled.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from odin.corpora.catalog import CORPORA, corpora_folder, find, layout_in, load, split_names
from odin.corpora.splits import SHARED_SPLIT, shared_split_of
from odin.errors import CorpusError
from odin.schema import Document, ReadReport

WORDS = 5
"""In a shingle."""
THRESHOLD = 0.8
"""Share of the shorter text's shingles, from which two texts are near-duplicates."""
MIN_SHINGLES = 8
"""Below this a text is compared as a whole: short sentences ("Pregnant women.") recur by right."""
TRAIN = ("train", "written")
HELD_BACK = ("dev", "test", "written_dev")


@dataclass(frozen=True)
class Leak:
    """A train document and the held back one that it gives away."""

    train: str
    held_back: str
    why: str
    share: float


def leaks(train: Iterable[Document], held_back: Iterable[Document], *, threshold: float = THRESHOLD) -> list[Leak]:
    """The train documents that stand in a held back one, in their order, each with the one that is most like it.

    Documents are the same where corpus and id are, or where both have the same `meta["group"]` (the PMID).
    """
    held = list(held_back)
    by_group = {group: name(document) for document in held if (group := document.meta.get("group"))}
    by_text = {_words(document.text): name(document) for document in held}
    sizes: dict[int, int] = {}
    index: dict[int, list[int]] = defaultdict(list)
    for number, document in enumerate(held):
        shingles = _shingles(document.text)
        sizes[number] = len(shingles)
        for shingle in shingles:
            index[shingle].append(number)
    found = []
    for document in train:
        words, group = _words(document.text), document.meta.get("group")
        if group in by_group:
            found.append(Leak(name(document), by_group[group], "the same document", 1.0))
        elif words in by_text:
            found.append(Leak(name(document), by_text[words], "the same text", 1.0))
        else:
            shingles = _shingles(document.text)
            shared = Counter(number for shingle in shingles for number in index.get(shingle, ()))
            best, share = _most_alike(shared, len(shingles), sizes)
            if best is not None and share >= threshold:
                found.append(Leak(name(document), name(held[best]), "a near-duplicate", share))
    return found


def held_back_by_id(train: Iterable[Document], folder: str | Path | None = None) -> list[Leak]:
    """The train documents whose PMID the folder's `pmid_split.json` holds back, in whatever corpus that is."""
    home = corpora_folder(folder)
    placed = ((document, shared_split_of(str(document.meta.get("group", "")), home)) for document in train)
    return [
        Leak(name(document), SHARED_SPLIT, f"its PMID is in {split}", 1.0)
        for document, split in placed
        if split in HELD_BACK
    ]


def held_back_splits(names: Iterable[str], folder: str | Path | None = None) -> list[tuple[str, str]]:
    """(corpus, split) of what these corpora hold back and is at hand."""
    return [(corpus, split) for corpus in names for split in _splits(corpus, folder) if split in HELD_BACK]


def sealed_splits(folder: str | Path | None = None) -> list[str]:
    """The published test splits, as corpus/split, of the corpora at hand that are not at hand themselves."""
    home, sealed = corpora_folder(folder), []
    for corpus in CORPORA.values():
        if not (home / corpus.name).is_dir() or not any("test" in layout for layout in corpus.layouts):
            continue
        with suppress(CorpusError):  # not all of its files are there, and nothing can be read of it
            if "test" not in _splits(corpus.name, folder):
                sealed.append(f"{corpus.name}/test")
    return sealed


def without_leaks(
    train: Iterable[Document], held_back: Sequence[Document], report: ReadReport | None = None
) -> list[Document]:
    """The train documents that do not leak; each of the others is an entry in `report`."""
    documents = list(train)
    found = {leak.train: leak for leak in leaks(documents, held_back)}
    for leak in found.values() if report is not None else ():
        report.drop(leak.train, "document", f"left out of train: {leak.why} of a held back one")  # type: ignore[union-attr]
    return [document for document in documents if name(document) not in found]


def leaks_in(names: Sequence[str], folder: str | Path | None = None) -> list[Leak]:
    """The leaks between the train splits of these corpora and the dev and test splits of all of them."""
    found = [(split, load(corpus, split, folder)) for corpus in names for split in _splits(corpus, folder)]
    train = [document for split, documents in found if split not in HELD_BACK for document in documents]
    return leaks(train, (document for split, documents in found if split in HELD_BACK for document in documents))


def leakage_free(names: Sequence[str], folder: str | Path | None = None) -> dict[str, dict[str, list[Document]]]:
    """Corpus to split to documents, in which no train document stands, or nearly, in a dev or test of any of them.

    Dev and test stay as they are published (80 / 10 / 10 by document where they are not), train gives way.
    """
    splits = {corpus: {split: load(corpus, split, folder) for split in _splits(corpus, folder)} for corpus in names}
    held_back = [it for found in splits.values() for split in HELD_BACK for it in found.get(split, ())]
    for found in splits.values():
        for split in set(found) - set(HELD_BACK):
            found[split] = without_leaks(found[split], held_back)
    return splits


def _splits(corpus: str, folder: str | Path | None) -> list[str]:
    """The train and held back splits; all of a corpus that has none called train."""
    names = split_names(layout_in(find(corpus), corpora_folder(folder) / corpus))
    return [split for split in names if split in TRAIN + HELD_BACK or TRAIN[0] not in names]


def name(document: Document) -> str:
    """Corpus and id."""
    corpus = document.provenance.name if document.provenance and document.provenance.source == "corpus" else None
    return f"{corpus}/{document.id}" if corpus else document.id


def _most_alike(shared: Counter[int], size: int, sizes: dict[int, int]) -> tuple[int | None, float]:
    best, share = None, 0.0
    for number, count in shared.items():
        shorter = min(size, sizes[number])
        if shorter >= MIN_SHINGLES and count / shorter > share:
            best, share = number, count / shorter
    return best, share


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


def _shingles(text: str) -> set[int]:
    words = _words(text)
    return {hash(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
