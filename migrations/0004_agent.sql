-- What the teacher must tick before a draft can leave, as JSON. Drafts from
-- before this change are looked at once more when they are clicked.
ALTER TABLE approvals ADD COLUMN caution TEXT NOT NULL DEFAULT '{"ticks":[],"alone":false}';
