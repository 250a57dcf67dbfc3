-- Times are microseconds since 1970, UTC. Booleans are 0 or 1. Identifiers are the text that the API shows.

CREATE TABLE instance (
    id              INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name            TEXT NOT NULL,
    key_fingerprint TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;

-- One log per organisation and one for the server (number 1). `size` and `last_ts` are the locked
-- state of the sequencer on PostgreSQL; on SQLite the entries themselves say both.
CREATE TABLE log (
    id              INTEGER NOT NULL PRIMARY KEY,
    identifier      TEXT NOT NULL UNIQUE,
    origin          TEXT NOT NULL UNIQUE,
    organization_id TEXT UNIQUE,
    size            INTEGER NOT NULL DEFAULT 0,
    last_ts         INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The leaf's bytes are the truth; nothing updates or deletes a row.
CREATE TABLE log_entry (
    log_id    INTEGER NOT NULL,
    seq       INTEGER NOT NULL CHECK (seq >= 0),
    event_id  BLOB NOT NULL,
    leaf      BLOB NOT NULL,
    leaf_hash BLOB NOT NULL,
    PRIMARY KEY (log_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX log_entry_event ON log_entry (log_id, event_id);

-- Records that are committed but have no index yet. Only PostgreSQL uses it.
CREATE TABLE log_outbox (
    id       INTEGER NOT NULL PRIMARY KEY,
    log_id   INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    head     BLOB NOT NULL,
    tail     BLOB NOT NULL,
    wall     INTEGER NOT NULL
) STRICT;

-- An event that waited twice could never be appended.
CREATE UNIQUE INDEX log_outbox_event ON log_outbox (log_id, event_id);

CREATE TABLE log_opening (
    log_id      INTEGER NOT NULL,
    commitment  BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    key         BLOB NOT NULL,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    subject     TEXT,
    PRIMARY KEY (log_id, commitment)
) STRICT, WITHOUT ROWID;

-- Equal statements share an opening; this is where the earlier one is found.
CREATE UNIQUE INDEX log_opening_fingerprint ON log_opening (log_id, fingerprint);

CREATE TABLE log_actor (
    log_id     INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    PRIMARY KEY (log_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organization (
    id                 TEXT NOT NULL PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    log_id             INTEGER NOT NULL,
    default_permission TEXT NOT NULL DEFAULT 'none'
        CHECK (default_permission IN ('none', 'read', 'open', 'write', 'admin')),
    -- Counts every change to who may do what; each record names the version it was decided by.
    access_version     INTEGER NOT NULL DEFAULT 1,
    created_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id                      TEXT NOT NULL PRIMARY KEY,
    login                   TEXT NOT NULL UNIQUE,
    name                    TEXT NOT NULL,
    email                   TEXT NOT NULL,
    password_hash           TEXT,
    default_organization_id TEXT REFERENCES organization (id),
    created_at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    organization_id TEXT NOT NULL REFERENCES organization (id),
    account_id      TEXT NOT NULL REFERENCES account (id),
    role            TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    actor_id        TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_account ON member (account_id, organization_id);

-- Access tokens, console sessions and one-time links: secrets of one kind, kept only as digests.
CREATE TABLE credential (
    id           TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('personal-token', 'console-session', 'one-time-link')),
    -- The first 8 bytes of the digest find the row; all 32 are then compared in constant time.
    lookup       INTEGER NOT NULL,
    digest       BLOB NOT NULL,
    account_id   TEXT NOT NULL REFERENCES account (id),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    issued_by    BLOB NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_lookup ON credential (lookup);
CREATE INDEX credential_account ON credential (account_id, kind, created_at);

CREATE TABLE project (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE environment (
    id                 TEXT NOT NULL PRIMARY KEY,
    organization_id    TEXT NOT NULL REFERENCES organization (id),
    project_id         TEXT NOT NULL REFERENCES project (id),
    name               TEXT NOT NULL,
    owner_id           TEXT NOT NULL REFERENCES account (id),
    revision           INTEGER NOT NULL,
    deletion_protected INTEGER NOT NULL DEFAULT 0 CHECK (deletion_protected IN (0, 1)),
    created_at         INTEGER NOT NULL,
    modified_at        INTEGER NOT NULL,
    deleted_at         INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX environment_name ON environment (project_id, name) WHERE deleted_at IS NULL;
CREATE INDEX environment_organization ON environment (organization_id, deleted_at);

CREATE TABLE revision (
    environment_id TEXT NOT NULL REFERENCES environment (id),
    number         INTEGER NOT NULL CHECK (number >= 1),
    definition     TEXT NOT NULL,
    author_id      TEXT NOT NULL REFERENCES account (id),
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (environment_id, number)
) STRICT;

-- Data keys, wrapped by the root key. One without an environment seals what belongs to the
-- organisation: sessions of anonymous definitions.
CREATE TABLE data_key (
    id              BLOB NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    environment_id  TEXT REFERENCES environment (id),
    wrapped         BLOB NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX data_key_environment ON data_key (environment_id);
CREATE INDEX data_key_organization ON data_key (organization_id, environment_id);

-- Open sessions, sealed. Rows lie in order of their creation, so that opening appends.
CREATE TABLE session (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    environment_id  TEXT,
    account_id      TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    opened_by       BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    sealed          BLOB NOT NULL
) STRICT;

CREATE INDEX session_environment ON session (environment_id, created_at);
