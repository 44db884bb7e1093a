"""The assertion of a mention from a linear model over the ConText rules' cues and the words around.

The network reads the whole passage but has seen few examples of rare wordings; the linear model has the rules' word
on them. `odin.extraction.neural` adds up the log-probabilities of both. The weights stand in `models/assertion/`;
`python -m odin assertion train` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from odin.errors import ModelError
from odin.extraction.assertion_features import BUCKETS, buckets, mention_features
from odin.schema import ASSERTIONS

WEIGHTS_PATH = Path(__file__).parents[2] / "models" / "assertion" / "model.safetensors"


@dataclass(frozen=True)
class AssertionModel:
    """One-against-rest logistic regression: weights (buckets, assertions), bias (assertions,)."""

    weights: npt.NDArray[np.floating]
    bias: npt.NDArray[np.floating]

    def log_probabilities(self, text: str, start: int, end: int, label: str) -> npt.NDArray[np.float64]:
        """The log-probability of each of ASSERTIONS for the mention at `start`-`end`."""
        places = buckets(mention_features(text, start, end, label))
        scores = self.weights[places].astype(np.float64).sum(0) + self.bias
        each = -np.logaddexp(0.0, -scores)
        return np.asarray(each - np.logaddexp.reduce(each))

    def save(self, path: Path) -> None:
        """Write the weights as half-precision safetensors."""
        from safetensors.numpy import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(
            {"weights": np.ascontiguousarray(self.weights, dtype=np.float16), "bias": self.bias.astype(np.float32)},
            path,
        )


@lru_cache(maxsize=2)
def load_assertion_model(path: Path = WEIGHTS_PATH) -> AssertionModel | None:
    """The model in a file; None where there is none (network and rules decide then). Raises ModelError on a bad one."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not path.is_file():
        return None
    try:
        tensors = load_file(path)
        model = AssertionModel(tensors["weights"], tensors["bias"])
    except (SafetensorError, KeyError, OSError) as err:
        raise ModelError(
            f"{path} is damaged ({err}); get it again, or train it: python -m odin assertion train"
        ) from err
    if model.weights.shape != (BUCKETS, len(ASSERTIONS)):
        raise ModelError(f"{path} does not fit this version of Odin; train it again: python -m odin assertion train")
    return model
