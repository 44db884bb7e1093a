"""`python -m odin benchmark`: a model on a corpus, with intervals, baselines, published figures and speed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from odin.arguments import above_zero
from odin.benchmark.measuring import Benchmark, run_benchmark
from odin.benchmark.report import section, summary, tables_markdown, whole, write_between_marks
from odin.benchmark.tasks import TASKS, Task, gold_documents, labels_of, sample, task_of
from odin.corpora.catalog import CORPORA
from odin.devices import add_device
from odin.extraction import ExtractionOptions, Extractor
from odin.extraction.catalog import DEFAULT_MODEL, DICTIONARY, load_extractor

STREAMED = 100_000
"""Documents of `streaming`."""
OUTSIDE_DOCUMENTS = 200
"""What `all` draws from a corpus that the model has no label set of."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "corpus",
        help=f"all, synthetic, streaming (how fast files of --documents N are scored), or one of {', '.join(CORPORA)}",
    )
    parser.add_argument("--split", default="dev", help="the split (default: dev); passed over with `all`")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    parser.add_argument("--labels", help="the label set (default: the corpus's own, or the nearest)")
    parser.add_argument(
        "--documents",
        type=above_zero,
        metavar="N",
        help=f"draw N documents of a corpus (default: all of them; with `all`: {OUTSIDE_DOCUMENTS} of each corpus that "
        "the model has no label set of, and the others whole)",
    )
    parser.add_argument("--seed", type=int, default=0, help="by which documents are drawn (default 0)")
    parser.add_argument("--no-dictionary", action="store_true", help="leave the dictionary baseline out")
    parser.add_argument(
        "--batch-size", type=above_zero, default=ExtractionOptions.batch_size, metavar="N", help="windows the model "
        "reads at once (default: %(default)s); a language model on a GPU is fast with many",
    )  # fmt: skip
    add_device(parser)
    parser.add_argument(
        "--threads", type=above_zero, help="processor threads, or processes of `streaming` (default: all)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="write benchmark.md and .json, or streaming.json, there too",
    )
    parser.add_argument(
        "--into", type=Path, nargs="+", default=[], metavar="FILE.md", help="put the tables between the marks there"
    )


def run(options: argparse.Namespace) -> int:
    """Run the benchmark and print it."""
    if options.corpus == "streaming":
        from odin.benchmark.streaming import measure_streaming, record, streaming_table

        figures = measure_streaming(options.documents or STREAMED, processes=options.threads)
        runs = record(figures, options.output) if options.output else [figures.to_json()]
        for path in options.into:
            write_between_marks(path, streaming_table(runs), "streaming")
        print(json.dumps(figures.to_json(), indent=1))
        return 0
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    extractor = load_extractor(options.model, device=options.device)
    dictionary = None if options.no_dictionary else load_extractor(DICTIONARY)
    synthetic = options.corpus == "synthetic"
    tasks: tuple[Task, ...] = TASKS
    if options.corpus != "all":
        tasks = (task_of(options.corpus, "generated" if synthetic else options.split, options.labels),)
    done: list[Benchmark] = []
    records: list[dict[str, Any]] = []
    sections: list[str] = []
    for task in tasks:
        item = _run_task(task, options, extractor, dictionary)
        done.append(item)
        records.append(item.to_json())
        sections.append(section(item))
        if options.output:  # after each corpus, so that a stop loses none of those that are done
            _write(options.output, records, sections)
        _tell(item)
    for path in options.into:
        write_between_marks(path, tables_markdown(records))
    print(json.dumps(records, indent=1) if options.json else summary(done))
    return 0


def _write(folder: Path, records: Sequence[Mapping[str, Any]], sections: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmark.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmark.md").write_text(whole(sections, records), encoding="utf-8")


def _run_task(task: Task, options: argparse.Namespace, extractor: Extractor, dictionary: Extractor | None) -> Benchmark:
    everything = gold_documents(task)
    limit = options.documents
    if options.corpus == "all":
        limit = (options.documents or OUTSIDE_DOCUMENTS) if task.outside else None
    return run_benchmark(
        sample(everything, limit, options.seed),
        labels_of(task),
        extractor,
        corpus=task.corpus,
        split=task.split,
        task=task,
        dictionary=dictionary,
        of=len(everything),
        seed=options.seed,
        batch_size=options.batch_size,
    )


def _tell(done: Benchmark) -> None:
    now = time.strftime("%H:%M:%S")
    print(f"{now} {done.task.corpus} {done.task.split}: {done.documents} documents", file=sys.stderr)
