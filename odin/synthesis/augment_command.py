"""`python -m odin augment`: more documents from annotated ones, each proven to keep every mention and relation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.files import check_other_file
from odin.errors import InputError
from odin.schema import Document

GRAPH_WAYS = ("synonyms", "relations")
"""Done with the knowledge graph and the templates; the others ask a language model."""

WAYS = ("synonyms", "relations", "paraphrase", "shorthand")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--input", type=Path, required=True, metavar="IN.jsonl", help="the annotated documents")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="OUT.jsonl", help="the new ones; no document of IN"
    )
    parser.add_argument(
        "--how", choices=WAYS, default="synonyms",
        help="synonyms of the same concept; relations said in other words (of templates, or of the model where one is "
        "named); paraphrase and shorthand by a model (default: synonyms)",
    )  # fmt: skip
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="at most so many of each (default 1)")
    parser.add_argument(
        "--share", type=float, default=0.5, help="share of the mentions or relations to change (default 0.5)"
    )
    parser.add_argument("--seed", type=int, default=42, metavar="S", help="default 42")
    parser.add_argument(
        "--llm-url", metavar="URL", help="an OpenAI-compatible endpoint; it is resumed where it stopped"
    )
    parser.add_argument("--llm-model", metavar="NAME", help="the model to ask for")
    parser.add_argument(
        "--allow-phi", action="store_true", help="send documents to the endpoint that look as if they named a patient"
    )


def run(args: argparse.Namespace) -> int:
    """Write the new documents. Exit code 1 where the endpoint gave up."""
    if bool(args.llm_url) != bool(args.llm_model):
        raise InputError("give --llm-url and --llm-model together")
    if args.how not in GRAPH_WAYS and not args.llm_url:
        raise InputError(f"--how {args.how} asks a language model: give --llm-url and --llm-model")
    if args.how == "synonyms" and args.llm_url:
        raise InputError("--how synonyms asks no language model: leave --llm-url out")
    if args.copies < 1 or not 0 < args.share <= 1:
        raise InputError(
            f"--copies {args.copies} --share {args.share:g}: give 1 copy or more, a share above 0, at most 1"
        )
    check_other_file(args.input, args.output)
    documents = list(jsonl.read(args.input))
    if args.llm_url:
        return _reworded(args, documents)
    made = jsonl.write(
        augmented(documents, args.how, copies=args.copies, share=args.share, seed=args.seed), args.output
    )
    print(f"{made.documents} new documents of {len(documents)}", file=sys.stderr)
    return 0


def augmented(
    documents: Iterable[Document], how: str, *, copies: int = 1, share: float = 0.5, seed: int = 42
) -> Iterator[Document]:
    """New documents in one of GRAPH_WAYS. Concept ids are looked up where they are missing."""
    from odin.knowledge.linking import link
    from odin.synthesis.augmentation import augment, restate_relations, substitute_synonyms

    change: Callable[..., Document | None]
    if how == "synonyms":
        from odin.knowledge.tables import load_graph

        documents = map(link, documents)
        change = partial(substitute_synonyms, graph=load_graph(), share=share)
    else:
        from odin.synthesis.holdout import book_of

        change = partial(restate_relations, book=book_of("train"), share=share)
    return augment(documents, change, copies=copies, seed=seed)


def named_copies(documents: Iterable[Document], how: str, *, copies: int, seed: int) -> Iterator[Document]:
    """Each document `copies` times under ids of their own, to be reworded."""
    for document in documents:
        for copy in range(copies):
            meta = {**document.meta, "augmented_from": document.id}
            yield replace(document, id=f"{document.id}+{how}{seed + copy}", meta=meta)


def _reworded(args: argparse.Namespace, documents: list[Document]) -> int:
    from odin.synthesis.endpoint import Endpoint
    from odin.synthesis.rewording import RewordingOptions, reword_file

    options = RewordingOptions(prompt=args.how, seed=args.seed, allow_phi=args.allow_phi)
    copies = named_copies(documents, args.how, copies=args.copies, seed=args.seed)
    report = reword_file(copies, Endpoint(args.llm_url, args.llm_model), args.output, options, only_accepted=True)
    print(report.summary(), file=sys.stderr)
    return 1 if report.stopped else 0
