"""Fitting the scales of scores on dev notes, so that four in five of what has a score of 0.8 are right.

Relations are judged end to end: one is right where both of its mentions are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from odin.evaluation.calibration import Outcome, outcomes
from odin.evaluation.errors import judge_entities, judge_relations
from odin.extraction.model_folder import CONFIG
from odin.extraction.neural import Decoding, NeuralExtractor
from odin.extraction.scaling import CLOSEST, UNSCALED, Scale
from odin.labels import LabelSet
from odin.schema import Document

LOWEST = 0.15
"""Raw scores below are not looked at."""
FEWEST = 50
"""Predictions without which nothing is fitted."""
FLATTEST = 0.1
"""A slope below says that scores tell nothing; thresholds of two places could not part what they are to part."""


def fit_scale(found: Sequence[Outcome]) -> Scale:
    """The scale that makes (raw score, right) pairs likeliest; the network's own word where there are too few."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    scores, right = np.array([score for score, _ in found]), np.array([correct for _, correct in found])
    if len(found) < FEWEST or right.all() or not right.any():
        return UNSCALED
    scores = scores.clip(CLOSEST, 1 - CLOSEST)
    model = LogisticRegression(C=1e3).fit(np.log(scores / (1 - scores))[:, None], right)
    slope, shift = float(model.coef_[0][0]), float(model.intercept_[0])
    return Scale(round(slope, 4), round(shift, 4)) if slope > FLATTEST else UNSCALED


def uncalibrated(decoding: Decoding) -> Decoding:
    """The same decisions with the network's own scores."""
    given = decoding.given_relation_threshold
    return replace(
        decoding,
        entity_threshold=decoding.entity_scale.raw(decoding.entity_threshold),
        relation_threshold=decoding.relation_scale.raw(decoding.relation_threshold),
        given_relation_threshold=None if given is None else decoding.relation_scale.raw(given),
        entity_scale=UNSCALED,
        relation_scale=UNSCALED,
    )


def fit_mentions(
    extractor: NeuralExtractor, labels: LabelSet, documents: Sequence[Document], found: Iterable[Document]
) -> None:
    """Fit the scale of mentions of an extractor that has none; `found` is what it finds from LOWEST on.

    The threshold moves with it, to two places as people see it.
    """
    own = extractor.decoding[labels.name]
    scale = fit_scale(
        [one for gold, other in zip(documents, found, strict=True) for one in outcomes(judge_entities(gold, other))]
    )
    extractor.decoding[labels.name] = replace(
        own, entity_threshold=round(scale.scaled(own.entity_threshold), 2), entity_scale=scale
    )


def fit_relations(
    extractor: NeuralExtractor, labels: LabelSet, documents: Sequence[Document], found: Iterable[Document]
) -> None:
    """The same for relations and both of their thresholds, of an extractor that has a scale of mentions already."""
    own = extractor.decoding[labels.name]
    symmetric = {relation.label for relation in labels.relations if relation.symmetric}
    scale = fit_scale(
        [
            one
            for gold, other in zip(documents, found, strict=True)
            for one in outcomes(judge_relations(gold, other, symmetric))
        ]
    )
    given = own.given_relation_threshold
    extractor.decoding[labels.name] = replace(
        own,
        relation_threshold=round(scale.scaled(own.relation_threshold), 2),
        given_relation_threshold=None if given is None else round(scale.scaled(given), 2),
        relation_scale=scale,
    )


def write_decoding(extractor: NeuralExtractor, folder: Path) -> None:
    """Write thresholds and scales into the config.json of the model's folder; the weights stay."""
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    config["decoding"] = {name: asdict(decoding) for name, decoding in extractor.decoding.items()}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)
