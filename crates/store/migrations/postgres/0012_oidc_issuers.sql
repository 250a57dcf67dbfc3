-- Issuers of identities that an organisation trusts, each with the rules by which its identities get tokens.
-- Keys, thumbprints and rules are JSON. Names are sorted by their bytes, whatever the database's own order is.

CREATE TABLE oidc_issuer (
    id                 text NOT NULL PRIMARY KEY,
    organization_id    text NOT NULL REFERENCES organization (id),
    name               text COLLATE "C" NOT NULL,
    url                text NOT NULL,
    keys               text,
    thumbprints        text NOT NULL,
    longest            bigint CHECK (longest >= 1),
    created_at         bigint NOT NULL,
    modified_at        bigint NOT NULL,
    last_used_at       bigint,
    policy_id          text NOT NULL UNIQUE,
    policy_version     bigint NOT NULL,
    rules              text NOT NULL,
    policy_modified_at bigint NOT NULL,
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, url)
);

-- The issuer for one of whose identities a token was made. No reference: the row outlives the issuer.
ALTER TABLE credential ADD COLUMN issuer_id text;

CREATE INDEX credential_issuer ON credential (issuer_id) WHERE issuer_id IS NOT NULL;
