"""When two ways to write a name are the same: the keys that building, linking and look-up share."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*")
_KEEP_S = frozenset(["is", "us", "as", "gas", "pus", "bus", "this", "has", "its", "was", "his", "pancreas", "abs"])


def words_of(text: str) -> list[tuple[str, int, int]]:
    """(normalised word, start, end) of each word: lower case, no accents, plural and possessive endings taken off."""
    folded = fold(text)
    out: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(folded):
        word, start, end = match[0], *match.span()
        if word == "s" and out and start == out[-1][2] + 1 and folded[start - 1] in "'\u2019":
            out[-1] = (out[-1][0], out[-1][1], end)
            continue
        out.append((singular(word), start, end))
    return out


def key(text: str) -> str:
    """The words of a name in one string: "Crohn's Diseases" and "crohn disease" have the same key."""
    return " ".join(word for word, _, _ in words_of(text))


def fold(text: str) -> str:
    """Lower case without accents, character for character (offsets stay valid)."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_character(character) for character in text)


def singular(word: str) -> str:
    """The word without a regular plural ending; short words and those in -ss, -us, -is stay."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in _KEEP_S:
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1]


def uninverted(name: str) -> str:
    """A MeSH heading in natural order: "Diabetes Mellitus, Type 2" gives "Type 2 Diabetes Mellitus"."""
    return " ".join(reversed(name.split(", "))) if ", " in name else name


def slug(name: str) -> str:
    """The name as the local part of an `ODIN:` id."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")


def _fold_character(character: str) -> str:
    lower = character.lower()
    base = unicodedata.normalize("NFD", lower)[0]
    return base if len(lower) == 1 and base.isascii() else lower if len(lower) == 1 else character
