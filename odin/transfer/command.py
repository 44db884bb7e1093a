"""`python -m odin transfer`: train on synthetic notes, on real ones and on both; test on real ones."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import asdict, fields
from pathlib import Path

from odin.benchmark.keeping import add_keeping_options, add_settings, keep
from odin.errors import InputError
from odin.synthesis.generator import default_workers
from odin.transfer.arms import ARMS
from odin.transfer.study import Settings, records_of, run_study
from odin.transfer.summary import summarise, to_markdown, transfer_table

MEANINGS = {
    "real": "real notes to train on: corpus:split or a .jsonl file",
    "selection": "notes that choose the epoch and the thresholds",
    "test": "notes for the figures",
    "base": "minilm, a folder with an encoder, or a model folder",
    "notes": "synthetic notes",
    "notes_seed": "their seed",
    "max_words": "words of a synthetic note, at most",
    "steps": "steps at most; synthetic notes alone take two thirds, what goes on from them the rest",
    "epochs": "epochs at most",
    "batch_pieces": "word pieces a step",
    "learning_rate": "of the encoder's last layer",
    "selection_documents": "selection notes scored each epoch; 0 for all",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", type=Path, help="the study; one that was cut off goes on where it stopped")
    parser.add_argument(
        "--arm", action="append", default=[], choices=list(ARMS), metavar="NAME",
        help=f"only this arm; may be given again; one of: {', '.join(ARMS)}",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S", help="default: 1 2 3")
    add_settings(parser, Settings, MEANINGS)
    add_keeping_options(parser, "transfer.json and transfer.md")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")


def run(args: argparse.Namespace) -> int:
    """Run what is not done yet; writes `study.json` and `study.md` after each run and prints the table."""
    if min(args.notes, args.steps, args.epochs) < 1:
        raise InputError("--notes, --steps and --epochs: give 1 or more")
    import torch

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    if args.threads:
        torch.set_num_threads(args.threads)
    settings = Settings(**{item.name: getattr(args, item.name) for item in fields(Settings)})
    arms = args.arm or list(ARMS)
    text = ""
    for record in run_study(args.folder, settings, arms=arms, seeds=args.seeds, workers=default_workers()):
        text = write_summary(args.folder, settings)
        print(f"{record['arm']}, seed {record['seed']}: done", file=sys.stderr)
    files = {f"transfer{end}": (args.folder / f"study{end}").read_text(encoding="utf-8") for end in (".json", ".md")}
    keep(args, files, transfer_table(records_of(args.folder)), "transfer")
    print(text, end="")
    return 0


def write_summary(folder: Path, settings: Settings) -> str:
    """Write `study.json` and `study.md` of all records so far; the Markdown."""
    records = records_of(folder)
    text = to_markdown(records, asdict(settings))
    whole = {"settings": asdict(settings), "summary": summarise(records), "records": records}
    (folder / "study.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    (folder / "study.md").write_text(text, encoding="utf-8")
    return text
