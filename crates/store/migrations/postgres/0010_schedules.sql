-- What an environment does by itself at set times, and what became of each time. That somebody changed
-- it stands in the log, and so does every run.

-- When a process of the server was last heard of: what it holds and announced is its own until then.
CREATE TABLE node (
    id          text NOT NULL PRIMARY KEY,
    alive_until bigint NOT NULL
);

-- `next_at` is null once nothing is to come. The permission that a run needs is that of its editor.
CREATE TABLE schedule (
    id             text NOT NULL PRIMARY KEY,
    environment_id text NOT NULL UNIQUE REFERENCES environment (id),
    kind           text NOT NULL CHECK (kind IN ('environment-rotation')),
    cron           text,
    once_at        bigint,
    path           text NOT NULL,
    paused         bigint NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    editor_id      text NOT NULL REFERENCES account (id),
    version        bigint NOT NULL,
    created_at     bigint NOT NULL,
    modified_at    bigint NOT NULL,
    next_at        bigint,
    last_at        bigint,
    CHECK ((cron IS NULL) <> (once_at IS NULL))
);

CREATE INDEX schedule_due ON schedule (next_at) WHERE paused = 0 AND next_at IS NOT NULL;

-- One row for each time that came: it is taken by one process, which may die, then it runs, once.
CREATE TABLE schedule_run (
    schedule_id text NOT NULL,
    due_at      bigint NOT NULL,
    node        text NOT NULL,
    state       text NOT NULL CHECK (state IN ('taken', 'running', 'succeeded', 'failed', 'denied', 'unknown')),
    event_id    bytea,
    version     bigint NOT NULL DEFAULT 0,
    began_at    bigint,
    PRIMARY KEY (schedule_id, due_at)
);

CREATE UNIQUE INDEX schedule_run_event ON schedule_run (event_id);
