"""What the commands that measure share: a folder for their figures, and the table of a page that they renew."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from odin.benchmark.report import write_between_marks


def add_keeping_options(parser: argparse.ArgumentParser, files: str) -> None:
    """The options `--output` and `--into`; `files` are the names of what is written."""
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=f"write {files} there too")
    parser.add_argument(
        "--into", type=Path, nargs="+", default=[], metavar="FILE.md", help="put the table between its marks there"
    )


def keep(options: argparse.Namespace, files: Mapping[str, str], markdown: str, mark: str) -> None:
    """Write the texts of `files` under their names, and the table where `mark` stands. Raises InputError."""
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (options.output / name).write_text(text, encoding="utf-8")
    for path in options.into:
        write_between_marks(path, markdown, mark)
