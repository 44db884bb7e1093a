"""`python -m odin assertion`: train the linear assertion model on annotated notes, or score it beside the rules."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from odin.corpora.catalog import load
from odin.corpora.jsonl import read
from odin.errors import InputError
from odin.extraction.assertion import WEIGHTS_PATH, load_assertion_model
from odin.schema import Document
from odin.training.assertion import score_table, train_assertion_model
from odin.training.config import NATIVE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("action", choices=("train", "score"))
    parser.add_argument("--notes", nargs="+", help="splits of clinical_notes, or .jsonl files (default: by the action)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_PATH, help="the file to write or to score")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Train and save, or print the accuracy and F1 of rules and model on gold mentions."""
    if options.action == "train":
        documents = _documents(options.notes or ("train", "written"))
        train_assertion_model(documents, seed=options.seed).save(options.weights)
        print(f"wrote {options.weights} ({options.weights.stat().st_size / 1e6:.1f} MB)")
        return 0
    model = load_assertion_model(options.weights)
    if model is None:
        raise InputError(f"no weights at {options.weights}; train them: python -m odin assertion train")
    for name in options.notes or ("dev", "written_dev"):
        print(f"{name}, gold mentions\n{score_table(_documents([name]), model)}\n")
    return 0


def _documents(names: Sequence[str]) -> list[Document]:
    documents: list[Document] = []
    for name in names:
        documents += read(Path(name)) if name.endswith(NATIVE) else load("clinical_notes", name)
    return documents
