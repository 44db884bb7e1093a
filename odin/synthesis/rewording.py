"""Rewording of documents by a language model around protected slots: each rewording is proven or the original stays.

Used for synthetic notes and to augment annotated documents. Before a text that is not synthetic is sent, it is searched
for what looks like protected health information; one that has some is not sent unless that is asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random

from odin.corpora import jsonl
from odin.errors import FormatError, InputError
from odin.phi import describe, find_phi
from odin.schema import Document, Provenance
from odin.synthesis.endpoint import Endpoint, EndpointError
from odin.synthesis.protection import NotProven, protect, restored
from odin.synthesis.vocabulary import load_vocabulary

RULES = """Keep every tag such as [[T1|chest pain]] or [[C2|denies]] exactly once, exactly as it is written, and in the
same order. Do not add any disease, symptom, drug, procedure or laboratory test, and no negation. Do not change what the
note says. Answer with the note alone."""

PROMPTS = {
    "paraphrase": "You reword clinical notes so that they read as if another clinician had written them.",
    "relations": "You reword clinical notes: change the words that link treatments, causes, findings and diseases.",
    "shorthand": "You turn clinical notes into the clipped shorthand of a busy ward, plain words abbreviated.",
}

SPARE_TOKENS = 50
"""An answer may have as many tokens as its note has characters, and so many more: no true rewording is longer."""

STOP_AFTER = 5
"""Documents in a row that the endpoint fails before the run stops; it can be resumed."""


@dataclass(frozen=True)
class RewordingOptions:
    """How to reword."""

    prompt: str = "paraphrase"
    """One of PROMPTS."""
    seed: int = 42
    share: float = 1.0
    """Of the documents; the others are written as they are."""
    temperature: float = 0.7
    allow_phi: bool = False
    """Send documents that look as if they named a patient."""

    def __post_init__(self) -> None:
        if self.prompt not in PROMPTS:
            raise InputError(f"unknown prompt {self.prompt!r}: choose one of {', '.join(PROMPTS)}")
        if not 0 <= self.share <= 1:
            raise InputError(f"the share {self.share} is not between 0 and 1")

    @property
    def system(self) -> str:
        """The system prompt."""
        return f"{PROMPTS[self.prompt]}\n{RULES}"


@dataclass
class RewordingReport:
    """What came of it."""

    accepted: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    """Documents left as they were, by reason."""
    resumed: int = 0
    """Documents that stood in the output already."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    retries: int = 0
    stopped: str = ""
    """Why the run ended early; empty where it did not."""

    @property
    def asked(self) -> int:
        """Documents that were answered."""
        return self.accepted + sum(count for reason, count in self.kept.items() if reason not in _UNASKED)

    @property
    def acceptance(self) -> float | None:
        """Share of the answered documents whose rewording was proven; None where there was none."""
        return self.accepted / self.asked if self.asked else None

    def summary(self) -> str:
        """One line for people."""
        rate = (
            "no rewording"
            if self.acceptance is None
            else f"{self.accepted} of {self.asked} accepted ({self.acceptance:.0%})"
        )
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.kept.most_common() if count)
        parts = [rate, f"kept as they were: {reasons}" if reasons else ""]
        parts += [
            f"{self.prompt_tokens} + {self.completion_tokens} tokens",
            f"{self.retries} retries" if self.retries else "",
        ]
        parts += [f"{self.resumed} resumed" if self.resumed else "", f"stopped: {self.stopped}" if self.stopped else ""]
        return "; ".join(part for part in parts if part)


_UNASKED = ("not chosen", "may name a patient", "no answer", "brackets", "fragments", "crossing mentions")


