"""Charts of counts, drawn in the browser by altair; they need nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair


def bar_chart(counts: Mapping[str, int], title: str, *, in_order: bool = False) -> altair.Chart | None:
    """Bars with their counts written on them, the largest first (or as they come); None where there is nothing."""
    import altair
    import pandas

    if not counts:
        return None
    frame = pandas.DataFrame({"name": list(counts), "count": list(counts.values())})
    order = list(counts) if in_order else "-x"
    base = altair.Chart(frame, title=title).encode(
        x=altair.X("count:Q", title="count"), y=altair.Y("name:N", sort=order, title=None), tooltip=["name", "count"]
    )
    bars = base.mark_bar(color="#2563eb")
    words = base.mark_text(align="left", dx=3).encode(text="count:Q")
    return (bars + words).properties(width=260, height=22 * max(len(counts), 2))


def length_chart(words: Mapping[int, int], title: str, step: int) -> altair.Chart | None:
    """A histogram of lengths that were counted in steps; None where there is nothing."""
    import altair
    import pandas

    if not words:
        return None
    frame = pandas.DataFrame(
        {
            "words": sorted(words),
            "end": [key + step for key in sorted(words)],
            "notes": [words[key] for key in sorted(words)],
        }
    )
    chart = (
        altair.Chart(frame, title=title)
        .mark_bar(color="#2563eb")
        .encode(
            x=altair.X("words:Q", title="words"),
            x2="end:Q",
            y=altair.Y("notes:Q", title="notes"),
            tooltip=["words", "end", "notes"],
        )
    )
    return chart.properties(width=260, height=150)
