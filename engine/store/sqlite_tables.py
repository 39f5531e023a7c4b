"""The tables, indexes and triggers of the SQLite file, and how an older file becomes a present one.

Three things make a saved task cheap. The columns of a task that change with every save are in no index but that of
timers. Its change is written by a trigger, in the same statement. And the counters of `stats()` are kept by triggers
that fire only where a status changes, so that they are exact after any crash, whoever wrote.

Children are in no index that lists root tasks, and root tasks in none of children. In the counters a child counts for
its definition alone, under the route '', the status '' and the owner ''. Tasks without owner are in no index of owners.

The changes of a task are a chain: `tasks.last_change` is the last one, `changes.previous` the one before (0: none).
So a task's changes are found and removed with it. Those of all the children of a root have an index too, for they are
told in the order of their numbers, and children are many.
"""

import sqlite3

SCHEMA_NUMBER = 5
"""Grows by one with each change of the tables; kept in the file as `PRAGMA user_version`."""

TABLES = """
CREATE TABLE routes (
    route TEXT PRIMARY KEY,
    latest INTEGER NOT NULL,
    open TEXT
) WITHOUT ROWID;
CREATE TABLE pipelines (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    document BLOB NOT NULL,
    owner TEXT NOT NULL DEFAULT ''
);
CREATE TABLE services (
    route TEXT NOT NULL,
    url TEXT NOT NULL,
    api BLOB NOT NULL,
    interval REAL NOT NULL,
    seen INTEGER NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (route, url)
) WITHOUT ROWID;
CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    route TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    ended INTEGER,
    due INTEGER,
    waiting INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    last_change INTEGER NOT NULL,
    root TEXT,
    parent TEXT,
    family TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    result BLOB,
    holders TEXT NOT NULL DEFAULT '',
    document BLOB NOT NULL,
    owner TEXT NOT NULL DEFAULT ''
);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    root TEXT
);
INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', 0);
CREATE TABLE engines (
    id TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    beat INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    digest TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER,
    limits TEXT NOT NULL
) WITHOUT ROWID;
"""

_OWNED = """
CREATE TABLE submissions (
    owner TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (owner, route, key)
) WITHOUT ROWID;
CREATE TABLE counters (
    definition TEXT NOT NULL,
    route TEXT NOT NULL,
    status TEXT NOT NULL,
    owner TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (definition, route, status, owner)
) WITHOUT ROWID;
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL
) WITHOUT ROWID;
"""

INDEXES = """
CREATE INDEX IF NOT EXISTS pipelines_by_route ON pipelines (route, version);
CREATE INDEX IF NOT EXISTS tasks_by_status ON tasks (status, created, id) WHERE root IS NULL;
CREATE INDEX IF NOT EXISTS tasks_by_route ON tasks (route, status, created, id) WHERE root IS NULL;
CREATE INDEX IF NOT EXISTS tasks_of_owner ON tasks (owner, status, created, id) WHERE root IS NULL AND owner <> '';
CREATE INDEX IF NOT EXISTS tasks_of_owner_by_route ON tasks (owner, route, status, created, id)
    WHERE root IS NULL AND owner <> '';
CREATE INDEX IF NOT EXISTS tasks_ended ON tasks (ended) WHERE root IS NULL AND ended IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_held ON tasks (holders, id) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS tasks_waiting ON tasks (id) WHERE status = 'running' AND waiting;
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (due) WHERE status = 'running' AND due IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS children ON tasks (root, parent, family, position) WHERE root IS NOT NULL;
CREATE INDEX IF NOT EXISTS children_open ON tasks (parent, family, status, position)
    WHERE root IS NOT NULL AND status <> 'finished';
CREATE INDEX IF NOT EXISTS submissions_by_task ON submissions (task);
CREATE INDEX IF NOT EXISTS counters_of_owner ON counters (owner);
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at, id);
CREATE INDEX IF NOT EXISTS audit_by_action ON audit (action, at, id);
CREATE INDEX IF NOT EXISTS audit_by_owner ON audit (owner, at, id);
CREATE INDEX IF NOT EXISTS changes_of_children ON changes (root, number) WHERE root IS NOT NULL;
"""

TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS task_created AFTER INSERT ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous, root)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, 0, new.root);
    INSERT INTO counters (definition, route, status, owner, number) VALUES (new.definition,
            CASE WHEN new.root IS NULL THEN new.route ELSE '' END,
            CASE WHEN new.root IS NULL THEN new.status ELSE '' END,
            CASE WHEN new.root IS NULL THEN new.owner ELSE '' END, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS task_saved AFTER UPDATE OF last_change ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous, root)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, old.last_change, new.root);
END;
CREATE TRIGGER IF NOT EXISTS task_moved AFTER UPDATE OF status ON tasks
    WHEN old.status <> new.status AND new.root IS NULL BEGIN
    UPDATE counters SET number = number - 1
        WHERE definition = old.definition AND route = old.route AND status = old.status AND owner = old.owner;
    INSERT INTO counters (definition, route, status, owner, number)
        VALUES (new.definition, new.route, new.status, new.owner, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS task_deleted AFTER DELETE ON tasks BEGIN
    UPDATE counters SET number = number - 1 WHERE definition = old.definition
        AND route = CASE WHEN old.root IS NULL THEN old.route ELSE '' END
        AND status = CASE WHEN old.root IS NULL THEN old.status ELSE '' END
        AND owner = CASE WHEN old.root IS NULL THEN old.owner ELSE '' END;
END;
"""

# What brings a file of schema number N to N + 1. What it drops and does not make again is made from the above.
_STEPS = {
    1: """
ALTER TABLE tasks ADD COLUMN root TEXT;
ALTER TABLE tasks ADD COLUMN parent TEXT;
ALTER TABLE tasks ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN result BLOB;
ALTER TABLE changes ADD COLUMN root TEXT;
DROP INDEX tasks_by_status;
DROP INDEX tasks_by_route;
DROP INDEX tasks_ended;
DROP TRIGGER task_created;
DROP TRIGGER task_saved;
DROP TRIGGER task_moved;
DROP TRIGGER task_deleted;
""",
    2: """
DROP INDEX tasks_running;
DROP TRIGGER IF EXISTS task_moved;
ALTER TABLE tasks ADD COLUMN holders TEXT NOT NULL DEFAULT '';
UPDATE tasks SET holders = 'older-engine' WHERE status = 'running';
CREATE TABLE engines (id TEXT PRIMARY KEY, place TEXT NOT NULL, beat INTEGER NOT NULL) WITHOUT ROWID;
""",
    3: """
CREATE TABLE keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, scopes TEXT NOT NULL, digest TEXT NOT NULL,
    created INTEGER NOT NULL, expires INTEGER, revoked INTEGER, limits TEXT NOT NULL) WITHOUT ROWID;
""",
    4: f"""
DROP TRIGGER IF EXISTS task_created;
DROP TRIGGER IF EXISTS task_moved;
DROP TRIGGER IF EXISTS task_deleted;
ALTER TABLE tasks ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE pipelines ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE services ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE counters RENAME TO older_counters;
ALTER TABLE submissions RENAME TO older_submissions;
{_OWNED}
INSERT INTO counters SELECT definition, route, status, '', number FROM older_counters;
INSERT INTO submissions SELECT '', route, key, digest, task FROM older_submissions;
DROP TABLE older_counters;
DROP TABLE older_submissions;
""",
}


def bring_up_to_date(connection: sqlite3.Connection, number: int) -> None:
    """Make what a file of an older schema number lacks (0: it is new). To be called in a transaction."""
    if number == 0:
        _run(connection, TABLES + _OWNED)
    for step in range(number, SCHEMA_NUMBER) if number else ():
        _run(connection, _STEPS[step])
    _run(connection, INDEXES + TRIGGERS)
    connection.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")


def _run(connection: sqlite3.Connection, script: str) -> None:
    """As `executescript`, which would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
