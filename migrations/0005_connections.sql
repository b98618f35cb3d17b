-- Accounts elsewhere: what this application knows of them. Their tokens are
-- not here; they stay in the vault of the identity provider.

CREATE TABLE connections (
    teacher_id    TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    connection    TEXT   NOT NULL,
    connected_at  BIGINT,
    -- The teacher disconnected it: no token is fetched until they connect again,
    -- whatever a sign-in may have put into the vault meanwhile.
    put_away_at   BIGINT,
    used_at       BIGINT,
    used_by       TEXT,
    PRIMARY KEY (teacher_id, connection)
);

CREATE TABLE authorizations (
    id            TEXT   NOT NULL PRIMARY KEY,
    teacher_id    TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    -- The link works in this sign-in only.
    sign_in_id    TEXT   NOT NULL,
    need          TEXT   NOT NULL,
    tool          TEXT,
    turn_id       TEXT,
    progress      TEXT   NOT NULL,
    begun_at      BIGINT NOT NULL
);

CREATE INDEX authorizations_by_age ON authorizations (begun_at);
