"""A Hugging Face dataset folder: one Parquet file a split and a card, as `datasets.load_dataset(folder)` reads it.

https://huggingface.co/docs/hub/datasets-data-files-configuration. Entities and relations are lists of structs with the
native keys; `attributes`, `meta` and `provenance`, whose keys vary, are JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.corpora.files import replacing
from odin.errors import AnnotationError, FormatError, InputError
from odin.schema import Document, ReadReport

if TYPE_CHECKING:
    import pyarrow

JSON_COLUMNS = ("attributes", "provenance", "meta")
CARD = "README.md"


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write the folder, a split of a document being its `meta["split"]` (train where it has none). Without loss."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    report, splits = ReadReport(), dict[str, list[dict[str, Any]]]()
    for document in documents:
        splits.setdefault(split_name(document), []).append(_row(document))
        report.keep(document)
    for split, rows in splits.items():
        table = pa.Table.from_pylist(rows, schema=_schema())
        with replacing(Path(path) / "data" / f"{split}-00000-of-00001.parquet") as file:
            pq.write_table(table, file)
    with replacing(Path(path) / CARD) as file:
        file.write(front_matter(sorted(splits)).encode())
    return report


def front_matter(splits: Iterable[str], *, license: str = "other", data: str = "data") -> str:
    """The card's YAML header, which names the files of each split, in the folder `data` below the card."""
    lines = ["---", f"license: {license}", "task_categories:", "- token-classification", "configs:"]
    lines += ["- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: {data}/{split}-*.parquet"]
    return "\n".join([*lines, "---", ""])


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a folder that `write` wrote, split by split. Raises InputError, FormatError."""
    import pyarrow.parquet as pq

    report = ReadReport() if report is None else report
    files = sorted((Path(path) / "data").glob("*.parquet"))
    if not files:
        raise InputError(f"{path}: no data/*.parquet in this folder; give a dataset folder")
    for file in files:
        try:
            rows = pq.read_table(file).to_pylist()
        except (OSError, ValueError) as err:
            raise FormatError(f"not a Parquet file: {err}", path=file) from err
        for number, row in enumerate(rows, 1):
            try:
                document = Document.from_json(_native(row))
            except (AnnotationError, ValueError) as err:
                if strict:
                    raise FormatError(f"row {number}: {err}", path=file) from err
                report.drop(f"{file}:{number}", "document", str(err))
                continue
            report.keep(document)
            yield document


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    text, number, real = pa.string(), pa.int64(), pa.float64()
    span = pa.list_(number)
    entity = {
        **dict.fromkeys(("id", "label"), text),
        **dict.fromkeys(("start", "end"), number),
        **{"text": text, "fragments": pa.list_(span), "concept": text, "score": real, "assertion": text, "cue": span},
        **dict.fromkeys(("provenance", "attributes"), text),
    }
    relation = {**dict.fromkeys(("id", "label", "head", "tail"), text), "score": real, "evidence": span}
    relation |= dict.fromkeys(("provenance", "attributes"), text)
    concept_relation = {**dict.fromkeys(("label", "head", "tail"), text), "score": real, "attributes": text}
    columns = {"id": text, "text": text}
    for name, fields in (("entities", entity), ("relations", relation), ("concept_relations", concept_relation)):
        columns[name] = pa.list_(pa.struct(list(fields.items())))
    return pa.schema([*columns.items(), ("meta", text), ("provenance", text)])


def split_name(document: Document) -> str:
    """The split of a document. It must be a word; `meta`, which is kept, still has what is none."""
    split = document.meta.get("split")
    return split if isinstance(split, str) and re.fullmatch(r"[A-Za-z]\w*", split, re.ASCII) else "train"


def _row(document: Document) -> dict[str, Any]:
    native = document.to_json()
    for name in ("entities", "relations", "concept_relations"):
        native[name] = [_with_json_text(item) for item in native.get(name, ())]
    return _with_json_text(native)


def _with_json_text(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(value, ensure_ascii=False) if key in JSON_COLUMNS else value for key, value in item.items()}


def _native(value: Any, key: str = "") -> Any:
    """The native form of a row: what is absent left out, JSON text read."""
    if key in JSON_COLUMNS:
        return json.loads(value)
    if isinstance(value, Mapping):
        return {name: _native(item, name) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_native(item) for item in value]
    return value
