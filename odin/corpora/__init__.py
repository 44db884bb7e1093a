"""Annotation formats and public corpora. `FORMATS` says how each format is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from odin.corpora import (
    ade,
    bioc,
    bioc_xml,
    brat,
    brat_writing,
    chemprot,
    conll,
    crowdtruth,
    huggingface,
    jsonl,
    label_studio_json,
    phee,
    pubtator,
    roam,
    spacy_docbin,
)
from odin.schema import Document, ReadReport


class Format(NamedTuple):
    """How a format is read and written; `write` is None where it is only read."""

    summary: str
    read: Callable[..., Iterator[Document]]
    """`read(path, report=None, *, strict=True)`"""
    write: Callable[..., ReadReport] | None = None
    """`write(documents, path)`"""
    suffix: str = ""
    """Of its files; empty for a folder."""


FORMATS = {
    "jsonl": Format("native JSON lines, which hold everything", jsonl.read, jsonl.write, ".jsonl"),
    "brat": Format("brat standoff: a folder of .txt and .ann", brat.read, brat_writing.write),
    "bioc-json": Format("BioC collection as JSON", bioc.read, bioc.write, ".json"),
    "bioc-xml": Format("BioC collection as XML", bioc_xml.read, bioc_xml.write, ".xml"),
    "pubtator": Format("PubTator: mentions and concept relations", pubtator.read, pubtator.write, ".pubtator"),
    "spacy": Format("spaCy DocBin with relations", spacy_docbin.read, spacy_docbin.write, ".spacy"),
    "huggingface": Format("Hugging Face dataset folder (Parquet)", huggingface.read, huggingface.write),
    "label-studio": Format("Label Studio tasks as JSON", label_studio_json.read, label_studio_json.write, ".json"),
    "conll": Format("CoNLL columns with IOB2 tags", conll.read, conll.write, ".conll"),
    "ade": Format("folder of the ADE corpus's .rel files", ade.read),
    "phee": Format("PHEE events as JSON lines", phee.read, suffix=".json"),
    "chemprot": Format("ChemProt pairs as JSON lines", chemprot.read, suffix=".txt"),
    "crowdtruth": Format("folder of CrowdTruth's two CSV files", crowdtruth.read),
    "roam": Format("Roam sentences as JSON", roam.read, suffix=".json"),
}
