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
