-- Issuers of identities that an organisation trusts, each with the rules by which its identities get tokens.
-- Keys, thumbprints and rules are JSON.

CREATE TABLE oidc_issuer (
    id                 TEXT NOT NULL PRIMARY KEY,
    organization_id    TEXT NOT NULL REFERENCES organization (id),
    name               TEXT NOT NULL,
    url                TEXT NOT NULL,
    keys               TEXT,
    thumbprints        TEXT NOT NULL,
    longest            INTEGER CHECK (longest >= 1),
    created_at         INTEGER NOT NULL,
    modified_at        INTEGER NOT NULL,
    last_used_at       INTEGER,
    policy_id          TEXT NOT NULL UNIQUE,
    policy_version     INTEGER NOT NULL,
    rules              TEXT NOT NULL,
    policy_modified_at INTEGER NOT NULL,
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, url)
) STRICT, WITHOUT ROWID;

-- The issuer for one of whose identities a token was made. No reference: the row outlives the issuer.
ALTER TABLE credential ADD COLUMN issuer_id TEXT;

CREATE INDEX credential_issuer ON credential (issuer_id) WHERE issuer_id IS NOT NULL;
