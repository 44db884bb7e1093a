"""What each public corpus is: address, licence, citation, published files and the reader of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from odin.corpora import abstracts, ade, brat, chemprot, crowdtruth, jsonl, medmentions, mtsamples, phee, pubtator, roam
from odin.schema import Document

Reader = Callable[..., Iterator[Document]]
"""`(path, report, strict=...)`"""
Layout = Mapping[str, tuple[tuple[Reader, str], ...]]
"""Split to readers and published files (or folders). `all`: no published split, it is parted by document."""


@dataclass(frozen=True)
class Corpus:
    """A public corpus."""

    name: str
    title: str
    labels: str
    """What it labels, in a line."""
    address: str
    """The official page."""
    licence: str
    citation: str
    layouts: tuple[Layout, ...]
    """The ways in which its files are published; the first of which all files are there is read."""
    downloads: tuple[str, ...] = ()
    """Addresses of the published files or archives; empty where they are not open to a plain download."""
    label_set: str | None = None
    needs: tuple[str, ...] = ()
    """Patterns of the files that a layout of the whole folder (`.`) is made of."""
    group: Callable[[str], str] = field(default=str)
    """Document id to the group that must not be parted between splits."""
    derived: Mapping[str, set[str]] = field(default_factory=dict)
    """Split to the other corpora of which it has the guidelines or the texts."""
    left_out: frozenset[str] = frozenset()
    """Groups that are in no split of it, since another corpus has their text."""


def _files(reader: Reader, **files: str) -> Layout:
    return {split: ((reader, file),) for split, file in files.items()}


def _pubtator(*names: str) -> tuple[tuple[Reader, str], ...]:
    return tuple((pubtator.read, f"{name}.PubTator") for name in names)


_AIONER = {
    "genes": ("GNormPlus_Train", "GNormPlus_Test", "NLMgene_Train", "NLMgene_Test"),
    "chemicals": ("NLMchem_Test",),
    "genes_and_chemicals": ("DrugProt_Test",),
    "variants": ("tmVar3_Train", "tmVar3_Test"),
    "species": ("Linnaeus_Train", "Linnaeus_Test", "SPECIES_Train", "SPECIES_Test"),
    "cell_lines": ("BioID_Train_revision", "BioID_Test_revision"),
}
"""The sets by what they annotate (that of variants also genes, diseases, species and cell lines)."""
_AIONER_FOLDER = "https://raw.githubusercontent.com/ncbi/AIONER/main/data/pubtator"
_DOGAN = "https://www.ncbi.nlm.nih.gov/CBBresearch/Dogan/DISEASE"
_ADE = "https://raw.githubusercontent.com/trunghlt/AdverseDrugReaction/master/ADE-Corpus-V2"
_CROWDTRUTH = "https://raw.githubusercontent.com/CrowdTruth/Medical-Relation-Extraction/master"
_CHEMPROT = "https://allennlp.s3-us-west-2.amazonaws.com/dont_stop_pretraining/data/chemprot"
_PHEE = "https://raw.githubusercontent.com/ZhaoyueSun/PHEE/master/data/json"
_MEDMENTIONS = "https://raw.githubusercontent.com/chanzuckerberg/MedMentions/master/full/data"

_PARTED_BRAT = _files(brat.read, train="brat/train", dev="brat/dev")
_WHOLE_BRAT = _files(brat.read, all=".")

_CORPORA: tuple[dict[str, Any], ...] = (
    {
        "name": "biored",
        "title": "BioRED",
        "labels": "6 entity types, 8 relations between concepts of an abstract, with novelty",
        "address": "https://ftp.ncbi.nlm.nih.gov/pub/lu/BioRED/",
        "licence": "freely provided by NCBI, no licence file",
        "citation": "Luo et al. 2022, BioRED: a rich biomedical relation extraction dataset, doi:10.1093/bib/bbac282",
        "downloads": ("https://ftp.ncbi.nlm.nih.gov/pub/lu/BioRED/BIORED.zip",),
        "label_set": "biored",
        "layouts": (
            _files(pubtator.read, train="Train.PubTator", dev="Dev.PubTator", test="Test.PubTator"),
            _files(pubtator.read, train="Train.PubTator", dev="Dev.PubTator"),
        ),
    },
    {
        "name": "bc5cdr",
        "title": "BioCreative V CDR",
        "labels": "Chemical, Disease; which chemical induces which disease, between concepts of an abstract",
        "address": "https://biocreative.bioinformatics.udel.edu/tasks/biocreative-v/track-3-cdr/",
        "licence": "public domain (US government work), no restriction on use",
        "citation": "Li et al. 2016, BioCreative V CDR task corpus, doi:10.1093/database/baw068",
        "downloads": ("https://biocreative.bioinformatics.udel.edu/media/store/files/2016/CDR_Data.zip",),
        "label_set": "bc5cdr",
        "layouts": tuple(
            _files(pubtator.read, **{split: f"CDR_{part}Set.PubTator.txt" for split, part in parts})
            for parts in (
                (("train", "Training"), ("dev", "Development"), ("test", "Test")),
                (("train", "Training"), ("dev", "Development")),
            )
        ),
    },
    {
        "name": "ncbi_disease",
        "title": "NCBI disease corpus",
        "labels": "diseases: SpecificDisease, DiseaseClass, Modifier, CompositeMention",
        "address": "https://www.ncbi.nlm.nih.gov/CBBresearch/Dogan/DISEASE/",
        "licence": "public data of NCBI (US government work)",
        "citation": "Doğan, Leaman, Lu 2014, NCBI disease corpus, doi:10.1016/j.jbi.2013.12.006",
        "downloads": tuple(f"{_DOGAN}/NCBI{part}set_corpus.zip" for part in ("train", "develop", "test")),
        "label_set": "ncbi_disease",
        "layouts": (
            _PARTED_BRAT,
            _files(
                pubtator.read,
                train="NCBItrainset_corpus.txt",
                dev="NCBIdevelopset_corpus.txt",
                test="NCBItestset_corpus.txt",
            ),
        ),
    },
    {
        "name": "ade",
        "title": "ADE corpus, version 2",
        "labels": "Drug, Adverse_Effect, Dosage; has_adverse_effect, has_dosage, in a sentence",
        "address": "https://sites.google.com/site/adecorpus/",
        "licence": "none stated; cite the paper",
        "citation": "Gurulingappa et al. 2012, Development of a benchmark corpus, doi:10.1016/j.jbi.2012.04.008",
        "downloads": tuple(f"{_ADE}/{file}" for file in ("DRUG-AE.rel", "DRUG-DOSE.rel", "ADE-NEG.txt")),
        "label_set": "ade",
        "needs": tuple(ade.FILES),
        "left_out": frozenset({"11077455", "11672959", "2051906", "2320800", "2549018", "7619765"}),
        "layouts": ({"all": ((ade.read, "."),), "negatives": ((ade.read_negatives, "."),)},),
    },
    {
        "name": "phee",
        "title": "PHEE",
        "labels": "adverse and therapeutic events with treatment, drug, effect, disorder, subject ...",
        "address": "https://github.com/ZhaoyueSun/PHEE",
        "licence": "MIT",
        "citation": "Sun et al. 2022, PHEE, https://aclanthology.org/2022.emnlp-main.376/",
        "label_set": "phee",
        "downloads": tuple(f"{_PHEE}/{split}.json" for split in ("train", "dev", "test")),
        "layouts": (
            _files(phee.read, train="train.json", dev="dev.json", test="test.json"),
            _files(phee.read, train="train.json", dev="dev.json"),
        ),
    },
    {
        "name": "maccrobat2020",
        "title": "MACCROBAT 2020",
        "labels": "case reports: 41 types of events and entities; MODIFY, CAUSE, OVERLAP, BEFORE ...",
        "address": "https://doi.org/10.6084/m9.figshare.9764942",
        "licence": "CC BY 4.0",
        "citation": "Caufield et al. 2020, MACCROBAT, doi:10.6084/m9.figshare.9764942",
        "downloads": ("https://figshare.com/ndownloader/articles/9764942/versions/2",),
        "needs": ("*.ann", "*.txt"),
        "layouts": (_PARTED_BRAT, _WHOLE_BRAT),
    },
    {
        "name": "chia",
        "title": "Chia",
        "labels": "trial criteria: Condition, Drug, Procedure, Measurement, Value ...; Has_value, AND, OR ...",
        "address": "https://doi.org/10.6084/m9.figshare.11855817",
        "licence": "CC BY 4.0",
        "citation": "Kury et al. 2020, Chia, a large annotated corpus, doi:10.1038/s41597-020-00620-0",
        "downloads": ("https://figshare.com/ndownloader/files/21728850",),
        "needs": ("*.ann", "*.txt"),
        "layouts": (_PARTED_BRAT, _WHOLE_BRAT),
        "group": lambda name: name.split("_")[0],
    },
    {
        "name": "roam_drug_disease",
        "title": "Roam drug-disease relations",
        "labels": "sentences of drug labels: diseases that the drug treats, prevents, is contraindicated for",
        "address": "https://github.com/roamanalytics/roamresearch/tree/master/BlogPosts/Features_for_healthcare",
        "licence": "CC BY-SA 4.0",
        "citation": "Tao et al. 2018, Effective feature representation, https://arxiv.org/abs/1811.00070",
        "downloads": (
            "https://github.com/roamanalytics/roamresearch/raw/master/BlogPosts/Features_for_healthcare/"
            "roam_drug_disease_relations_dataset.zip",
        ),
        "layouts": ({"all": ((roam.read, "training.json"), (roam.read, "expert_extra.json"))},),
    },
    {
        "name": "crowdtruth",
        "title": "CrowdTruth medical relations",
        "labels": "cause and treat between two terms of a sentence, with the crowd's score",
        "address": "https://doi.org/10.5281/zenodo.50676",
        "licence": "no licence file",
        "citation": "Dumitrache, Aroyo, Welty 2018, Crowdsourcing ground truth, doi:10.1145/3152889",
        "downloads": tuple(f"{_CROWDTRUTH}/{file}" for file in crowdtruth.FILES),
        "needs": crowdtruth.FILES,
        "layouts": ({"all": ((crowdtruth.read, "."),)},),
    },
    {
        "name": "chemprot",
        "title": "ChemProt (BioCreative VI)",
        "labels": "Chemical, Protein; 12 fine classes of relations, a sentence",
        "address": "https://biocreative.bioinformatics.udel.edu/news/corpora/chemprot-corpus-biocreative-vi/",
        "licence": "for research",
        "citation": "Krallinger et al. 2017, Overview of the BioCreative VI chemical-protein interaction track",
        "downloads": tuple(f"{_CHEMPROT}/{split}.jsonl" for split in ("train", "dev", "test")),
        "label_set": "chemprot",
        "layouts": (
            _files(chemprot.read, train="train.txt", dev="dev.txt"),
            _files(chemprot.read, train="train.jsonl", dev="dev.jsonl", test="test.jsonl"),
        ),
    },
    {
        "name": "clinical_notes",
        "title": "Clinical notes under the project's guidelines",
        "labels": "the label set clinical whole: 5 labels, 4 relations, assertion",
        "address": "https://github.com/wyim/aci-bench https://github.com/babylonhealth/primock57 "
        "https://github.com/abachaa/MTS-Dialog (texts)",
        "licence": "texts CC BY 4.0; written*: the project's own, invented patients. The annotations were made by a "
        "large language model reading under the guidelines, not by clinicians",
        "citation": "ACI-Bench: Yim et al. 2023; PriMock57: Papadopoulos Korfiatis et al. 2022; MTS-Dialog: Ben Abacha "
        "et al. 2023",
        "label_set": "clinical",
        "layouts": (
            _files(jsonl.read, **{split: f"{split}.jsonl" for split in ("train", "dev", "written", "written_dev")}),
        ),
    },
    {
        "name": "aioner",
        "title": "AIONER's sets in one form",
        "labels": "entities of one family a set: Gene, Chemical, Species, CellLine, variants",
        "address": "https://github.com/ncbi/AIONER",
        "licence": "MIT",
        "citation": "Luo et al. 2023, AIONER, doi:10.1093/bioinformatics/btad310",
        "downloads": tuple(f"{_AIONER_FOLDER}/{file}.PubTator" for files in _AIONER.values() for file in files),
        "layouts": (
            {
                "train": _pubtator(*(file for files in _AIONER.values() for file in files)),
                **{split: _pubtator(*files) for split, files in _AIONER.items()},
            },
        ),
    },
    {
        "name": "mtsamples",
        "title": "MTSamples, as annotated for Odin",
        "labels": "dictated reports of many specialties: the label set clinical whole, annotated by a language model",
        "address": "https://mtsamples.com",
        "licence": "the texts are given for reference without a licence file; the annotations are the project's",
        "citation": "MTSamples, transcribed medical transcription sample reports, https://mtsamples.com",
        "label_set": "clinical",
        "derived": {"train": {"clinical_notes"}},
        "layouts": (_files(mtsamples.read, train="mtsamples_subset.jsonl.gz"),),
    },
    {
        "name": abstracts.NAME,
        "derived": abstracts.DERIVED,
        "title": "Abstracts and sentences, as annotated for Odin",
        "labels": "texts of BC5CDR, AIONER, NCBI-disease, PHEE, ADE, trials and cases: every label set, annotated by a "
        "language model",
        "address": "https://github.com/ncbi/AIONER and https://github.com/hltfbk/E3C-Corpus, as "
        "data/annotated_abstracts/README.md says",
        "licence": "the texts are under the terms of those corpora, of each article of the PMC open access subset, "
        "and of E3C (Creative Commons licences); the annotations are the project's",
        "citation": "BC5CDR, AIONER, NCBI-disease, PHEE, ADE, as above; trials: the PMC open access subset; "
        "cases: Magnini et al. 2020, The E3C Project, https://ceur-ws.org/Vol-2769/paper_55.pdf",
        "layouts": abstracts.LAYOUTS,
    },
    {
        "name": "medmentions",
        "title": "MedMentions",
        "labels": "4,392 abstracts with UMLS concepts and semantic types",
        "address": "https://github.com/chanzuckerberg/MedMentions",
        "licence": "CC0 1.0 (the concepts are UMLS: its licence holds for them)",
        "citation": "Mohan, Li 2019, MedMentions, https://arxiv.org/abs/1902.09476",
        "downloads": (
            f"{_MEDMENTIONS}/corpus_pubtator.txt.gz",
            *(f"{_MEDMENTIONS}/corpus_pubtator_pmids_{part}.txt" for part in medmentions.PARTS.values()),
        ),
        "needs": (
            f"{medmentions.FILE}*",
            *(f"corpus_pubtator_pmids_{part}.txt" for part in medmentions.PARTS.values()),
        ),
        "layouts": ({split: ((partial(medmentions.read, split=split), "."),) for split in medmentions.PARTS},),
    },
)

CORPORA = {facts["name"]: Corpus(**facts) for facts in _CORPORA}


def missing_files(corpus: Corpus, layout: Layout, folder: Path) -> list[str]:
    """The files of a layout that are not in the folder."""
    named = {file for files in layout.values() for _, file in files}
    patterns = (named - {"."}) | (set(corpus.needs) if "." in named else set())
    return sorted(pattern for pattern in patterns if not any(folder.glob(pattern)))
