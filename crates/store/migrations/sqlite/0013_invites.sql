-- Invitations: links by which people join an organisation. A link is a digest here, as every secret that callers
-- present; its e-mail address says whom it is meant for, and nobody sends anything there.

CREATE TABLE invite (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    lookup          INTEGER NOT NULL,
    digest          BLOB NOT NULL,
    email           TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    issued_by       BLOB NOT NULL,
    expires_at      INTEGER NOT NULL,
    accepted_at     INTEGER,
    accepted_by     TEXT REFERENCES account (id),
    canceled_at     INTEGER,
    CHECK (accepted_at IS NULL OR canceled_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX invite_lookup ON invite (lookup);
CREATE INDEX invite_organization ON invite (organization_id, created_at);
