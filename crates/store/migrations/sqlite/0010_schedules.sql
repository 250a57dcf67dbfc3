-- What an environment does by itself at set times, and what became of each time. That somebody changed
-- it stands in the log, and so does every run.

-- When a process of the server was last heard of: what it holds and announced is its own until then.
CREATE TABLE node (
    id          TEXT NOT NULL PRIMARY KEY,
    alive_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `next_at` is null once nothing is to come. The permission that a run needs is that of its editor.
CREATE TABLE schedule (
    id             TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL UNIQUE REFERENCES environment (id),
    kind           TEXT NOT NULL CHECK (kind IN ('environment-rotation')),
    cron           TEXT,
    once_at        INTEGER,
    path           TEXT NOT NULL,
    paused         INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    editor_id      TEXT NOT NULL REFERENCES account (id),
    version        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    modified_at    INTEGER NOT NULL,
    next_at        INTEGER,
    last_at        INTEGER,
    CHECK ((cron IS NULL) <> (once_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX schedule_due ON schedule (next_at) WHERE paused = 0 AND next_at IS NOT NULL;

-- One row for each time that came: it is taken by one process, which may die, then it runs, once.
CREATE TABLE schedule_run (
    schedule_id TEXT NOT NULL,
    due_at      INTEGER NOT NULL,
    node        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('taken', 'running', 'succeeded', 'failed', 'denied', 'unknown')),
    event_id    BLOB,
    version     INTEGER NOT NULL DEFAULT 0,
    began_at    INTEGER,
    PRIMARY KEY (schedule_id, due_at)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX schedule_run_event ON schedule_run (event_id);
