"""`python -m odin few-shot`: what a label set of one's own is worth after a few reviewed notes."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from odin.arguments import above_zero
from odin.benchmark.few_shot import few_shot
from odin.benchmark.keeping import add_keeping_options, keep
from odin.benchmark.report import spread
from odin.corpora.catalog import CORPORA
from odin.devices import add_device
from odin.evaluation.report import markdown_table, number, table
from odin.evaluation.seeds import mean_with_interval
from odin.extraction.catalog import DEFAULT_MODEL

HEADER = ("seed", "notes", "mentions", "labels", "F1", "95 % interval", "seconds of training")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("corpus", choices=list(CORPORA), metavar="CORPUS", help=f"one of {', '.join(CORPORA)}")
    parser.add_argument("--notes", type=int, default=20, metavar="N", help="train notes to learn from (20)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S", help="a draw each (1 2 3)")
    parser.add_argument("--base", help=f"what to begin with (default: {DEFAULT_MODEL})")
    parser.add_argument("--run", type=Path, required=True, help="a folder for the runs; unfinished ones are resumed")
    add_device(parser)
    parser.add_argument("--threads", type=above_zero, help="processor threads (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_keeping_options(parser, "few_shot.json")


def run(options: argparse.Namespace) -> int:
    """Train and test once a seed, and print the figures."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    done: list[dict[str, Any]] = []
    for found in few_shot(
        options.corpus,
        options.run,
        notes=options.notes,
        seeds=options.seeds,
        base=options.base,
        device=options.device,
    ):
        done.append(asdict(found))
        print(f"seed {found.seed}: F1 {found.f1:.3f}", file=sys.stderr)
    text, rows = json.dumps(done, indent=1), few_shot_rows(done)
    keep(options, {"few_shot.json": text + "\n"}, markdown_table(HEADER, rows), "few-shot")
    print(text if options.json else table(HEADER, rows))
    return 0


def few_shot_rows(done: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The cells under HEADER: a row a draw, then their mean with its interval over draws."""
    rows: list[tuple[str, ...]] = []
    for one in done:
        counts = str(one["seed"]), str(one["notes"]), f"{one['mentions']:,}", str(len(one["labels"]))
        rows.append((*counts, number(one["f1"]), spread(one["interval"]), f"{one['seconds']:.0f}"))
    mean = mean_with_interval([one["f1"] for one in done])
    return [*rows, ("mean", "", "", "", number(mean["mean"]), spread(mean["interval"]), "")]
