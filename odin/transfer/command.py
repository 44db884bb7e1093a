"""`python -m odin transfer`: train on synthetic notes, on real ones and on both; test on real ones."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, fields
from pathlib import Path

from odin.arguments import above_zero
from odin.benchmark.keeping import add_keeping_options, add_settings, keep
from odin.devices import add_device
from odin.errors import InputError
from odin.synthesis.generator import default_workers
from odin.transfer.arms import ARMS
from odin.transfer.study import Machine, Settings, log_progress, records_of, run_study, settings_of
from odin.transfer.summary import summarise, to_markdown, transfer_table

MEANINGS = {
    "real": "real notes to train on: corpus:split or a .jsonl file",
    "selection": "notes that choose the thresholds",
    "test": "notes for the figures",
    "base": "minilm, a folder with an encoder, or a model folder",
    "notes": "synthetic notes",
    "notes_seed": "their seed",
    "max_words": "words of a synthetic note, at most",
    "steps": "steps on real notes; synthetic notes alone take two thirds of it, a long arm as many as both",
    "batch_pieces": "word pieces a step",
    "learning_rate": "of the encoder's last layer",
    "selection_documents": "selection notes that are used; 0 for all",
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
    parser.add_argument("--report", action="store_true", help="train nothing: the tables of what the study has so far")
    add_keeping_options(parser, "transfer.json and transfer.md")
    add_device(parser)
    parser.add_argument("--jobs", type=above_zero, default=1, metavar="N", help="runs at once (default: 1)")
    parser.add_argument("--threads", type=above_zero, help="processor threads a run (default: all, shared by the jobs)")


def run(args: argparse.Namespace) -> int:
    """Run what is not done yet; writes `study.json` and `study.md` after each run and prints the table."""
    if min(args.notes, args.steps, args.jobs) < 1:
        raise InputError("--notes, --steps and --jobs: give 1 or more")
    log_progress()
    text = _report(args.folder) if args.report else _study(args)
    files = {f"transfer{end}": (args.folder / f"study{end}").read_text(encoding="utf-8") for end in (".json", ".md")}
    keep(args, files, transfer_table(records_of(args.folder)), "transfer")
    print(text, end="")
    return 0


def _report(folder: Path) -> str:
    return write_summary(folder, settings_of(folder))


def _study(args: argparse.Namespace) -> str:
    settings = Settings(**{item.name: getattr(args, item.name) for item in fields(Settings)})
    text = ""
    for record in run_study(
        args.folder, settings, arms=args.arm or list(ARMS), seeds=args.seeds, machine=_machine(args)
    ):
        text = write_summary(args.folder, settings)
        print(f"{record['arm']}, seed {record['seed']}: done", file=sys.stderr)
    return text


def _machine(args: argparse.Namespace) -> Machine:
    workers = default_workers()
    shared = max(1, workers // args.jobs) if args.jobs > 1 else 0
    return Machine(args.device, args.jobs, args.threads or shared, workers)


def write_summary(folder: Path, settings: Settings) -> str:
    """Write `study.json` and `study.md` of all records so far; the Markdown."""
    records = records_of(folder)
    text = to_markdown(records, asdict(settings))
    whole = {"settings": asdict(settings), "summary": summarise(records), "records": records}
    (folder / "study.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    (folder / "study.md").write_text(text, encoding="utf-8")
    return text
