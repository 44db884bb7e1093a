"""Sending a gold set to the Hugging Face hub: the very files of the zip that were read back and compared."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from odin.hub import Upload, plan_upload, push
from odin.schema import Document, Entity, Provenance, Relation

CARD = "README.md"


def push_gold(
    path: str | Path,
    documents: Iterable[Document],
    repo: str,
    *,
    confirm: Callable[[str], bool],
    public: bool = False,
    allow_phi: bool = False,
) -> str:
    """Send what the zip of `export_gold` holds as a dataset; the address of the commit.

    The PHI check reads the notes with all that is said about them, and the card. Raises InputError, HubError.
    """
    with tempfile.TemporaryDirectory(prefix="odin-push-") as scratch:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(scratch)
        card = (Path(scratch) / CARD).read_text(encoding="utf-8")
        texts = [(CARD, card), *_texts(documents)]
        upload: Upload = plan_upload(scratch, repo, "dataset", texts=texts, public=public)
        return push(upload, confirm=confirm, allow_phi=allow_phi)


def _texts(documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for document in documents:
        values = [json.dumps(value, ensure_ascii=False) for value in document.meta.values()]
        items: list[Entity | Relation] = [*document.entities, *document.relations]
        values += [json.dumps(dict(item.attributes), ensure_ascii=False) for item in items if item.attributes]
        people = {_person(found) for found in (document.provenance, *(item.provenance for item in items))}
        yield document.id, "\n".join([document.text, *values, *sorted(people - {""})])


def _person(provenance: Provenance | None) -> str:
    return (provenance.name or "") if provenance else ""
