"""How often the suggestions were right, per label: what reviewers accepted, changed, rejected and added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from annotation.agreement.differences import compare
from annotation.store import Store
from annotation.store.projects import load_project, suggestions
from annotation.store.versions import latest_versions
from odin.labels import LabelSet
from odin.schema import Document, Entity, Relation


@dataclass
class LabelCorrections:
    """Of one label: suggestions kept, changed (by kind of difference) and rejected, and annotations people added."""

    kept: int = 0
    changed: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    added: int = 0

    @property
    def suggested(self) -> int:
        """How many suggestions had the label."""
        return self.kept + sum(self.changed.values()) + self.rejected

    @property
    def share_kept(self) -> float | None:
        """The model's precision in the reviewers' eyes; None where it never suggested the label."""
        return self.kept / self.suggested if self.suggested else None


def corrections(store: Store, project: str) -> dict[str, LabelCorrections]:
    """The corrections of all submitted versions to their suggestions, by label. Blind notes count: nobody saw them."""
    suggested = suggestions(store, project)
    pairs = [
        (suggested[version.document.id], version.document)
        for version in latest_versions(store, project)
        if version.document.id in suggested
    ]
    return count_corrections(pairs, load_project(store, project).labels)


def count_corrections(pairs: Iterable[tuple[Document, Document]], labels: LabelSet) -> dict[str, LabelCorrections]:
    """The same for (suggested, corrected) documents."""
    out: dict[str, LabelCorrections] = {}
    for suggested, corrected in pairs:
        comparison = compare(suggested, corrected, labels)
        changed: set[Entity | Relation | None] = set()
        for difference in comparison.differences:
            item = difference.left or difference.right
            counts = out.setdefault(item.label if item else "", LabelCorrections())
            if difference.kind == "extra":
                counts.added += 1
                continue
            changed.add(difference.left)
            if difference.kind == "missing":
                counts.rejected += 1
            else:
                counts.changed[difference.kind] = counts.changed.get(difference.kind, 0) + 1
        for entity in suggested.entities:
            out.setdefault(entity.label, LabelCorrections()).kept += entity not in changed
        for relation in suggested.relations:
            out.setdefault(relation.label, LabelCorrections()).kept += relation not in changed
    return out


def error_rates(found: Mapping[str, LabelCorrections]) -> dict[str, float]:
    """The share of suggestions that were not kept, by label, with one of each outcome added (Laplace's rule)."""
    return {label: (counts.suggested - counts.kept + 1) / (counts.suggested + 2) for label, counts in found.items()}
