-- Invitations: links by which people join an organisation. A link is a digest here, as every secret that callers
-- present; its e-mail address says whom it is meant for, and nobody sends anything there.

CREATE TABLE invite (
    id              text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id),
    lookup          bigint NOT NULL,
    digest          bytea NOT NULL,
    email           text NOT NULL,
    role            text NOT NULL CHECK (role IN ('member', 'admin')),
    created_at      bigint NOT NULL,
    created_by      text NOT NULL,
    issued_by       bytea NOT NULL,
    expires_at      bigint NOT NULL,
    accepted_at     bigint,
    accepted_by     text REFERENCES account (id),
    canceled_at     bigint,
    CHECK (accepted_at IS NULL OR canceled_at IS NULL)
);

CREATE INDEX invite_lookup ON invite (lookup);
CREATE INDEX invite_organization ON invite (organization_id, created_at);
