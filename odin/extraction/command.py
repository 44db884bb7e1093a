"""`python -m odin extract`: notes in, documents with entities and relations out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from odin.arguments import above_zero, probability
from odin.corpora.files import STANDARD, check_other_file, growing, part_of, replacing
from odin.corpora.jsonl import line_of
from odin.devices import add_device
from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.batch import check_labels
from odin.extraction.catalog import DEFAULT_MODEL, load_extractor
from odin.extraction.inputs import Columns, count_inputs, read_inputs, read_stream
from odin.extraction.resuming import Work, begun_output, settled_documents, settled_extractions
from odin.labels import load_label_set
from odin.schema import Document, ReadReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `extract`."""
    add = parser.add_argument
    add(
        "--input",
        required=True,
        metavar="IN",
        help=".txt, .jsonl, .csv, .tsv (also packed as .gz), .parquet, folder of .txt, or - for stdin",
    )
    add("--output", required=True, metavar="OUT", help="native .jsonl, or - for stdout")
    add("--resume", action="store_true", help="go on with a run that was interrupted, from what its output holds")
    add("--model", default=DEFAULT_MODEL, help="name under models/, folder, or hub id (default: %(default)s)")
    add("--labels", default="clinical", help="label set, or the path of its .json file (default: %(default)s)")
    add("--given-entities", action="store_true", help="keep the input's entities and predict relations only")
    add("--text-column", default="text", metavar="NAME", help="column of a table that holds the note (default: text)")
    add("--id-column", default="id", metavar="NAME", help="column of a table that holds its id (default: id, if any)")
    add("--entity-threshold", type=probability, metavar="P", help="least score of an entity (default: the model's)")
    add("--relation-threshold", type=probability, metavar="P", help="least score of a relation (default: the model's)")
    add("--batch-size", type=above_zero, default=8, metavar="N", help="windows a forward pass (default: %(default)s)")
    add_device(parser, default=None)
    add("--threads", type=above_zero, metavar="N", help="processor threads (default: all cores)")


def run(args: argparse.Namespace) -> int:
    """Extract and write; 0 where every note was done, 1 where some failed (each is named on stderr).

    Raises OdinError where the call itself is wrong: unknown label set, missing weights, missing input.
    """
    _check_paths(args)
    labels = load_label_set(args.labels)
    total = None if args.input == STANDARD else count_inputs(Path(args.input))
    if args.threads:
        _use_threads(args.threads)
    extractor = load_extractor(args.model, device=args.device)
    check_labels(extractor, labels)
    options = ExtractionOptions(
        entity_threshold=args.entity_threshold,
        relation_threshold=args.relation_threshold,
        given_entities=args.given_entities,
        batch_size=args.batch_size,
    )
    work = Work(extractor, labels, options)
    report, losses = ReadReport(), ReadReport()
    documents = _documents(args, report)
    if args.resume:
        _take_over(args, documents, work, report, losses)
    settled = losses.documents
    try:
        with _writer(args.output, anew=not settled) as output:
            for extraction in _progress(work.extract(documents, report), total, report, done=settled):
                _write(extraction, output, args.output, losses)
    finally:
        _say_unfinished(args.output)
    return _finish(report, losses)


def _take_over(
    args: argparse.Namespace, documents: Iterator[Document], work: Work, report: ReadReport, losses: ReadReport
) -> None:
    """Leave in the part file what need not be done again, and of `documents` what has to be."""
    begun = begun_output(args.output)
    if begun is None:
        return
    settled = settled_documents(begun, _documents(args, ReadReport()), work)
    with replacing(part_of(args.output)) as output:
        for extraction in settled_extractions(begun, documents, settled, work, report):
            _write(extraction, output, args.output, losses)
    print(f"{losses.documents:,} notes are taken over from {begun}", file=sys.stderr)


def _write(extraction: Extraction, output: BinaryIO, target: str, losses: ReadReport) -> None:
    output.write(line_of(extraction.document, target))
    if target == STANDARD:
        output.flush()
    losses.keep(extraction.document)
    losses.dropped.extend(extraction.report.dropped)


def _check_paths(args: argparse.Namespace) -> None:
    source, target = args.input, args.output
    if args.resume and STANDARD in (source, target):
        raise InputError("--resume reads the input and the output again: give files, not -")
    if source != STANDARD and not os.path.exists(source):
        raise InputError(f"{source}: no such file or folder; check the path")
    if target != STANDARD and os.path.isdir(target):
        raise InputError(f"{target} is a folder; give the path of the .jsonl file to write")
    if STANDARD not in (target, source):
        check_other_file(source, target)


def _documents(args: argparse.Namespace, report: ReadReport) -> Iterator[Document]:
    if args.input == STANDARD:
        return read_stream(sys.stdin.buffer, report)
    return read_inputs(Path(args.input), report, Columns(args.text_column, args.id_column))


@contextmanager
def _writer(target: str, *, anew: bool) -> Iterator[BinaryIO]:
    if target == STANDARD:
        yield sys.stdout.buffer
    else:
        with growing(target, anew=anew) as file:
            yield file


def _say_unfinished(target: str) -> None:
    """Say how to go on where the output is not whole."""
    if target != STANDARD and os.path.exists(part_of(target)):
        print(f"what was done is in {part_of(target)}: the same call with --resume goes on from it", file=sys.stderr)


def _progress(items: Iterator[Extraction], total: int | None, report: ReadReport, *, done: int) -> Iterator[Extraction]:
    """The items under a progress bar (on a terminal only); failures are printed as they come."""
    from tqdm import tqdm

    printed = 0
    with tqdm(items, total=total, initial=done, unit=" notes", disable=None, file=sys.stderr) as bar:
        for item in bar:
            yield item
            for failure in report.dropped[printed:]:
                bar.write(_say(failure), file=sys.stderr)
            printed = len(report.dropped)
    for failure in report.dropped[printed:]:
        sys.stderr.write(_say(failure) + "\n")


def _say(failure: tuple[str, str, str]) -> str:
    place, _, why = failure
    return f"{place}: {why}"


def _finish(report: ReadReport, losses: ReadReport) -> int:
    """Say on stderr what was passed over, lost and failed; the exit code."""
    lines = list(report.notes)
    if losses.dropped:
        lines.append(losses.summary())
    if report.dropped:
        lines.append(f"{len(report.dropped)} inputs could not be done (named above), {losses.documents} were")
    if not losses.documents and not report.dropped:
        raise InputError("the input holds no notes; nothing to do")
    sys.stderr.writelines(line + "\n" for line in lines)
    return 1 if report.dropped else 0


def _use_threads(count: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(count)  # what torch reads when it is imported
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
