"""Slips of the keyboard: misspellings, case, doubled spaces. Each works on one piece of words, before offsets exist."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from random import Random

from odin.errors import InputError
from odin.synthesis.realise import Piece


@dataclass(frozen=True)
class NoiseRates:
    """Chances, each 0 to 1."""

    misspelling: float = 0.008
    """A word of five letters or more."""
    lower: float = 0.0
    """The whole note in lower case."""
    upper: float = 0.0
    """The whole note in capitals."""
    dropped_stop: float = 0.01
    """A full stop before a line break."""
    double_space: float = 0.01
    """Two spaces after a full stop."""


NO_NOISE = NoiseRates(0, 0, 0, 0, 0)
NOISE_KINDS = tuple(item.name for item in fields(NoiseRates))
"""The kinds of noise by name."""


def without(rates: NoiseRates, kinds: tuple[str, ...]) -> NoiseRates:
    """The rates with some kinds of noise switched off. Raises InputError with the kinds there are."""
    for kind in kinds:
        if kind not in NOISE_KINDS:
            raise InputError(f"unknown kind of noise {kind!r}: choose from {', '.join(NOISE_KINDS)}")
    return replace(rates, **dict.fromkeys(kinds, 0.0))


def add_noise(pieces: list[Piece], rates: NoiseRates, rng: Random) -> list[Piece]:
    """The pieces with slips; marks and their order stay."""
    case = rng.random()
    fold = str.lower if case < rates.lower else str.upper if case < rates.lower + rates.upper else None
    out = []
    for piece in pieces:
        text = piece.text
        if text and (rates.misspelling or rates.double_space or rates.dropped_stop):
            text = _slips(text, rates, rng)
        if fold:
            text = fold(text) if len(fold(text)) == len(text) else text
        out.append(piece if text == piece.text else Piece(piece.kind, text, piece.key))
    return out


def _slips(text: str, rates: NoiseRates, rng: Random) -> str:
    words = text.split(" ")
    for number, word in enumerate(words):
        if len(word) >= 5 and word.isalpha() and not word.isupper() and rng.random() < rates.misspelling:
            words[number] = _misspelt(word, rng)
    out = " ".join(words)
    if ". " in out and rng.random() < rates.double_space:
        out = out.replace(". ", ".  ", 1)
    if out.endswith(".\n") and rng.random() < rates.dropped_stop:
        out = out[:-2] + "\n"
    return out


def _misspelt(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice("aeiou") + word[at + 1 :] if word[at] in "aeiou" else word[:at] + word[at + 1 :]
