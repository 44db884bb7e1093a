"""The arms of the study: which notes a model is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from odin.corpora import jsonl
from odin.synthesis.generator import STYLES, GenerationOptions, MedicalTextGenerator
from odin.synthesis.noise import NOISE_KINDS, NoiseRates

SYNTHETIC_SHARE = 2 / 3
"""Of the steps of a study: what an arm with synthetic notes alone takes, so that one that goes on has the rest."""
LONG_SHARE = 1 + SYNTHETIC_SHARE
"""What an arm takes that has all the steps of real notes and those of the synthetic ones on top."""


@dataclass(frozen=True)
class Arm:
    """Real notes, synthetic ones, or both."""

    name: str
    real: bool = False
    synthetic: bool = True
    without: tuple[str, ...] = ()
    """The kinds of noise that the synthetic notes lack."""
    plain: tuple[str, ...] = ()
    """The styles that they lack."""
    against: tuple[str, ...] = ()
    """The arms that the summary compares this one with, seed by seed."""
    after: str = ""
    """The arm whose model of the same seed this one begins with, instead of the base."""
    share: float = 1.0
    """Of the study's steps."""

    @property
    def file(self) -> str:
        """The file of its synthetic notes; arms with equal notes share it."""
        return "notes" + "".join(f"-no-{kind}" for kind in (*self.without, *self.plain)) + ".jsonl"


def _ablation(name: str, *, without: tuple[str, ...] = (), plain: tuple[str, ...] = ()) -> Arm:
    return Arm(name, without=without, plain=plain, against=("synthetic",), share=SYNTHETIC_SHARE)


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        arm.name: arm
        for arm in (
            Arm("synthetic", against=("real",), share=SYNTHETIC_SHARE),
            Arm("real", real=True, synthetic=False),
            Arm("synthetic-long", against=("real", "synthetic"), share=LONG_SHARE),
            Arm("real+synthetic", real=True, against=("real",)),
            Arm("real-long", real=True, synthetic=False, against=("real",), share=LONG_SHARE),
            Arm("real+synthetic-long", real=True, against=("real", "real-long"), share=LONG_SHARE),
            Arm(
                "synthetic-then-all-real", real=True, synthetic=False, against=("real", "real-long"), after="synthetic"
            ),
            Arm(
                "synthetic-then-real",
                real=True,
                synthetic=False,
                against=("real",),
                after="synthetic",
                share=1 - SYNTHETIC_SHARE,
            ),
            *(_ablation(f"no-{kind}", without=(kind,)) for kind in NOISE_KINDS if getattr(NoiseRates(), kind)),
            _ablation("no-noise", without=NOISE_KINDS),
            *(_ablation(f"no-{style}", plain=(style,)) for style in STYLES),
            _ablation("plain", without=NOISE_KINDS, plain=STYLES),
        )
    }
)
"""By name, an arm behind the one that it goes on from. The last ones show what each kind of noise and each style is
worth, but for the kinds that the generator makes none of in most notes."""


def steps_of(arm: Arm, steps: int) -> int:
    """What the arm takes of the steps of a study, without those of the arm that it goes on from."""
    return max(1, round(arm.share * steps))


def write_notes(arm: Arm, folder: Path, count: int, seed: int, *, max_words: int, workers: int) -> Path:
    """The file with the synthetic notes of an arm, none above `max_words`; made where it is not there."""
    path = folder / arm.file
    if not path.exists():
        part = path.with_suffix(".part")
        options = GenerationOptions(seed=seed, max_words=max_words, noise_without=arm.without, style_without=arm.plain)
        jsonl.write(MedicalTextGenerator(options=options).documents(count, workers=workers), part)
        part.replace(path)
    return path
