"""Model folders: config.json, labels.json, tokenizer files, model.safetensors (half precision). No pickle, no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.errors import LabelError, ModelError
from odin.labels import LabelSet

if TYPE_CHECKING:
    from odin.extraction.network import JointNetwork
    from odin.extraction.neural import NeuralExtractor

ARCHITECTURE = "joint-encoder"
FILES = ("config.json", "labels.json", "tokenizer.json", "model.safetensors")


def head_sizes(label_sets: Mapping[str, LabelSet]) -> dict[str, Any]:
    """The sizes of the network's heads for these label sets, in their order."""
    from odin.extraction.network import HeadSizes

    return {
        name: HeadSizes(
            entities=len(labels.entities),
            relations=len(labels.concept_relations or labels.relations),
            assertions=bool(labels.assertions),
        )
        for name, labels in label_sets.items()
    }


def write_model(extractor: NeuralExtractor, folder: Path, *, extra: Mapping[str, Any] | None = None) -> None:
    """Write a model folder that `read_model` reads; weights are stored in half precision."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    network = extractor.network
    weights = {
        name: tensor.detach().to(torch.float16 if tensor.is_floating_point() else tensor.dtype).contiguous().cpu()
        for name, tensor in network.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    config = {
        "architecture": ARCHITECTURE,
        "network": network.config.to_json(),
        "encoder": network.encoder.config.to_dict(),  # type: ignore[union-attr,operator]
        "decoding": {name: asdict(decoding) for name, decoding in extractor.decoding.items()},
        **(extra or {}),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    labels = [label_set.to_json() for label_set in extractor.labels.values()]
    (folder / "labels.json").write_text(json.dumps(labels, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    extractor.tokenizer.save_pretrained(folder)


def read_model(folder: Path, *, device: str = "cpu") -> NeuralExtractor:
    """The extractor in `folder`. Raises ModelError that names the file and what is wrong with it."""
    from odin.extraction.neural import Decoding, NeuralExtractor

    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder}: not a whole model folder: {', '.join(missing)} missing; fetch or train it again")
    config = _json(folder / "config.json")
    if config.get("architecture") != ARCHITECTURE:
        raise ModelError(
            f"{folder}/config.json: the architecture is {config.get('architecture')!r}, not {ARCHITECTURE!r}"
        )
    try:
        sets = [LabelSet.from_json(item, place=f"{folder}/labels.json") for item in _json(folder / "labels.json")]
        decoding = {name: Decoding(**values) for name, values in config["decoding"].items()}
    except (LabelError, KeyError, TypeError) as err:
        raise ModelError(f"{folder}: its description cannot be read: {err}") from err
    label_sets = {labels.name: labels for labels in sets}
    network = _network(folder, config, label_sets).to(device).eval()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True)
    name = f"{folder.resolve().name}@{weights_hash(folder)}"
    return NeuralExtractor(network, tokenizer, label_sets, decoding, name=name)


def weights_hash(folder: Path) -> str:
    """The first eight hex digits of the SHA-256 of the weights and the configuration."""
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:8]


def _network(folder: Path, config: Mapping[str, Any], label_sets: Mapping[str, LabelSet]) -> JointNetwork:
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel

    from odin.extraction.network import JointNetwork, NetworkConfig

    try:
        encoder_config = dict(config["encoder"])
        encoder = AutoModel.from_config(
            AutoConfig.for_model(encoder_config.pop("model_type"), **encoder_config), **pooling(config["encoder"])
        )
        network = JointNetwork(encoder, head_sizes(label_sets), NetworkConfig(**config["network"]))
        network.load_state_dict(load_file(folder / "model.safetensors"))
    except (KeyError, TypeError, ValueError) as err:
        raise ModelError(f"{folder}/config.json: {err}") from err
    except (SafetensorError, RuntimeError) as err:
        reason = str(err).splitlines()[0]
        raise ModelError(
            f"{folder}/model.safetensors is damaged or belongs to another configuration ({reason}); fetch it again"
        ) from err
    return network


def pooling(encoder_config: Mapping[str, Any]) -> dict[str, bool]:
    """The keyword that leaves out the sentence pooler of the families that have one; it is never used here."""
    return {"add_pooling_layer": False} if encoder_config.get("model_type") in ("bert", "roberta", "mpnet") else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise ModelError(f"{path} is not valid JSON ({err}); fetch the model again") from err
