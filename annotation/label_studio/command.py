"""`python -m odin label-studio push|pull|sync|status PROJECT`: notes to Label Studio and reviewers' work back."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from annotation.label_studio.conflicts import resolve
from annotation.label_studio.connection import connect
from annotation.label_studio.pull import PullReport, pull
from annotation.label_studio.push import PushPlan, plan_push, push
from annotation.label_studio.sync import status, sync
from annotation.store import Store, default_store_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options. The token comes from LABEL_STUDIO_API_KEY, never from the command line."""
    parser.add_argument("--store", default=default_store_path(), help="the store's file (default: %(default)s)")
    parser.add_argument("--url", help="the server's address (default: LABEL_STUDIO_URL)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, summary in (
        ("push", "send notes and suggestions"),
        ("pull", "take over reviewers' work"),
        ("sync", "both, and deliver adjudicated gold"),
        ("status", "say where the project stands"),
        ("resolve", "decide a conflict"),
    ):
        action = actions.add_parser(name, help=summary)
        action.add_argument("project")
        if name == "resolve":
            action.add_argument("conflict", type=int)
            action.add_argument("choice", choices=("ours", "theirs"))


def run(options: argparse.Namespace) -> int:
    """Do it; 1 where something could not be read or waits for a decision."""
    store = Store(options.store)
    try:
        if options.action == "status":
            _print(f"{name}: {value}" for name, value in vars(status(store, options.project)).items())
            return 0
        if options.action == "resolve":
            resolve(store, options.project, options.conflict, options.choice)
            return 0
        return _ask_server(store, connect(options.url), options)
    finally:
        store.close()


def _ask_server(store: Store, client: Any, options: argparse.Namespace) -> int:
    prefix = "would " if options.dry_run else ""
    if options.action == "push":
        act = plan_push if options.dry_run else push
        plan: PushPlan = act(store, client, options.project)  # type: ignore[operator]
        _print([f"{prefix}push {len(plan.new)} notes, {len(plan.changed)} new suggestions", plan.report.summary()])
        return 0
    if options.action == "pull":
        pulled = pull(store, client, options.project, dry_run=options.dry_run)
        _print([_pull_line(pulled, prefix), pulled.report.summary()])
        return int(bool(pulled.conflicts) or not pulled.report.lossless)
    done = sync(store, client, options.project, dry_run=options.dry_run, progress=_progress)
    _print([f"{prefix}{line}" for line in done.lines()] or ["nothing to do"])
    return int(bool(done.pulled and done.pulled.conflicts) or bool(done.gold.edited))


def _pull_line(pulled: PullReport, prefix: str) -> str:
    counts = ("new", "changed", "skipped", "deleted", "conflicts")
    said = ", ".join(f"{len(getattr(pulled, name))} {name}" for name in counts)
    return f"{prefix}pull: {said}, {pulled.unchanged} unchanged"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}/{total} notes", end="", file=sys.stderr)


def _print(lines: Any) -> None:
    print("\n".join(lines))
