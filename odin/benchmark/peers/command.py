"""`python -m odin peers`: Odin and other systems on the same notes, in one run on this machine."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from odin.arguments import above_zero
from odin.benchmark.keeping import add_keeping_options, keep
from odin.benchmark.measuring import processor
from odin.benchmark.peers import CORPUS, LABELS, PEERS, TRAIN, Peer, find_peer, how_to_install, what_is_missing
from odin.benchmark.peers.measuring import TASK, measure
from odin.benchmark.peers.report import peers_markdown, peers_table
from odin.corpora.catalog import load
from odin.errors import InputError, ModelError
from odin.extraction.catalog import DEFAULT_MODEL

EPOCHS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    names = [peer.name for peer in PEERS]
    learning = [peer.name for peer in PEERS if peer.trainer]
    parser.add_argument("--only", nargs="+", choices=names, metavar="PEER", help=f"of {', '.join(names)} (all)")
    parser.add_argument(
        "--train", choices=learning, help="train this peer first, or go on where its training stopped; nothing else"
    )
    parser.add_argument("--epochs", type=above_zero, default=EPOCHS, help=f"how many in all, with --train ({EPOCHS})")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"Odin's own (default: {DEFAULT_MODEL})")
    parser.add_argument("--documents", type=above_zero, metavar="N", help="draw N of the notes (all)")
    parser.add_argument("--seed", type=int, default=0, help="by which notes are drawn (0)")
    parser.add_argument("--threads", type=above_zero, default=os.cpu_count() or 1, help="processor threads (all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_keeping_options(parser, "peers.md and peers.json")


def run(options: argparse.Namespace) -> int:
    """Measure the peers that are at hand and say how to get the others. 1 where one could not be measured."""
    if options.train:
        train(find_peer(options.train), options.epochs)
        return 0
    chosen = [peer for peer in PEERS if not options.only or peer.name in options.only]
    missing = {peer.name: command for peer in chosen if (command := what_is_missing(peer))}
    for name, command in missing.items():
        print(f"{name} is not at hand: {command}", file=sys.stderr)
    rows: list[dict[str, Any]] = []
    failed = 0
    for peer in chosen:
        if peer.name in missing:
            continue
        try:
            figures = measure(
                peer, model=options.model, documents=options.documents, seed=options.seed, threads=options.threads
            )
        except ModelError as err:
            print(f"odin peers: {err}", file=sys.stderr)
            failed += 1
            continue
        print(f"{peer.name}: {figures['seconds']} s", file=sys.stderr)
        rows.append(figures)
    if not rows:
        raise InputError("no peer could be measured; what is missing is said above")
    report = report_of(rows, [peer for peer in chosen if peer.name in missing], missing, options.threads)
    text = json.dumps(report, indent=1)
    files = {"peers.json": text + "\n", "peers.md": peers_markdown(report)}
    keep(options, files, peers_table(report), "peers")
    print(text if options.json else peers_table(report))
    return 1 if failed else 0


def train(peer: Peer, epochs: int) -> None:
    """Train a peer on the train notes until `epochs` are done. Raises InputError where it is not installed."""
    install = how_to_install(peer)
    if install:
        raise InputError(f"{peer.name} needs a package: {install}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    peer.folder.mkdir(parents=True, exist_ok=True)
    module, function = peer.trainer.split(":")
    getattr(import_module(module), function)(load(CORPUS, TRAIN), peer.folder, epochs)


def report_of(
    rows: Sequence[dict[str, Any]], absent: Sequence[Peer], commands: dict[str, str], threads: int
) -> dict[str, Any]:
    """Everything that was measured, with the data and the machine that it was measured on."""
    return {
        "corpus": CORPUS,
        "split": TASK.split,
        "label_set": LABELS,
        "documents": rows[0]["documents"],
        "data_sha256": rows[0]["data_sha256"],
        "machine": {"processor": processor(), "threads": threads, "python": platform.python_version()},
        "peers": rows,
        "missing": [{"peer": peer.name, "what": peer.what, "command": commands[peer.name]} for peer in absent],
    }
