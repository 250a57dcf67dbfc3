-- Teams: who belongs to one, and what its members may do with an environment. The grants of a deleted
-- environment stay, and hold again once it is restored.

CREATE TABLE team (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE team_member (
    team_id    TEXT NOT NULL REFERENCES team (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    role       TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (team_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_member_account ON team_member (account_id, team_id);

-- Records name the grant that decided, so one that is changed keeps its identifier. Without a longest
-- opening, in seconds, an opening may last as long as any.
CREATE TABLE team_grant (
    id             TEXT NOT NULL PRIMARY KEY,
    team_id        TEXT NOT NULL REFERENCES team (id),
    environment_id TEXT NOT NULL REFERENCES environment (id),
    permission     TEXT NOT NULL CHECK (permission IN ('none', 'read', 'open', 'write', 'admin')),
    longest_open   INTEGER CHECK (longest_open >= 1),
    created_at     INTEGER NOT NULL,
    UNIQUE (team_id, environment_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_grant_environment ON team_grant (environment_id, team_id);
