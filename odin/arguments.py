"""Numbers of the command line, checked where they are read, so that a wrong one is answered with exit code 2."""

from __future__ import annotations

import argparse


def above_zero(text: str) -> int:
    """A whole number, 1 or more."""
    return _whole(text, 1, "above 0")


def zero_or_more(text: str) -> int:
    """A whole number, 0 or more."""
    return _whole(text, 0, "of 0 or more")


def probability(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _whole(text: str, least: int, words: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {words}")
    return value
