"""What has the same words in a document is nearly always the same thing.

A network judges each place by itself, and where it is sure of a mention in one sentence it may miss it in the next. So
the logit of a span moves towards that of the likeliest span with the same words, or that it abbreviates ("congestive
heart failure (CHF)", after Schwartz and Hearst 2003), among the 1,400 words that are read at once (label consistency:
Krishnan and Manning 2006).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from odin.extraction.decoding import Floats
from odin.extraction.windows import Word

Key = tuple[str, ...]
"""The words of a span, in lower case."""

FEWEST_CHARACTERS = 3
"""Of a span that is looked for elsewhere, but for one in capitals, of which two do."""
SHORT = range(2, 11)
"""Characters of an abbreviation."""
SHORT_WORDS = 3
"""Words of an abbreviation at most, as in `5-FU`."""


def with_repetitions(logits: Floats, words: Sequence[Word], share: float, *, least: float) -> Floats:
    """The logits (words, width, labels) of spans that begin at each word, moved by `share` to the likeliest alike.

    `least` is the logit from which on a span is a mention; of less, nothing is said of others.
    """
    out = logits.copy()
    texts = [word.text.lower() for word in words]
    places = _places(texts)
    long_of = _definitions(logits, texts)
    for (key, label), logit in _likeliest(logits, words, texts, long_of, least).items():
        for alike in (key, *(short for short, of in long_of.get(label, {}).items() if of == key)):
            for start in places.get(alike[0], ()) if len(alike) <= out.shape[1] else ():
                if start + len(alike) <= len(texts) and tuple(texts[start : start + len(alike)]) == alike:
                    old = out[start, len(alike) - 1, label]
                    out[start, len(alike) - 1, label] = max(old, (1 - share) * old + share * logit)
    return out


def _places(texts: Sequence[str]) -> Mapping[str, list[int]]:
    """Where each word stands."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        places[text].append(i)
    return places


def _likeliest(
    logits: Floats, words: Sequence[Word], texts: Sequence[str], long_of: Mapping[int, Mapping[Key, Key]], least: float
) -> dict[tuple[Key, int], float]:
    """The best logit of the mentions with the same words and label; of an abbreviation, it counts for what it is of."""
    best: dict[tuple[Key, int], float] = {}
    for start, width, label in np.argwhere(logits > least).tolist():
        end = start + width + 1
        if end > len(words) or not _telling(words[start:end]):
            continue
        key = tuple(texts[start:end])
        named = (long_of.get(label, {}).get(key, key), label)
        best[named] = max(best.get(named, -np.inf), float(logits[start, width, label]))
    return best


def _telling(words: Sequence[Word]) -> bool:
    size = sum(len(word.text) for word in words)
    return size >= FEWEST_CHARACTERS or (size == FEWEST_CHARACTERS - 1 and all(word.text.isupper() for word in words))


def _definitions(logits: Floats, texts: Sequence[str]) -> Mapping[int, Mapping[Key, Key]]:
    """By label, the abbreviations that the text explains and the likeliest span before the bracket that each is of."""
    found: dict[int, dict[Key, Key]] = defaultdict(dict)
    for bracket, short in _in_brackets(texts):
        widths = [
            width
            for width in range(1, min(logits.shape[1], bracket) + 1)
            if _abbreviates("".join(short), "".join(texts[bracket - width : bracket]))
        ]
        for label in range(logits.shape[2] if widths else 0):
            best = max(widths, key=lambda width: logits[bracket - width, width - 1, label])
            found[label][short] = tuple(texts[bracket - best : bracket])
    return found


def _abbreviates(short: str, long: str) -> bool:
    """Whether the letters of the short one stand in the long one in their order, the first at its beginning."""
    rest = iter(long)
    return long[0] == short[0] and len(long) > len(short) and all(c in rest for c in short if c.isalnum())


def _in_brackets(texts: Sequence[str]) -> Iterator[tuple[int, Key]]:
    """(the word that is an opening bracket, the words after it) where these may be an abbreviation."""
    for i, text in enumerate(texts):
        if text != "(" or i + 1 >= len(texts) or not texts[i + 1][0].isalnum():
            continue
        for end in range(i + 2, min(i + 2 + SHORT_WORDS, len(texts))):
            if texts[end] in (")", ",", ";"):
                short = tuple(texts[i + 1 : end])
                if sum(map(len, short)) in SHORT and any(map(str.isalpha, "".join(short))):
                    yield i, short
                break
