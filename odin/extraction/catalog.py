"""The models that Odin can extract with: folders under `models/`, any other folder, the hub, and the dictionary.

A model folder holds `config.json` (with "architecture"), `labels.json` and `model.safetensors`, or
`adapter_model.safetensors` where it goes onto another model. Weights in pickle files are refused: opening them runs
code.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from odin.devices import device_of
from odin.errors import ModelError
from odin.extraction import Extractor
from odin.extraction.model_folder import READ, SUMS, check_sums
from odin.home import home_folder

MODELS_FOLDER = Path(__file__).parents[2] / "models"
DEFAULT_MODEL = "odin-mini"
DICTIONARY = "dictionary"
WEIGHTS = "model.safetensors"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
"""Of an architecture whose weights go onto another model."""

ARCHITECTURES = {
    "joint-encoder": ("odin.extraction.neural", "NeuralExtractor"),
    "generative-lora": ("odin.generative.extractor", "GenerativeExtractor"),
}
"""The module and class that loads each architecture with `load(folder, device=...)`."""

_WEIGHTS_OF = {"generative-lora": ADAPTER_WEIGHTS}

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_HUB_FILES = (*READ, "*.json", "*.txt", "README.md", "LICENSE", SUMS)
_loading = threading.Lock()


def own_models_folder() -> Path:
    """Where models lie that this user trained or fetched."""
    return home_folder() / "models"


def chosen_model() -> str | None:
    """The model that was chosen with `use_model`, where it is still at hand."""
    try:
        name = (own_models_folder() / "default").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    if name == DICTIONARY and find_spec("odin.extraction.dictionary"):
        return name
    folder = next((home / name for home in _homes() if name and (home / name).is_dir()), None)
    if folder is None:
        return None
    try:
        check_folder(folder)
    except ModelError:  # damaged since
        return None
    return name


def default_model() -> str:
    """The chosen model, else the shipped one."""
    return chosen_model() or DEFAULT_MODEL


def use_model(name: str) -> None:
    """Let Extract and the suggestions of Review begin with this model.

    Raises ModelError where it is not at hand, or not whole.
    """
    if name not in model_names():
        raise ModelError(f"no model {name!r} at hand; there are {', '.join(model_names())}")
    if name != DICTIONARY:
        folder = find_model(name)
        check_folder(folder)
        check_sums(folder)
    own_models_folder().mkdir(parents=True, exist_ok=True)
    (own_models_folder() / "default").write_text(name + "\n", encoding="utf-8")


def _homes() -> tuple[Path, Path]:
    return MODELS_FOLDER, own_models_folder()


def model_names() -> tuple[str, ...]:
    """The names that are at hand without the hub: the default first, the dictionary last where it is not that."""
    folders = (path.parent for home in _homes() for path in home.glob("*/config.json"))
    names = [path.name for path in folders if _weights_in(path) is not None]
    if find_spec("odin.extraction.dictionary"):
        names.append(DICTIONARY)
    first = default_model()
    return tuple(dict.fromkeys(sorted(names, key=lambda name: name != first)))


@dataclass(frozen=True)
class ModelSummary:
    """What a model folder says of itself without its weights being loaded."""

    name: str
    thresholds: Mapping[str, tuple[float, float]]
    """The (entity, relation) thresholds by the label sets that it answers with."""

    @property
    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets that it answers with."""
        return tuple(self.thresholds)


