"""What can be trained on and scored on: corpora at hand, gold of review projects, synthetic notes, uploaded files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.gold import with_split
from annotation.store import Store, default_store_path
from annotation.store.projects import load_project, project_names
from annotation.store.versions import gold_versions
from odin.corpora import catalog, jsonl
from odin.corpora.label_maps import LABEL_MAPS
from odin.errors import CorpusError, InputError
from odin.home import home_folder
from odin.labels import load_label_set
from odin.schema import Document
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator

TRAIN, DEV = ("train", "written"), ("dev", "written_dev")
CORPUS, GOLD, SYNTHETIC, FILES = "corpus", "gold", "synthetic", "files"
DEV_SEED_OFFSET = 1_000_003
"""Added to the seed of the synthetic notes that are scored on, so that they are others than those trained on."""


@dataclass(frozen=True)
class Choice:
    """One entry of the list of sources; `key` is what a form holds."""

    kind: str
    name: str
    split: str
    label_set: str

    @property
    def key(self) -> str:
        """The choice as text that `read_choice` reads."""
        return "|".join((self.kind, self.name, self.split, self.label_set))

    @property
    def words(self) -> str:
        """How it is shown."""
        if self.kind == CORPUS:
            return f"{self.name} · {self.split} · as {self.label_set}"
        if self.kind == GOLD:
            return f"gold of “{self.name}” · {self.split}"
        return {SYNTHETIC: "synthetic notes", FILES: "uploaded files"}[self.kind] + f" · {self.split}"


def read_choice(key: str) -> Choice:
    """The choice with that key. Raises InputError."""
    parts = key.split("|")
    if len(parts) != 4 or parts[0] not in (CORPUS, GOLD, SYNTHETIC, FILES):
        raise InputError(f"{key!r} is no source; choose one from the list")
    return Choice(*parts)


def choices(split_kind: str) -> list[Choice]:
    """What can be trained on (`train`) or scored on (`dev`)."""
    splits = TRAIN if split_kind == "train" else DEV
    return [
        *_corpora(splits),
        *_gold(split_kind),
        Choice(SYNTHETIC, "", split_kind, "clinical"),
        Choice(FILES, "", split_kind, ""),
    ]


def first_choices(found: Sequence[Choice]) -> list[str]:
    """What is chosen at first: the clinical corpus where it is at hand, else synthetic notes."""
    own = [choice.key for choice in found if choice.name == "clinical_notes" and choice.label_set == "clinical"]
    return own or [choice.key for choice in found if choice.kind == SYNTHETIC]


def sources_of(
    keys: Iterable[str],
    weights: Mapping[str, float],
    *,
    files: Sequence[str],
    file_labels: str,
    notes: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The sources of a training configuration; what is no corpus is written to the home folder first.

    Raises InputError where a source holds nothing.
    """
    out = []
    for key in keys:
        choice = read_choice(key)
        if choice.kind == CORPUS:
            source = {"corpus": choice.name, "split": choice.split, "label_set": choice.label_set}
        elif choice.kind == GOLD:
            source = _gold_source(choice)
        elif choice.kind == SYNTHETIC:
            own_seed = seed + (DEV_SEED_OFFSET if choice.split == "dev" else 0)
            documents = MedicalTextGenerator(options=GenerationOptions(seed=own_seed)).documents(notes)
            source = _written(documents, "synthetic", "clinical", choice.split)
        else:
            if not files:
                raise InputError(f"{choice.words}: drop a .jsonl file first, or take it off the list")
            given = [document for path in files for document in jsonl.read(Path(path))]
            source = _written(given, Path(files[0]).stem, file_labels, choice.split)
        out.append({**source, "weight": float(weights.get(choice.words, 1.0))})
    return out


def _corpora(splits: Sequence[str]) -> Iterable[Choice]:
    for name, corpus in catalog.CORPORA.items():
        home = catalog.corpora_folder() / name
        if not home.is_dir():
            continue
        try:
            known = catalog.split_names(catalog.layout_in(corpus, home))
        except CorpusError:
            continue
        mapped = [label_set for own, label_set in LABEL_MAPS if own == name]
        label_sets = dict.fromkeys([corpus.label_set, *mapped] if corpus.label_set else mapped)
        yield from (
            Choice(CORPUS, name, split, str(labels)) for labels in label_sets for split in known if split in splits
        )


def _gold(split_kind: str) -> Iterable[Choice]:
    path = default_store_path()
    if not path.is_file():
        return
    store = Store(path)
    try:
        for name in project_names(store):
            if "|" not in name and gold_versions(store, name):
                yield Choice(GOLD, name, split_kind, load_project(store, name).labels.name)
    finally:
        store.close()


def _gold_source(choice: Choice) -> dict[str, Any]:
    """The gold notes of one split of a project, under the project's own label set; test notes stay out."""
    store = Store(default_store_path())
    try:
        project = load_project(store, choice.name)
        found = [with_split(version.document, seed=0) for version in gold_versions(store, choice.name)]
    finally:
        store.close()
    documents = [document for document in found if document.meta.get("split") == choice.split]
    if not documents:
        raise InputError(f"{choice.words}: none of its {len(found)} notes is in that split; adjudicate more first")
    labels = json.dumps(project.labels.to_json(), ensure_ascii=False)
    path = _data_folder() / f"labels-{_digest(labels)}.json"
    path.write_text(labels, encoding="utf-8")
    return _written(documents, "gold", str(path), choice.split)


def _written(documents: Iterable[Document], stem: str, label_set: str, split: str) -> dict[str, Any]:
    documents = list(documents)
    if not documents:
        raise InputError(f"the {stem} notes for {split} are none: choose another source")
    load_label_set(label_set)
    digest = _digest("".join(json.dumps(document.to_json(), sort_keys=True) for document in documents))
    path = _data_folder() / f"{stem}-{split}-{digest}.jsonl"
    if not path.exists():
        jsonl.write(documents, path)
    return {"corpus": str(path), "split": split, "label_set": label_set}


def _data_folder() -> Path:
    folder = home_folder() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
