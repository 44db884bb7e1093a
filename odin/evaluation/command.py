"""`python -m odin evaluate`: scores of a predicted file against a gold file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from odin.arguments import above_zero, zero_or_more
from odin.corpora.files import STANDARD, STANDARD_INPUT, rereadable
from odin.errors import InputError
from odin.evaluation.report import number, scores_report
from odin.evaluation.streaming import FileScores, Job, score_files
from odin.labels import load_label_set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.add_argument(
        "--gold", required=True, type=Path, metavar="G.jsonl", help="the right answers, native JSONL, or - for stdin"
    )
    parser.add_argument(
        "--predicted",
        required=True,
        type=Path,
        metavar="P.jsonl",
        help="what is scored, or - for stdin; documents are matched by id",
    )
    parser.add_argument("--json", action="store_true", help="print the scores as JSON instead of tables")
    parser.add_argument(
        "--labels",
        metavar="SET",
        help="the label set (name or file): says which relations have no direction, and adds the co-occurrence "
        "false-positive rate; without it the project's label sets say the former",
    )
    parser.add_argument(
        "--resamples",
        type=zero_or_more,
        default=1000,
        metavar="N",
        help="bootstrap resamples of the intervals, 0 for none",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap")
    parser.add_argument("--processes", type=above_zero, metavar="N", help="processors for large files (all)")


def run(args: argparse.Namespace) -> int:
    """Print the scores. 1 where predicted documents have no gold, else 0."""
    sides = [str(side) for side in (args.gold, args.predicted)]
    if sides == [STANDARD, STANDARD]:
        raise InputError(
            "standard input holds one file: give - for one of --gold and --predicted, a path for the other"
        )
    labels = load_label_set(args.labels) if args.labels else None
    gold_name, predicted_name = (STANDARD_INPUT if side == STANDARD else side for side in sides)
    with rereadable(args.gold) as gold, rereadable(args.predicted) as predicted:
        found = _score(Job(gold, predicted, labels, (gold_name, predicted_name)), args.processes)
    if args.json:
        sys.stdout.write(json.dumps(found.scores.to_json(), indent=2) + "\n")
    else:
        sys.stdout.write(scores_report(found.scores, resamples=args.resamples, seed=args.seed) + "\n")
        if labels is not None:
            rate = found.unrelated
            sys.stdout.write(
                f"\nCo-occurrence false-positive rate: {number(rate.value)} "
                f"({rate.correct} of {rate.total} pairs of found mentions that stand in one sentence unrelated)\n"
            )
    _warn(found)
    return 1 if found.extra else 0


def _score(job: Job, processes: int | None) -> FileScores:
    """The scores, with a progress bar on a terminal."""
    size = job.gold.stat().st_size if job.gold.is_file() else None
    with tqdm(total=size, unit="B", unit_scale=True, desc="evaluate", disable=not sys.stderr.isatty()) as bar:
        return score_files(job, processes=processes, progress=lambda done: _advance(bar, done))


def _advance(bar: tqdm[None], done: int) -> None:
    bar.update(done - bar.n)


def _warn(found: FileScores) -> None:
    if found.missing:
        sys.stderr.write(
            f"{len(found.missing)} of {found.scores.documents} gold documents were not predicted "
            f"(first: {found.missing[0]!r}); all that they hold counts as missed\n"
        )
    if found.extra:
        sys.stderr.write(
            f"{len(found.extra)} predicted documents have no gold (first: {found.extra[0]!r}); they were not scored\n"
        )
