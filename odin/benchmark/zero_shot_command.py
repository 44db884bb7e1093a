"""`python -m odin zero-shot`: train without one corpus or a part of it, and test on what was left out."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odin.benchmark.keeping import add_keeping_options, keep
from odin.benchmark.report import spread, summary
from odin.benchmark.zero_shot import REPORT, parse_left_out, zero_shot
from odin.devices import add_device
from odin.evaluation.report import markdown_table, number
from odin.training.config import read_config

HEADER = ("trained without", "trained on", "asked as", "figure", "F1", "95 % interval")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("config", type=Path, help="a training configuration, as models/odin-mini/training.json")
    parser.add_argument("--without", required=True, metavar="CORPUS", help="the corpus to leave out")
    parser.add_argument("--where", metavar="KEY=VALUE", help="leave out only its documents whose meta has that value")
    parser.add_argument("--labels", metavar="SET", help="the label set to test with, which the rest must train")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder; an unfinished run in it is resumed")
    add_device(parser)
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")
    add_keeping_options(parser, REPORT)


def run(options: argparse.Namespace) -> int:
    """Train, test and print the figures."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    left = parse_left_out(options.without, options.where)
    config = read_config(options.config)
    found = zero_shot(config, left, options.run, label_set=options.labels, device=options.device)
    text = (options.run / REPORT).read_text(encoding="utf-8")
    keep(options, {REPORT: text}, markdown_table(HEADER, zero_shot_rows(json.loads(text))), "zero-shot")
    print(f"zero-shot, trained without {left}:\n{summary([found])}")
    return 0


def zero_shot_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The cells under HEADER: a row a table of scores."""
    asked = str(report["without"]), ", ".join(report["trained_on"]), str(report["label_set"])
    return [
        (*asked, name, number(scores["micro"]["f1"]), spread(scores["interval_f1"]))
        for name, scores in report["tables"].items()
    ]
