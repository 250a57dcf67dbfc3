-- Names for revisions and labels for environments, both of which people change; that they did stands
-- in the log. `latest` is no row: it always names the newest revision.
--
-- Names are sorted by their bytes, whatever the database's own order is.

CREATE TABLE revision_tag (
    environment_id text NOT NULL REFERENCES environment (id),
    name           text COLLATE "C" NOT NULL,
    revision       bigint NOT NULL CHECK (revision >= 1),
    editor_id      text NOT NULL REFERENCES account (id),
    created_at     bigint NOT NULL,
    modified_at    bigint NOT NULL,
    PRIMARY KEY (environment_id, name)
);

CREATE INDEX revision_tag_revision ON revision_tag (environment_id, revision);

CREATE TABLE environment_tag (
    environment_id text NOT NULL REFERENCES environment (id),
    name           text COLLATE "C" NOT NULL,
    value          text NOT NULL,
    editor_id      text NOT NULL REFERENCES account (id),
    created_at     bigint NOT NULL,
    modified_at    bigint NOT NULL,
    PRIMARY KEY (environment_id, name)
);
