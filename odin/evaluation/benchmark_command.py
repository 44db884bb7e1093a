"""`python -m odin benchmark`: a model on a corpus, with intervals, baselines and speed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from odin.corpora.catalog import CORPORA, as_label_set, find, load
from odin.errors import InputError
from odin.evaluation.benchmark import run_benchmark, summary
from odin.extraction.catalog import DEFAULT_MODEL, load_extractor
from odin.labels import load_label_set

ALL = (
    ("clinical_notes", "dev"),
    ("clinical_notes", "written_dev"),
    ("biored", "dev"),
    ("bc5cdr", "dev"),
    ("ncbi_disease", "dev"),
    ("ade", "dev"),
)
"""What `all` stands for: (corpus, split)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("corpus", help=f"all, or one of {', '.join(CORPORA)}")
    parser.add_argument("--split", default="dev", help="the split (default: dev); passed over with `all`")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    parser.add_argument("--labels", help="the label set (default: the corpus's own)")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="write benchmark.md and benchmark.json there too")


def run(options: argparse.Namespace) -> int:
    """Run the benchmark and print it."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    extractor = load_extractor(options.model)
    chosen = ALL if options.corpus == "all" else ((options.corpus, options.split),)
    done = []
    for corpus, split in chosen:
        name = options.labels or find(corpus).label_set
        if name is None:
            raise InputError(f"the corpus {corpus} has no label set of its own: name one with --labels")
        gold = [as_label_set(document, name) for document in load(corpus, split)]
        done.append(run_benchmark(gold, load_label_set(name), extractor, corpus=corpus, split=split))
    records = [item.to_json() for item in done]
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "benchmark.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
        (options.output / "benchmark.md").write_text("\n".join(item.to_markdown() for item in done), encoding="utf-8")
    print(json.dumps(records, indent=1) if options.json else summary(done))
    return 0
