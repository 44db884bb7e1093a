"""`python -m odin zero-shot`: train without one corpus or a part of it, and test on what was left out."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from odin.benchmark.report import summary
from odin.benchmark.zero_shot import parse_left_out, zero_shot
from odin.training.config import read_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("config", type=Path, help="a training configuration, as models/odin-mini/training.json")
    parser.add_argument("--without", required=True, metavar="CORPUS", help="the corpus to leave out")
    parser.add_argument("--where", metavar="KEY=VALUE", help="leave out only its documents whose meta has that value")
    parser.add_argument("--labels", metavar="SET", help="the label set to test with, which the rest must train")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder; an unfinished run in it is resumed")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ... (default: cpu)")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")


def run(options: argparse.Namespace) -> int:
    """Train, test and print the figures."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    left = parse_left_out(options.without, options.where)
    config = read_config(options.config)
    found = zero_shot(config, left, options.run, label_set=options.labels, device=options.device)
    print(f"zero-shot, trained without {left}:\n{summary([found])}")
    return 0
