"""Reading and writing the tables of the knowledge graph: tab-separated, a header line, UTF-8, no quoting.

`data/knowledge/` holds concepts.tsv, surfaces.tsv, facts.tsv, ranges.tsv and sources.tsv. Lists stand in one cell,
joined by `|`; an empty cell is the default.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from odin.errors import FormatError, InputError
from odin.knowledge.graph import Concept, Fact, KnowledgeGraph, ReferenceRange, Surface

KNOWLEDGE_FOLDER = Path(__file__).parents[2] / "data" / "knowledge"

CONCEPT_COLUMNS = ("id", "label", "name", "codes", "weight", "sex", "min_age", "max_age", "sources")
SURFACE_COLUMNS = ("concept", "text", "kind", "weight", "ambiguous", "source")
FACT_COLUMNS = ("subject", "relation", "object", "polarity", "tier", "sources", "licence")
RANGE_COLUMNS = (
    "concept", "specimen", "sex", "unit", "low", "high", "decimals", "panic_low", "panic_high", "source",
)  # fmt: skip
SOURCE_COLUMNS = ("key", "name", "version", "licence", "ships", "url", "attribution")


@cache
def load_graph(folder: Path = KNOWLEDGE_FOLDER) -> KnowledgeGraph:
    """The knowledge graph of a folder of tables, read once. Raises FormatError or InputError."""
    return read_graph(folder)


def read_graph(folder: Path) -> KnowledgeGraph:
    """The knowledge graph of a folder as its tables are now. Raises FormatError or InputError."""
    surfaces: dict[str, list[Surface]] = defaultdict(list)
    for row in read_table(folder / "surfaces.tsv", SURFACE_COLUMNS):
        surfaces[row["concept"]].append(
            Surface(row["text"], row["kind"], float(row["weight"] or 1), row["ambiguous"] == "1")
        )
    concepts = [
        Concept(
            id=row["id"],
            label=row["label"],
            name=row["name"],
            codes=split(row["codes"]),
            weight=float(row["weight"] or 0),
            sex=row["sex"] or None,
            min_age=int(row["min_age"] or 0),
            max_age=int(row["max_age"] or 120),
            surfaces=tuple(surface for surface in surfaces[row["id"]] if surface.weight > 0),
            recognised=tuple(surface for surface in surfaces[row["id"]] if surface.weight == 0),
        )
        for row in read_table(folder / "concepts.tsv", CONCEPT_COLUMNS)
    ]
    return KnowledgeGraph(
        concepts, map(_fact, read_table(folder / "facts.tsv", FACT_COLUMNS)), _ranges(folder / "ranges.tsv")
    )


def read_table(path: Path, columns: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """The rows of a table. Raises InputError where it is absent, FormatError where columns or cells are missing."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as err:
        raise InputError(
            f"{path}: cannot read this table of the knowledge graph ({err.strerror}); "
            "`python -m odin knowledge build --source FOLDER` makes it"
        ) from err
    header = lines[0].split("\t")
    missing = [column for column in columns if column not in header]
    if missing:
        raise FormatError(f"the column {missing[0]!r} is missing; the first line is {lines[0]!r}", path=path, line=1)
    for number, line in enumerate(lines[1:], 2):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise FormatError(f"{len(cells)} cells, but the header has {len(header)}", path=path, line=number)
        yield dict(zip(header, cells, strict=True))


def source_table(folder: Path = KNOWLEDGE_FOLDER) -> list[dict[str, str]]:
    """The sources of the graph with their licences."""
    return list(read_table(folder / "sources.tsv", SOURCE_COLUMNS))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table and return the number of its rows."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(_cell(value) for value in row) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


def split(cell: str) -> tuple[str, ...]:
    """The items of a list cell."""
    return tuple(item for item in cell.split("|") if item)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, tuple):
        return "|".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(str(value).split())


def _fact(row: dict[str, str]) -> Fact:
    return Fact(
        subject=row["subject"],
        relation=row["relation"],
        object=row["object"],
        polarity=row["polarity"] != "false",
        sources=split(row["sources"]),
        licence=row["licence"],
        tier=row["tier"] or "B",
    )


def _ranges(path: Path) -> list[ReferenceRange]:
    return [
        ReferenceRange(
            concept=row["concept"],
            unit=row["unit"],
            low=_number(row["low"]),
            high=_number(row["high"]),
            specimen=row["specimen"] or "blood",
            sex=row["sex"] or None,
            decimals=int(row["decimals"] or 0),
            panic_low=_number(row["panic_low"]),
            panic_high=_number(row["panic_high"]),
        )
        for row in read_table(path, RANGE_COLUMNS)
    ]


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