def reword(
    document: Document, endpoint: Endpoint, options: RewordingOptions, report: RewordingReport | None = None
) -> Document:
    """The document reworded, or as it was where that cannot be proven; `meta.rewording` says which and why.

    Raises EndpointError where the endpoint gave no answer.
    """
    report = report if report is not None else RewordingReport()
    rng = Random(f"{options.seed}:{document.id}")
    if rng.random() >= options.share:
        return _kept(document, "not chosen", report)
    found = () if document.provenance and document.provenance.source == "generator" else find_phi(document.text)
    if found and not options.allow_phi:
        return _kept(document, "may name a patient", report, describe(found))
    try:
        protected = protect(document)
        answer = endpoint.complete(
            options.system,
            protected.tagged,
            seed=rng.randrange(2**31),
            temperature=options.temperature,
            max_tokens=len(protected.tagged) + SPARE_TOKENS,
        )
        report.prompt_tokens += answer.prompt_tokens
        report.completion_tokens += answer.completion_tokens
        report.retries += answer.tries - 1
        result = restored(protected, answer.text, known_terms)
    except NotProven as err:
        return _kept(document, err.reason, report)
    report.accepted += 1
    mark = hashlib.sha256(options.system.encode()).hexdigest()[:8]
    detail = {"accepted": True, "model": endpoint.model, "prompt": f"{options.prompt}@{mark}"}
    return replace(
        result,
        meta={**document.meta, "rewording": detail},
        provenance=Provenance(
            "generator", f"{endpoint.model} {options.prompt}@{mark}", action="reworded", seed=options.seed
        ),
    )


def reword_all(
    documents: Iterable[Document], endpoint: Endpoint, options: RewordingOptions, report: RewordingReport
) -> Iterator[Document]:
    """Each document, reworded or as it was. Ends early, with `report.stopped`, where the endpoint keeps failing."""
    failed = 0
    waiting: list[Document] = []
    for document in documents:
        try:
            done = reword(document, endpoint, options, report)
        except EndpointError as err:
            failed += 1
            waiting.append(_kept(document, "no answer", report, str(err)))
            if not err.passing or failed >= STOP_AFTER:
                report.stopped = str(err)
                report.kept["no answer"] -= len(waiting)
                return
            continue
        failed = 0
        yield from waiting
        waiting = []
        yield done
    yield from waiting


def reword_file(
    documents: Iterable[Document],
    endpoint: Endpoint,
    output: Path,
    options: RewordingOptions,
    *,
    only_accepted: bool = False,
) -> RewordingReport:
    """Reword into a file, a line as soon as it is done; a file that stands there is continued.

    With `only_accepted`, what stays as it was is not written; a run goes on after the last document in the file.
    """
    report = RewordingReport()
    done = _resume(output, report)
    source: Iterator[Document] = iter(documents)
    if only_accepted and done:
        last = done[-1]
        if not any(document.id == last for document in source):
            raise InputError(f"{output}: ends in {last!r}, which is not among the documents; name another output")
    else:
        known = frozenset(done)
        source = (document for document in source if document.id not in known)
    try:
        with output.open("a", encoding="utf-8", newline="\n") as file:
            for document in reword_all(source, endpoint, options, report):
                if only_accepted and not document.meta["rewording"]["accepted"]:
                    continue
                file.write(json.dumps(document.to_json(), ensure_ascii=False) + "\n")
                file.flush()
    except OSError as err:
        raise InputError(f"{output}: cannot write: {err.strerror}") from err
    return report


def known_terms(words: str) -> Counter[str]:
    """The known diseases, symptoms, drugs, procedures and tests that stand in words, each with how often."""
    terms, longest = _terms()
    tokens = re.findall(r"[A-Za-z0-9'\-]+|\n", words.lower())
    return Counter(
        term
        for at in range(len(tokens))
        for length in range(1, min(longest, len(tokens) - at) + 1)
        if (term := " ".join(tokens[at : at + length])) in terms
    )


@cache
def _terms() -> tuple[frozenset[str], int]:
    graph = load_vocabulary().graph
    surfaces = {
        " ".join(re.findall(r"[A-Za-z0-9'\-]+", surface.text.lower()))
        for concept in graph.concepts()
        for surface in concept.surfaces
        if not surface.ambiguous and len(surface.text) > 3
    }
    return frozenset(surfaces), max((len(item.split()) for item in surfaces), default=1)


def _kept(document: Document, reason: str, report: RewordingReport, detail: str = "") -> Document:
    report.kept[reason] += 1
    said = {"accepted": False, "reason": reason} | ({"detail": detail} if detail else {})
    return replace(document, meta={**document.meta, "rewording": said})


def _resume(output: Path, report: RewordingReport) -> list[str]:
    """The ids in the output; a last line that was torn is taken off. Raises FormatError for any other bad line."""
    if not output.exists():
        return []
    data = output.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        done = [document.id for document in jsonl.parse(whole.split(b"\n"), output)]
    except FormatError as err:
        raise FormatError(f"cannot continue this file: {err}; name another output") from err
    if len(whole) < len(data):
        output.write_bytes(whole)
    report.resumed = len(done)
    return done
