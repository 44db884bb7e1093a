"""A text and the logits of its spans, for tests of what moves them."""

from __future__ import annotations

import numpy as np

from odin.extraction.windows import split_words
from odin.labels import load_label_set

CLINICAL = load_label_set("clinical")
LABELS = CLINICAL.entity_labels
DISEASE, DRUG = LABELS.index("Disease"), LABELS.index("Drug")
LOW, WIDTH = -8.0, 6


class Note:
    """A text and the logits of its spans, LOW but where something was said."""

    def __init__(self, text: str) -> None:
        self.text, self.words = text, split_words(text)
        self.logits = np.full((len(self.words), WIDTH, len(LABELS)), LOW, np.float32)

    def at(self, span: str, nth: int = 0) -> tuple[int, int]:
        """(first word, width) of the nth place where the text has the span."""
        start = -1
        for _ in range(nth + 1):
            start = self.text.index(span, start + 1)
        first = next(i for i, word in enumerate(self.words) if word.start == start)
        return first, next(i for i, word in enumerate(self.words) if word.end == start + len(span)) - first

    def say(self, span: str, logit: float, nth: int = 0, label: int = DISEASE) -> None:
        """Set a logit."""
        self.logits[(*self.at(span, nth), label)] = logit
