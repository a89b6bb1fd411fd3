-- What is typed over a final result is kept apart from what was saved, until it is saved too.

ALTER TABLE interactions ADD COLUMN change_draft TEXT;      -- JSON; NULL: nothing was typed since
