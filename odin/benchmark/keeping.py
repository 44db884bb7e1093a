"""What the commands that measure share: settings as options, a folder for figures, the table of a page."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from odin.benchmark.report import write_between_marks


def add_keeping_options(parser: argparse.ArgumentParser, files: str) -> None:
    """The options `--output` and `--into`; `files` are the names of what is written."""
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=f"write {files} there too")
    parser.add_argument(
        "--into", type=Path, nargs="+", default=[], metavar="FILE.md", help="put the table between its marks there"
    )


def add_settings(parser: argparse.ArgumentParser, settings: type[Any], meanings: Mapping[str, str]) -> None:
    """An option for each field of a dataclass whose fields all have defaults; `meanings` say what each is, by name."""
    for item in fields(settings):
        parser.add_argument(
            f"--{item.name.replace('_', '-')}", type=type(item.default), default=item.default, metavar="X",
            help=f"{meanings[item.name]} (default: %(default)s)",
        )  # fmt: skip


def keep(options: argparse.Namespace, files: Mapping[str, str], markdown: str, mark: str) -> None:
    """Write the texts of `files` under their names, and the table where `mark` stands. Raises InputError."""
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (options.output / name).write_text(text, encoding="utf-8")
    for path in options.into:
        write_between_marks(path, markdown, mark)
