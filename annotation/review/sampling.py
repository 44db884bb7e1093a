"""A stratified sample of notes: every kind of note is in it, in its share, rare kinds at least once."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from odin.errors import InputError
from odin.schema import Document


def stratified_sample(documents: Sequence[Document], count: int, *, seed: int) -> tuple[Document, ...]:
    """`count` of the documents, in their order, in the shares of the strata.

    A stratum is the rarest label (of entities and relations) that a document has, with the third of the lengths that it
    is in. Each stratum gets its share rounded down, then the largest remainders (Hamilton's method); a stratum that
    would get none takes one from the largest, as far as `count` reaches. Raises InputError where there are too few.
    """
    if not 0 < count <= len(documents):
        raise InputError(f"a sample of {count} cannot be drawn from {len(documents)} documents")
    strata = _strata(documents)
    quotas = _quotas({key: len(places) for key, places in strata.items()}, count)
    rng = random.Random(seed)
    chosen = [place for key in sorted(strata) for place in rng.sample(strata[key], quotas[key])]
    return tuple(documents[place] for place in sorted(chosen))


def _strata(documents: Sequence[Document]) -> dict[tuple[str, int], list[int]]:
    labels = [{x.label for x in document.entities} | {x.label for x in document.relations} for document in documents]
    frequency = Counter(label for found in labels for label in found)
    by_length = sorted(range(len(documents)), key=lambda place: len(documents[place].text))
    third = {place: 3 * rank // len(documents) for rank, place in enumerate(by_length)}
    strata: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, found in enumerate(labels):
        rarest = min(found, key=lambda label: (frequency[label], label), default="")
        strata[rarest, third[place]].append(place)
    return strata


def _quotas(sizes: dict[tuple[str, int], int], count: int) -> dict[tuple[str, int], int]:
    total = sum(sizes.values())
    quotas = {key: count * size // total for key, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda key: (-(count * sizes[key] % total), key))
    for key in by_remainder[: count - sum(quotas.values())]:
        quotas[key] += 1
    for key in sorted(key for key in quotas if quotas[key] == 0):
        largest = max(quotas, key=lambda other: (quotas[other], other))
        if quotas[largest] < 2:
            break
        quotas[largest] -= 1
        quotas[key] = 1
    return quotas