def summarise(name: str) -> ModelSummary:
    """The label sets and thresholds of a model at hand. Raises ModelError."""
    if name == DICTIONARY:
        return ModelSummary(name, dict.fromkeys(load_extractor(name).label_sets(), (0.5, 0.5)))
    folder = find_model(name)
    decoding = check_folder(folder).get("decoding", {})
    try:
        thresholds = {
            label_set: (float(own["entity_threshold"]), float(own["relation_threshold"]))
            for label_set, own in decoding.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise ModelError(f"{folder}/config.json: its thresholds cannot be read: {err}; get it again") from err
    return ModelSummary(name, thresholds)


def load_extractor(name: str | Path = DEFAULT_MODEL, *, device: str | None = None) -> Extractor:
    """The extractor of that name, folder or hub id (`owner/name`); loaded once while its weights stay the same.

    It computes on `device`; where that is None on a GPU if there is one. Raises ModelError that says what is missing,
    corrupt or does not fit, InputError where there is no such device.
    """
    if str(name) == DICTIONARY and find_spec("odin.extraction.dictionary"):
        with _loading:
            return _load_dictionary()
    folder = find_model(name)
    weights = _weights_in(folder)
    stamp = weights.stat().st_mtime_ns if weights else 0
    with _loading:
        return _load(folder.resolve(), stamp, device_of(device))


def find_model(name: str | Path) -> Path:
    """The folder of a model by name, path or hub id; a hub model is downloaded. Raises ModelError."""
    text = str(name)
    for folder in (*(home / text for home in _homes()), Path(name)):
        if text and folder.is_dir():
            return folder
    if _HUB_ID.fullmatch(text) and not Path(text).parent.is_dir():
        return _download(text)
    known = ", ".join(model_names()) or "none yet"
    raise ModelError(
        f"no model {text!r}: the models at hand are {known}; give one of these, the path of a model folder, "
        "or a hub id such as owner/name"
    )


def check_folder(folder: Path) -> Mapping[str, Any]:
    """The configuration of a model folder whose files are all there and whole. Raises ModelError."""
    config_path = folder / "config.json"
    try:
        config = json.loads(config_path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ModelError(f"{folder}: not a model folder: config.json is missing") from err
    except (OSError, ValueError) as err:
        raise ModelError(f"{config_path}: not valid JSON: {err}; get the model folder again") from err
    architecture = config.get("architecture") if isinstance(config, dict) else None
    if architecture not in ARCHITECTURES:
        raise ModelError(
            f'{config_path}: "architecture" is {architecture!r}, and Odin extracts with {", ".join(ARCHITECTURES)}; '
            "to use another encoder, train a model from it"
        )
    weights = folder / _WEIGHTS_OF.get(architecture, WEIGHTS)
    if not weights.is_file():
        pickles = sorted(
            path.name for path in folder.glob("*") if path.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt")
        )
        found = f"; {pickles[0]} is a pickle, which may run code and is not opened" if pickles else ""
        raise ModelError(f"{weights}: the weights are missing{found}; get the model folder again")
    return config  # type: ignore[no-any-return]


def _weights_in(folder: Path) -> Path | None:
    return next((folder / name for name in (WEIGHTS, ADAPTER_WEIGHTS) if (folder / name).is_file()), None)


@lru_cache(maxsize=3)
def _load(folder: Path, stamp: int, device: str) -> Extractor:  # noqa: ARG001 - part of the key
    """`stamp`, the time of the weights, makes the cache load them again once they are replaced."""
    module_name, class_name = ARCHITECTURES[check_folder(folder)["architecture"]]
    loader = getattr(import_module(module_name), class_name)
    try:
        extractor: Extractor = loader.load(folder, device=device)
    except (ValueError, RuntimeError, OSError) as err:
        # what tokenizers and torch raise where files do not fit together
        raise ModelError(f"{folder}: its files do not fit together: {err}; get the model folder again") from err
    return extractor


@lru_cache(maxsize=1)
def _load_dictionary() -> Extractor:
    extractor: Extractor = import_module("odin.extraction.dictionary").load()
    return extractor


def _download(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, allow_patterns=list(_HUB_FILES)))
    except LocalEntryNotFoundError as err:
        raise ModelError(
            f"{hub_id}: the hub cannot be reached and the model is not in the local cache; connect once to fetch it, "
            "or give the path of a model folder"
        ) from err
    except (HfHubHTTPError, OSError, ValueError) as err:
        reason = (str(err).strip() or type(err).__name__).splitlines()[0]
        raise ModelError(f"{hub_id}: cannot be fetched from the hub: {reason}") from err
