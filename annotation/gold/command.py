"""`python -m odin gold OUT.zip --project NAME | --input FILE.jsonl`: a gold set in every format, with proof."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from annotation.gold import GOLD_FORMATS, GoldSet, export_gold
from annotation.gold.check import loss_table
from annotation.gold.push import push_gold
from annotation.review.dashboard import symmetric_relations, work_by_reviewer
from annotation.store import Store, default_store_path
from annotation.store.projects import load_project
from annotation.store.versions import gold_versions, latest_versions
from odin.errors import InputError
from odin.hub import add_push_arguments, confirm_from
from odin.labels import load_label_set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("output", metavar="OUT.zip")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--project", help="take the adjudicated notes of this project")
    source.add_argument("--input", metavar="FILE.jsonl", help="take the notes of a file in the native format")
    parser.add_argument("--store", default=default_store_path(), help="the store's file (default: %(default)s)")
    parser.add_argument("--labels", default="clinical", help="with --input: the label set (default: %(default)s)")
    parser.add_argument("--formats", default=",".join(GOLD_FORMATS), help="default: %(default)s")
    parser.add_argument("--licence", default="other", help="stands in the card (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the splits of notes without one (default: 0)")
    parser.add_argument("--push-to", metavar="OWNER/NAME", help="send it to the Hugging Face hub too (token: HF_TOKEN)")
    add_push_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Write it and print the loss table; send it where that is asked. Raises InputError, FormatError, HubError."""
    if options.project:
        store = Store(options.store)
        try:
            gold = project_gold(store, options.project, licence=options.licence)
        finally:
            store.close()
    else:
        from odin.corpora import jsonl

        documents = tuple(jsonl.read(options.input))
        gold = GoldSet(options.input, documents, load_label_set(options.labels), licence=options.licence)
    proofs = export_gold(
        gold, options.output, formats=options.formats.split(","), seed=options.seed, progress=_progress
    )
    print(loss_table(proofs))
    print(f"{len(gold.documents)} notes in {options.output}")
    if options.push_to:
        sent = push_gold(
            options.output, gold.documents, options.push_to,
            confirm=confirm_from(options), public=options.public, allow_phi=options.allow_phi,
        )  # fmt: skip
        print(f"sent: {sent}")
    return 0


def project_gold(store: Store, name: str, *, licence: str = "other") -> GoldSet:
    """The gold set of a project as it is now. Raises InputError where nothing is adjudicated yet."""
    project, gold = load_project(store, name), gold_versions(store, name)
    if not gold:
        raise InputError(f"{name}: no note is gold yet; adjudicate some in the Review tab first")
    submitted = latest_versions(store, name)
    return GoldSet(
        name=name,
        documents=tuple(version.document for version in gold),
        labels=project.labels,
        guideline=project.guideline,
        reviewers=tuple(sorted({version.reviewer for version in submitted})),
        agreement=_agreement_lines(store, name),
        licence=licence,
        older_guideline=sum(version.guideline < project.guideline for version in gold),
    )


def _agreement_lines(store: Store, name: str) -> Mapping[str, str]:
    from annotation.agreement import pairwise
    from annotation.agreement.command import TITLES

    by_reviewer = work_by_reviewer(store, name, with_model=False)
    lines = {}
    for pair, found in pairwise(by_reviewer, symmetric=symmetric_relations(store, name)).items():
        for measure, figure in found.measures.items():
            overall = figure.overall
            interval = f" ({overall.interval[0]:.2f} to {overall.interval[1]:.2f})" if overall.interval else ""
            value = f"{overall.value:.2f}{interval}" if overall.value is not None else f"undefined: {overall.why}"
            if found.documents:
                lines[f"{TITLES[measure]}, {pair[0]} and {pair[1]} ({found.documents} notes)"] = value
    return lines


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}/{total} formats", end="\n" if done == total else "", file=sys.stderr)
