-- Teams: who belongs to one, and what its members may do with an environment. The grants of a deleted
-- environment stay, and hold again once it is restored.
--
-- Names are sorted by their bytes, whatever the database's own order is.

CREATE TABLE team (
    id              text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id),
    name            text COLLATE "C" NOT NULL,
    display_name    text NOT NULL,
    description     text NOT NULL,
    created_at      bigint NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE team_member (
    team_id    text NOT NULL REFERENCES team (id),
    account_id text NOT NULL REFERENCES account (id),
    role       text NOT NULL CHECK (role IN ('member', 'admin')),
    created_at bigint NOT NULL,
    PRIMARY KEY (team_id, account_id)
);

CREATE INDEX team_member_account ON team_member (account_id, team_id);

-- Records name the grant that decided, so one that is changed keeps its identifier. Without a longest
-- opening, in seconds, an opening may last as long as any.
CREATE TABLE team_grant (
    id             text NOT NULL PRIMARY KEY,
    team_id        text NOT NULL REFERENCES team (id),
    environment_id text NOT NULL REFERENCES environment (id),
    permission     text NOT NULL CHECK (permission IN ('none', 'read', 'open', 'write', 'admin')),
    longest_open   bigint CHECK (longest_open >= 1),
    created_at     bigint NOT NULL,
    UNIQUE (team_id, environment_id)
);

CREATE INDEX team_grant_environment ON team_grant (environment_id, team_id);
