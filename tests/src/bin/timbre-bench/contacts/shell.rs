//! The yardstick of an import: the `sqlite3` shell puts the same rows, already normalised, into the same tables and
//! indexes.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::Failure;
use crate::memory::{self, Ran};

/// The store's own settings of the connection that imports.
const SETTINGS: &str = "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = NORMAL;\nPRAGMA cache_size = -49152;\n";

/// Our schema, without what full text makes for itself.
const SCHEMA: &str = "SELECT sql FROM sqlite_schema
     WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*'
       AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
     ORDER BY type = 'index', rowid";

/// The rows as they were written, in the order of the file, without an index.
const NORMALISE: &str = "CREATE TABLE plain.contacts AS SELECT * FROM main.contacts ORDER BY row;
     CREATE TABLE plain.contact_keys AS SELECT * FROM main.contact_keys ORDER BY contact;";

const TEXT: &str = "INSERT INTO contacts_by_word (rowid, words) SELECT row, words FROM source.contacts;
     INSERT INTO contacts_by_digits (rowid, digits) SELECT row, digits FROM source.contacts;";

/// Printed at the end, to be compared with ours.
const COUNT: &str =
    "SELECT (SELECT count(*) FROM contacts) || ' contacts, ' || (SELECT count(*) FROM contact_keys) || ' keys'";

/// The rows to be imported, and where to.
pub(super) struct Shell {
    dir: PathBuf,
    schema: String,
}

/// How much there is in a database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts(String);

impl Counts {
    pub(super) fn of(database: &Path) -> Result<Self, Failure> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        Ok(Self(Connection::open_with_flags(database, flags)?.query_row(COUNT, [], |row| row.get(0))?))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Shell {
    /// Takes schema and rows of our database.
    pub(super) fn prepare(ours: &Path, dir: &Path) -> Result<Self, Failure> {
        let db = Connection::open(ours)?;
        let mut statements = db.prepare(SCHEMA)?;
        let schema = statements.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        let shell = Self { dir: dir.to_owned(), schema: schema.join(";\n") };
        db.execute("ATTACH ?1 AS plain", [text(&shell.plain())])?;
        db.execute_batch("PRAGMA plain.journal_mode = OFF; PRAGMA plain.synchronous = OFF;")?;
        db.execute_batch(NORMALISE)?;
        for (table, columns) in CSVS {
            let script = format!(
                ".mode csv\n.headers on\n.once {}\nSELECT {columns} FROM {table};\n",
                quoted(&shell.csv(table))
            );
            shell.play(&shell.plain(), &script)?;
        }
        Ok(shell)
    }

    /// From a database that is attached: nothing is parsed.
    pub(super) fn attached(&self) -> Result<Ran, Failure> {
        let source = format!("ATTACH {} AS source;\n", quoted(&self.plain()));
        let insert = format!(
            "BEGIN;\nINSERT INTO contacts SELECT * FROM source.contacts;\n\
             INSERT INTO contact_keys SELECT * FROM source.contact_keys;\n{TEXT}\nCOMMIT;\n"
        );
        self.import(&(source + &insert))
    }

    /// From CSVs, as somebody would who has only the shell: into tables without an index first.
    pub(super) fn parsed(&self) -> Result<Ran, Failure> {
        let mut source = "ATTACH '' AS source;\n".to_owned();
        for (table, _) in CSVS {
            source.push_str(&format!(".import --csv --schema source {} {table}\n", quoted(&self.csv(table))));
        }
        let insert = format!(
            "BEGIN;\n\
             INSERT INTO contacts SELECT row, CAST(id AS BLOB), name, company, phones, emails, fields,\n\
               nullif(owner, ''), do_not_call, nullif(source, ''), nullif(external_id, ''), nullif(last_used_at, ''),\n\
               created_at, updated_at, words, digits, typed FROM source.contacts;\n\
             INSERT INTO contact_keys SELECT key, contact FROM source.contact_keys;\n{TEXT}\nCOMMIT;\n"
        );
        self.import(&(source + &insert))
    }

    /// The database that was imported into.
    pub(super) fn database(&self) -> PathBuf {
        self.dir.join("shell.db")
    }

    fn plain(&self) -> PathBuf {
        self.dir.join("plain.db")
    }

    fn csv(&self, table: &str) -> PathBuf {
        self.dir.join(format!("{table}.csv"))
    }

    /// Into an empty database with our schema.
    fn import(&self, script: &str) -> Result<Ran, Failure> {
        let to = self.database();
        for ending in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{ending}", text(&to)));
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        let db = Connection::open(&to)?;
        db.execute_batch(&self.schema)?;
        db.close().map_err(|(_, error)| error)?;
        self.play(&to, &format!(".output {}\n{SETTINGS}.output\n{script}{COUNT};\n", null()))
    }

    fn play(&self, database: &Path, script: &str) -> Result<Ran, Failure> {
        let file = self.dir.join("script.sql");
        fs::write(&file, script)?;
        let mut shell = Command::new("sqlite3");
        shell.args(["-batch", "-bail", "-init", null()]).arg(database).stdin(Stdio::from(File::open(file)?));
        memory::run(&mut shell, &self.dir)
    }
}

/// Tables and what of them a CSV has: ids are 16 bytes in the order of the rows, as ours are, for a text can't hold ours.
const CSVS: [(&str, &str); 2] = [
    (
        "contacts",
        "row, printf('%016d', row) AS id, name, company, phones, emails, fields, owner, do_not_call, source, external_id, \
         last_used_at, created_at, updated_at, words, digits, typed",
    ),
    ("contact_keys", "key, contact"),
];

fn null() -> &'static str {
    if cfg!(windows) { "NUL" } else { "/dev/null" }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// As the shell reads an argument; SQL reads it the same.
fn quoted(path: &Path) -> String {
    format!("'{}'", text(path))
}
