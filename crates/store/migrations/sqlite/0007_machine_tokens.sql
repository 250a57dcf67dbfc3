-- Tokens of programs: of an organisation, or of one of its teams. Whoever presents one acts as an account of the
-- organisation or the team, with a login that nobody can choose.

CREATE TABLE machine_token (
    id              TEXT NOT NULL PRIMARY KEY,
    -- As those of a credential: the first 8 bytes of the digest find the row.
    lookup          INTEGER NOT NULL,
    digest          BLOB NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    -- No reference: the row outlives the team, for records name the token.
    team_id         TEXT,
    account_id      TEXT NOT NULL REFERENCES account (id),
    role            TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    issued_by       BLOB NOT NULL,
    expires_at      INTEGER,
    last_used_at    INTEGER,
    revoked_at      INTEGER,
    -- Also of one that was revoked: a name in a log means one token.
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX machine_token_lookup ON machine_token (lookup);
CREATE INDEX machine_token_team ON machine_token (team_id);
