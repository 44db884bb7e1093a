"""`python -m odin train`: train the joint network from a configuration."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from odin.training.config import read_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("config", type=Path, help="a JSON file, as data/training/odin-mini.json")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder; an unfinished run in it is resumed")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ... (default: cpu)")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")


def run(options: argparse.Namespace) -> int:
    """Train, and print the dev scores of the weights that were kept."""
    import torch

    from odin.training.loop import Trainer

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    metrics = Trainer(read_config(options.config), options.run, device=options.device).run()
    print(json.dumps(metrics, indent=1))
    return 0
