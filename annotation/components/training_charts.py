"""The curves of training runs, drawn in the browser by altair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from annotation.train.check_report import source_words

if TYPE_CHECKING:
    import altair

Records = Sequence[Mapping[str, Any]]
CURVES = ("Loss", "Dev scores", "Learning rate", "Word pieces a second", "Memory (MB)")
WIDTH, HEIGHT = 240, 170


def run_charts(records: Records) -> list[altair.LayerChart | None]:
    """The charts of one run, in the order of CURVES; None where there is nothing to draw yet."""
    loss = [
        (record["step"], value, name)
        for record in records
        for name, value in (record["loss"].items() if isinstance(record.get("loss"), Mapping) else ())
    ]
    loss += [(r["step"], r["loss"], "loss") for r in records if isinstance(r.get("loss"), float)]
    dev = [
        (record["step"], value, f"{task} · {source_words(name)}")
        for record in records
        for name, scores in record.get("dev", {}).items()
        for task, value in scores.items()
    ]
    simple = [
        [(record["step"], record[key], "") for record in records if record.get(key) is not None]
        for key in ("learning_rate", "pieces_per_second", "memory_mb")
    ]
    return [_lines(points) for points in (loss, dev, *simple)]


def compared_chart(runs: Mapping[str, Records]) -> altair.LayerChart | None:
    """The mean dev score of several runs over their steps."""
    points = [(r["step"], r["score"], name) for name, records in runs.items() for r in records if "score" in r]
    return _lines(points)


def _lines(points: Sequence[tuple[int, float, str]]) -> altair.LayerChart | None:
    import altair
    import pandas

    if not points:
        return None
    frame = pandas.DataFrame(points, columns=["step", "value", "curve"])
    base = altair.Chart(frame).encode(
        x=altair.X("step:Q", title="step"),
        y=altair.Y("value:Q", title=None, scale=altair.Scale(zero=False)),
        tooltip=["step", "value", "curve"],
    )
    if frame["curve"].nunique() > 1:
        legend = altair.Legend(orient="bottom", columns=1, labelLimit=WIDTH)
        base = base.encode(
            color=altair.Color("curve:N", title=None, legend=legend), shape=altair.Shape("curve:N", legend=None)
        )
    return (base.mark_line() + base.mark_point(size=18)).properties(width=WIDTH, height=HEIGHT)
