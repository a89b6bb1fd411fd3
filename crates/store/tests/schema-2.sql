-- A database as the second schema left it: frozen, never to be changed.
-- Times are milliseconds since 1970, UTC. Money is text: exact, as the vendor wrote it.

CREATE TABLE contacts (
    id           BLOB PRIMARY KEY NOT NULL,      -- UUID version 7, 16 bytes
    name         TEXT NOT NULL,                  -- empty for a company-only contact
    company      TEXT NOT NULL,
    last_used_at INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_phones (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,                 -- the preferred one is 0
    raw        TEXT NOT NULL,                    -- as it was written
    e164       TEXT,
    key        TEXT NOT NULL,                    -- E.164, else the bare digits: what a lookup seeks
    kind       TEXT NOT NULL,
    PRIMARY KEY (contact_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_phones_by_key ON contact_phones (key, contact_id);

CREATE TABLE calls (
    key          TEXT PRIMARY KEY NOT NULL,      -- provider:account:external_id of the first leg
    account      TEXT NOT NULL,
    endpoint     TEXT NOT NULL,
    direction    TEXT NOT NULL,
    party        TEXT NOT NULL,                  -- JSON
    party_key    TEXT,                           -- E.164, else digits; NULL where withheld or an endpoint
    state        TEXT NOT NULL,
    detected_at  INTEGER NOT NULL,
    connected_at INTEGER,
    ended_at     INTEGER,
    dial_id      BLOB,
    contact_id   BLOB,                           -- no foreign key: a call outlives its contact
    duration_s   INTEGER,                        -- from here on: from the CDR
    cost         TEXT,
    end_reason   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_by_time ON calls (detected_at DESC, key);
CREATE INDEX calls_by_party ON calls (party_key, detected_at DESC) WHERE party_key IS NOT NULL;

CREATE TABLE call_legs (
    leg_key  TEXT PRIMARY KEY NOT NULL,          -- provider:account:external_id
    call_key TEXT NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    position INTEGER NOT NULL                    -- the order in which the legs were seen
) STRICT, WITHOUT ROWID;
CREATE INDEX call_legs_by_call ON call_legs (call_key, position);

CREATE TABLE cdrs (
    key         TEXT PRIMARY KEY NOT NULL,       -- provider:account:external_id
    account     TEXT NOT NULL,
    call_key    TEXT NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    detected_at INTEGER NOT NULL,
    row         TEXT NOT NULL                    -- JSON, with every field the vendor sent
) STRICT, WITHOUT ROWID;
CREATE INDEX cdrs_by_call ON cdrs (call_key);

CREATE TABLE endpoints (
    account   TEXT NOT NULL,
    id        TEXT NOT NULL,                     -- the vendor's id
    number    TEXT NOT NULL,
    synced_at INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
    name TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_endpoints (
    agent    TEXT NOT NULL REFERENCES agents (name) ON DELETE CASCADE,
    account  TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    PRIMARY KEY (agent, account, endpoint)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    account TEXT PRIMARY KEY NOT NULL,
    tracker TEXT NOT NULL                        -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE throttles (
    scope        TEXT PRIMARY KEY NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE unread (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    at      INTEGER NOT NULL,
    place   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    raw     TEXT NOT NULL
) STRICT;
CREATE INDEX unread_by_account ON unread (account, id);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL                          -- JSON
) STRICT, WITHOUT ROWID;
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

INSERT INTO contacts (id, name, company, phones, emails, fields, do_not_call, created_at, updated_at, words, digits, typed)
VALUES (X'019a0000000070008000000000000001', 'Ana Rojas', '', '[["8884-8787","+50688848787","mobile",null]]', '[]', '', 0,
        1799999000000, 1799999000000, 'ana rojas', '88848787', '["name"]');
INSERT INTO contact_keys VALUES ('+50688848787', 1);
INSERT INTO contacts_by_word (rowid, words) SELECT row, words FROM contacts;
INSERT INTO contacts_by_digits (rowid, digits) SELECT row, digits FROM contacts;
PRAGMA user_version = 2;
