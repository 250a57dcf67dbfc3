-- Roles that organisations make: named sets of scopes. What a member, a token or an invitation holds besides what its
-- word says is its custom role; a team has any number, once that was enabled.

CREATE TABLE custom_role (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    -- Words with a blank between them. A word that a version does not know gives nothing there.
    scopes          TEXT NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 1),
    created_at      INTEGER NOT NULL,
    modified_at     INTEGER NOT NULL,
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE team_role (
    -- The version before deletes teams, and knows nothing of their roles.
    team_id    TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    role_id    TEXT NOT NULL REFERENCES custom_role (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (team_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_role_role ON team_role (role_id, team_id);

ALTER TABLE team ADD COLUMN roles_enabled INTEGER NOT NULL DEFAULT 0 CHECK (roles_enabled IN (0, 1));
ALTER TABLE member ADD COLUMN custom_role_id TEXT REFERENCES custom_role (id);
ALTER TABLE invite ADD COLUMN custom_role_id TEXT REFERENCES custom_role (id);
ALTER TABLE machine_token ADD COLUMN custom_role_id TEXT REFERENCES custom_role (id);

CREATE INDEX member_custom_role ON member (custom_role_id);
CREATE INDEX invite_custom_role ON invite (custom_role_id);
CREATE INDEX machine_token_custom_role ON machine_token (custom_role_id);

-- The role that a member gets who joins without another one being named; without it, none.
ALTER TABLE organization ADD COLUMN default_role_id TEXT REFERENCES custom_role (id);

-- How many days a token that is made from now on may live, if that is bounded.
ALTER TABLE organization ADD COLUMN longest_token_days INTEGER CHECK (longest_token_days >= 1);
