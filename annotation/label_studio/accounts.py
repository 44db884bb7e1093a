"""Who is who: under which account in Label Studio a reviewer of a project works.

It is the account whose e-mail address is the reviewer's name, unless another was chosen for that project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.label_studio.connection import address_of, explained
from annotation.store import Store
from odin.errors import InputError


@dataclass(frozen=True)
class Accounts:
    """The accounts of a server beside the reviewers of a project."""

    addresses: Mapping[int, str]
    """The e-mail address of each account, by its number there."""
    reviewers: tuple[str, ...]
    chosen: Mapping[str, str]
    """The address that was chosen for a reviewer."""

    def address_of(self, reviewer: str) -> str:
        """The address of the account that is a reviewer's, be it there or not."""
        return self.chosen.get(reviewer, reviewer)

    def number_of(self, reviewer: str) -> int | None:
        """The account of a reviewer; None where there is none."""
        address = self.address_of(reviewer).lower()
        return next((number for number, known in self.addresses.items() if known.lower() == address), None)

    def reviewer_of(self, address: str) -> str:
        """The reviewer of an account; one that is nobody's here goes by its address."""
        owners = {self.address_of(name).lower(): name for name in self.reviewers}
        return owners.get(address.lower(), address)

    def missing(self) -> tuple[str, ...]:
        """The reviewers without an account."""
        return tuple(name for name in self.reviewers if self.number_of(name) is None)


def accounts(store: Store, project: str, addresses: Mapping[int, str]) -> Accounts:
    """Who is who in a project, on a server with these accounts (`account_addresses`)."""
    chosen = store.rows("SELECT reviewer, account FROM label_studio_accounts WHERE project = ?", project)
    reviewers = store.rows(
        "SELECT reviewer FROM assignments WHERE project = ? UNION "
        "SELECT reviewer FROM versions WHERE project = ? AND kind = 'submitted' ORDER BY reviewer",
        project,
        project,
    )
    names = tuple(row["reviewer"] for row in reviewers)
    return Accounts(dict(addresses), names, {row["reviewer"]: row["account"] for row in chosen})


def account_addresses(client: Any) -> dict[int, str]:
    """The e-mail addresses of the server's accounts by their numbers. Raises LabelStudioError."""
    with explained(address_of(client), "the list of users"):
        return {user.id: user.email for user in client.users.list()}


def choose_account(store: Store, project: str, reviewer: str, address: str, addresses: Mapping[int, str]) -> None:
    """From now on the reviewer's work goes to, and comes from, the account with that e-mail address.

    Raises InputError where the project has no such reviewer, the server no such account, or it is another reviewer's.
    """
    known = accounts(store, project, addresses)
    if reviewer not in known.reviewers:
        raise InputError(f"{project}: no reviewer {reviewer!r}; there are {', '.join(known.reviewers) or 'none yet'}")
    account = next((x for x in addresses.values() if x.lower() == address.strip().lower()), None)
    if account is None:
        raise InputError(f"Label Studio has no account {address!r}; it has {', '.join(sorted(addresses.values()))}")
    owner = known.reviewer_of(account)
    if owner in known.reviewers and owner != reviewer:
        raise InputError(f"{project}: the account {account} is {owner}'s; two reviewers cannot share one")
    with store.writing() as database:
        database.table("label_studio_accounts").upsert(
            {"project": project, "reviewer": reviewer, "account": account}, pk=("project", "reviewer")
        )
