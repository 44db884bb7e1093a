"""What a setting of a training configuration may be: of the type that its default has, and within its limits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

from odin.errors import InputError

INFINITE = math.inf
LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        **dict.fromkeys(("epochs", "batch_pieces"), (1, INFINITE)),
        **dict.fromkeys(("max_steps", "max_minutes", "patience", "dev_documents", "dev_every"), (0, INFINITE)),
        **dict.fromkeys(("learning_rate", "head_learning_rate", "weight_decay", "max_gradient"), (0, INFINITE)),
        **dict.fromkeys(("relation_weight", "relation_balance", "assertion_weight", "weight"), (0, INFINITE)),
        **dict.fromkeys(("layers", "added_words", "batch_tokens", "lora_alpha"), (0, INFINITE)),
        **dict.fromkeys(("warmup", "layer_decay", "dropout", "average", "kept_share", "taught_share"), (0, 1)),
        **dict.fromkeys(("masked_share", "lora_dropout"), (0, 1)),
        "seed": (-(2**40), 2**40),
    }
)
"""(least, most) by the name of the setting; torch takes no seed that is much larger."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"precision": ("float32", "bfloat16")})
"""Of the kinds whose default is one of these; a language model's adapter has its own."""
TEXTS = ("teachers", "trained")
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}


def check_settings(record: type, value: Mapping[str, Any], *, place: str) -> None:
    """Raise InputError that names `place` and the setting of `value` which the dataclass `record` cannot have."""
    for item in fields(record):
        if item.name in value and item.default is not MISSING:
            given = value[item.name]
            if words := _list_words(item.name, given) if item.default == () else _words(item.name, given, item.default):
                raise InputError(f"{place}: {item.name} is {words}")


def _list_words(name: str, given: Any) -> str:
    """What a list must be; empty where it is that."""
    if not isinstance(given, list | tuple):
        return f"a list, such as [{json.dumps(given, default=str)}]"
    fits = name not in TEXTS or all(isinstance(item, str) for item in given)
    return "" if fits else f"a list of texts, not {json.dumps(given, default=str)}"


def _words(name: str, given: Any, default: Any) -> str:
    """What any other setting must be, and what it is; empty where it is that."""
    kind, must = type(default), ""
    least, most = LIMITS.get(name, (-INFINITE, INFINITE))
    numbers = kind in (int, float)
    fits = isinstance(given, (int, float) if kind is float else kind) and isinstance(given, bool) == (kind is bool)
    if kind not in _WORDS:
        return ""
    if not fits or (numbers and not math.isfinite(given)):
        must = _WORDS[kind]
    elif numbers and not least <= given <= most:
        must = f"{least:g} or more" if most == INFINITE else f"from {least:g} to {most:g}"
    elif default in CHOICES.get(name, ()) and given not in CHOICES[name]:
        must = f"one of {', '.join(CHOICES[name])}"
    return must and f"{must}, not {json.dumps(given, default=str)}"
