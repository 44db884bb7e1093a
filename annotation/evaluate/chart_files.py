"""Charts as files to take away: SVG and PNG of each, drawn here without a browser and without any other host."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt

PIXELS = 2
"""Of the PNG, for each point of the chart."""


def write_pictures(charts: Mapping[str, alt.TopLevelMixin], path: Path) -> None:
    """A zip of `<name>.svg` and `<name>.png` for each chart."""
    import altair as alt
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, chart in charts.items():
            specification = chart.to_dict()
            archive.writestr(f"{name}.svg", vl_convert.vegalite_to_svg(specification, vl_version=version))
            picture = vl_convert.vegalite_to_png(specification, vl_version=version, scale=PIXELS)
            archive.writestr(f"{name}.png", picture)
