"""Scores that say how often they are right.

A network is surer of itself than it should be. The scale of a label set, fitted on dev notes, puts that right and
leaves the order of scores as it is (Platt 1999; Guo and others 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

CLOSEST = 1e-6
"""How near to 0 and to 1 a probability is taken to be at most."""


@dataclass(frozen=True)
class Scale:
    """sigmoid(slope * logit + shift) of what the network says; as it stands, the network's own word."""

    slope: float = 1.0
    shift: float = 0.0

    def scaled(self, probability: float) -> float:
        """The score for what the network holds for that likely. `Scale(1, 0).scaled(0.7)`: 0.7."""
        if not 0 < probability < 1:
            return probability
        return _sigmoid(self.slope * _logit(probability) + self.shift)

    def raw(self, score: float) -> float:
        """What the network says where the score is this: the inverse of `scaled`."""
        if not 0 < score < 1:
            return score
        return _sigmoid(self.logit(score))

    def logit(self, score: float) -> float:
        """The network's logit where the score is this."""
        return (_logit(score) - self.shift) / self.slope


UNSCALED = Scale()


def _logit(probability: float) -> float:
    probability = min(max(probability, CLOSEST), 1 - CLOSEST)
    return log(probability / (1 - probability))


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > 0 else exp(value) / (1 + exp(value))
