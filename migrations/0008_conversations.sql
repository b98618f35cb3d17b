-- Conversations that are named, pinned, put away and searched, and turns that
-- have several versions.

ALTER TABLE conversations ADD COLUMN pinned_at BIGINT;
-- Put away: it answers like one that is not there, and is deleted a day later.
ALTER TABLE conversations ADD COLUMN deleted_at BIGINT;
-- The place of the last turn on the chosen way through the turns; 0 before the first.
ALTER TABLE conversations ADD COLUMN head BIGINT NOT NULL DEFAULT 0;
UPDATE conversations SET head = (SELECT COALESCE(MAX(t.seq), 0) FROM turns t WHERE t.conversation_id = conversations.id);
CREATE INDEX conversations_put_away ON conversations (deleted_at);

-- The place of the turn that this one follows; 0 for one that begins the
-- conversation. Turns that follow the same one are versions of each other.
ALTER TABLE turns ADD COLUMN parent BIGINT NOT NULL DEFAULT 0;
UPDATE turns SET parent = seq - 1;

-- The place of the turn that a note tells of; 0 where that is not known.
ALTER TABLE notes ADD COLUMN about_seq BIGINT NOT NULL DEFAULT 0;

-- What was said in a turn, in small letters without accents, to be searched.
CREATE TABLE turn_words (
    turn_id         TEXT   NOT NULL PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    teacher_id      TEXT   NOT NULL,
    words           TEXT   NOT NULL
);
CREATE INDEX turn_words_of_teacher ON turn_words (teacher_id);
