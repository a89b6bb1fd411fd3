//! Who has a number: the call that the pop-up uses, beside a bare seek on a connection with the same settings.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement};
use timbre_domain::call::{Direction, Party};
use timbre_domain::matching::{self, Found, Match};
use timbre_domain::number::{PhoneNumber, ReadNumber};
use timbre_store::Store;

use super::people::{Person, mixed};
use super::{Opened, file};
use crate::figures::{At, Report, Unit, grouped};
use crate::headless::ms_between;
use crate::{Failure, HOME};

/// Half of them are people who are there, half are not.
const LOOKUPS: u64 = 20_000;
/// Whole scans of the keys take long.
const SCANS: usize = 20;

const OURS: &str = "look-up and decision, as the pop-up has them made";
const READING: &str = "the same, the number read as the exchange writes it too";
const BARE: &str = "yardstick: bare seek, and the contact's row";
const LIKE: &str = "yardstick: LIKE '%suffix'";

/// A number that calls, and whom it leads to.
struct Caller {
    text: String,
    number: PhoneNumber,
    key: String,
    names: BTreeSet<String>,
}

pub(super) fn measure(opened: &Opened, count: u64) -> Result<Report, Failure> {
    let callers = callers(count);
    let connection = connect(&opened.database)?;
    let (store, mut bare) = (&opened.store, Bare::on(&connection)?);
    let (hits, misses): (Vec<_>, Vec<_>) = callers.iter().partition(|caller| !caller.names.is_empty());

    let started = Instant::now();
    let first = callers.first().map(|caller| look_up(store, &caller.number)).transpose()?;
    black_box(first);
    let first_ms = ms_between(started, Instant::now());

    let mut wrong = Vec::new();
    for caller in &callers {
        let matched = look_up(store, &caller.number)?;
        let names: Vec<_> = matched.contacts().iter().map(|contact| contact.display_name().to_owned()).collect();
        if names.len() != caller.names.len() || !names.iter().all(|name| caller.names.contains(name)) {
            wrong.push(format!("{}: {names:?} for {:?}", caller.text, caller.names));
        }
        if bare.rows(&caller.key)?.len() != names.len() {
            wrong.push(format!("{}: the bare seek finds others", caller.text));
        }
    }

    let (mut ours, mut reading, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for (nth, caller) in callers.iter().enumerate() {
        // Whoever comes second finds the pages in the processor's memory: each is first as often as the others.
        for turn in nth..nth + 3 {
            let started = Instant::now();
            match turn % 3 {
                0 => drop(black_box(look_up(store, &caller.number)?)),
                1 => drop(black_box(read(&caller.text).map(|number| look_up(store, &number)).transpose()?)),
                _ => drop(black_box(bare.rows(&caller.key)?)),
            }
            let took = ms_between(started, Instant::now());
            [&mut ours, &mut reading, &mut theirs][turn % 3].push(took);
        }
    }

    let mut like = Vec::new();
    for caller in callers.iter().take(SCANS) {
        let started = Instant::now();
        black_box(bare.ending(&caller.key)?);
        like.push(ms_between(started, Instant::now()));
    }

    let title =
        format!("Who has a number, among {} contacts on disk: random numbers, half of them nobody's", grouped(count));
    let mut report = Report::new(title);
    report.figure_in(Unit::Us, OURS, ours, None);
    report.figure_in(Unit::Us, READING, reading, None);
    report.figure_in(Unit::Us, BARE, theirs, None);
    report.figure(LIKE, like, None);
    report.figure("the first look-up after opening", vec![first_ms], None);
    report.compare_at(At::P50, OURS, BARE, Some(2.0));
    report.compare_at(At::P99, OURS, BARE, Some(2.0));
    report.compare_at(At::P50, READING, BARE, None);
    report.compare_at(At::P99, READING, BARE, None);
    report.compare_at(At::P50, LIKE, OURS, None);
    report.fact("the file", "in the system's cache: every number was looked up once before", true);
    let of = format!("{} known, {} nobody's", grouped(hits.len() as u64), grouped(misses.len() as u64));
    let found = if wrong.is_empty() { of } else { format!("{of}; {} wrong: {}", wrong.len(), first_of(&wrong)) };
    report.fact("each led to exactly those who have it", found, wrong.is_empty());
    Ok(report)
}

fn first_of(wrong: &[String]) -> String {
    wrong.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What `call_flow` does for a call that comes.
fn look_up(store: &Store, number: &PhoneNumber) -> Result<Match, Failure> {
    let contacts = store.contacts_by_number(number)?;
    let party = Party::Number { number: number.clone() };
    Ok(matching::decide(Direction::In, &party, Found { contacts, dialled: None }))
}

fn read(text: &str) -> Option<PhoneNumber> {
    match PhoneNumber::read(text, HOME) {
        ReadNumber::Number(number) => Some(number),
        ReadNumber::Withheld => None,
    }
}

/// Random people who are in the file and as many who are not, each with everybody in the file who shares the number.
fn callers(count: u64) -> Vec<Caller> {
    let drawn = (0..LOOKUPS).map(|nth| {
        let draw = mixed(nth ^ 0xca11) % count;
        Person::nth(if nth.is_multiple_of(2) { draw } else { count + draw }).mobile
    });
    let drawn: Vec<String> = drawn.collect();
    let mut names: HashMap<&str, BTreeSet<String>> = drawn.iter().map(|n| (n.as_str(), BTreeSet::new())).collect();
    for n in 0..count {
        let Person { name, company, mobile, work, .. } = Person::nth(n);
        for number in [Some(mobile), work].into_iter().flatten() {
            if let Some(names) = names.get_mut(number.as_str()) {
                names.insert(if name.is_empty() { company.clone() } else { name.clone() });
            }
        }
    }
    let caller = |digits: &String| {
        let text = file::by_exchange(digits);
        let number = read(&text)?;
        Some(Caller { key: number.key(), names: names.get(digits.as_str())?.clone(), number, text })
    };
    drawn.iter().filter_map(caller).collect()
}

/// SQLite and nothing else: statements that stay prepared.
struct Bare<'a> {
    seek: Statement<'a>,
    fetch: Statement<'a>,
    scan: Statement<'a>,
}

/// With the settings of the store's connection that reads.
fn connect(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.pragma_update(None, "cache_size", -4 * 1024)?;
    Ok(connection)
}

impl<'a> Bare<'a> {
    fn on(db: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            seek: db.prepare("SELECT contact FROM contact_keys WHERE key = ?1")?,
            fetch: db.prepare("SELECT * FROM contacts WHERE row = ?1")?,
            scan: db.prepare("SELECT contact FROM contact_keys WHERE key LIKE '%' || ?1")?,
        })
    }

    /// The rows of the contacts with a key, every column of them.
    fn rows(&mut self, key: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
        let columns = self.fetch.column_count();
        let mut rows = Vec::new();
        let mut found = self.seek.query([key])?;
        while let Some(contact) = found.next()? {
            let contact: i64 = contact.get(0)?;
            rows.push(self.fetch.query_row([contact], |row| (0..columns).map(|column| row.get(column)).collect())?);
        }
        Ok(rows)
    }

    /// The contacts whose key ends as this one does, as programs look that keep numbers the way they were typed.
    fn ending(&mut self, key: &str) -> rusqlite::Result<Vec<i64>> {
        let suffix = &key[key.len().saturating_sub(8)..];
        self.scan.query_map([suffix], |row| row.get(0))?.collect()
    }
}
