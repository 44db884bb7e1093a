"""Abstracts and sentences of other corpora, reports of trials and cases, under annotations of the project's own.

A folder holds the published files of those corpora, or links to them. The annotations (`data/annotated_abstracts`; its
README says who made them and how well they agree) follow the guidelines of the label set `clinical`, or of BioRED,
BC5CDR, NCBI-disease, ADE, PHEE or ChemProt; `LABELS` says which labels of BioRED a split has. What a corpus marks
itself was kept, the rest was added. A split is to be read as the label set that its name begins with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from odin.corpora import ade, annotated, brat, phee, pubtator
from odin.schema import Document, ReadReport

FOLDER = Path(__file__).parents[2] / "data" / "annotated_abstracts"
NAME = "annotated_abstracts"

_TITLE = re.compile(r"^TITLE:\s*")
_HEADING = re.compile(
    r"\n+\s*(?:ABSTRACT|SUMMARY|BODY)(?:\.(?:ABSTRACT|SUMMARY))*(?:\.([A-Z][A-Z .&,/()-]*))?:[ \t]*\n?"
)


def laid_out(text: str) -> str:
    """A trial's report with most of its headings as an abstract has them ("METHODS: We gave ..."), as was annotated."""
    return _HEADING.sub(lambda found: f"\n{found[1]}: " if found[1] else "\n", _TITLE.sub("", text)).strip()


def reports(path: Path, report: ReadReport, strict: bool) -> Iterator[tuple[str, str]]:
    """Reports of trials or cases in JSON lines; see `odin.corpora.annotated.json_texts`."""
    for _, name, text in annotated.json_texts(path, report, strict=strict):
        yield name, laid_out(text)


def texts(path: Path, *_: object) -> Iterator[tuple[str, str]]:
    """The texts of a published corpus: a folder of brat or of ADE, the JSON lines of PHEE, or PubTator.

    What the corpus annotates is passed over, so that mistakes in it are no loss here.
    """
    reader: Callable[..., Iterator[Document]] = phee.read if path.suffix == ".json" else pubtator.read
    if path.is_dir():
        reader = ade.read if path.name == "ade" else brat.read
    for document in reader(path, ReadReport(), strict=False):
        yield document.id, document.text


_GENES = tuple(f"{name}.PubTator" for name in ("GNormPlus_Train", "GNormPlus_Test", "NLMgene_Train", "NLMgene_Test"))
_VARIANTS = ("tmVar3_Train.PubTator", "tmVar3_Test.PubTator")
_TRIALS = "pmc_rct_fulltext.jsonl.gz"
_CASES = "e3c_english_cases.jsonl.gz"
REPORTS = (_TRIALS, _CASES)
"""Files of JSON lines, which no corpus of the catalogue has."""

_FILES = {
    "biored_bc5cdr": ("CDR_TrainingSet.PubTator.txt",),
    "biored_tmvar3": _VARIANTS,
    "biored_genes": ("DrugProt_Test.PubTator", *_GENES),
    "biored_ncbi_disease": ("train",),
    "biored_trials": (_TRIALS,),
    "bc5cdr_abstracts": ("DrugProt_Test.PubTator", *_GENES, _TRIALS),
    "bc5cdr_cases": (_CASES,),
    "clinical_cases": (_CASES,),
    "ncbi_disease": (*_GENES, *_VARIANTS),
    "ade": ("train.json",),
    "ade_cases": (_CASES,),
    "phee": ("ade",),
    "phee_cases": (_CASES,),
    "chemprot": ("DrugProt_Test.PubTator", *_GENES, "train", _TRIALS),
}
"""Split to files: of BC5CDR, AIONER, NCBI-disease (the folder of brat), reports of trials and cases (E3C),
PHEE, ADE (the folder)."""

LABELS = {
    "biored_bc5cdr": ("ChemicalEntity", "DiseaseOrPhenotypicFeature"),
    "biored_tmvar3": ("GeneOrGeneProduct", "DiseaseOrPhenotypicFeature", "SequenceVariant", "OrganismTaxon"),
    "biored_genes": ("GeneOrGeneProduct", "ChemicalEntity", "DiseaseOrPhenotypicFeature", "SequenceVariant"),
}
"""Split to the labels of BioRED that are annotated in it, where not all are."""

DERIVED = {
    "biored_bc5cdr": {"biored", "bc5cdr"},
    "biored_tmvar3": {"biored", "aioner"},
    "biored_genes": {"biored", "aioner"},
    "biored_ncbi_disease": {"biored", "ncbi_disease"},
    "biored_trials": {"biored"},
    "bc5cdr_abstracts": {"bc5cdr", "biored", "aioner"},
    "bc5cdr_cases": {"bc5cdr"},
    "clinical_cases": {"clinical_notes"},
    "ncbi_disease": {"ncbi_disease", "aioner"},
    "ade": {"ade", "phee"},
    "ade_cases": {"ade"},
    "phee": {"phee", "ade"},
    "phee_cases": {"phee"},
    "chemprot": {"chemprot", "aioner", "ncbi_disease"},
}
"""Split to the corpora of which it has the guidelines or the texts."""

READERS = {
    split: tuple(
        (partial(annotated.read, texts=reports if file in REPORTS else texts, made=FOLDER / f"{split}.jsonl.gz"), file)
        for file in files
    )
    for split, files in _FILES.items()
}

LAYOUTS = tuple(
    {split: files for split, files in READERS.items() if absent.isdisjoint(file for _, file in files)}
    for absent in map(frozenset, ((), (_CASES,), (_TRIALS,), REPORTS))
)
"""What can be read with all files, and without those reports that are not there."""
