-- What tells a database of Timbre from any other file, and one state of it from an earlier one.
PRAGMA application_id = 1416195426;              -- "Timb"

CREATE TABLE lineage (
    id    BLOB NOT NULL,                         -- made with the database; its backups and its journal carry the same
    entry INTEGER NOT NULL                       -- the last entry of the journal that is in here
) STRICT;
INSERT INTO lineage (id, entry) VALUES (randomblob(16), 0);
