"""The arms of the study: which notes a model is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from odin.corpora import jsonl
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.synthesis.noise import NOISE_KINDS, NoiseRates

SYNTHETIC_SHARE = 2 / 3
"""Of the steps of a study: what an arm with synthetic notes alone takes, so that one that goes on has the rest."""


@dataclass(frozen=True)
class Arm:
    """Real notes, synthetic ones, or both; `without` are the kinds of noise that the synthetic ones lack."""

    name: str
    real: bool = False
    synthetic: bool = True
    without: tuple[str, ...] = ()
    against: str = ""
    """The arm that the summary compares this one with, seed by seed."""
    after: str = ""
    """The arm whose model of the same seed this one begins with, instead of the base."""
    share: float = 1.0
    """Of the study's steps."""

    @property
    def file(self) -> str:
        """The file of its synthetic notes; arms with equal notes share it."""
        return "notes" + "".join(f"-no-{kind}" for kind in self.without) + ".jsonl"


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        arm.name: arm
        for arm in (
            Arm("real", real=True, synthetic=False),
            Arm("synthetic", against="real", share=SYNTHETIC_SHARE),
            Arm("real+synthetic", real=True, against="real"),
            Arm(
                "synthetic-then-real",
                real=True,
                synthetic=False,
                against="real",
                after="synthetic",
                share=1 - SYNTHETIC_SHARE,
            ),
            *(
                Arm(f"no-{kind}", without=(kind,), against="synthetic", share=SYNTHETIC_SHARE)
                for kind in NOISE_KINDS
                if getattr(NoiseRates(), kind)
            ),
            Arm("no-noise", without=NOISE_KINDS, against="synthetic", share=SYNTHETIC_SHARE),
        )
    }
)
"""By name. The last ones show what each kind of noise is worth, but for those that the generator makes none of."""


def write_notes(arm: Arm, folder: Path, count: int, seed: int, *, max_words: int, workers: int) -> Path:
    """The file with the synthetic notes of an arm, none above `max_words`; made where it is not there."""
    path = folder / arm.file
    if not path.exists():
        part = path.with_suffix(".part")
        options = GenerationOptions(seed=seed, max_words=max_words, noise_without=arm.without)
        jsonl.write(MedicalTextGenerator(options=options).documents(count, workers=workers), part)
        part.replace(path)
    return path
