"""A study in tables: the mean of each arm over seeds, and how much it differs from others, seed by seed.

Intervals are of the mean over seeds, by Student's t; there is none with one seed. They say how much training varies,
not how much the test notes do: for that each record has a bootstrap interval over documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import stdev
from typing import Any

from odin.evaluation.report import markdown_table
from odin.evaluation.seeds import mean_with_interval
from odin.transfer.arms import ARMS

Records = Sequence[Mapping[str, Any]]


def summarise(records: Records) -> dict[str, dict[str, dict[str, Any]]]:
    """For each arm and figure: `mean`, `interval`, `seeds`, `spread` (their standard deviation).

    `differences` are from each of its counterparts that was trained with the same seeds, by name, likewise.
    """
    values = _values(records)
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for arm in dict.fromkeys(record["arm"] for record in records):
        names = dict.fromkeys(name for record in records if record["arm"] == arm for name in record["figures"])
        out[arm] = {name: _figure(values, arm, name) for name in names}
    return out


def to_markdown(records: Records, settings: Mapping[str, Any]) -> str:
    """The summary as tables for people, with what it was made of."""
    parts = [
        "# Train on synthetic notes, test on real ones",
        f"Tested on {settings['test']}; thresholds chosen on {settings['selection']}. Real notes: {settings['real']}; "
        f"synthetic ones: {settings['notes']:,} of at most {settings['max_words']:,} words (seed "
        f"{settings['notes_seed']}). Base: {settings['base']}; {settings['batch_pieces']:,} word pieces a step, "
        f"learning rate {settings['learning_rate']}, the same for all arms. Micro F1 and the accuracy of assertions, "
        "mean over seeds with its 95 % interval; passes are how often the notes were read.",
        transfer_table(records),
        "How much the figures of an arm vary from seed to seed, as standard deviation:",
        spread_table(records),
        f"{len(records)} runs." if records else "No run is done yet.",
    ]
    return "\n\n".join(parts) + "\n"


def transfer_table(records: Records) -> str:
    """The means and the differences as two Markdown tables."""
    summary = summarise(records)
    names = _names(summary)
    means = [
        (arm, *_effort(records, arm), *(_cell(figures.get(name)) for name in names)) for arm, figures in summary.items()
    ]
    differences = [
        (arm, other, *(_cell(figures.get(name, {}).get("differences", {}).get(other), sign="+") for name in names))
        for arm, figures in summary.items()
        for other in ARMS[arm].against
        if other in summary
    ]
    tables = [markdown_table(("arm", "notes", "steps", "passes", "seeds", *names), means)]
    if differences:
        tables.append(markdown_table(("arm", "less", *names), differences))
    return "\n\n".join(tables)


def spread_table(records: Records) -> str:
    """The standard deviations as a Markdown table."""
    summary = summarise(records)
    names = _names(summary)
    rows = [
        (arm, *(_number(figures.get(name, {}).get("spread")) for name in names)) for arm, figures in summary.items()
    ]
    return markdown_table(("arm", *names), rows)


def _names(summary: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for figures in summary.values() for name in figures))


def _values(records: Records) -> dict[tuple[str, str], dict[int, float]]:
    """(arm, figure) -> seed -> value; what is not defined is left out."""
    values: dict[tuple[str, str], dict[int, float]] = {}
    for record in records:
        for name, figure in record["figures"].items():
            if figure["f1"] is not None:
                values.setdefault((record["arm"], name), {})[record["seed"]] = figure["f1"]
    return values


def _figure(values: dict[tuple[str, str], dict[int, float]], arm: str, name: str) -> dict[str, Any]:
    own = values.get((arm, name), {})
    figure = mean_with_interval(list(own.values()))
    figure["spread"] = stdev(own.values()) if len(own) > 1 else None
    figure["differences"] = {}
    for against in ARMS[arm].against:
        other = values.get((against, name), {})
        both = sorted(own.keys() & other.keys())
        if both:
            figure["differences"][against] = mean_with_interval([own[seed] - other[seed] for seed in both])
    return figure


def _effort(records: Records, arm: str) -> tuple[str, ...]:
    """Notes, steps and passes of an arm (after those of the arm that it goes on from), and its seeds."""
    stages = [name for name in (ARMS[arm].after, arm) if name]
    runs = {name: [record for record in records if record["arm"] == name] for name in stages}
    firsts = [found[0] for found in runs.values() if found]
    forms = {"documents": "{:,}", "steps": "{:,}", "passes": "{:.1f}"}
    columns = [[form.format(item[key]) if key in item else "-" for item in firsts] for key, form in forms.items()]
    return (*map(", then ".join, columns), str(len(runs[arm])))


def _cell(figure: Mapping[str, Any] | None, sign: str = "") -> str:
    if figure is None or figure["mean"] is None:
        return "-"
    if figure["interval"] is None:
        return _number(figure["mean"], sign)
    low, high = figure["interval"]
    return f"{_number(figure['mean'], sign)} ({low:.3f} to {high:.3f})"


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.3f}"
