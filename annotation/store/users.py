"""Reviewers' accounts: names with salted scrypt hashes. Without any, the app is open to one user on this machine."""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from annotation.store import Store, utc_now
from odin.errors import InputError

MIN_PASSWORD_CHARACTERS = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def add_user(store: Store, name: str, password: str) -> None:
    """Add a reviewer, or give one that exists a new password. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(f"reviewer name {name!r}: use 1 to 64 letters, digits, '.', '_', '@' or '-'")
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise InputError(f"the password of {name} needs at least {MIN_PASSWORD_CHARACTERS} characters")
    salt = os.urandom(16)
    with store.writing() as database:
        database.table("users").upsert(
            {"name": name, "salt": salt, "hash": _hash(password, salt), "created": utc_now()}, pk="name"
        )


def remove_user(store: Store, name: str) -> None:
    """Take a reviewer's account away; their work stays. Raises InputError where there is none of that name."""
    with store.writing() as database:
        if not database.execute("DELETE FROM users WHERE name = ?", [name]).rowcount:
            raise InputError(f"no reviewer is called {name!r}; `python -m odin reviewers list` shows the names")


def user_names(store: Store) -> tuple[str, ...]:
    """The reviewers who can log in."""
    return tuple(row["name"] for row in store.rows("SELECT name FROM users ORDER BY name"))


def verify_user(store: Store, name: str, password: str) -> bool:
    """True where the password is that reviewer's: `launch(auth=partial(verify_user, store))`.

    An unknown name takes as long as a wrong password.
    """
    row = store.row("SELECT salt, hash FROM users WHERE name = ?", name)
    given = _hash(password, row["salt"] if row else b"\0" * 16)
    return hmac.compare_digest(given, row["hash"] if row else b"") and row is not None


def _hash(password: str, salt: bytes) -> bytes:
    """Scrypt with the parameters of RFC 7914 for interactive logins."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
