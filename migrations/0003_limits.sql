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

-- The words of the identity provider that a session is over: each serves once.
CREATE TABLE logout_tokens (
    issuer      TEXT   NOT NULL,
    token       TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (issuer, token)
);

-- What a sign-in holds is now sealed for its teacher as well: everybody signs
-- in once more.
DELETE FROM sign_ins;
