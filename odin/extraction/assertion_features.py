"""What a linear model knows of a mention when it decides on the assertion: cues of the rules, words around, section.

Features are strings; `buckets` hashes them, so that no vocabulary is stored.
"""

from __future__ import annotations

import re
import zlib
from itertools import pairwise

from odin.extraction.context import PRECEDENCE, assertion_by_rules, find_cue, heading_before, sentence_around

BUCKETS = 1 << 15

NEAR = 10
"""Words on either side that count as near the mention."""

_TOKEN = re.compile(r"[A-Za-z]+(?:['\u2019][a-z]+)?|\d+|[^\w\s]|\n")


def buckets(features: list[str]) -> list[int]:
    """The hashed places of features, each once, in 0..BUCKETS - 1."""
    return sorted({zlib.crc32(feature.encode()) % BUCKETS for feature in features})


def mention_features(text: str, start: int, end: int, label: str) -> list[str]:
    """The features of the mention at `start`-`end`."""
    left, right = sentence_around(text, start, end)
    rule, _ = assertion_by_rules(text, start, end, label)
    before, after = _tokens(text[left:start]), _tokens(text[end:right])
    return [
        f"rule={rule}",
        f"rule={rule}|{label}",
        f"label={label}",
        *_cue_features(text, start, end, label),
        *_place_features(text, start, left, label, rule),
        *_mention_words(text[start:end]),
        *_neighbours(before, after, label),
        *_bags(before, after),
    ]


def _cue_features(text: str, start: int, end: int, label: str) -> list[str]:
    out = []
    for assertion in PRECEDENCE:
        cue = find_cue(text, start, end, assertion)
        if cue is None:
            continue
        words = " ".join(_tokens(text[slice(*cue)]))
        side = "before" if cue[0] < start else "after"
        between = text[cue[1] : start] if side == "before" else text[end : cue[0]]
        distance = min(len(_tokens(between)), 8) // 2
        out += [
            f"cue={assertion}",
            f"cue={assertion}|{label}",
            f"cue={assertion}|{side}|{distance}",
            f"cue={assertion}|{words}",
            f"cue={assertion}|{words}|{distance}",
            f"cue={assertion}|{words}|{label}",
        ]
    return out


def _place_features(text: str, start: int, left: int, label: str, rule: str) -> list[str]:
    heading = heading_before(text, start)
    name = heading[2] if heading else "none"
    line = _tokens(text[text.rfind("\n", 0, start) + 1 : start])
    out = [f"heading={name}", f"heading={name}|{label}", f"heading={name}|{rule}", f"line={' '.join(line[:2])}"]
    out.append(f"fifth={5 * start // max(1, len(text))}")
    if left > 0:
        previous = _tokens(text[sentence_around(text, left - 1, left - 1)[0] : left])
        out += [f"previous={word}" for word in previous]
        out.append(f"previous begins={' '.join(previous[:2])}")
    return out


def _mention_words(surface: str) -> list[str]:
    words = _tokens(surface)
    return [f"mention={' '.join(words)}", *(f"in={word}" for word in words), *(f"ending={word[-5:]}" for word in words)]


def _neighbours(before: list[str], after: list[str], label: str) -> list[str]:
    lefts, rights = ["<start>", *before], [*after, "<end>"]
    out = [f"around={lefts[-1]}|{rights[0]}"]
    for i in range(1, 5):
        left = lefts[-i] if i <= len(lefts) else "<start>"
        right = rights[i - 1] if i <= len(rights) else "<end>"
        out += [f"left{i}={left}", f"right{i}={right}"]
        if i < 3:
            out += [f"left{i}={left}|{label}", f"right{i}={right}|{label}"]
        else:
            out += [f"lefts={' '.join(lefts[-i:])}", f"rights={' '.join(rights[:i])}"]
    out += [f"lefts={' '.join(lefts[-2:])}", f"rights={' '.join(rights[:2])}"]
    out += [f"begins={' '.join(before[:i])}" for i in range(1, 4)]
    return out


def _bags(before: list[str], after: list[str]) -> list[str]:
    out = [f"before={word}" for word in before] + [f"after={word}" for word in after]
    near_before, near_after = before[-NEAR:], after[:NEAR]
    out += [f"near before={word}" for word in near_before] + [f"near after={word}" for word in near_after]
    out += [f"pair before={a} {b}" for a, b in pairwise(near_before)]
    return out + [f"pair after={a} {b}" for a, b in pairwise(near_after)]


def _tokens(text: str) -> list[str]:
    return [_normal(match[0]) for match in _TOKEN.finditer(text)]


def _normal(token: str) -> str:
    if token.isdigit():
        return "<year>" if len(token) == 4 and token.startswith(("19", "20")) else "<number>"
    return token.lower().replace("\u2019", "'")
