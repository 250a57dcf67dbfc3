-- Rotations: the history that people read, and what one that has not ended needs to be finished.
--
-- While a rotation runs, its process says so again and again; what it no longer says so of may be
-- taken over. An environment has one that runs at most.

CREATE TABLE rotation (
    id              bytea NOT NULL PRIMARY KEY,
    environment_id  text NOT NULL REFERENCES environment (id),
    account_id      text NOT NULL REFERENCES account (id),
    schedule_id     text,
    created_at      bigint NOT NULL,
    completed_at    bigint,
    revision_before bigint NOT NULL CHECK (revision_before >= 1),
    revision_after  bigint,
    state           text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
    problem         text,
    node            text NOT NULL,
    alive_until     bigint NOT NULL
);

CREATE INDEX rotation_environment ON rotation (environment_id, created_at);
CREATE UNIQUE INDEX rotation_running ON rotation (environment_id) WHERE state = 'running';

-- What came of one rotator. A problem is told in words of ours: none holds what a target said.
CREATE TABLE rotation_path (
    rotation_id bytea NOT NULL REFERENCES rotation (id),
    id          bytea NOT NULL,
    path        text NOT NULL,
    problem     text,
    PRIMARY KEY (rotation_id, id)
);

-- What is about to be set at a target, sealed, from before the target is asked until the
-- definition has it.
CREATE TABLE rotation_attempt (
    environment_id text NOT NULL REFERENCES environment (id),
    path           text NOT NULL,
    log_id         bigint NOT NULL,
    event_id       bytea NOT NULL,
    sealed         bytea NOT NULL,
    PRIMARY KEY (environment_id, path)
);
