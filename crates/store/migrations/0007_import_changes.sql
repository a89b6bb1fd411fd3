-- What each import did to each contact, so that it can be taken back.

ALTER TABLE imports ADD COLUMN merged INTEGER NOT NULL DEFAULT 0; -- rows that a rule took for a contact that was there
ALTER TABLE imports ADD COLUMN undone_at INTEGER;              -- when it was taken back

CREATE TABLE import_changes (
    import     BLOB NOT NULL,                    -- imports.id
    contact    BLOB NOT NULL,                    -- contacts.id
    row        INTEGER NOT NULL,                 -- the first row of the file that changed it
    left_at    INTEGER NOT NULL,                 -- contacts.updated_at as this import left it
    before     TEXT NOT NULL,                    -- JSON: the contact before; empty for one that this import added
    after      TEXT NOT NULL,                    -- JSON: the contact as this import left it; empty for one that it added
    PRIMARY KEY (import, contact)
) STRICT, WITHOUT ROWID;
