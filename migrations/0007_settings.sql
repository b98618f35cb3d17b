-- What a teacher has chosen, and which student a draft is about.

CREATE TABLE preferences (
    teacher_id      TEXT   NOT NULL PRIMARY KEY REFERENCES teachers (id) ON DELETE CASCADE,
    -- auto, light or dark.
    appearance      TEXT   NOT NULL,
    -- A conversation is deleted so many days after its last turn; 0 keeps it for ever.
    retention_days  BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);

ALTER TABLE approvals ADD COLUMN student_id TEXT;
CREATE INDEX approvals_of_student ON approvals (teacher_id, student_id);
