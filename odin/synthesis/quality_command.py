"""`python -m odin quality`: notes in numbers, against real ones."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.catalog import corpora_folder
from odin.errors import InputError
from odin.schema import Document
from odin.synthesis.quality import QualityReport, compare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", help="the notes, as JSON lines")
    parser.add_argument(
        "--reference", action="append", default=[], metavar="FILE.jsonl",
        help="real notes to compare with; may be given again (default: clinical_notes train of the corpora folder)",
    )  # fmt: skip
    parser.add_argument(
        "--no-leakage", action="store_true", help="do not look for runs of words shared with the corpora"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the report. Exit code 1 where notes contradict themselves or the graph."""
    documents = list(jsonl.read(args.file))
    if not documents:
        raise InputError(f"{args.file}: holds no document")
    reference = [document for path in reference_files(args.reference) for document in jsonl.read(path)]
    corpora = {} if args.no_leakage else corpus_texts()
    report = compare(documents, reference=reference, graph=known_graph(documents), corpora=corpora)
    print(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if args.json else text_of(report))
    return 1 if report.contradictions else 0


def known_graph(documents: list[Document]):  # type: ignore[no-untyped-def]
    """The knowledge graph, where the documents name concepts at all."""
    from odin.knowledge.tables import load_graph

    return load_graph() if any(entity.concept for document in documents for entity in document.entities) else None


def reference_files(given: list[str]) -> list[Path]:
    """The files that were named, or the real training notes of the corpora folder."""
    if given:
        return [Path(name) for name in given]
    default = corpora_folder() / "clinical_notes" / "train.jsonl"
    return [default] if default.is_file() else []


def corpus_texts() -> Mapping[str, Callable[[], Iterator[str]]]:
    """For each corpus in the corpora folder that has documents as JSON lines, its texts."""
    folder = corpora_folder()
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*/*.jsonl")) + sorted(folder.glob("*/reference/*.jsonl")):
        found.setdefault(path.relative_to(folder).parts[0], []).append(path)
    return {name: partial(_texts, paths) for name, paths in found.items()}


def _texts(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        with path.open(encoding="utf-8") as file:
            for line in file:
                value = json.loads(line)
                if isinstance(value, dict) and isinstance(value.get("text"), str):
                    yield value["text"]


def text_of(report: QualityReport) -> str:
    """The report as lines for people."""
    lines = [f"{'':34}{'notes':>12}{'reference':>12}"]
    lines += [f"{name:34}{value:>12}  {remark:>10}".rstrip() for name, value, remark in rows_of(report)]
    return "\n".join(lines)


def rows_of(report: QualityReport) -> list[tuple[str, str, str]]:
    """(measure, value, the reference's value or a remark) of each measure, then each contradiction by itself."""
    out: list[tuple[str, str, str]] = []
    for name, value in vars(report.synthetic).items():
        other = getattr(report.reference, name) if report.reference else None
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            for key, share in value.items():
                out.append((f"{words} {key}", _number(share), _number(other.get(key, 0.0) if other else None)))
        else:
            out.append((words, _number(value), _number(other)))
    out += [(f"Jensen-Shannon of {name}", _number(value), "") for name, value in report.divergence.items()]
    out.append(("real or synthetic, AUC", _number(report.real_or_synthetic_auc), ""))
    out.append(("relations in the graph", _number(report.relations_in_graph), f"of {report.relations_checked} checked"))
    out.append(("duplicates", str(report.duplicates), ""))
    out.append(("duplicate relations", str(report.duplicate_relations), ""))
    if report.largest_template:
        out.append(("largest template", f"{report.largest_template[1]:.4f}", report.largest_template[0]))
    for name, (length, words) in report.longest_shared.items():
        out.append((f"longest run shared, {name}", str(length), words[:80]))
    out.append(("contradictions", str(len(report.contradictions)), ""))
    return out + [(line, "", "") for line in report.contradictions]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
