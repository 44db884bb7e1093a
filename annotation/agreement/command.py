"""`python -m odin agreement`: how far reviewers agree, pair by pair."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from annotation.agreement import Agreement, Figure, pairwise
from annotation.review.dashboard import symmetric_relations, work_by_reviewer
from annotation.store import Store, default_store_path
from odin.arguments import zero_or_more
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.report import number, table
from odin.labels import load_label_set
from odin.schema import Document

TITLES = {
    "entity_f1_exact": "Entities, F1 exact (span and label)",
    "entity_f1_partial": "Entities, F1 partial (overlap and label)",
    "token_kappa": "Entities, Cohen's kappa over tokens",
    "relation_f1_exact": "Relations, F1 with exact endpoints",
    "relation_f1_overlapping": "Relations, F1 with overlapping endpoints",
    "relation_f1_given_shared_entities": "Relations given shared entities, F1",
    "relation_kappa_given_shared_entities": "Relations given shared entities, Cohen's kappa",
    "assertion_kappa": "Assertions of shared entities, Cohen's kappa",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `agreement`."""
    parser.add_argument("files", nargs="*", type=Path, metavar="A.jsonl", help="a reviewer's documents, two or more")
    parser.add_argument("--project", help="compare the reviewers of a review project, and each with the suggestions")
    parser.add_argument("--store", default=default_store_path(), help="with --project: its file (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON: one object, or a list of them for more pairs")
    parser.add_argument("--labels", metavar="SET", help="the label set (name or file), for relations without direction")
    parser.add_argument(
        "--resamples", type=zero_or_more, default=1000, metavar="N", help="bootstrap resamples of the intervals"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap")


def run(args: argparse.Namespace) -> int:
    """Print the agreement of each pair. 1 where a pair has no document in common, else 0."""
    reviewers, symmetric = _of_project(args) if args.project else _of_files(args)
    found = pairwise(reviewers, symmetric=symmetric, resamples=args.resamples, seed=args.seed)
    if args.json:
        values = [{"first": one, "second": two} | pair.to_json() for (one, two), pair in found.items()]
        sys.stdout.write(json.dumps(values[0] if len(values) == 1 else values, indent=2) + "\n")
    else:
        parts = [f"{one} and {two}\n{agreement_report(pair)}" for (one, two), pair in found.items()]
        sys.stdout.write("\n\n".join(parts) + "\n")
    for (one, two), pair in found.items():
        for path, alone in ((one, pair.only_first), (two, pair.only_second)):
            if alone:
                sys.stderr.write(f"{len(alone)} documents stand in {path} alone (first: {alone[0]!r}); not compared\n")
        if not pair.documents:
            sys.stderr.write(f"{one} and {two} have no document in common\n")
    return 1 if any(not pair.documents for pair in found.values()) else 0


def _of_files(args: argparse.Namespace) -> tuple[dict[str, list[Document]], frozenset[str] | None]:
    """Each file's documents, and the relation labels without direction (None: those of the project's label sets)."""
    if len(args.files) < 2 or len(set(args.files)) < len(args.files):
        raise InputError("give two or more different files, one for each reviewer, or --project NAME")
    bar = tqdm(args.files, desc="read", disable=not sys.stderr.isatty())
    reviewers = {str(path): list(jsonl.read(path)) for path in bar}
    if not args.labels:
        return reviewers, None
    labels = load_label_set(args.labels)
    return reviewers, frozenset(one.label for one in labels.relations + labels.concept_relations if one.symmetric)


def _of_project(args: argparse.Namespace) -> tuple[dict[str, list[Document]], frozenset[str]]:
    """Each reviewer's newest submissions, and the relation labels without direction."""
    if args.files:
        raise InputError("give files or --project, not both")
    store = Store(args.store)
    try:
        symmetric = symmetric_relations(store, args.project)
        reviewers = work_by_reviewer(store, args.project)
        if len(reviewers) < 2:
            raise InputError(f"{args.project}: nobody has submitted a note yet that could be compared")
        return reviewers, symmetric
    finally:
        store.close()


def agreement_report(found: Agreement) -> str:
    """A table a measure, with a row for all and one a label."""
    parts = [f"{found.documents} documents in common"]
    for name, measure in found.measures.items():
        rows = [("all", *_cells(measure.overall))]
        rows += [(label, *_cells(figure)) for label, figure in sorted(measure.per_label.items())]
        header = ("", "F1" if "f1" in name else "kappa", "95 % interval", "items", "")
        parts.append(f"{TITLES[name]}\n{table(header, rows)}")
    return "\n\n".join(parts)


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    interval = f"{figure.interval[0]:.3f}-{figure.interval[1]:.3f}" if figure.interval else ""
    return number(figure.value), interval, str(figure.items), f"undefined: {figure.why}" if figure.why else ""
