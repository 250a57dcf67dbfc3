-- Tokens of programs: of an organisation, or of one of its teams. Whoever presents one acts as an account of the
-- organisation or the team, with a login that nobody can choose.

CREATE TABLE machine_token (
    id              text NOT NULL PRIMARY KEY,
    -- As those of a credential: the first 8 bytes of the digest find the row.
    lookup          bigint NOT NULL,
    digest          bytea NOT NULL,
    organization_id text NOT NULL REFERENCES organization (id),
    -- No reference: the row outlives the team, for records name the token.
    team_id         text,
    account_id      text NOT NULL REFERENCES account (id),
    role            text NOT NULL CHECK (role IN ('member', 'admin')),
    name            text NOT NULL,
    description     text NOT NULL,
    created_at      bigint NOT NULL,
    created_by      text NOT NULL,
    issued_by       bytea NOT NULL,
    expires_at      bigint,
    last_used_at    bigint,
    revoked_at      bigint,
    -- Also of one that was revoked: a name in a log means one token.
    UNIQUE (organization_id, name)
);

CREATE INDEX machine_token_lookup ON machine_token (lookup);
CREATE INDEX machine_token_team ON machine_token (team_id);
