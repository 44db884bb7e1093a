"""An annotation there, as this side looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.accounts import Accounts


@dataclass(frozen=True)
class Remote:
    """One annotation there."""

    id: int
    document: str
    reviewer: str
    skipped: bool
    ground_truth: bool
    hash: str
    updated: str | None
    lead_time: float | None
    data: Mapping[str, Any] = field(hash=False)
    raw: Mapping[str, Any] = field(hash=False)


def remote_annotations(
    tasks: Iterable[Mapping[str, Any]], known: Mapping[int, Mapping[str, Any]], accounts: Accounts, url: str
) -> Iterator[Remote]:
    """The annotations of these tasks. One that is `known` stays the reviewer's under whose name it was taken first."""
    for task in tasks:
        data = task.get("data") or {}
        for raw in task.get("annotations") or ():
            taken = known.get(int(raw["id"]))
            yield Remote(
                id=int(raw["id"]),
                document=str(data.get("doc_id") or ""),
                reviewer=taken["reviewer"] if taken else _reviewer(raw, accounts, url),
                skipped=bool(raw.get("was_cancelled")),
                ground_truth=bool(raw.get("ground_truth")),
                hash=annotation_hash(raw),
                updated=raw.get("updated_at"),
                lead_time=raw.get("lead_time"),
                data=data,
                raw=raw,
            )


def _reviewer(raw: Mapping[str, Any], accounts: Accounts, url: str) -> str:
    who = raw.get("completed_by")
    number = who.get("id") if isinstance(who, Mapping) else who
    address = who.get("email") if isinstance(who, Mapping) else None
    address = address or accounts.addresses.get(number or 0)
    return accounts.reviewer_of(str(address)) if address else f"{url} user {number}"


def annotation_hash(raw: Mapping[str, Any]) -> str:
    """A hash of what an annotation says: its result and whether it is a skip."""
    return state.result_hash([raw.get("result") or [], bool(raw.get("was_cancelled"))])
