"""The linear assertion model from annotated notes, and its F1 beside that of the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from odin.errors import InputError
from odin.evaluation.report import number, table
from odin.extraction.assertion import AssertionModel
from odin.extraction.assertion_features import BUCKETS, buckets, mention_features
from odin.extraction.context import assertion_by_rules
from odin.schema import ASSERTIONS, Document, Entity

Decide = Callable[[str, Entity], str]
"""(text, mention) -> assertion."""


def train_assertion_model(
    documents: Iterable[Document], *, alpha: float = 1e-4, epochs: int = 6, seed: int = 0
) -> AssertionModel:
    """Averaged stochastic gradient descent on the mentions that have an assertion. Raises InputError on none."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    rows, answers = [], []
    for document in documents:
        for entity in document.entities:
            if entity.assertion:
                rows.append(buckets(mention_features(document.text, entity.start, entity.end, entity.label)))
                answers.append(ASSERTIONS.index(entity.assertion))
    if set(answers) != set(range(len(ASSERTIONS))):
        missing = ", ".join(name for i, name in enumerate(ASSERTIONS) if i not in answers)
        raise InputError(f"the notes hold no mention that is {missing}; give notes with all assertions")
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.asarray(row, dtype=np.int32) for row in rows])
    matrix = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(rows), BUCKETS))
    classifier = SGDClassifier(
        loss="log_loss", alpha=alpha, average=True, max_iter=epochs, tol=None, random_state=seed
    ).fit(matrix, np.asarray(answers))
    weights = np.ascontiguousarray(classifier.coef_.T, dtype=np.float16)
    return AssertionModel(weights, classifier.intercept_.astype(np.float32))


def score_table(documents: Sequence[Document], model: AssertionModel) -> str:
    """F1 of each assertion and accuracy, by the rules alone and by the model, as a table."""
    deciders: dict[str, Decide] = {
        "rules": lambda text, e: assertion_by_rules(text, e.start, e.end, e.label)[0],
        "model": lambda text, e: ASSERTIONS[int(model.log_probabilities(text, e.start, e.end, e.label).argmax())],
    }
    counts = {name: _counts(documents, decide) for name, decide in deciders.items()}
    support = Counter(e.assertion for d in documents for e in d.entities if e.assertion)
    rows = [
        (assertion, *(number(_f1(own, assertion)) for own in counts.values()), str(support[assertion]))
        for assertion in ASSERTIONS
    ]
    total = sum(support.values())
    accuracy = [number(sum(own[a, a] for a in ASSERTIONS) / total if total else None) for own in counts.values()]
    return table(("F1", *counts, "support"), [*rows, ("accuracy", *accuracy, str(total))])


def _counts(documents: Sequence[Document], decide: Decide) -> Counter[tuple[str, str]]:
    """(gold, decided) -> mentions."""
    return Counter((e.assertion, decide(d.text, e)) for d in documents for e in d.entities if e.assertion)


def _f1(counts: Counter[tuple[str, str]], assertion: str) -> float | None:
    right = counts[assertion, assertion]
    total = sum(n * ((gold == assertion) + (decided == assertion)) for (gold, decided), n in counts.items())
    return 2 * right / total if total else None
