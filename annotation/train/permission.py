"""Who may train: everybody on a machine of their own; on a public Space who logged in, or all where it says so."""

from __future__ import annotations

import os

from annotation.review.login import ADD_COMMAND, is_public_demo
from annotation.store import Store
from annotation.store.users import user_names
from odin.errors import InputError

OPEN = "ODIN_PUBLIC_TRAINING"
"""The variable of a Space that lets every visitor train where it is 1."""

OFF = "Training is off: whoever opens this Space could start, stop and replace runs."
HOW = (
    f"To turn it on, whoever runs the Space sets its variable {OPEN} to 1, which lets every visitor train, or adds a "
    f"reviewer with `{ADD_COMMAND}` and starts the app again, which then asks everybody to log in. On a machine of "
    "your own nothing is off."
)


def may_train(store: Store, username: str | None) -> bool:
    """Whether the sender of a request may check, start, steer and use runs; `username` is that of the login."""
    if not is_public_demo() or os.environ.get(OPEN) == "1":
        return True
    return username is not None and username in user_names(store)


def check_may_train(store: Store, username: str | None) -> None:
    """Raise InputError, with what turns training on, where the sender of a request may not train."""
    if not may_train(store, username):
        raise InputError(f"{OFF} {HOW}")
