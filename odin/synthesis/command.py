"""`python -m odin generate`: synthetic notes as JSON lines."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from odin.arguments import above_zero, probability
from odin.corpora.files import STANDARD
from odin.corpora.jsonl import line_of, write
from odin.errors import InputError
from odin.schema import Document
from odin.synthesis.generator import BOUNDED, GenerationOptions, MedicalTextGenerator, check_bounds, default_workers
from odin.synthesis.holdout import SPLITS
from odin.synthesis.plan import NOTE_TYPES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="how many notes (default 1000)")
    parser.add_argument("--seed", type=int, default=42, metavar="S", help="equal seeds give equal bytes (default 42)")
    parser.add_argument("--output", required=True, metavar="OUT.jsonl", help="the file to write, or - for stdout")
    parser.add_argument("--balance", action="store_true", help="no label and no relation below 15 %%")
    parser.add_argument(
        "--labels", choices=("clinical", "biored"), default="clinical", help="clinical notes, or abstracts for biored"
    )
    parser.add_argument(
        "--split", choices=SPLITS, default="train",
        help="test: from templates and names that train never uses (default: train)",
    )  # fmt: skip
    parser.add_argument(
        "--note-type",
        action="append",
        default=[],
        metavar="NAME",
        help="only this type; may be given again; one of: " + ", ".join(NOTE_TYPES),
    )
    for what in BOUNDED:
        parser.add_argument(f"--min-{what}", type=int, default=0, metavar="N", help=f"least {what} a note")
        parser.add_argument(f"--max-{what}", type=int, default=100_000, metavar="N", help=f"most {what} a note")
    parser.add_argument(
        "--workers", type=above_zero, default=default_workers(), metavar="N", help="processes (default: all)"
    )
    parser.add_argument(
        "--llm-url", metavar="URL", help="reword through this OpenAI-compatible endpoint (off without it)"
    )
    parser.add_argument("--llm-model", metavar="NAME", help="the model to ask for")
    parser.add_argument(
        "--llm-share", type=probability, default=1.0, metavar="SHARE", help="share of the notes to reword (default 1)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the notes. Exit code 1 where the endpoint gave up."""
    if bool(args.llm_url) != bool(args.llm_model):
        raise InputError("give --llm-url and --llm-model together")
    if args.count < 0:
        raise InputError(f"--count {args.count}: give 0 or more")
    documents = _documents(args)
    if args.llm_url and args.output == STANDARD:
        raise InputError("notes to be reworded are kept in a file while the endpoint is asked: give a path, not -")
    if args.llm_url:
        return _reworded(args, documents)
    if args.output == STANDARD:
        for document in _shown(documents, args.count):
            sys.stdout.buffer.write(line_of(document, args.output))
        sys.stdout.buffer.flush()
    else:
        write(_shown(documents, args.count), args.output)
    return 0


def _documents(args: argparse.Namespace) -> Iterator[Document]:
    if args.labels == "biored":
        if args.split != "train":
            raise InputError("no template of abstracts is held out: leave --split out with --labels biored")
        from odin.synthesis.abstracts import generate_abstracts

        return generate_abstracts(args.count, args.seed)
    bounds = {f"{end}_{what}": getattr(args, f"{end}_{what}") for what in BOUNDED for end in ("min", "max")}
    for what in BOUNDED:
        check_bounds(bounds[f"min_{what}"], bounds[f"max_{what}"], (f"--min-{what}", f"--max-{what}"))
    options = GenerationOptions(
        seed=args.seed,
        balance=args.balance,
        split=args.split,
        note_types=tuple(args.note_type),
        **bounds,
    )
    return MedicalTextGenerator(options=options).documents(args.count, workers=args.workers)


def _reworded(args: argparse.Namespace, documents: Iterator[Document]) -> int:
    from odin.synthesis.endpoint import Endpoint
    from odin.synthesis.rewording import RewordingOptions, reword_file

    endpoint = Endpoint(args.llm_url, args.llm_model)
    report = reword_file(
        _shown(documents, args.count),
        endpoint,
        Path(args.output),
        RewordingOptions(seed=args.seed, share=args.llm_share),
    )
    print(report.summary(), file=sys.stderr)
    return 1 if report.stopped else 0


def _shown(documents: Iterable[Document], count: int) -> Iterator[Document]:
    """The documents, with a count and a rate on the error stream of a terminal."""
    start = time.monotonic()
    shown = sys.stderr.isatty()
    for number, document in enumerate(documents, 1):
        yield document
        if shown and (number % 50 == 0 or number == count):
            rate = number / max(time.monotonic() - start, 1e-9)
            print(
                f"\r{number}/{count} notes, {rate:.0f} a second, {(count - number) / rate:.0f} s left ",
                end="",
                file=sys.stderr,
            )
    if shown:
        print(file=sys.stderr)
