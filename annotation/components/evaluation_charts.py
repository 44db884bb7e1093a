"""The charts of the Evaluate tab. Every value stands in the chart as text or a tooltip too: colour is never alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from odin.evaluation.calibration import Outcome, expected_calibration_error, precision_recall, reliability
from odin.evaluation.errors import NOTHING

if TYPE_CHECKING:
    import altair as alt

SIZE = 230
"""Width and height of a chart in pixels."""
MOST_POINTS = 500
"""Points of a curve that a browser is asked to draw."""


def confusion_chart(matrix: Mapping[tuple[str, str], int]) -> alt.LayerChart | None:
    """Gold labels (rows) against predicted ones (columns) with the counts written in; None where there is nothing."""
    if not matrix:
        return None
    import altair as alt

    labels = sorted({label for pair in matrix for label in pair} - {NOTHING})
    rows = [
        {"gold": gold, "predicted": predicted, "count": matrix.get((gold, predicted), 0)}
        for gold in (*labels, NOTHING)
        for predicted in (*labels, NOTHING)
        if (gold, predicted) != (NOTHING, NOTHING)
    ]
    order = [*labels, NOTHING]
    base = alt.Chart(alt.Data(values=rows), title="Labels: gold against predicted").encode(
        x=alt.X("predicted:N", sort=order, title="predicted", axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("gold:N", sort=order, title="gold"),
        tooltip=["gold:N", "predicted:N", "count:Q"],
    )
    most = max(matrix.values())
    cells = base.mark_rect().encode(
        color=alt.Color("count:Q", scale=alt.Scale(type="symlog", scheme="blues"), legend=None)
    )
    dark = alt.condition(f"datum.count > {most / 4}", alt.value("white"), alt.value("black"))
    return _sized(cells + base.mark_text().encode(text="count:Q", color=dark))


def reliability_chart(found: Sequence[Outcome]) -> alt.LayerChart | None:
    """The share right by score, with how many have it, and the line of perfect calibration; None without scores."""
    error = expected_calibration_error(found)
    if error is None:
        return None
    import altair as alt

    rows = [
        {"score": one.mean_score, "right": one.share_right, "predictions": one.count}
        for one in reliability(found)
        if one.mean_score is not None
    ]
    ideal = alt.Chart(alt.Data(values=[{"score": 0, "right": 0}, {"score": 1, "right": 1}]))
    title = alt.Title("Reliability", subtitle=f"expected calibration error {error:.3f}")
    measured = alt.Chart(alt.Data(values=rows), title=title).encode(
        x=alt.X("score:Q", title="mean score of the bin", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("right:Q", title="share right", scale=alt.Scale(domain=[0, 1])),
        tooltip=["score:Q", "right:Q", "predictions:Q"],
    )
    line = ideal.mark_line(strokeDash=[4, 4], color="gray").encode(x="score:Q", y="right:Q")
    points = measured.mark_point(filled=True).encode(size=alt.Size("predictions:Q", legend=None))
    return _sized(line + points + measured.mark_line(strokeWidth=1))


def precision_recall_chart(found: Sequence[Outcome], gold: int, threshold: float) -> alt.LayerChart | None:
    """Precision against recall over thresholds, with the chosen one marked; None without scores or gold."""
    if not found or not gold:
        return None
    import altair as alt

    curve = precision_recall(found, gold)
    rows = [
        {"threshold": score, "precision": counts.precision, "recall": counts.recall, "F1": counts.f1}
        for score, counts in curve[:: max(1, len(curve) // MOST_POINTS)]
    ]
    chosen = [row for row in rows if (row["threshold"] or 0) >= threshold][-1:]

    def encoded(values: list[dict[str, Any]]) -> alt.Chart:
        return alt.Chart(alt.Data(values=values), title="Precision and recall by threshold").encode(
            x=alt.X("recall:Q", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("precision:Q", scale=alt.Scale(domain=[0, 1])),
            order="threshold:Q",
            tooltip=["threshold:Q", "precision:Q", "recall:Q", "F1:Q"],
        )

    mark = encoded(chosen).mark_point(size=120, shape="diamond", filled=True, color="#b45309")
    return _sized(encoded(rows).mark_line() + mark)


def _sized(chart: alt.LayerChart) -> alt.LayerChart:
    sized: alt.LayerChart = chart.properties(width=SIZE, height=SIZE)
    return sized
