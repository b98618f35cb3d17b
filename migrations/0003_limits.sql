-- What each day has used, by teacher: turns, tokens of the model, mails.
CREATE TABLE budgets (
    -- The school's own date, as 2026-03-31.
    day         TEXT   NOT NULL,
    teacher_id  TEXT   NOT NULL,
    turns       BIGINT NOT NULL,
    tokens      BIGINT NOT NULL,
    sends       BIGINT NOT NULL,
    PRIMARY KEY (day, teacher_id)
);
