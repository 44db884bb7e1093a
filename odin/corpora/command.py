"""`python -m odin corpora list`, `prepare NAME` and `check`."""

from __future__ import annotations

import argparse
from pathlib import Path

from odin.corpora.catalog import CORPORA, DEFAULT_FOLDER, corpora_folder, find, layout_in, split_names
from odin.corpora.preparing import prepare
from odin.errors import CorpusError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `corpora`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is: address, licence, citation, and what is in the corpora folder")
    preparing = actions.add_parser("prepare", help="fetch a corpus and write it as native JSON lines")
    preparing.add_argument("name", metavar="NAME", help="a corpus of `corpora list`")
    preparing.add_argument("--source", help="folder, archive or address of the published files (default: the official)")
    preparing.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="of corpora, to write into (%(default)s)"
    )
    checking = actions.add_parser("check", help="find train documents that stand, or nearly, in a dev or test")
    checking.add_argument("names", nargs="*", metavar="NAME", help="corpora (default: all in the corpora folder)")


def run(args: argparse.Namespace) -> int:
    """Run the chosen action; returns the exit code."""
    return {"list": run_list, "prepare": run_prepare, "check": run_check}[args.action](args)


def run_list(_: argparse.Namespace) -> int:
    """Print each corpus."""
    for corpus in CORPORA.values():
        print(f"{corpus.name}: {corpus.title}")
        print(f"  labels    {corpus.labels}" + (f" (label set {corpus.label_set})" if corpus.label_set else ""))
        print(f"  address   {corpus.address}")
        print(f"  licence   {corpus.licence}")
        print(f"  cite      {corpus.citation}")
        print(f"  here      {_present(corpus.name)}")
    return 0


def _present(name: str) -> str:
    home = corpora_folder() / name
    if not home.is_dir():
        return f"no; `python -m odin corpora prepare {name}` writes it to {DEFAULT_FOLDER}"
    try:
        return f"{home}: {', '.join(split_names(layout_in(find(name), home)))}"
    except CorpusError as err:
        return str(err)


def run_prepare(args: argparse.Namespace) -> int:
    """Prepare a corpus and print where it is from, its checksums and what was dropped."""
    corpus = find(args.name)
    print(f"{corpus.title}, {corpus.address}\nlicence: {corpus.licence}\ncite: {corpus.citation}")
    done = prepare(corpus, args.folder / corpus.name, source=args.source, tell=print)
    for file, digest in done.checksums.items():
        print(f"sha256 {digest}  {file}{'  DIFFERS' if file in done.differing else ''}")
    if done.differing:
        print(
            f"{len(done.differing)} of {len(done.checksums)} files are not those that this project's figures were "
            "measured on (which leave out what stands in an official test): figures from them are not comparable"
        )
    for split, report in done.splits.items():
        print(f"{done.folder / f'{split}.jsonl'}: {report.summary()}")
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Print the train documents that leak; exit code 1 where there are any."""
    from odin.corpora.leaks import leaks_in, sealed_splits

    names = args.names or [name for name in CORPORA if (corpora_folder() / name).is_dir()]
    found = leaks_in(names)
    for leak in found:
        print(f"{leak.train} stands in {leak.held_back} ({leak.why}, {leak.share:.0%})")
    print(f"{len(found)} train documents of {', '.join(names)} stand in a dev or test")
    if sealed := sealed_splits():
        print(f"not at hand, so not compared with: {', '.join(sealed)}")
    return 1 if found else 0
