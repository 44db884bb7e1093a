"""`python -m odin cycle`: generate, review by a script, train, evaluate; the model before and after."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from annotation.cycle.cycle import Cycle, run_cycle
from odin.arguments import above_zero
from odin.benchmark.keeping import add_keeping_options, add_settings, keep
from odin.benchmark.report import spread
from odin.devices import add_device
from odin.errors import InputError
from odin.evaluation.report import markdown_table, number, table

HEADER = ("notes", "figure", "before", "95 % interval", "after", "95 % interval")
MEANINGS = {
    "notes": "notes to review",
    "test_notes": "synthetic notes to test on, of templates and concepts that no train note has",
    "max_words": "words of a note, at most",
    "seed": "of the notes and of training",
    "base": "the model that suggests, and that training goes on from",
    "real": "real notes to test on: corpus:split or a .jsonl file",
    "epochs": "epochs of training",
    "learning_rate": "of the encoder's last layer",
    "batch_pieces": "word pieces a step",
    "kept_share": "of what was learnt, in the weights that are kept; the rest is of the base",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", type=Path, help="for the notes, the store and the run; one that was cut off goes on")
    add_settings(parser, Cycle, MEANINGS)
    add_device(parser)
    parser.add_argument("--threads", type=above_zero, help="processor threads (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_keeping_options(parser, "cycle.json")


def run(options: argparse.Namespace) -> int:
    """Go round once and print the figures before and after."""
    if min(options.notes, options.test_notes, options.epochs) < 1:
        raise InputError("--notes, --test-notes and --epochs: give 1 or more")
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    cycle = Cycle(**{item.name: getattr(options, item.name) for item in fields(Cycle)})
    record = run_cycle(cycle, options.folder, device=options.device)
    text, rows = json.dumps(record, indent=1), cycle_rows(record)
    keep(options, {"cycle.json": text + "\n"}, markdown_table(HEADER, rows), "cycle")
    print(text if options.json else table(HEADER, rows))
    return 0


def cycle_rows(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The cells under HEADER: a row for each test and figure."""
    rows: list[tuple[str, ...]] = []
    for test, before in record["before"].items():
        for name, first in before.items():
            then = record["after"][test][name]
            cells = (number(first["f1"]), spread(first["interval"]), number(then["f1"]), spread(then["interval"]))
            rows.append((test, name, *cells))
    return rows
