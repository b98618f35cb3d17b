-- The audit: rows are added, and never changed or taken out. No foreign keys:
-- what was written stays when what it tells of is gone.
CREATE TABLE audit (
    seq             BIGINT NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    teacher_id      TEXT,
    kind            TEXT   NOT NULL,
    tool            TEXT,
    -- JSON array of student ids.
    students        TEXT   NOT NULL,
    connection      TEXT,
    -- JSON array.
    scopes          TEXT   NOT NULL,
    conversation_id TEXT,
    turn_id         TEXT,
    call_id         TEXT,
    approval_id     TEXT,
    outcome         TEXT   NOT NULL,
    detail          TEXT   NOT NULL,
    -- SHA-256 over the hash of the row before and all of the above.
    hash            TEXT   NOT NULL
);
CREATE INDEX audit_of_teacher ON audit (teacher_id, seq);

-- One row: the last one that was written, sealed, so that rows cut off at the
-- end are missed.
CREATE TABLE audit_head (
    id      BIGINT NOT NULL PRIMARY KEY,
    seq     BIGINT NOT NULL,
    hash    TEXT   NOT NULL,
    seal    TEXT   NOT NULL
);
