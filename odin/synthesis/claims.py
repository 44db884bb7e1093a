"""What a note has said of the patient, so that it does not say the opposite further on."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from odin.synthesis.grammar import Template
from odin.synthesis.patient import Patient
from odin.synthesis.vocabulary import Vocabulary


class Claims:
    """The mentions that are present and those that are negated; `back pain` is negated of `low back pain` too."""

    def __init__(self, vocabulary: Vocabulary, patient: Patient) -> None:
        self.vocabulary = vocabulary
        self._ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._words: dict[tuple[str, str], set[frozenset[str]]] = defaultdict(set)
        self._topics: set[str] = set()
        self._results: dict[str, str] = {}
        self._relations: dict[tuple[str, str, str], bool] = {}
        for problem in patient.problems:
            own = (problem.disease, *problem.symptoms, *problem.signs, *problem.complications)
            for concept in (*own, *problem.drugs, *problem.procedures):
                self.add(concept.label, concept.name, concept.id, "present")

    def add(self, label: str, surface: str, concept: str | None, assertion: str) -> None:
        """Note what was said."""
        self._ids[label, assertion].add(self._id(label, surface, concept))
        self._words[label, assertion].add(_words(surface))

    def allow(self, label: str, surface: str, concept: str | None, assertion: str) -> bool:
        """False where the opposite was said."""
        opposite = {"present": "negated", "negated": "present"}.get(assertion)
        if opposite is None:
            return True
        words, said = _words(surface), self._words[label, opposite]
        narrower = (
            any(words <= other for other in said) if assertion == "negated" else any(other <= words for other in said)
        )
        return not narrower and self._id(label, surface, concept) not in self._ids[label, opposite]

    def begin(self, template: Template) -> None:
        """Note what a template speaks of."""
        self._topics |= _topics(template.kind, template.words)

    def is_new(self, template: Template) -> bool:
        """False where it speaks of what the note has said something about that may not be said otherwise."""
        return not self._topics & _topics(template.kind, template.words)

    def relate(self, label: str, head: str, tail: str, *, negated: bool) -> None:
        """Note a relation between two concepts."""
        self._relations.setdefault((label, head, tail), negated)

    def allow_relation(self, label: str, head: str, tail: str, *, negated: bool) -> bool:
        """False where the opposite was said."""
        return self._relations.get((label, head, tail), negated) == negated

    def report(self, test: str, result: str) -> None:
        """Note how a test or study came out, or that it is awaited."""
        self._results.setdefault(test, result)

    def allow_result(self, test: str, result: str) -> bool:
        """False where it came out otherwise, or is awaited and did not come out at all."""
        return self._results.get(test, result) == result

    def _id(self, label: str, surface: str, concept: str | None) -> str:
        return concept or self.vocabulary.named(surface, label).id or surface.lower()


@cache
def _words(surface: str) -> frozenset[str]:
    """The words that tell mentions apart, without their plural."""
    return frozenset(word.rstrip("s") or word for word in re.findall(r"[a-z0-9]+", surface.lower())) - _FUNCTION_WORDS


@cache
def _topics(kind: str, words: str) -> frozenset[str]:
    """What a template of that kind with those words speaks of."""
    return frozenset(topic for topic, (kinds, said) in _TOPICS.items() if kind in kinds and said.search(words))


def result_in(template: Template) -> str | None:
    """How the tests and studies of a template came out; None where it does not say."""
    kind = template.kind
    if kind in _TESTING and _AWAITED.search(template.words):
        return "awaited"
    if kind in ("indicates.lab.neg", "result.normal"):
        return "normal"
    if kind in ("indicates.lab", "result"):
        return "abnormal"
    if kind in ("indicates.proc", "indicates.proc.neg", "rad.finding"):
        return "read"
    return "unremarkable" if kind == "study" else None


_TESTING = ("study", "result", "plan.lab")
_AWAITED = re.compile(r"\bpend|has not been done|is scheduled")
_FUNCTION_WORDS = frozenset(("in", "of", "on", "the", "a", "an", "hi", "her", "my", "to", "with"))
"""As `_words` leaves them: `his` without its s."""

_QUIET = ("social", "hpi.quiet", "plan.quiet")
_TOPICS = {
    "smoking": (_QUIET, re.compile(r"smok|tobacco|\b[Tt]ob\b|pack|ppd")),
    "drinking": (
        _QUIET,
        re.compile(r"smoke or drink|drinks (wine|<socially)|occasional drink|alcohol|etoh|EtOH|wine|beer"),
    ),
    "work": (
        _QUIET,
        re.compile(r"\b[Ww]orks?\b|[Rr]etired|unemployed|disability|student|job|employer|sick note|\bgrade\b"),
    ),
    "household": (
        _QUIET,
        re.compile(r"[Ll]ives|[Mm]arried|divorced|widowed|wife|husband|partner|spouse|alone|assisted living"),
    ),
    "course": (("hpi.quiet",), re.compile(r"unchanged|little better|doing well|doing <fine|about the same|going well")),
    "earlier care": (("hpi.quiet",), re.compile(r"seek care|urgent care|last seen")),
    "admission": (("course",), re.compile(r"was admitted to")),
    "discharge": (("course",), re.compile(r"discharged|go home|dc'd")),
}
"""What a note speaks of once: the kinds of templates that do, and their words."""
