"""`python -m odin zero-shot`: train without one corpus or a part of it, and test on what was left out.

The reports of several corpora that are left out in turn are kept in one folder, and make one table.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odin.arguments import above_zero
from odin.benchmark.keeping import add_keeping_options, keep
from odin.benchmark.report import spread, summary
from odin.benchmark.zero_shot import REPORT, parse_left_out, zero_shot
from odin.devices import add_device
from odin.errors import InputError
from odin.evaluation.report import markdown_table, number
from odin.extraction.catalog import find_model
from odin.training.config import read_config

HEADER = ("trained without", "asked as", "documents", "figure", "F1", "95 % interval", "trained with it")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("config", type=Path, help="a training configuration, as models/odin-mini/training.json")
    parser.add_argument("--without", required=True, metavar="CORPUS", help="the corpus to leave out")
    parser.add_argument("--where", metavar="KEY=VALUE", help="leave out only its documents whose meta has that value")
    parser.add_argument("--labels", metavar="SET", help="the label set to test with, which the rest must train")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder; an unfinished run in it is resumed")
    parser.add_argument(
        "--beside", metavar="MODEL", help="a model that learnt from all of the configuration, to be asked the same"
    )
    add_device(parser)
    parser.add_argument("--threads", type=above_zero, help="processor threads (default: all)")
    add_keeping_options(parser, REPORT)


def run(options: argparse.Namespace) -> int:
    """Train, test and print the figures."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    if options.into and not options.output:
        raise InputError("--into puts the table of the reports that --output keeps: give both")
    left = parse_left_out(options.without, options.where)
    kept = kept_reports(options.output)
    config = read_config(options.config)
    beside = find_model(options.beside) if options.beside else None
    found = zero_shot(config, left, options.run, label_set=options.labels, beside=beside, device=options.device)
    report = json.loads((options.run / REPORT).read_text(encoding="utf-8"))
    reports = sorted([report, *(one for one in kept if _tested(one) != _tested(report))], key=_tested)
    table = markdown_table(HEADER, [row for report in reports for row in zero_shot_rows(report)])
    keep(options, {REPORT: json.dumps(reports, indent=1) + "\n"}, table, "zero-shot")
    print(f"zero-shot, trained without {left}:\n{summary([found])}")
    return 0


def kept_reports(folder: Path | None) -> list[dict[str, Any]]:
    """The reports that `folder` keeps. Raises InputError where what is kept there cannot be read."""
    path = folder / REPORT if folder else None
    if path is None or not path.exists():
        return []
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        reports = kept if isinstance(kept, list) else [kept]
        for report in reports:
            zero_shot_rows(report)
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        raise InputError(f"{path}: not the reports of zero-shot; remove it, or name another folder") from err
    return reports


def zero_shot_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The cells under HEADER: a row a table of scores."""
    asked = *_tested(report), str(report["documents"])
    beside = report["beside"]["tables"] if "beside" in report else {}
    with_it = {name: number(scores["micro"]["f1"]) for name, scores in beside.items()}
    return [
        (*asked, name, number(scores["micro"]["f1"]), spread(scores["interval_f1"]), with_it.get(name, ""))
        for name, scores in report["tables"].items()
    ]


def _tested(report: Mapping[str, Any]) -> tuple[str, str]:
    return str(report["without"]), str(report["label_set"])
