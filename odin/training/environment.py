"""What a run was made with: data, code, libraries and machine, so that it can be told and made again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from odin.schema import Document
from odin.training.config import Source

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "peft", "bitsandbytes", "accelerate", "numpy")


def code_hash() -> str:
    """The first 12 hex digits of the SHA-256 of the library's source."""
    home, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def documents_hash(documents: Iterable[Document]) -> str:
    """The SHA-256 of documents in their native form."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(document.to_json(), ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def describe_source(source: Source, documents: Iterable[Document]) -> dict[str, Any]:
    """A source with how many documents it holds and their hash."""
    documents = list(documents)
    facts = {"corpus": source.corpus, "split": source.split, "label_set": source.label_set, "weight": source.weight}
    return {**facts, "documents": len(documents), "sha256": documents_hash(documents)}


def describe_environment(device: str) -> dict[str, Any]:
    """Code, libraries, machine and device."""
    import psutil
    import torch

    found = {"python": sys.version.split()[0], "platform": platform.platform(), "code": code_hash()}
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    memory = psutil.virtual_memory().total
    name = platform.processor() or platform.machine()
    if device.startswith("cuda"):
        facts = torch.cuda.get_device_properties(torch.device(device))
        name, memory = facts.name, facts.total_memory
    machine = {"device": device, "name": name, "memory_mb": round(memory / 1e6), "cores": os.cpu_count()}
    return {**found, "packages": packages, "machine": machine, "threads": torch.get_num_threads()}
