"""What changed in Label Studio since the last pull, so that a pull need not fetch the whole project.

A task's `updated_at` moves when one of its annotations is made, changed or deleted; some bulk actions do not move it,
so what is there is also counted: where the number of annotations is not the one expected, everything is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from annotation.label_studio.connection import address_of, explained
from annotation.label_studio.push import export

OVERLAP = timedelta(seconds=60)
"""Fetched twice, since what is saved at one time is seen only when its transaction ends."""
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Of Label Studio's filters (`data_manager`), UTC."""
PAGE = 100


@dataclass(frozen=True)
class Fetched:
    """Tasks with their annotations, as in Label Studio's JSON export."""

    tasks: tuple[dict[str, Any], ...]
    kept: frozenset[int]
    """Annotations of other tasks, which are still there unchanged."""
    whole: bool
    """Whether these are all tasks."""
    seen: str | None
    """The newest time on the server: what the next pull starts from."""


def fetch(client: Any, remote: int, since: str | None, expected: Mapping[int, str]) -> Fetched:
    """The tasks that changed since `since`; all where there is no such time or the numbers do not add up.

    `expected` are the annotations known to be there, with their documents. Raises LabelStudioError.
    """
    if since is not None:
        tasks = _changed(client, remote, since)
        fetched = {int(item["id"]) for task in tasks for item in task.get("annotations") or ()}
        touched = {str((task.get("data") or {}).get("doc_id")) for task in tasks}
        kept = frozenset(number for number, document in expected.items() if document not in touched)
        if _count(client, remote) == len(kept | fetched):
            return Fetched(tuple(tasks), kept, False, _newest(tasks) or since)
    tasks = export(client, remote)
    return Fetched(tuple(tasks), frozenset(), True, _newest(tasks))


def _changed(client: Any, remote: int, since: str) -> list[dict[str, Any]]:
    start = (datetime.strptime(since, TIME_FORMAT) - OVERLAP).strftime(TIME_FORMAT)
    wanted = {"filter": "filter:tasks:updated_at", "operator": "greater_or_equal", "type": "Datetime", "value": start}
    query = json.dumps({"filters": {"conjunction": "and", "items": [wanted]}})
    with explained(address_of(client), f"project {remote}"):
        pager = client.tasks.list(project=remote, query=query, fields="all", page_size=PAGE, resolve_uri=False)
        return [json.loads(task.json()) for task in pager]


def _count(client: Any, remote: int) -> int:
    """How many annotations there are, skips among them."""
    with explained(address_of(client), f"project {remote}"):
        project = client.projects.get(remote)
    return int(project.total_annotations_number or 0) + int(project.skipped_annotations_number or 0)


def _newest(tasks: Iterable[Mapping[str, Any]]) -> str | None:
    times = [_parsed(str(task["updated_at"])) for task in tasks if task.get("updated_at")]
    return max(times).strftime(TIME_FORMAT) if times else None


def _parsed(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).replace(tzinfo=None)
