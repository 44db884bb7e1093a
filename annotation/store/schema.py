"""The tables of the store, as migrations: each runs once, in order, and is never edited after it has shipped.

Times are ISO 8601, UTC. Annotations are the native JSON form without the text, which stands once, in `documents`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES = """
CREATE TABLE users (
    name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, created TEXT NOT NULL
);
CREATE TABLE projects (
    name TEXT PRIMARY KEY, settings TEXT NOT NULL, created TEXT NOT NULL, created_by TEXT NOT NULL
);
CREATE TABLE guideline_versions (
    project TEXT NOT NULL REFERENCES projects(name), number INTEGER NOT NULL, labels TEXT NOT NULL,
    created TEXT NOT NULL, created_by TEXT NOT NULL, PRIMARY KEY (project, number)
);
CREATE TABLE documents (
    project TEXT NOT NULL REFERENCES projects(name), id TEXT NOT NULL, position INTEGER NOT NULL,
    text TEXT NOT NULL, meta TEXT NOT NULL, provenance TEXT,
    blind INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (project, id)
);
CREATE TABLE suggestions (
    project TEXT NOT NULL, document TEXT NOT NULL, name TEXT NOT NULL, annotations TEXT NOT NULL,
    created TEXT NOT NULL, PRIMARY KEY (project, document),
    FOREIGN KEY (project, document) REFERENCES documents(project, id)
);
CREATE TABLE assignments (
    project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (project, reviewer, document), FOREIGN KEY (project, document) REFERENCES documents(project, id)
);
CREATE TABLE drafts (
    project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL, version INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'submitted')), annotations TEXT NOT NULL, opened TEXT NOT NULL,
    saved TEXT NOT NULL, seconds REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (project, document, reviewer), FOREIGN KEY (project, document) REFERENCES documents(project, id)
);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL,
    number INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('submitted', 'gold', 'pulled', 'skipped')),
    annotations TEXT NOT NULL, guideline INTEGER NOT NULL, created TEXT NOT NULL, seconds REAL, details TEXT NOT NULL,
    UNIQUE (project, document, reviewer, kind, number),
    FOREIGN KEY (project, document) REFERENCES documents(project, id)
);
CREATE TRIGGER versions_stay BEFORE UPDATE ON versions
    BEGIN SELECT RAISE(ABORT, 'a submitted version is immutable'); END;
CREATE TRIGGER versions_are_kept BEFORE DELETE ON versions
    BEGIN SELECT RAISE(ABORT, 'a submitted version is immutable'); END;
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL,
    version INTEGER NOT NULL, time TEXT NOT NULL, kind TEXT NOT NULL, edit TEXT, before TEXT, after TEXT,
    state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'final')), UNIQUE (project, document, reviewer, version)
);
CREATE TRIGGER actions_are_kept BEFORE DELETE ON actions
    BEGIN SELECT RAISE(ABORT, 'the audit trail is kept'); END;
CREATE TABLE decisions (
    project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL,
    left_version INTEGER NOT NULL REFERENCES versions(id), right_version INTEGER NOT NULL REFERENCES versions(id),
    difference TEXT NOT NULL, choice TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL,
    PRIMARY KEY (project, document, reviewer, left_version, right_version, difference)
);
CREATE TABLE positions (
    project TEXT NOT NULL, reviewer TEXT NOT NULL, document TEXT NOT NULL, selected TEXT, time TEXT NOT NULL,
    PRIMARY KEY (project, reviewer)
);
"""
"""`drafts.version` counts a reviewer's actions on a note; `versions.number` counts that reviewer's submissions.
An action's `state` is done (can be undone), undone (can be redone) or final (neither)."""


