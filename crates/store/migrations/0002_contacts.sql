-- Contacts for a million of them: one row a contact, one index that everything is found by, full text beside it.

CREATE TABLE contacts_new (
    row          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a key may outlive its contact
    id           BLOB NOT NULL UNIQUE,           -- UUID version 7, 16 bytes
    name         TEXT NOT NULL,                  -- empty for a company-only contact
    company      TEXT NOT NULL,
    phones       TEXT NOT NULL,                  -- JSON: [[raw, e164 or null, kind, source or null if typed here], …]
    emails       TEXT NOT NULL,                  -- JSON: [address, …]
    fields       TEXT NOT NULL,                  -- JSON: {name: value, …}; empty for none
    owner        TEXT,
    do_not_call  INTEGER NOT NULL,
    source       TEXT,                           -- the program it came from; NULL for one that was typed here
    external_id  TEXT,                           -- its id there
    last_used_at INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    words        TEXT NOT NULL,                  -- folded words of name, company and addresses: what full text reads
    digits       TEXT NOT NULL,                  -- national digits of each number, for finding a part of one
    typed        TEXT NOT NULL                   -- JSON: what a person typed here; empty for nothing
) STRICT;

INSERT INTO contacts_new (id, name, company, phones, emails, fields, do_not_call, last_used_at, created_at, updated_at, words, digits, typed)
SELECT id, name, company,
       coalesce((SELECT json_group_array(json_array(raw, e164, kind, NULL) ORDER BY position)
                 FROM contact_phones WHERE contact_id = contacts.id), '[]'),
       '[]', '', 0, last_used_at, created_at, updated_at, '', '', '["company","name"]'
FROM contacts ORDER BY id;

-- What a contact is found by: the key of each number (E.164 with its other forms brought together, else digits),
-- mailto:ADDRESS, name:NAME for one without either, and id:SOURCE ID for the record of another program it came from, or
-- that of a contact it has taken in.
CREATE TABLE contact_keys (
    key     TEXT NOT NULL,
    contact INTEGER NOT NULL,                    -- contacts.row
    PRIMARY KEY (key, contact)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO contact_keys (key, contact)
SELECT contact_phones.key, contacts_new.row FROM contact_phones JOIN contacts_new ON contacts_new.id = contact_phones.contact_id;

DROP TABLE contact_phones;
DROP TABLE contacts;
ALTER TABLE contacts_new RENAME TO contacts;

CREATE INDEX contacts_by_use ON contacts (last_used_at DESC) WHERE last_used_at IS NOT NULL;

-- Folded by us, so the tokenizer only parts at spaces; what is found is read from contacts again. Kept in step by
-- table/contacts/row.rs and not by triggers: a statement with a trigger has full text write its memory out for every row.
CREATE VIRTUAL TABLE contacts_by_word USING fts5 (
    words, content = 'contacts', content_rowid = 'row', tokenize = 'ascii', prefix = '1 2 3 4 5', detail = 'none', columnsize = 0
);
CREATE VIRTUAL TABLE contacts_by_digits USING fts5 (
    digits, content = 'contacts', content_rowid = 'row', tokenize = 'trigram', detail = 'none', columnsize = 0
);

INSERT INTO contacts_by_word (rowid, words) SELECT row, words FROM contacts;
INSERT INTO contacts_by_digits (rowid, digits) SELECT row, digits FROM contacts;

-- Imports of files: how far each came, in the same transaction as its rows.
CREATE TABLE imports (
    id          BLOB PRIMARY KEY NOT NULL,       -- UUID version 7
    file        TEXT NOT NULL,                   -- its name, without the folder
    source      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                         -- NULL: it goes on, or was cut short
    rows        INTEGER NOT NULL,                -- every row up to this one was worked off
    added       INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    refused     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
