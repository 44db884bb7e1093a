"""`python -m odin reviewers add NAME | remove NAME | list`: who may log in to the app."""

from __future__ import annotations

import argparse
import getpass
import sys

from annotation.store import Store, default_store_path
from annotation.store.users import add_user, remove_user, user_names
from odin.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--store", default=default_store_path(), help="the store's file (default: %(default)s)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a reviewer, or set a new password")
    add.add_argument("name")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    actions.add_parser("remove", help="take a reviewer's account away; the work stays").add_argument("name")
    actions.add_parser("list", help="show who may log in")


def run(options: argparse.Namespace) -> int:
    """Do it. Raises InputError."""
    store = Store(options.store)
    try:
        if options.action == "list":
            names = user_names(store)
            print("\n".join(names) or "no reviewers: the app is open, to this machine only")
        elif options.action == "remove":
            remove_user(store, options.name)
            print(f"removed {options.name}")
        else:
            add_user(store, options.name, _password(from_stdin=options.password_stdin))
            print(f"{options.name} may log in")
    finally:
        store.close()
    return 0


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise InputError("no terminal to type a password at; use --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InputError("the two passwords differ; try again")
    return password
