"""What the check before a run says, in words and as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BUDGET = {
    "documents": "Documents",
    "words": "Words",
    "pieces": "Word pieces",
    "windows": "Windows",
    "tokens": "Tokens",
    "answer_tokens": "of these answers",
    "longest": "Longest window",
    "windowed": "In several windows",
    "chunked": "In several chunks",
    "left_out": "Windows left out",
    "entities": "Mentions",
    "annotations": "Annotations",
    "lost": "Not learnt",
}
"""The columns of the token budget, of which each kind of run has its own."""


def report_words(report: Mapping[str, Any], device: str) -> tuple[str, str, list[str]]:
    """(headline, tone, details) of a check."""
    seconds, budget = report["seconds"], report["budget"]
    items, tone = [], "plain"
    for part in (_leak_words(report["leaks"]), _memory_words(report["memory"], device), _cut_words(budget)):
        items += part[1]
        tone = max(tone, part[0], key=("plain", "warning", "problem").index)
    each = "" if seconds["evaluation"] is None else f" of {duration(seconds['evaluation'])} each"
    items.append(
        f"Time: {seconds['step']:.2f} s a step, measured; {report['steps']:,} steps and {report['evaluations']} "
        f"evaluations{each}."
    )
    more = ""
    if seconds["evaluation"] is None:
        more = ", evaluations not counted: how long answers get is known once some are learnt"
    cut = sum(row["windowed"] for row in budget)
    words = f"About {duration(seconds['run'])} on {device}{more}; {cut:,} documents are read in several windows"
    return f"{words}, none is cut.", tone, items


def _leak_words(found: Mapping[str, Any]) -> tuple[str, list[str]]:
    sealed = f" Not at hand, so not compared with: {', '.join(found['sealed'])}." if found["sealed"] else ""
    compared = f"Compared with {', '.join(map(source_words, found['compared']))}, and by PMID.{sealed}"
    if not found["documents"]:
        return "plain", [f"Leaks: none of {found['of']:,} training documents is held back, or nearly. {compared}"]
    words = f"{found['documents']} of {found['of']} training documents are held back, or nearly:"
    return "warning", [words, *found["examples"], compared]


def _memory_words(memory: Mapping[str, Any], device: str) -> tuple[str, list[str]]:
    items, tone = [], "plain"
    if memory["peak_mb"] > 0.9 * memory["available_mb"]:
        tone = "problem"
        items.append("Memory: this does not fit; read less at once, or take a smaller base.")
    items.append(
        f"Memory on {device}: {memory['peak_mb']:,} MB at most in the measured steps, of "
        f"{memory['available_mb']:,} MB available; {memory['parameters'] / 1e6:.1f} million parameters learn."
    )
    if 2 * memory["checkpoint_mb"] > memory["disk_free_mb"]:
        tone = "problem"
    items.append(f"Disk: {2 * memory['checkpoint_mb']:,} MB for checkpoints, of {memory['disk_free_mb']:,} MB free.")
    return tone, items


def _cut_words(budget: list[Mapping[str, Any]]) -> tuple[str, list[str]]:
    chunked, left_out = (sum(row.get(key, 0) for row in budget) for key in ("chunked", "left_out"))
    items = []
    if chunked:
        items.append(f"{chunked:,} documents are so long that relations between their far parts are not learnt.")
    if left_out:
        items.append(f"{left_out:,} windows take more than max_tokens and are left out: raise it.")
    return "warning" if left_out else "plain", items


def budget_table(report: Mapping[str, Any]) -> dict[str, Any]:
    """The token budget as a table with a row a source."""
    keys = [key for key in BUDGET if key in report["budget"][0]]
    rows = [[source_words(row["source"]), *(_shown(row[key]) for key in keys)] for row in report["budget"]]
    return {"headers": ["Source", *(BUDGET[key] for key in keys)], "data": rows}


def _shown(value: int | Mapping[str, int]) -> int | str:
    if isinstance(value, int):
        return value
    return "; ".join(f"{count} {why}" for why, count in value.items()) or "0"


def command_text(report: Mapping[str, Any]) -> str:
    """The lines to run it elsewhere, and the configuration."""
    command, config = report["command"], json.dumps(report["config"], indent=1)
    several = f"# two processes, or two GPUs\n{command['accelerate']}\n"
    return f"# save this as config.json\n{config}\n\n{command['here']}\n\n{several}"


def source_words(name: str) -> str:
    """A source as `corpus/split`; of a file its name alone."""
    return f"{Path(name).parent.stem}/{Path(name).name}" if name.startswith("/") else name


def duration(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
