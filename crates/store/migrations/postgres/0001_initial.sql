-- Times are microseconds since 1970, UTC. Booleans are 0 or 1. Identifiers are the text that the API shows.

CREATE TABLE instance (
    id              bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    name            text NOT NULL,
    key_fingerprint text NOT NULL,
    created_at      bigint NOT NULL
);

-- One log per organisation and one for the server (number 1). `size` and `last_ts` are the locked
-- state of the sequencer on PostgreSQL; on SQLite the entries themselves say both.
CREATE TABLE log (
    id              bigint NOT NULL PRIMARY KEY,
    identifier      text NOT NULL UNIQUE,
    origin          text NOT NULL UNIQUE,
    organization_id text UNIQUE,
    size            bigint NOT NULL DEFAULT 0,
    last_ts         bigint NOT NULL DEFAULT 0
);

-- The leaf's bytes are the truth; nothing updates or deletes a row.
CREATE TABLE log_entry (
    log_id    bigint NOT NULL,
    seq       bigint NOT NULL CHECK (seq >= 0),
    event_id  bytea NOT NULL,
    leaf      bytea NOT NULL,
    leaf_hash bytea NOT NULL,
    PRIMARY KEY (log_id, seq)
);

CREATE UNIQUE INDEX log_entry_event ON log_entry (log_id, event_id);

-- Records that are committed but have no index yet. Only PostgreSQL uses it.
CREATE TABLE log_outbox (
    id       bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log_id   bigint NOT NULL,
    event_id bytea NOT NULL,
    head     bytea NOT NULL,
    tail     bytea NOT NULL,
    wall     bigint NOT NULL
);

-- An event that waited twice could never be appended.
CREATE UNIQUE INDEX log_outbox_event ON log_outbox (log_id, event_id);

CREATE TABLE log_opening (
    log_id      bigint NOT NULL,
    commitment  bytea NOT NULL,
    fingerprint bytea NOT NULL,
    key         bytea NOT NULL,
    name        text NOT NULL,
    value       text NOT NULL,
    subject     text,
    PRIMARY KEY (log_id, commitment)
);

-- Equal statements share an opening; this is where the earlier one is found.
CREATE UNIQUE INDEX log_opening_fingerprint ON log_opening (log_id, fingerprint);

CREATE TABLE log_actor (
    log_id     bigint NOT NULL,
    account_id text NOT NULL,
    actor_id   text NOT NULL,
    PRIMARY KEY (log_id, account_id)
);

CREATE TABLE lease (
    name       text NOT NULL PRIMARY KEY,
    holder     text NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE organization (
    id                 text NOT NULL PRIMARY KEY,
    name               text NOT NULL UNIQUE,
    log_id             bigint NOT NULL,
    default_permission text NOT NULL DEFAULT 'none'
        CHECK (default_permission IN ('none', 'read', 'open', 'write', 'admin')),
    -- Counts every change to who may do what; each record names the version it was decided by.
    access_version     bigint NOT NULL DEFAULT 1,
    created_at         bigint NOT NULL
);

CREATE TABLE account (
    id                      text NOT NULL PRIMARY KEY,
    login                   text NOT NULL UNIQUE,
    name                    text NOT NULL,
    email                   text NOT NULL,
    password_hash           text,
    default_organization_id text REFERENCES organization (id),
    created_at              bigint NOT NULL
);

CREATE TABLE member (
    organization_id text NOT NULL REFERENCES organization (id),
    account_id      text NOT NULL REFERENCES account (id),
    role            text NOT NULL CHECK (role IN ('member', 'admin')),
    actor_id        text NOT NULL,
    created_at      bigint NOT NULL,
    PRIMARY KEY (organization_id, account_id)
);

CREATE INDEX member_account ON member (account_id, organization_id);

-- Access tokens, console sessions and one-time links: secrets of one kind, kept only as digests.
CREATE TABLE credential (
    id           text NOT NULL PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('personal-token', 'console-session', 'one-time-link')),
    -- The first 8 bytes of the digest find the row; all 32 are then compared in constant time.
    lookup       bigint NOT NULL,
    digest       bytea NOT NULL,
    account_id   text NOT NULL REFERENCES account (id),
    name         text NOT NULL,
    created_at   bigint NOT NULL,
    created_by   text NOT NULL,
    issued_by    bytea NOT NULL,
    expires_at   bigint,
    last_used_at bigint,
    revoked_at   bigint
);

CREATE INDEX credential_lookup ON credential (lookup);
CREATE INDEX credential_account ON credential (account_id, kind, created_at);

CREATE TABLE project (
    id              text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id),
    name            text NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE environment (
    id                 text NOT NULL PRIMARY KEY,
    organization_id    text NOT NULL REFERENCES organization (id),
    project_id         text NOT NULL REFERENCES project (id),
    name               text NOT NULL,
    owner_id           text NOT NULL REFERENCES account (id),
    revision           bigint NOT NULL,
    deletion_protected bigint NOT NULL DEFAULT 0 CHECK (deletion_protected IN (0, 1)),
    created_at         bigint NOT NULL,
    modified_at        bigint NOT NULL,
    deleted_at         bigint
);

CREATE UNIQUE INDEX environment_name ON environment (project_id, name) WHERE deleted_at IS NULL;
CREATE INDEX environment_organization ON environment (organization_id, deleted_at);

CREATE TABLE revision (
    environment_id text NOT NULL REFERENCES environment (id),
    number         bigint NOT NULL CHECK (number >= 1),
    definition     text NOT NULL,
    author_id      text NOT NULL REFERENCES account (id),
    created_at     bigint NOT NULL,
    PRIMARY KEY (environment_id, number)
);

-- Data keys, wrapped by the root key. One without an environment seals what belongs to the
-- organisation: sessions of anonymous definitions.
CREATE TABLE data_key (
    id              bytea NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id),
    environment_id  text REFERENCES environment (id),
    wrapped         bytea NOT NULL,
    created_at      bigint NOT NULL
);

CREATE UNIQUE INDEX data_key_environment ON data_key (environment_id);
CREATE INDEX data_key_organization ON data_key (organization_id, environment_id);

-- Open sessions, sealed. Rows lie in order of their creation, so that opening appends.
CREATE TABLE session (
    seq             bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              text NOT NULL UNIQUE,
    organization_id text NOT NULL,
    environment_id  text,
    account_id      text NOT NULL,
    revision        bigint NOT NULL,
    opened_by       bytea NOT NULL,
    created_at      bigint NOT NULL,
    expires_at      bigint NOT NULL,
    sealed          bytea NOT NULL
);

CREATE INDEX session_environment ON session (environment_id, created_at);
