-- Who imports what, by the names that stand in each revision's definition: what is imported need not be
-- there, and may be there again later. Derived from the definitions, in the commit of each revision.

CREATE TABLE import (
    environment_id  text NOT NULL REFERENCES environment (id),
    revision        bigint NOT NULL CHECK (revision >= 1),
    organization_id text NOT NULL REFERENCES organization (id),
    project         text NOT NULL,
    name            text NOT NULL,
    -- A revision's number or a tag; `latest` where the import names none.
    version         text COLLATE "C" NOT NULL,
    PRIMARY KEY (environment_id, revision, project, name, version)
);

CREATE INDEX import_target ON import (organization_id, project, name, environment_id, revision);

-- Revisions from before this table, and those that the version before still makes: they are read later.
ALTER TABLE revision ADD COLUMN imports_indexed bigint NOT NULL DEFAULT 0 CHECK (imports_indexed IN (0, 1));

CREATE INDEX revision_unindexed ON revision (environment_id, number) WHERE imports_indexed = 0;
