"""Charts of counts, drawn in the browser by altair; they need nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair

_WIDE = {"width": "container", "autosize": {"type": "fit", "contains": "padding"}}
"""As wide as the page has room for, names and numbers of the axes included; heights likewise."""


def bar_chart(counts: Mapping[str, int], title: str, *, in_order: bool = False) -> altair.Chart | None:
    """Bars with their counts written on them, the largest first (or as they come); None where there is nothing."""
    import altair
    import pandas

    if not counts:
        return None
    frame = pandas.DataFrame({"name": list(counts), "count": list(counts.values())})
    order = list(counts) if in_order else "-x"
    room = altair.Scale(domain=[0, 1.2 * max(counts.values())], nice=False)  # for the number behind the longest bar
    base = altair.Chart(frame, title=title).encode(
        x=altair.X("count:Q", title="count", scale=room),
        y=altair.Y("name:N", sort=order, title=None),
        tooltip=["name", "count"],
    )
    bars = base.mark_bar(color="#2563eb")
    words = base.mark_text(align="left", dx=3).encode(text="count:Q")
    return (bars + words).properties(height=60 + 22 * max(len(counts), 2), **_WIDE)


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
            x=altair.X("words:Q", bin="binned", title="words"),
            x2="end:Q",
            y=altair.Y("notes:Q", title="notes"),
            tooltip=["words", "end", "notes"],
        )
    )
    return chart.properties(height=190, **_WIDE)
