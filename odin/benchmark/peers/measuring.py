"""One peer on the dev notes, in this process and no other, so that its memory is its own.

    python -m odin.benchmark.peers.measuring medspacy figures.json

`measure` starts that for a peer, under the peer's own interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from odin.benchmark.measuring import run_benchmark
from odin.benchmark.peers import CORPUS, LABELS, Peer, find_peer
from odin.benchmark.peers.learned import RECORD
from odin.benchmark.tasks import Task, gold_documents, labels_of, sample
from odin.errors import ModelError
from odin.extraction import Extractor
from odin.extraction.catalog import DICTIONARY, load_extractor

ROOT = Path(__file__).parents[3]
TASK = Task(CORPUS, "dev", LABELS, relations={})
"""Mentions alone: no other peer finds relations."""


def measure(peer: Peer, *, model: str, documents: int | None, seed: int, threads: int) -> dict[str, Any]:
    """The figures of a peer, measured in a process of its own. Raises ModelError with the process's last words."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(prefix="odin-peer-") as scratch:
        path = Path(scratch) / "figures.json"
        asked = [str(peer.python), "-m", __name__, peer.name, str(path), "--model", model, "--seed", str(seed)]
        asked += ["--documents", str(documents)] if documents else []
        done = subprocess.run(asked, env=environment, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
            raise ModelError(f"{peer.name}: {last}")
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def load(peer: Peer, model: str) -> Extractor:
    """The peer as an extractor. Raises ImportError where it is not installed."""
    if not peer.loader:
        return load_extractor(DICTIONARY if peer.name == DICTIONARY else model, device="cpu")
    module, function = peer.loader.split(":")
    loaded: Extractor = getattr(import_module(module), function)(peer.folder)
    return loaded


def figures_of(peer: Peer, *, model: str, documents: int | None, seed: int) -> dict[str, Any]:
    """The figures of a peer, measured in this process."""
    extractor = load(peer, model)
    everything = gold_documents(TASK)
    gold = sample(everything, documents, seed)
    found = run_benchmark(
        gold, labels_of(TASK), extractor, corpus=CORPUS, split="dev", task=TASK, of=len(everything), seed=seed
    ).to_json()
    record = peer.folder / RECORD
    figures = {name: table for name, table in found["tables"].items() if peer.scored}
    return {
        "peer": peer.name,
        "what": peer.what,
        "system": found["model"],
        "documents": found["documents"],
        "data_sha256": found["data_sha256"],
        "tables": figures,
        "assertion_accuracy": found["figures"].get("assertion accuracy") if peer.asserts else None,
        "trained_on": json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None,
        **{key: found[key] for key in ("seconds", "documents_per_second", "characters_per_second", "peak_memory_mb")},
    }


def main() -> int:
    """Measure the peer that the command line names, and write its figures."""
    parser = argparse.ArgumentParser(prog="python -m odin.benchmark.peers.measuring", description=__doc__)
    parser.add_argument("peer")
    parser.add_argument("output", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--documents", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    figures = figures_of(find_peer(options.peer), model=options.model, documents=options.documents, seed=options.seed)
    options.output.write_text(json.dumps(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
