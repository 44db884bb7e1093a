"""What the knowledge graph knows by name is likelier to be a mention, and what it states likelier to be said.

A network reads words in their context, and has not seen every drug and disease, nor what each treats and causes; the
graph knows many of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from odin.extraction.decoding import Floats
from odin.extraction.dictionary import GRAPH_LABELS, load
from odin.extraction.groups import allowed_label_pairs
from odin.extraction.pairs import Mention
from odin.extraction.windows import Word
from odin.labels import LabelSet


def with_known(logits: Floats, words: Sequence[Word], text: str, labels: LabelSet, weight: float) -> Floats:
    """The logits (words, width, labels), higher by `weight` where the dictionary finds a mention of that label.

    `text` runs from the first word to the last. Nothing changes where the graph has none of the labels.
    """
    if labels.name not in GRAPH_LABELS or not words:
        return logits
    base = words[0].start
    first = {word.start - base: i for i, word in enumerate(words)}
    last = {word.end - base: i for i, word in enumerate(words)}
    number = {label: i for i, label in enumerate(labels.entity_labels)}
    out = logits.copy()
    for start, end, name in load().spans(text, labels.name):
        i, j, label = first.get(start), last.get(end), number.get(name)
        if i is not None and j is not None and label is not None and j - i < logits.shape[1]:
            out[i, j - i, label] += weight
    return out


def with_facts(
    logits: Floats,
    pairs: Sequence[tuple[int, int]],
    mentions: Sequence[Mention],
    surfaces: Sequence[str],
    labels: LabelSet,
    weight: float,
) -> Floats:
    """The logits (pairs, none + labels + denied), higher by `weight` where the graph states that relation of the two.

    Whether the text denies what the graph states is left to the network: that class gains as much. `pairs` count in the
    mentions, whose text is `surfaces`. Nothing changes where the graph has none of the labels.
    """
    if labels.name not in GRAPH_LABELS or labels.concept_relations:
        return logits
    graph = load()
    allowed = allowed_label_pairs(labels)
    names = [relation.label for relation in labels.relations]
    out = logits.copy()
    for row, (head, tail) in enumerate(pairs):
        classes = allowed.get((mentions[head].label, mentions[tail].label), ())
        stated = [
            number for number in classes if graph.states(surfaces[head], names[number - 1], surfaces[tail], labels.name)
        ]
        if stated:
            out[row, [*stated, -1]] += weight
    return out
