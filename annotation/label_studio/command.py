"""`python -m odin label-studio push|pull|sync|status|... PROJECT`: notes to Label Studio and reviewers' work back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from annotation.label_studio.accounts import account_addresses, choose_account
from annotation.label_studio.conflicts import resolve
from annotation.label_studio.connection import connect
from annotation.label_studio.sync import perform, said_time, status
from annotation.label_studio.webhook import register
from annotation.store import Store, default_store_path
from annotation.store.projects import load_project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options. The token comes from LABEL_STUDIO_API_KEY, never from the command line."""
    _add_options(parser)
    parser.set_defaults(store=default_store_path(), url=None, dry_run=False)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("push", "send notes and suggestions"),
        ("pull", "take over reviewers' work"),
        ("sync", "both, and deliver adjudicated gold and submitted reviews"),
        ("status", "say where the project stands, without asking the server"),
        ("resolve", "decide a conflict that status lists"),
        ("account", "choose the account there of a reviewer whose name here is not its e-mail address"),
        ("webhook", "let the server tell the running app of changes (ODIN_WEBHOOK_SECRET)"),
    ):
        action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        _add_options(action)
        action.add_argument("project")
        if name == "resolve":
            action.add_argument("conflict", type=int)
            action.add_argument("choice", choices=("ours", "theirs"))
        if name == "account":
            action.add_argument("reviewer")
            action.add_argument("address", metavar="EMAIL")
        if name == "webhook":
            action.add_argument("odin_url", metavar="ODIN_URL", help="the app's address as the server sees it")


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Those that may stand before the action and after it."""
    unless_given = argparse.SUPPRESS
    where = f"the store's file (default: {default_store_path()})"
    parser.add_argument("--store", default=unless_given, help=where)
    parser.add_argument("--url", default=unless_given, help="the server's address (default: LABEL_STUDIO_URL)")
    parser.add_argument(
        "--dry-run", action="store_true", default=unless_given, help="only list what push, pull or sync would do"
    )


def run(options: argparse.Namespace) -> int:
    """Do it; 1 where something could not be read or waits for a person."""
    store = Store(options.store)
    try:
        load_project(store, options.project)
        if options.action == "status":
            _print_status(store, options.project)
            return 0
        if options.action == "resolve":
            resolve(store, options.project, options.conflict, options.choice)
            return 0
        return _ask_server(store, connect(options.url), options)
    finally:
        store.close()


def _ask_server(store: Store, client: Any, options: argparse.Namespace) -> int:
    if options.action == "webhook":
        _print([f"Label Studio will call {register(store, client, options.project, options.odin_url)}"])
        return 0
    if options.action == "account":
        choose_account(store, options.project, options.reviewer, options.address, account_addresses(client))
        _print([f"{options.reviewer} works under the account {options.address} there"])
        return 0
    done = perform(store, client, options.project, options.action, dry_run=options.dry_run, progress=_progress)
    prefix = "would " if options.dry_run else ""
    _print([f"{prefix}{line}" for line in done.lines()] or ["Both sides have the same: nothing to do."])
    _print(done.remarks())
    return int(done.waits_for_people)


def _print_status(store: Store, project: str) -> None:
    found = status(store, project)
    _print(found.lines())
    for conflict in found.conflicts:
        _print(
            [f"conflict {conflict.id}: {conflict.key.document} by {conflict.key.reviewer}, {said_time(conflict.found)}"]
        )


def _progress(step: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        count = f"{done}/{total} " if total else ""
        print(f"\r\x1b[K{count}{step}", end="\n" if total and done == total else "", file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
