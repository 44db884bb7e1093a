"""The figures of a review project, worked out from the store: progress, label counts, corrections, bias, time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from annotation.review.corrections import LabelCorrections, corrections
from annotation.review.preannotation import Bias, preannotation_bias
from annotation.store import Store
from annotation.store.projects import Progress, blind_documents, load_project, progress, suggestions
from annotation.store.versions import Version, gold_versions, latest_versions
from odin.labels import LabelSet
from odin.schema import Document

MODEL = "the model's suggestions"


@dataclass(frozen=True)
class Team:
    """How far all are, and how long the rest will take."""

    reviewers: tuple[Progress, ...]

    @property
    def assigned(self) -> int:
        """Reviews that are to be done: a note for two reviewers is two."""
        return sum(one.assigned for one in self.reviewers)

    @property
    def submitted(self) -> int:
        """Reviews that are done."""
        return sum(one.submitted for one in self.reviewers)

    @property
    def seconds_a_note(self) -> float | None:
        """The mean time of the submitted reviews; None before the first."""
        return sum(one.seconds for one in self.reviewers) / self.submitted if self.submitted else None

    def seconds_left(self, one: Progress) -> float | None:
        """An estimate for one reviewer: at their own pace, or the team's until they have submitted a note."""
        if one.submitted or self.seconds_a_note is None:
            return one.seconds_left
        return self.seconds_a_note * one.left


@dataclass(frozen=True)
class Counted:
    """How often a label occurs."""

    label: str
    suggested: int
    submitted: int
    """In the newest version of each reviewer, all reviewers together."""
    gold: int


@dataclass(frozen=True)
class Arm:
    """Reviews of notes with or without suggestions."""

    reviews: int
    minutes: float | None
    """The median time of a review; None where none was measured."""


def team_progress(store: Store, project: str) -> Team:
    """Each reviewer's progress."""
    return Team(progress(store, project))


def work_by_reviewer(store: Store, project: str, *, with_model: bool = True) -> dict[str, list[Document]]:
    """Each reviewer's newest submitted documents, then the suggestions under MODEL: what agreement compares."""
    work: dict[str, list[Document]] = {}
    for version in sorted(latest_versions(store, project), key=lambda version: version.reviewer):
        work.setdefault(version.reviewer, []).append(version.document)
    if with_model and work and (suggested := list(suggestions(store, project).values())):
        work[MODEL] = suggested
    return work


def symmetric_relations(store: Store, project: str) -> frozenset[str]:
    """The relation labels of the project's label set that have no direction."""
    return frozenset(label.label for label in load_project(store, project).labels.relations if label.symmetric)


def label_counts(store: Store, project: str) -> list[Counted]:
    """How often each label of the label set is suggested, submitted and gold; then labels that only the notes have."""
    sides = [
        _count(suggestions(store, project).values()),
        _count(version.document for version in latest_versions(store, project)),
        _count(version.document for version in gold_versions(store, project)),
    ]
    found = sorted(set().union(*sides))
    return [Counted(label, *(side[label] for side in sides)) for label in _in_order(store, project, found)]


def label_corrections(store: Store, project: str) -> dict[str, LabelCorrections]:
    """What became of the suggestions, by label in the order of the label set."""
    found = corrections(store, project)
    return {label: found[label] for label in _in_order(store, project, found) if label in found}


def older_reviews(store: Store, project: str) -> int:
    """How many newest versions were made under guidelines that are not the newest."""
    newest = load_project(store, project).guideline
    return sum(version.guideline < newest for version in latest_versions(store, project))


def bias_and_time(store: Store, project: str, *, resamples: int = 1000) -> tuple[Bias, Arm, Arm]:
    """The pre-annotation bias, and the reviews of the blind arm and of the notes with suggestions."""
    suggested, blind = suggestions(store, project), blind_documents(store, project)
    arms: tuple[list[Version], list[Version]] = ([], [])
    for version in latest_versions(store, project):
        if version.document.id in blind:
            arms[0].append(version)
        elif version.document.id in suggested:
            arms[1].append(version)
    pairs = [
        [(one.document, suggested[one.document.id]) for one in arm if one.document.id in suggested] for arm in arms
    ]
    return preannotation_bias(*pairs, resamples=resamples), _arm(arms[0]), _arm(arms[1])


def _arm(versions: Iterable[Version]) -> Arm:
    versions = list(versions)
    seconds = [version.seconds for version in versions if version.seconds]
    return Arm(len(versions), median(seconds) / 60 if seconds else None)


def _count(documents: Iterable[Document]) -> Counter[str]:
    return Counter(item.label for document in documents for item in (*document.entities, *document.relations))


def _in_order(store: Store, project: str, found: Iterable[str]) -> list[str]:
    """The labels of the label set in its order, then others that were found."""
    labels: LabelSet = load_project(store, project).labels
    known = [*labels.entity_labels, *labels.relation_labels]
    return [*known, *sorted(set(found) - set(known))]
