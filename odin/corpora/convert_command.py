"""`python -m odin convert --from FORMAT --to FORMAT IN OUT`: another annotation format, and what it could not hold."""

from __future__ import annotations

import argparse
import sys

from odin.corpora import FORMATS
from odin.corpora.files import STANDARD, check_other_file
from odin.errors import InputError
from odin.schema import ReadReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `convert`."""
    parser.epilog = "formats: " + "; ".join(
        f"{name} ({form.summary}{'' if form.write else ', read only'})" for name, form in FORMATS.items()
    )
    written = [name for name, form in FORMATS.items() if form.write]
    parser.add_argument("--from", dest="source_format", required=True, choices=list(FORMATS), metavar="FORMAT")
    parser.add_argument("--to", dest="target_format", required=True, choices=written, metavar="FORMAT")
    parser.add_argument("--strict", action="store_true", help="stop at the first thing that cannot be read")
    parser.add_argument("input", metavar="IN", help="file or folder")
    parser.add_argument("output", metavar="OUT", help="file, or folder for brat")


def run(args: argparse.Namespace) -> int:
    """Convert, print what was kept and lost; exit code 1 where something of the input could not be read."""
    from tqdm import tqdm

    if STANDARD in (args.input, args.output):
        raise InputError("convert reads and writes files, and says on standard output what was lost: give paths, not -")
    check_other_file(args.input, args.output)
    reading = ReadReport()
    documents = FORMATS[args.source_format].read(args.input, reading, strict=args.strict)
    write = FORMATS[args.target_format].write
    if write is None:  # argparse offers only formats that are written
        return 2
    written = write(tqdm(documents, unit=" documents", disable=None, file=sys.stderr), args.output)
    print(f"read from {args.input}: {reading.summary()}")
    print(f"written to {args.output}: {written.summary()}")
    return 1 if reading.dropped else 0
