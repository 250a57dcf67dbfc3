-- As whom an identity provider knows the people of accounts: one identity of one provider for each account.

CREATE TABLE identity (
    issuer     text NOT NULL,
    subject    text NOT NULL,
    account_id text NOT NULL REFERENCES account (id),
    created_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (account_id, issuer)
);
