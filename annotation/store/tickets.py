"""Tickets: what the editor in a browser shows to prove whose draft it may act on.

A ticket is made when a note is opened for somebody who is logged in, and signed with a key that lies beside the store,
so that it still holds after the server has been restarted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os

from annotation.store import Store
from annotation.store.reviews import DraftKey
from annotation.store.users import user_names
from odin.errors import InputError


def issue_ticket(store: Store, key: DraftKey) -> str:
    """A ticket for that reviewer's draft."""
    body = base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode()
    return f"{body}.{_sign(store, body)}"


def read_ticket(store: Store, ticket: object) -> DraftKey:
    """Whose draft of which note the ticket is for.

    Raises InputError where it was not issued by this store, and for a reviewer whose account was taken away since.
    """
    body, _, signature = ticket.partition(".") if isinstance(ticket, str) else ("", "", "")
    if not body or not hmac.compare_digest(signature.encode(), _sign(store, body).encode()):
        raise InputError("this page may not change the note any more; reload it")
    key = DraftKey(*json.loads(base64.urlsafe_b64decode(body)))
    accounts = user_names(store)
    if accounts and key.person not in accounts:
        raise InputError(f"{key.person} has no account any more; ask whoever runs the app for one")
    return key


def _sign(store: Store, body: str) -> str:
    return hmac.new(_secret(store), body.encode(), hashlib.sha256).hexdigest()


def _secret(store: Store) -> bytes:
    path = store.path.with_suffix(".key")
    if not path.exists():
        own = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        own.touch(mode=0o600)
        own.write_bytes(os.urandom(32))
        try:
            os.link(own, path)  # the first to come wins, whole
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_bytes()
