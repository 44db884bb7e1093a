"""Two-way synchronisation: pull, push, deliver gold and reviews; what it would do, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from annotation.label_studio import Progress, state
from annotation.label_studio.conflicts import Conflict, open_conflicts
from annotation.label_studio.connection import MissingError
from annotation.label_studio.outbox import Delivery, deliver, plan_delivery, queue, undelivered, waiting
from annotation.label_studio.pull import PullReport, pull
from annotation.label_studio.push import PushPlan, plan_push, push, remote_tasks
from annotation.store import Store

SHOWN_NAMES = 5


@dataclass(frozen=True)
class SyncReport:
    """What was done, or in a dry run would be."""

    pulled: PullReport | None = None
    pushed: PushPlan = field(default_factory=PushPlan)
    delivery: Delivery = field(default_factory=Delivery)

    def lines(self) -> list[str]:
        """One line a difference; none where both sides have the same."""
        out = ["create the project in Label Studio"] if self.pushed.create_project else []
        out += ["send the new guidelines"] if self.pushed.configure else []
        out += [f"push note {name}" for name in self.pushed.new]
        out += [f"push new suggestions of {name}" for name in self.pushed.changed]
        if self.pulled is not None:
            for words in ("new", "changed", "skipped", "deleted", "conflicts"):
                found: list[tuple[str, str]] = getattr(self.pulled, words)
                verb = "find a conflict on" if words == "conflicts" else f"pull {words} work on"
                out += [f"{verb} {document} by {reviewer}" for document, reviewer in found]
        out += [f"deliver gold of {name}" for name in self.delivery.delivered]
        out += [f"send the review of {document} by {reviewer}" for document, reviewer in self.delivery.reviews]
        return out

    def remarks(self) -> list[str]:
        """What is left to people, and what could not be read or held."""
        out = [f"gold of {name} was edited in Label Studio: left alone" for name in self.delivery.edited]
        out += _without_account(self.delivery.without_account)
        if self.pulled is not None:
            out += [f"not read: {place}, {what}: {why}" for place, what, why in self.pulled.report.dropped]
            out += [f"note: {note}" for note in self.pulled.report.notes]
        left = len(self.pushed.report.dropped)
        return out + ([f"{left} details that Label Studio cannot hold stay here"] if left else [])

    @property
    def waits_for_people(self) -> bool:
        """Whether something was left to people."""
        pulled = self.pulled is not None and bool(self.pulled.conflicts or self.pulled.report.dropped)
        return pulled or bool(self.delivery.edited or self.delivery.without_account)


@dataclass(frozen=True)
class SyncStatus:
    """Where a project stands, without asking the server."""

    url: str | None
    remote: int | None
    synced: str | None
    sent: int
    pulled: int
    gold_waiting: int
    reviews_waiting: int
    conflicts: tuple[Conflict, ...]

    def lines(self) -> list[str]:
        """In words."""
        if self.remote is None:
            return ["Not in Label Studio yet: push it first."]
        return [
            f"Project {self.remote} at {self.url}",
            f"last compared {said_time(self.synced) if self.synced else 'never'}",
            f"{self.sent} notes there, {self.pulled} annotations pulled",
            f"{self.gold_waiting} gold notes and {self.reviews_waiting} reviews to send",
            f"{len(self.conflicts)} conflicts to decide",
        ]


def perform(
    store: Store,
    client: Any,
    project: str,
    action: str,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> SyncReport:
    """Do `push`, `pull` or `sync`; with `dry_run`, only find out what it would do. Raises LabelStudioError."""
    if action == "push":
        sent = plan_push(store, client, project) if dry_run else push(store, client, project, progress=progress)
        return SyncReport(pushed=sent)
    if action == "pull":
        return SyncReport(pull(store, client, project, dry_run=dry_run, progress=progress))
    return sync(store, client, project, dry_run=dry_run, progress=progress)


def sync(
    store: Store, client: Any, project: str, *, dry_run: bool = False, progress: Progress | None = None
) -> SyncReport:
    """Pull first, so that nobody's work is judged by older notes; then push notes; then deliver gold and reviews.

    Each step can be interrupted and is completed by the next call. Raises LabelStudioError.
    """
    link = state.link_of(store, project)
    known = link is not None and link.remote is not None
    pulled = pull(store, client, project, dry_run=dry_run, progress=progress) if known else None
    if dry_run:
        return SyncReport(pulled, plan_push(store, client, project), plan_delivery(store, client, project))
    pushed = push(store, client, project, progress=progress)
    return SyncReport(pulled, pushed, deliver_all(store, client, project, progress=progress))


def deliver_all(store: Store, client: Any, project: str, *, progress: Progress | None = None) -> Delivery:
    """Queue what is finished here and deliver the queue. Raises LabelStudioError."""
    queue(store, project)
    _, remote = state.linked(store, project)
    if not waiting(store, project):
        return Delivery()
    return deliver(store, client, project, remote_tasks(client, remote), progress=progress)


def status(store: Store, project: str) -> SyncStatus:
    """Where the project stands."""
    link = state.link_of(store, project)
    row = store.row("SELECT count(*) AS count FROM label_studio_annotations WHERE project = ? AND NOT deleted", project)
    left = undelivered(store, project)
    return SyncStatus(
        url=link.url if link else None,
        remote=link.remote if link else None,
        synced=link.synced if link else None,
        sent=len(state.sent_tasks(store, project)),
        pulled=int(row["count"]) if row else 0,
        gold_waiting=sum(version.kind == "gold" for version in left),
        reviews_waiting=sum(version.kind != "gold" for version in left),
        conflicts=open_conflicts(store, project),
    )


def said_time(time: str) -> str:
    """A stored time in words, such as "2026-11-26 01:32 UTC"."""
    return f"{time[:10]} {time[11:16]} UTC"


def start_again(store: Store, client: Any, project: str) -> None:
    """Forget the remote project where it was deleted there, so that the next push makes a new one. Versions stay."""
    link, remote = state.linked(store, project)
    try:
        remote_tasks(client, remote)
    except MissingError:
        state.set_remote(store, link.project, None)


def _without_account(places: Iterable[tuple[str, str]]) -> list[str]:
    """One line a reviewer."""
    out = []
    for reviewer, group in groupby(sorted(places, key=lambda place: place[1]), key=lambda place: place[1]):
        notes = [document for document, _ in group]
        out.append(
            f"not sent: {_named(notes)} by {reviewer}: Label Studio has no account {reviewer}; choose the one that "
            f"{reviewer} has there, or add one"
        )
    return out


def _named(notes: Sequence[str]) -> str:
    more = f" and {len(notes) - SHOWN_NAMES} more" if len(notes) > SHOWN_NAMES else ""
    return f"the review{'s' if len(notes) > 1 else ''} of {', '.join(notes[:SHOWN_NAMES])}{more}"
