"""Model folders: config.json, labels.json, tokenizer files, model.safetensors. No pickle, no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.errors import InputError, LabelError, ModelError
from odin.extraction.storage import FLOAT16, check_storage, pack, unpack
from odin.labels import LabelSet

if TYPE_CHECKING:
    from torch import Tensor

    from odin.extraction.network import JointNetwork
    from odin.extraction.neural import NeuralExtractor

ARCHITECTURE = "joint-encoder"
CONFIG, LABELS, WEIGHTS = "config.json", "labels.json", "model.safetensors"
FILES = (CONFIG, LABELS, "tokenizer.json", WEIGHTS)
SUMS = "SHA256SUMS"
"""The SHA-256 of the files that the model is read from, as `sha256sum` writes it; not every folder has one."""
READ = (
    *("*.safetensors", "*.model", "*.jinja", "config.json", "labels.json", "adapter_config.json"),
    *("tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt"),
)
"""Those files. All others tell of the model and may be written anew while it stays: card, scores, where it is from."""


@dataclass(frozen=True)
class Description:
    """What a model folder of any architecture says of itself without its weights."""

    config: Mapping[str, Any]
    label_sets: Mapping[str, LabelSet]
    name: str
    """The folder's name and the hash of its weights."""


def write_description(
    folder: Path, architecture: str, label_sets: Mapping[str, LabelSet], config: Mapping[str, Any]
) -> None:
    """Write config.json and labels.json."""
    described = {"architecture": architecture, **config}
    (folder / CONFIG).write_text(json.dumps(described, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    labels = [labels.to_json() for labels in label_sets.values()]
    (folder / LABELS).write_text(json.dumps(labels, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_description(folder: Path, architecture: str, files: Sequence[str]) -> Description:
    """The description of a model folder that holds `files`, the weights last.

    Raises ModelError that names the file and what is wrong with it, as where one is not what SHA256SUMS says.
    """
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder}: not a whole model folder: {', '.join(missing)} missing; fetch or train it again")
    check_sums(folder, files)
    config = _json(folder / CONFIG)
    if config.get("architecture") != architecture:
        raise ModelError(f"{folder}/{CONFIG}: the architecture is {config.get('architecture')!r}, not {architecture!r}")
    try:
        sets = [LabelSet.from_json(item, place=f"{folder}/{LABELS}") for item in _json(folder / LABELS)]
    except (LabelError, KeyError, TypeError) as err:
        raise ModelError(f"{folder}: its description cannot be read: {err}") from err
    name = f"{folder.resolve().name}@{weights_hash(folder, files[-1])}"
    return Description(config, {labels.name: labels for labels in sets}, name)


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


def write_model(
    extractor: NeuralExtractor, folder: Path, *, storage: str = FLOAT16, extra: Mapping[str, Any] | None = None
) -> None:
    """Write a model folder that `read_model` reads, its weights as `odin.extraction.storage` packs them."""
    folder.mkdir(parents=True, exist_ok=True)
    network = extractor.network
    write_weights(network.state_dict(), folder, storage=storage)
    config = {
        "storage": storage,
        "network": network.config.to_json(),
        "encoder": network.encoder.config.to_dict(),  # type: ignore[union-attr,operator]
        "decoding": {name: asdict(decoding) for name, decoding in extractor.decoding.items()},
        **(extra or {}),
    }
    write_description(folder, ARCHITECTURE, extractor.labels, config)
    extractor.tokenizer.save_pretrained(folder)


def read_model(folder: Path, *, device: str = "cpu") -> NeuralExtractor:
    """The extractor in `folder`. Raises ModelError that names the file and what is wrong with it."""
    from odin.extraction.neural import Decoding, NeuralExtractor

    own = read_description(folder, ARCHITECTURE, FILES)
    try:
        decoding = {name: Decoding.from_json(values) for name, values in own.config["decoding"].items()}
    except (KeyError, TypeError) as err:
        raise ModelError(f"{folder}: its description cannot be read: {err}") from err
    network = _network(folder, own.config, own.label_sets).to(device).eval()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True)
    return NeuralExtractor(network, tokenizer, own.label_sets, decoding, name=own.name)


def write_weights(state: Mapping[str, Tensor], folder: Path, *, storage: str) -> None:
    """Write the weights of a model folder; its config.json is to name the same storage."""
    from safetensors.torch import save_file

    save_file(pack(state, storage=storage), folder / WEIGHTS)


def read_weights(folder: Path, config: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights of a model folder, however they are stored. Raises ModelError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        check_storage(config.get("storage", FLOAT16))  # folders of before name none
        return unpack(load_file(folder / WEIGHTS), place=str(folder / WEIGHTS))
    except InputError as err:
        raise ModelError(f"{folder / CONFIG}: {err}, or install a later Odin") from err
    except SafetensorError as err:
        raise ModelError(f"{folder / WEIGHTS} is damaged ({err}); fetch the model again") from err


def is_model_folder(folder: Path) -> bool:
    """Whether the folder holds a model that `read_model` reads."""
    return all((folder / name).is_file() for name in FILES)


def check_sums(folder: Path, files: Collection[str] | None = None) -> None:
    """Raise ModelError where a file (of `files`; of all by default) is not the one that the folder's SHA256SUMS names.

    A folder without sums says nothing of its files.
    """
    if not (folder / SUMS).is_file():
        return
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if files is not None and name not in files:
            continue
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name}: is missing, and {SUMS} names it; get the model again")
        if sha256(folder / name) != digest:
            raise ModelError(
                f"{folder / name}: is not the file that {SUMS} names (damaged or changed); get the model again, or "
                f"remove {SUMS} if you changed the file yourself"
            )


def sha256(*paths: Path) -> str:
    """The SHA-256 of a file, or of several one after the other, in hex digits."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def weights_hash(folder: Path, weights: str) -> str:
    """The first eight hex digits of the SHA-256 of the configuration and the weights."""
    return sha256(folder / CONFIG, folder / weights)[:8]


def _network(folder: Path, config: Mapping[str, Any], label_sets: Mapping[str, LabelSet]) -> JointNetwork:
    from transformers import AutoConfig, AutoModel

    from odin.extraction.network import JointNetwork, NetworkConfig

    try:
        encoder_config = dict(config["encoder"])
        encoder = AutoModel.from_config(
            AutoConfig.for_model(encoder_config.pop("model_type"), **encoder_config), **pooling(config["encoder"])
        )
        network = JointNetwork(encoder, head_sizes(label_sets), NetworkConfig(**config["network"])).float()
        network.load_state_dict(read_weights(folder, config))
    except (KeyError, TypeError, ValueError) as err:
        raise ModelError(f"{folder}/config.json: {err}") from err
    except RuntimeError as err:
        reason = str(err).splitlines()[0]
        raise ModelError(f"{folder / WEIGHTS} belongs to another configuration ({reason}); fetch it again") from err
    return network


def pooling(encoder_config: Mapping[str, Any]) -> dict[str, bool]:
    """The keyword that leaves out the sentence pooler of the families that have one; it is never used here."""
    return {"add_pooling_layer": False} if encoder_config.get("model_type") in ("bert", "roberta", "mpnet") else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise ModelError(f"{path} is not valid JSON ({err}); fetch the model again") from err
