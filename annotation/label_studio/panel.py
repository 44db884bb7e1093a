"""What the Label Studio part of the Review tab does and says; no layout here.

A connection, with its token, lives in the session that typed it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from annotation.agreement.differences import Difference, differences
from annotation.label_studio import Progress
from annotation.label_studio.accounts import Accounts, account_addresses, accounts, choose_account
from annotation.label_studio.conflicts import Conflict, open_conflicts
from annotation.label_studio.connection import LabelStudioError, address_of, connect, explained
from annotation.label_studio.sync import perform, said_time, status
from annotation.review.login import is_public_demo
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from annotation.store.versions import visible_versions
from odin.errors import InputError
from odin.schema import Document, Entity, Relation

SHOWN_LINES = 200
COMPARE = "compare"


@dataclass(frozen=True)
class Connected:
    """A working connection of one session."""

    client: Any
    url: str
    user: str


def open_connection(url: str | None, token: str | None) -> Connected:
    """The connection; what is left empty comes from LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY. Raises LabelStudioError.

    The token of the environment goes to the server of the environment only.
    """
    if is_public_demo():
        raise InputError("a public demonstration connects to no other server; run Odin yourself to use Label Studio")
    url, token = (url or "").strip().rstrip("/"), (token or "").strip()
    own = (os.environ.get("LABEL_STUDIO_URL") or "").rstrip("/")
    if url and url != own and not token:
        raise LabelStudioError("a token is needed: copy one from Account & Settings there")
    client = connect(url or None, token or None)
    with explained(address_of(client), "the account"):
        user = client.users.whoami()
    return Connected(client, address_of(client), str(user.email))


def connected_words(connection: Connected | None) -> str:
    """Whether and as whom the session is connected."""
    return f"Connected to {connection.url} as {connection.user}" if connection else "Not connected"


def status_words(store: Store, project: str) -> str:
    """Where the project stands, without asking the server."""
    return "\n".join(status(store, project).lines())


def act(
    store: Store, connection: Connected | None, project: str, action: str, *, progress: Progress | None = None
) -> str:
    """Do `push`, `pull`, `sync` or COMPARE (a dry run of sync); a line for each difference. Raises LabelStudioError."""
    client = checked(connection).client
    dry_run = action == COMPARE
    done = perform(store, client, project, "sync" if dry_run else action, dry_run=dry_run, progress=progress)
    lines = [f"{'would ' if dry_run else ''}{line}" for line in done.lines()]
    if len(lines) > SHOWN_LINES:
        lines = [*lines[:SHOWN_LINES], f"and {len(lines) - SHOWN_LINES} more"]
    return "\n".join([*(lines or ["Both sides have the same: nothing to do."]), *done.remarks()])


def checked(connection: Connected | None) -> Connected:
    """The connection. Raises InputError where there is none."""
    if connection is None:
        raise InputError("connect to Label Studio first")
    return connection


def who_is_who(store: Store, connection: Connected | None, project: str | None) -> Accounts | None:
    """The reviewers of a project beside the accounts there; None where one is missing. Raises LabelStudioError."""
    if connection is None or not project:
        return None
    return accounts(store, project, account_addresses(connection.client))


def reviewer_names(known: Accounts) -> list[tuple[str, str]]:
    """(what to show, name) of each reviewer, those without an account first."""
    missing = set(known.missing())
    ordered = sorted(known.reviewers, key=lambda name: (name not in missing, name))
    return [(f"{x} (no account)" if x in missing else f"{x} (as {known.address_of(x)})", x) for x in ordered]


def choose(store: Store, connection: Connected | None, project: str, reviewer: str | None, address: str | None) -> str:
    """Let a reviewer work under an account there; what that means. Raises InputError, LabelStudioError."""
    if not reviewer or not address:
        raise InputError("choose a reviewer and an account first")
    choose_account(store, project, reviewer, address, account_addresses(checked(connection).client))
    return f"Reviews by {reviewer} go to the account {address} from now on, and its work comes back as {reviewer}'s."


def conflict_names(store: Store, project: str, viewer: str) -> list[tuple[str, int]]:
    """(what to show, id) of each open conflict that `viewer` may see, the oldest first."""
    found = [conflict for conflict in open_conflicts(store, project) if _may_see(store, conflict, viewer)]
    return [(f"{x.key.document} by {x.key.reviewer}, found {said_time(x.found)}", x.id) for x in found]


def find_conflict(store: Store, project: str, number: int, viewer: str) -> Conflict:
    """An open conflict. Raises InputError where it is decided, or another's of a note that `viewer` has yet to do."""
    found = next((x for x in open_conflicts(store, project) if x.id == number), None)
    if found is None or not _may_see(store, found, viewer):
        raise InputError(f"{project}: conflict {number} is decided already, or not yours to see before you submit")
    return found


def _may_see(store: Store, conflict: Conflict, viewer: str) -> bool:
    key = conflict.key
    seen = visible_versions(store, key.project, key.document, viewer)
    return any(version.reviewer == key.reviewer for version in seen)


def conflict_words(store: Store, conflict: Conflict) -> str:
    """The differences in plain words: what is here, what is there."""
    labels, text = current_guideline(store, conflict.key.project).labels, conflict.theirs.text
    ours, theirs = conflict.ours.document, conflict.theirs
    lines = [_say(x, ours, theirs, text) for x in differences(ours, theirs, labels)]
    return "\n".join(lines) or "Both say the same."


def _say(difference: Difference, ours: Document, theirs: Document, text: str) -> str:
    left = _item(difference.left, ours, text) if difference.left else "nothing"
    right = _item(difference.right, theirs, text) if difference.right else "nothing"
    return f"{difference.kind}: here {left}; in Label Studio {right}"


def _item(item: Entity | Relation, document: Document, text: str) -> str:
    if isinstance(item, Entity):
        assertion = f", {item.assertion}" if item.assertion else ""
        return f'"{item.text_in(text)}" ({item.label}{assertion})'
    head, tail = (document.entity_by_id[end].text_in(text) for end in (item.head, item.tail))
    return f'"{head}" {"does not " if item.negated else ""}{item.label} "{tail}"'
