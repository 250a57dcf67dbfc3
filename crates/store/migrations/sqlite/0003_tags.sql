-- Names for revisions and labels for environments, both of which people change; that they did stands
-- in the log. `latest` is no row: it always names the newest revision.

CREATE TABLE revision_tag (
    environment_id TEXT NOT NULL REFERENCES environment (id),
    name           TEXT NOT NULL,
    revision       INTEGER NOT NULL CHECK (revision >= 1),
    editor_id      TEXT NOT NULL REFERENCES account (id),
    created_at     INTEGER NOT NULL,
    modified_at    INTEGER NOT NULL,
    PRIMARY KEY (environment_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX revision_tag_revision ON revision_tag (environment_id, revision);

CREATE TABLE environment_tag (
    environment_id TEXT NOT NULL REFERENCES environment (id),
    name           TEXT NOT NULL,
    value          TEXT NOT NULL,
    editor_id      TEXT NOT NULL REFERENCES account (id),
    created_at     INTEGER NOT NULL,
    modified_at    INTEGER NOT NULL,
    PRIMARY KEY (environment_id, name)
) STRICT, WITHOUT ROWID;
