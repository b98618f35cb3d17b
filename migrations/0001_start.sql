-- The store: who signs in, what was said, what was approved.
-- The dialect is the one that SQLite and PostgreSQL share. Times are
-- milliseconds since 1970 (UTC); ids and JSON are text.

CREATE TABLE teachers (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- (issuer, subject) is the only key of a person; an address can change hands.
    issuer      TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE sign_ins (
    id              TEXT   NOT NULL PRIMARY KEY,
    teacher_id      TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    -- The identity provider's own session.
    sid             TEXT,
    -- Sealed; the row's id is part of the seal.
    refresh_token   TEXT,
    id_token        TEXT,
    created_at      BIGINT NOT NULL
);
CREATE INDEX sign_ins_of_teacher ON sign_ins (teacher_id);

CREATE TABLE sessions (
    -- SHA-256 of the handle in the cookie, so that a stolen store opens no session.
    key_hash    TEXT   NOT NULL PRIMARY KEY,
    state       TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE conversations (
    id          TEXT   NOT NULL PRIMARY KEY,
    teacher_id  TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    title       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX conversations_of_teacher ON conversations (teacher_id, updated_at);

CREATE TABLE turns (
    id              TEXT   NOT NULL PRIMARY KEY,
    teacher_id      TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    conversation_id TEXT   NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq             BIGINT NOT NULL,
    client_id       TEXT   NOT NULL,
    -- running, waiting or ended: a copy of what stands in the body.
    status          TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    version         BIGINT NOT NULL,
    asked_at        BIGINT NOT NULL,
    UNIQUE (conversation_id, seq),
    -- The same message posted twice is one turn.
    UNIQUE (teacher_id, client_id)
);
-- One answer at a time in a conversation, whatever the servers do.
CREATE UNIQUE INDEX one_running_turn ON turns (conversation_id) WHERE status = 'running';

CREATE TABLE notes (
    id              TEXT   NOT NULL PRIMARY KEY,
    conversation_id TEXT   NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    after_seq       BIGINT NOT NULL,
    text            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX notes_of_conversation ON notes (conversation_id);

CREATE TABLE approvals (
    id              TEXT   NOT NULL PRIMARY KEY,
    teacher_id      TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    conversation_id TEXT   NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    turn_id         TEXT   NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    call_id         TEXT   NOT NULL,
    tool            TEXT   NOT NULL,
    plan            TEXT   NOT NULL,
    preview         TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    revision        BIGINT NOT NULL,
    outcome         TEXT,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);
CREATE INDEX approvals_of_conversation ON approvals (conversation_id);
CREATE INDEX approvals_by_state ON approvals (state);

CREATE TABLE address_changes (
    teacher_id  TEXT   NOT NULL REFERENCES teachers (id) ON DELETE CASCADE,
    student_id  TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (teacher_id, student_id)
);