LABEL_STUDIO_TABLES = """
CREATE TABLE label_studio_projects (
    project TEXT PRIMARY KEY REFERENCES projects(name), marker TEXT NOT NULL, url TEXT NOT NULL,
    remote INTEGER, synced TEXT
);
CREATE TABLE label_studio_tasks (
    project TEXT NOT NULL, document TEXT NOT NULL, task INTEGER NOT NULL, sent TEXT NOT NULL, sent_hash TEXT NOT NULL,
    PRIMARY KEY (project, document), FOREIGN KEY (project, document) REFERENCES documents(project, id)
);
CREATE TABLE label_studio_annotations (
    project TEXT NOT NULL, annotation INTEGER NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL,
    result_hash TEXT NOT NULL, updated TEXT, version INTEGER, deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project, annotation)
);
CREATE TABLE label_studio_conflicts (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL,
    annotation INTEGER NOT NULL, ours INTEGER NOT NULL REFERENCES versions(id), theirs TEXT NOT NULL,
    theirs_hash TEXT NOT NULL, updated TEXT, found TEXT NOT NULL, decided TEXT, choice TEXT,
    UNIQUE (project, annotation, theirs_hash, ours)
);
CREATE TABLE label_studio_outbox (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, document TEXT NOT NULL, version INTEGER NOT NULL UNIQUE,
    unique_id TEXT NOT NULL, queued TEXT NOT NULL, delivered TEXT, annotation INTEGER, result_hash TEXT
);
"""
"""What Label Studio has of a project and what is still to go there. No address but the server's, no token.
The column `seen` came later: the server's time up to which its changes were pulled."""

LABEL_STUDIO_ACCOUNTS = """
CREATE TABLE label_studio_accounts (
    project TEXT NOT NULL REFERENCES projects(name), reviewer TEXT NOT NULL, account TEXT NOT NULL,
    PRIMARY KEY (project, reviewer), UNIQUE (project, account)
)
"""
"""The e-mail address of the account in Label Studio that was chosen for a reviewer."""


ADJUDICATION_OF_SEVERAL = """
CREATE TABLE decisions_of_several (
    project TEXT NOT NULL, document TEXT NOT NULL, reviewer TEXT NOT NULL, versions TEXT NOT NULL,
    difference TEXT NOT NULL, keep TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL,
    PRIMARY KEY (project, document, reviewer, versions, difference)
);
INSERT INTO decisions_of_several
    SELECT decisions.project, decisions.document, decisions.reviewer, json_array(first.id, second.id), difference,
        CASE choice WHEN 'left' THEN json_array(first.reviewer) WHEN 'right' THEN json_array(second.reviewer)
            WHEN 'both' THEN json_array(first.reviewer, second.reviewer) ELSE '[]' END, reason, time
    FROM decisions
    JOIN versions AS first ON first.id = left_version JOIN versions AS second ON second.id = right_version;
DROP TABLE decisions;
ALTER TABLE decisions_of_several RENAME TO decisions;
ALTER TABLE drafts ADD COLUMN details TEXT;
"""
"""Decisions between any number of versions (`versions`: their ids, `keep`: whose reading stays, both JSON lists).
`drafts.details` is what the gold version of a draft that an adjudicator corrects will say of itself."""


def migrate(database: Database, *, stop_before: str | None = None) -> None:
    """Bring the database to the newest tables. Safe where several processes open a new store at once."""
    from sqlite_utils.migrations import Migrations

    migrations = Migrations("odin")

    @migrations()
    def review_tables(database: Database, /) -> None:
        for statement in _statements(TABLES):
            database.execute(statement)

    @migrations()
    def label_studio_tables(database: Database, /) -> None:
        for statement in _statements(LABEL_STUDIO_TABLES):
            database.execute(statement)

    @migrations()
    def label_studio_seen(database: Database, /) -> None:
        database.execute("ALTER TABLE label_studio_projects ADD COLUMN seen TEXT")

    @migrations()
    def adjudication_of_several(database: Database, /) -> None:
        for statement in _statements(ADJUDICATION_OF_SEVERAL):
            database.execute(statement)

    @migrations()
    def label_studio_accounts(database: Database, /) -> None:
        database.execute(LABEL_STUDIO_ACCOUNTS)

    database.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(database, stop_before=stop_before)
        database.commit()
    except BaseException:
        database.rollback()
        raise


def _statements(script: str) -> list[str]:
    """The statements of an SQL script; `executescript` would commit the transaction that protects the migration."""
    import sqlite3

    out, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            out.append(statement.strip())
            statement = ""
    return out
