"""The store: one SQLite file that holds projects, notes, everybody's work on them and the audit trail.

Write-ahead logging with full synchronisation: what `Store.writing` has left is on disk. Each thread has its own
connection and writers queue up, so that many reviewers and several processes share one file.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.store.schema import migrate
from odin.errors import InputError
from odin.schema import Document

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_TIMEOUT_SECONDS = 60
"""How long a writer waits for the others; each write takes milliseconds."""


class Store:
    """An open store. Share one between threads; the connections are opened as threads come."""

    def __init__(self, path: str | Path) -> None:
        """Open or create the file. Raises InputError where that cannot be."""
        self.path = Path(path)
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                migrate(self.database)
        except (OSError, sqlite3.Error) as err:
            self.close()
            raise InputError(f"{self.path}: cannot open the store: {err}; check the path and its rights") from err

    @property
    def database(self) -> Database:
        """This thread's connection."""
        if not hasattr(self._local, "database"):
            self._local.database = self._connect()
        database: Database = self._local.database
        return database

    def _connect(self) -> Database:
        from sqlite_utils import Database

        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False)
        self._connections.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection, execute_plugins=False)

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """A write transaction: all of it is on disk when the block is left, or none of it where it raises.

        Inside another one of the same thread it is a part of that.
        """
        database = self.database
        if getattr(self._local, "is_writing", False):
            yield database
            return
        database.execute("BEGIN IMMEDIATE")
        self._local.is_writing = True
        try:
            yield database
        except BaseException:
            database.rollback()
            raise
        else:
            database.commit()
        finally:
            self._local.is_writing = False

    def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """The rows that a SELECT finds."""
        cursor = self.database.execute(sql, arguments)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, *arguments: Any) -> dict[str, Any] | None:
        """The first row that a SELECT finds."""
        found = self.rows(sql, *arguments)
        return found[0] if found else None

    def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()


def default_store_path() -> Path:
    """The file that `ODIN_STORE` names, or `data/store/odin.sqlite` in the project."""
    return Path(os.environ.get("ODIN_STORE") or Path(__file__).parents[2] / "data" / "store" / "odin.sqlite")


@cache
def open_store(path: Path) -> Store:
    """The one open store of this process for that file."""
    return Store(path)


def utc_now() -> str:
    """The time as the store writes it: ISO 8601, UTC, milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_between(earlier: str, later: str) -> float:
    """The seconds from one stored time to another."""
    left, right = (datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (earlier, later))
    return (right - left).total_seconds()


def dump(value: Any) -> str:
    """Compact JSON text for a column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def annotations_of(document: Document) -> str:
    """The column form of a document: native JSON without id and text."""
    return dump({key: value for key, value in document.to_json().items() if key not in ("id", "text")})


def document_from(row: Mapping[str, Any], annotations: str | None = None) -> Document:
    """The document of a row of `documents`, under the given annotations (a column) or bare."""
    value: dict[str, Any] = {"meta": json.loads(row["meta"])}
    if row["provenance"]:
        value["provenance"] = json.loads(row["provenance"])
    if annotations is not None:
        value = json.loads(annotations)
    return Document.from_json({**value, "id": row["id"], "text": row["text"]})
