"""Two-way synchronisation: pull, push, deliver gold; and what it would do, and where it stands."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.conflicts import open_conflicts
from annotation.label_studio.connection import MissingError
from annotation.label_studio.outbox import Delivery, deliver, queue_gold, waiting
from annotation.label_studio.pull import PullReport, pull
from annotation.label_studio.push import PushPlan, plan_push, push, remote_tasks
from annotation.store import Store
from annotation.versions import gold_versions

SECRET_HEADER = "X-Odin-Secret"


@dataclass(frozen=True)
class SyncReport:
    """What was done, or with `dry_run` would be."""

    pulled: PullReport | None
    pushed: PushPlan
    gold: Delivery
    dry_run: bool

    def lines(self) -> list[str]:
        """One line a difference, for the command line and the page."""
        out = ["create the project in Label Studio"] if self.pushed.create_project else []
        out += [f"push note {name}" for name in self.pushed.new]
        out += [f"push new suggestions of {name}" for name in self.pushed.changed]
        if self.pulled is not None:
            for words in ("new", "changed", "skipped", "deleted", "conflicts"):
                found: list[tuple[str, str]] = getattr(self.pulled, words)
                verb = "conflict on" if words == "conflicts" else f"pull {words} work on"
                out += [f"{verb} {document} by {reviewer}" for document, reviewer in found]
        out += [f"deliver gold of {name}" for name in self.gold.delivered]
        out += [f"gold of {name} was edited in Label Studio: left alone" for name in self.gold.edited]
        return out


@dataclass(frozen=True)
class SyncStatus:
    """Where a project stands, without asking the server."""

    url: str | None
    remote: int | None
    synced: str | None
    sent: int
    pulled: int
    gold_waiting: int
    conflicts: int


def sync(
    store: Store,
    client: Any,
    project: str,
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SyncReport:
    """Pull first, so that nobody's work is judged by older notes; then push notes; then deliver gold.

    Each step can be interrupted and is completed by the next call. Raises LabelStudioError.
    """
    link = state.link_of(store, project)
    known = link is not None and link.remote is not None
    pulled = pull(store, client, project, dry_run=dry_run) if known else None
    if dry_run:
        plan = plan_push(store, client, project)
        return SyncReport(pulled, plan, Delivery(_undelivered(store, project), ()), True)
    pushed = push(store, client, project, progress=progress)
    queue_gold(store, project)
    _, remote = state.linked(store, project)
    gold = Delivery((), ())
    if waiting(store, project):
        gold = deliver(store, client, project, remote_tasks(client, remote))
    return SyncReport(pulled, pushed, gold, False)


def status(store: Store, project: str) -> SyncStatus:
    """Where the project stands."""
    link = state.link_of(store, project)
    row = store.row("SELECT count(*) AS count FROM label_studio_annotations WHERE project = ? AND NOT deleted", project)
    return SyncStatus(
        url=link.url if link else None,
        remote=link.remote if link else None,
        synced=link.synced if link else None,
        sent=len(state.sent_tasks(store, project)),
        pulled=int(row["count"]) if row else 0,
        gold_waiting=waiting(store, project) if link else 0,
        conflicts=len(open_conflicts(store, project)),
    )


def start_again(store: Store, client: Any, project: str) -> None:
    """Forget the remote project where it was deleted there, so that the next push makes a new one. Versions stay."""
    link, remote = state.linked(store, project)
    try:
        remote_tasks(client, remote)
    except MissingError:
        state.set_remote(store, link.project, None)


def webhook_project(headers: Mapping[str, str], payload: Any, secret: str) -> int | None:
    """The remote project that a webhook's call speaks of: a hint to synchronise soon, never data to take over.

    None where the secret header is not ours or the payload names no project.
    """
    given = {name.lower(): value for name, value in headers.items()}.get(SECRET_HEADER.lower(), "")
    if not hmac.compare_digest(given.encode(), secret.encode()) or not isinstance(payload, Mapping):
        return None
    project = payload.get("project")
    number = project.get("id") if isinstance(project, Mapping) else None
    return number if isinstance(number, int) else None


def _undelivered(store: Store, project: str) -> tuple[str, ...]:
    done = {
        row["version"]
        for row in store.rows(
            "SELECT version FROM label_studio_outbox WHERE project = ? AND delivered IS NOT NULL", project
        )
    }
    return tuple(version.document.id for version in gold_versions(store, project) if version.id not in done)
