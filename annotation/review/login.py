"""Who is at work: whoever logged in, where the store has accounts; else the one person at this machine."""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING, Any

from annotation.store import Store
from annotation.store.users import user_names, verify_user
from odin.errors import InputError

if TYPE_CHECKING:
    import gradio as gr

LONE_REVIEWER = "me"
"""Who reviews where nobody logs in: one person on their own machine."""

ADD_COMMAND = "python -m odin reviewers add NAME"


def login_settings(store: Store) -> dict[str, Any]:
    """The arguments of `launch` that ask for a name and a password where the store has accounts, else none."""
    if not user_names(store):
        return {}

    def may_enter(name: str, password: str) -> bool:
        return verify_user(store, name, password)

    return {"auth": may_enter, "auth_message": "Log in with the name and password of your reviewer's account."}


def reviewer_of(store: Store, request: gr.Request) -> str:
    """The name under which the sender of a request works. It comes from the login; nothing on the page can choose it.

    Raises InputError for a name without an account and, where there are no accounts, for another machine.
    """
    host = request.client.host if request.client else None
    return reviewer_name(store, request.username, host)


def reviewer_name(store: Store, username: str | None, host: str | None) -> str:
    """The same from the name of the login and the address of the browser."""
    accounts = user_names(store)
    if username:
        if username not in accounts:
            raise InputError(f"{username} has no account any more; ask whoever runs the app for one")
        return username
    if accounts:
        raise InputError("there are reviewers' accounts now: start the app again, then log in")
    if not (_is_this_machine(host) or is_public_demo()):
        raise InputError(
            "without accounts the Review tab is open to the machine that runs the app only; "
            f"add one there with `{ADD_COMMAND}` and start the app again"
        )
    return LONE_REVIEWER


def is_public_demo() -> bool:
    """True on a Hugging Face Space, where every visitor is the same reviewer."""
    return bool(os.environ.get("SPACE_ID"))


def say_reviewer(store: Store, reviewer: str) -> str:
    """One line on who is at work and how to change that, as Markdown."""
    if user_names(store):
        return f"You review as **{reviewer}**. [Log out](logout)"
    if is_public_demo():
        return "A public demonstration: every visitor sees and changes the same projects, and the disk does not last."
    return f"No accounts yet: open to this machine only, you review as **{reviewer}**. For a team: `{ADD_COMMAND}`."


def _is_this_machine(host: str | None) -> bool:
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
