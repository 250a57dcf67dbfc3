-- Rotations: the history that people read, and what one that has not ended needs to be finished.
--
-- While a rotation runs, its process says so again and again; what it no longer says so of may be
-- taken over. An environment has one that runs at most.

CREATE TABLE rotation (
    id              BLOB NOT NULL PRIMARY KEY,
    environment_id  TEXT NOT NULL REFERENCES environment (id),
    account_id      TEXT NOT NULL REFERENCES account (id),
    schedule_id     TEXT,
    created_at      INTEGER NOT NULL,
    completed_at    INTEGER,
    revision_before INTEGER NOT NULL CHECK (revision_before >= 1),
    revision_after  INTEGER,
    state           TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    problem         TEXT,
    node            TEXT NOT NULL,
    alive_until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rotation_environment ON rotation (environment_id, created_at);
CREATE UNIQUE INDEX rotation_running ON rotation (environment_id) WHERE state = 'running';

-- What came of one rotator. A problem is told in words of ours: none holds what a target said.
CREATE TABLE rotation_path (
    rotation_id BLOB NOT NULL REFERENCES rotation (id),
    id          BLOB NOT NULL,
    path        TEXT NOT NULL,
    problem     TEXT,
    PRIMARY KEY (rotation_id, id)
) STRICT, WITHOUT ROWID;

-- What is about to be set at a target, sealed, from before the target is asked until the
-- definition has it.
CREATE TABLE rotation_attempt (
    environment_id TEXT NOT NULL REFERENCES environment (id),
    path           TEXT NOT NULL,
    log_id         INTEGER NOT NULL,
    event_id       BLOB NOT NULL,
    sealed         BLOB NOT NULL,
    PRIMARY KEY (environment_id, path)
) STRICT, WITHOUT ROWID;
