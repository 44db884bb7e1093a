"""Folders of fine-tuned language models: the adapter as peft writes it, with Odin's config.json and labels.json.

`peft.PeftModel.from_pretrained(base, folder)` reads the adapter. No pickle, no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odin.errors import InputError, ModelError
from odin.extraction.catalog import ADAPTER_WEIGHTS
from odin.extraction.model_folder import Description, read_description, write_description
from odin.generative.config import GenerativeConfig
from odin.labels import LabelSet

ARCHITECTURE = "generative-lora"
FILES = ("config.json", "labels.json", "adapter_config.json", ADAPTER_WEIGHTS)
NO_THRESHOLDS = {"entity_threshold": 0.0, "relation_threshold": 0.0}
"""An answer has no scores, so nothing in it is held back."""


def write_adapter(
    model: Any, tokenizer: Any, config: GenerativeConfig, label_sets: Mapping[str, LabelSet], folder: Path
) -> None:
    """Write the model folder: adapter in half precision, tokenizer, the resolved configuration and the label sets."""
    from safetensors.torch import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    model.peft_config["default"].base_model_name_or_path = config.base
    model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
    weights = {name: value.half() for name, value in load_file(folder / ADAPTER_WEIGHTS).items()}
    save_file(weights, folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty template of a card
    tokenizer.save_pretrained(folder)
    own = {"decoding": dict.fromkeys(label_sets, NO_THRESHOLDS), "training": config.to_json()}
    write_description(folder, ARCHITECTURE, label_sets, own)


def describe(folder: Path) -> tuple[GenerativeConfig, Description]:
    """The configuration and description of a model folder. Raises ModelError that names the file and what is wrong."""
    own = read_description(folder, ARCHITECTURE, FILES)
    try:
        config = GenerativeConfig.from_json(own.config["training"], place=f"{folder}/config.json")
    except (InputError, KeyError, TypeError) as err:
        raise ModelError(f"{folder}: its description cannot be read: {err}") from err
    return config, own


def read_adapter(folder: Path, model: Any) -> Any:
    """The base model with the adapter of `folder` on it. Raises ModelError where they do not fit together."""
    from peft import PeftModel
    from safetensors import SafetensorError

    from odin.generative.bases import as_peft_expects

    try:
        with as_peft_expects():
            return PeftModel.from_pretrained(model, str(folder)).eval()
    except (SafetensorError, RuntimeError, ValueError, KeyError) as err:
        reason = str(err).splitlines()[0]
        raise ModelError(
            f"{folder}/{ADAPTER_WEIGHTS} is damaged or belongs to another base model ({reason}); get it again"
        ) from err
