"""A study in one table: the mean of each arm over seeds, and how much it differs from another, seed by seed.

Intervals are of the mean over seeds, by Student's t; there is none with one seed. They say how much training varies,
not how much the test notes do: for that each record has a bootstrap interval over documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odin.evaluation.report import markdown_table
from odin.evaluation.seeds import mean_with_interval
from odin.transfer.arms import ARMS

Records = Sequence[Mapping[str, Any]]
HEADER = ("arm", "figure", "seeds", "mean", "95 % interval", "against", "difference", "95 % interval")


def summarise(records: Records) -> dict[str, Any]:
    """For each arm and figure: `mean`, `interval`, `seeds`; where it has a counterpart, `difference` likewise."""
    values = _values(records)
    out: dict[str, Any] = {}
    for arm in dict.fromkeys(record["arm"] for record in records):
        against = ARMS[arm].against
        figures = dict.fromkeys(name for record in records if record["arm"] == arm for name in record["figures"])
        out[arm] = {name: _figure(values, arm, against, name) for name in figures}
    return out


def to_markdown(records: Records, settings: Mapping[str, Any]) -> str:
    """The summary as a table for people, with what it was made of."""
    parts = [
        "# Train on synthetic notes, test on real ones",
        f"Tested on {settings['test']}; epoch and thresholds chosen on {settings['selection']}; at most "
        f"{settings['steps']} steps, synthetic notes alone take two thirds of them, what goes on from them the rest; "
        f"{settings['notes']:,} synthetic notes of at most {settings['max_words']:,} words (seed "
        f"{settings['notes_seed']}); real notes: {settings['real']}; base {settings['base']}. Micro F1, "
        "mean over seeds with its 95 % interval.",
        transfer_table(records),
        f"{len(records)} runs." if records else "No run is done yet.",
    ]
    return "\n\n".join(parts) + "\n"


def transfer_table(records: Records) -> str:
    """The summary as a Markdown table."""
    rows: list[tuple[str, ...]] = []
    for arm, figures in summarise(records).items():
        for name, figure in figures.items():
            difference = figure.get("difference") or {"mean": None, "interval": None}
            own = str(figure["seeds"]), _number(figure["mean"]), _interval(figure["interval"])
            other = ARMS[arm].against or "-", _number(difference["mean"], sign="+"), _interval(difference["interval"])
            rows.append((arm, name, *own, *other))
    return markdown_table(HEADER, rows)


def _values(records: Records) -> dict[tuple[str, str], dict[int, float]]:
    """(arm, figure) -> seed -> value; what is not defined is left out."""
    values: dict[tuple[str, str], dict[int, float]] = {}
    for record in records:
        for name, figure in record["figures"].items():
            if figure["f1"] is not None:
                values.setdefault((record["arm"], name), {})[record["seed"]] = figure["f1"]
    return values


def _figure(values: dict[tuple[str, str], dict[int, float]], arm: str, against: str, name: str) -> dict[str, Any]:
    own, other = values.get((arm, name), {}), values.get((against, name), {})
    figure = mean_with_interval(list(own.values()))
    both = sorted(own.keys() & other.keys())
    if both:
        figure["difference"] = mean_with_interval([own[seed] - other[seed] for seed in both])
    return figure


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.3f}"


def _interval(value: tuple[float, float] | None) -> str:
    return "-" if value is None else f"{value[0]:.3f} to {value[1]:.3f}"
