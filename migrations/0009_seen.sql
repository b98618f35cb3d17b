-- What the model was sent, as it left. A conversation's messages stand here once,
-- numbered as they first left; a request is the list of its messages' numbers, so
-- that a long conversation does not keep its beginning again with each question.

CREATE TABLE seen_messages (
    conversation_id TEXT   NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    place           BIGINT NOT NULL,
    -- SHA-256 of the body.
    hash            TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    PRIMARY KEY (conversation_id, place),
    UNIQUE (conversation_id, hash)
);

CREATE TABLE seen_requests (
    turn_id         TEXT   NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    number          BIGINT NOT NULL,
    model           TEXT   NOT NULL,
    -- The names of the tools that it could call, as JSON.
    tools           TEXT   NOT NULL,
    -- The places of its messages in order, as JSON.
    messages        TEXT   NOT NULL,
    sent_at         BIGINT NOT NULL,
    PRIMARY KEY (turn_id, number)
);
