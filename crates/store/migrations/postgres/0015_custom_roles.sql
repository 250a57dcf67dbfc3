-- Roles that organisations make: named sets of scopes. What a member, a token or an invitation holds besides what its
-- word says is its custom role; a team has any number, once that was enabled.

CREATE TABLE custom_role (
    id              text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id),
    name            text NOT NULL,
    description     text NOT NULL,
    -- Words with a blank between them. A word that a version does not know gives nothing there.
    scopes          text NOT NULL,
    version         bigint NOT NULL CHECK (version >= 1),
    created_at      bigint NOT NULL,
    modified_at     bigint NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE team_role (
    -- The version before deletes teams, and knows nothing of their roles.
    team_id    text NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    role_id    text NOT NULL REFERENCES custom_role (id),
    created_at bigint NOT NULL,
    PRIMARY KEY (team_id, role_id)
);

CREATE INDEX team_role_role ON team_role (role_id, team_id);

ALTER TABLE team ADD COLUMN roles_enabled bigint NOT NULL DEFAULT 0 CHECK (roles_enabled IN (0, 1));
ALTER TABLE member ADD COLUMN custom_role_id text REFERENCES custom_role (id);
ALTER TABLE invite ADD COLUMN custom_role_id text REFERENCES custom_role (id);
ALTER TABLE machine_token ADD COLUMN custom_role_id text REFERENCES custom_role (id);

CREATE INDEX member_custom_role ON member (custom_role_id);
CREATE INDEX invite_custom_role ON invite (custom_role_id);
CREATE INDEX machine_token_custom_role ON machine_token (custom_role_id);

-- The role that a member gets who joins without another one being named; without it, none.
ALTER TABLE organization ADD COLUMN default_role_id text REFERENCES custom_role (id);

-- How many days a token that is made from now on may live, if that is bounded.
ALTER TABLE organization ADD COLUMN longest_token_days bigint CHECK (longest_token_days >= 1);
