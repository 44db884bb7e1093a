"""`python -m odin linking`: concept ids of gold mentions, and concept relations without gold mentions."""

from __future__ import annotations

import argparse
import random
import time

from odin.arguments import above_zero
from odin.corpora.catalog import as_label_set, find, load
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.linking import score_linking
from odin.evaluation.report import number, table
from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions
from odin.extraction.catalog import DEFAULT_MODEL, load_extractor
from odin.extraction.concepts import extract_with_concepts
from odin.knowledge.lookup import default_lookup
from odin.labels import load_label_set
from odin.schema import Document

CORPORA_WITH_IDS = ("bc5cdr", "biored")
"""NCBI-disease is published without its ids in the form at hand."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="default: " + " ".join(CORPORA_WITH_IDS))
    parser.add_argument("--split", default="dev")
    parser.add_argument("--relations", action="store_true", help="score concept relations end to end too")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"with --relations; default: {DEFAULT_MODEL}")
    parser.add_argument("--documents", type=above_zero, help="with --relations: only so many, drawn by a fixed seed")


def run(options: argparse.Namespace) -> int:
    """Print the tables."""
    for name in options.corpora or CORPORA_WITH_IDS:
        label_set = find(name).label_set
        if label_set is None:
            raise InputError(f"the corpus {name} has no label set of its own: choose {' or '.join(CORPORA_WITH_IDS)}")
        gold = [as_label_set(document, label_set) for document in load(name, options.split)]
        started = time.process_time()
        scores = score_linking(gold, default_lookup())
        if not scores:
            raise InputError(f"the corpus {name} has no concept ids: choose {' or '.join(CORPORA_WITH_IDS)}")
        seconds = (time.process_time() - started) / max(1, len(gold))
        rows = [
            (
                label,
                str(own.mentions),
                number(own.coverage.value),
                number(own.accuracy.value),
                number(own.precision.value),
            )
            for label, own in scores.items()
        ]
        print(f"{name} {options.split}, gold mentions; {1000 * seconds:.1f} ms of one processor a document")
        print(table(("label", "mentions", "id in the graph", "accuracy of those", "precision"), rows))
        if options.relations:
            chosen = random.Random(0).sample(gold, min(options.documents or len(gold), len(gold)))
            print(f"\n{end_to_end(chosen, label_set, options.model)}")
        print()
    return 0


def end_to_end(gold: list[Document], label_set: str, model: str) -> str:
    """Concept pairs, and pairs with label, from the text alone, as a table with 95 % intervals over documents."""
    bare = (document.with_annotations(()) for document in gold)
    found = extract_with_concepts(load_extractor(model), bare, load_label_set(label_set), ExtractionOptions())
    scores = score_documents(gold, [item.document for item in found])
    rows = []
    for name, own in (("pair", scores.concept_pairs), ("pair and label", scores.concept_relations)):
        interval = bootstrap(own).micro.get("f1")
        spread = f"{interval[0]:.3f}-{interval[1]:.3f}" if interval else ""
        micro = own.micro
        rows.append((name, number(micro.precision), number(micro.recall), number(micro.f1), spread, str(micro.support)))
    title = f"concept relations from the text alone, {len(gold)} documents, {model}"
    return f"{title}\n{table(('', 'precision', 'recall', 'F1', '95 % interval', 'support'), rows)}"
