-- What came of the calls, what is on its way to the CRMs, and how far their contacts were brought here.

CREATE TABLE interactions (
    id          BLOB PRIMARY KEY NOT NULL,       -- UUID version 7
    call_key    TEXT UNIQUE,                     -- one call has one interaction at most; NULL for one without a call
    contact_id  BLOB,                            -- no foreign key: what was written outlives the contact
    agent       TEXT,
    disposition TEXT NOT NULL,                   -- JSON: [{code, name}, …], the first level first
    comment     TEXT NOT NULL,
    fields      TEXT NOT NULL,                   -- JSON: {name: value, …}
    follow_up   TEXT,                            -- JSON
    charges     TEXT NOT NULL,                   -- JSON; amounts are text: exact
    state       TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    final_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX interactions_by_contact ON interactions (contact_id, created_at DESC) WHERE contact_id IS NOT NULL;
CREATE INDEX interactions_by_time ON interactions (created_at DESC, id);
CREATE INDEX calls_by_contact ON calls (contact_id, detected_at DESC) WHERE contact_id IS NOT NULL;

-- One row is one record of a CRM: created there once, under the request id, and amended as often as needed.
CREATE TABLE outbox (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    id                BLOB NOT NULL UNIQUE,      -- the request id: UUID version 7
    connector         TEXT NOT NULL,
    kind              TEXT NOT NULL,
    subject           TEXT NOT NULL,             -- a call's key, or the id of an interaction, a charge, a contact
    part_of           BLOB,                      -- the interaction it belongs to; NULL for a contact, or a call without a result
    order_key         TEXT NOT NULL,
    state             TEXT NOT NULL,
    wanted            INTEGER NOT NULL,          -- counts the changes that are to be told
    sent              INTEGER NOT NULL,          -- the change that the CRM knows
    attempted         INTEGER NOT NULL,          -- the change that went out last
    remote_id         TEXT,
    attempts          INTEGER NOT NULL,          -- tries since the last success
    unsure            INTEGER NOT NULL DEFAULT 0, -- of these, how often the record itself was the trouble
    despite_duplicate INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    next_at           INTEGER NOT NULL,
    begun_at          INTEGER,                   -- when a request that may have created it went out
    searched_at       INTEGER,                   -- before that it is not searched for: the CRM may still be working on it
    problem           TEXT,                      -- JSON
    taken_back        TEXT,                      -- JSON: the charge or follow-up that was removed after it was sent
    UNIQUE (connector, kind, subject)
) STRICT;
CREATE INDEX outbox_by_turn ON outbox (connector, seq) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_by_time ON outbox (connector, next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_by_order ON outbox (order_key, connector, seq);
CREATE INDEX outbox_by_state ON outbox (connector, state, seq);
CREATE INDEX outbox_by_interaction ON outbox (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX outbox_by_subject ON outbox (subject);

CREATE TABLE connectors (
    name    TEXT PRIMARY KEY NOT NULL,
    stopped TEXT                                 -- JSON: why nothing is asked of it until a person acts; NULL: it is
) STRICT, WITHOUT ROWID;

-- How far each CRM's contacts were brought here; saved in the same transaction as their pages.
CREATE TABLE contact_syncs (
    connector     TEXT PRIMARY KEY NOT NULL,
    cursor        TEXT,                          -- JSON: where the next page begins; NULL: from the beginning
    began_from    TEXT,                          -- JSON: the cursor that the pass that goes on began with
    full_at       INTEGER,                       -- when all were here for the first time; NULL until then
    synced_at     INTEGER,                       -- when the last pass came to its end
    reconciling   TEXT,                          -- JSON: how far a reconciliation came; NULL: none goes on
    reconciled_at INTEGER,
    pages         INTEGER NOT NULL DEFAULT 0,    -- of the pass that goes on; 0: none does
    contacts      INTEGER NOT NULL DEFAULT 0     -- taken in by the pass that goes on
) STRICT, WITHOUT ROWID;

-- Contacts whose telephones the CRM's lists leave out, to be asked for one by one.
CREATE TABLE contact_details (
    connector   TEXT NOT NULL,
    external_id TEXT NOT NULL,
    urgency     INTEGER NOT NULL,                -- 0: somebody looks at it now; 1: in the background; 2: if this pass brings news
    PRIMARY KEY (connector, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_details_by_urgency ON contact_details (connector, urgency, external_id);

-- The ids that a reconciliation has seen so far.
CREATE TABLE contact_ids_seen (
    connector   TEXT NOT NULL,
    external_id TEXT NOT NULL,
    PRIMARY KEY (connector, external_id)
) STRICT, WITHOUT ROWID;

-- The ids of other programs that a contact is known by: all of one contact's at once.
CREATE INDEX contact_ids ON contact_keys (contact, key) WHERE key >= 'id:' AND key < 'id;';
