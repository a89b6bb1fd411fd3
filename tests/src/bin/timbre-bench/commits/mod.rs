//! Saving a result: [`Store::change_interaction`] with what is to go to a CRM of it, each flushed to the disk before it
//! returns; beside bare SQLite that commits the same rows.

mod bare;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::crm::Abilities;
use timbre_domain::disposition::ChosenLevel;
use timbre_domain::interaction::{FollowUp, Interaction, InteractionEdit, InteractionId};
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{RecordKind, records_of};
use timbre_store::{InteractionRef, Kept, Store};
use uuid::Uuid;

use crate::contacts::Opened;
use crate::figures::{At, Report};
use crate::headless::ms_between;
use crate::{Failure, scratch};
use bare::{Bare, Rows};

/// Rounds that are added up.
const ROUNDS: usize = 5;
/// A page of the database.
const PAGE: usize = 4 << 10;
/// The length of what the agent wrote, characters.
const COMMENT: usize = 200;

const OURS: &str = "change_interaction: a result, its call and follow-up";
const BARE: &str = "yardstick: bare SQLite, the same rows, one COMMIT";
const FLUSH: &str = "for scale: fsync of 4 KiB appended to a file";
const OURS_ROUND: &str = "a round of change_interaction";
const BARE_ROUND: &str = "a round of bare SQLite";

/// A result as an agent writes it after a call.
struct Written {
    call: CallKey,
    interaction: Interaction,
}

impl Written {
    fn nth(n: usize, begun: DateTime<Utc>) -> Result<Self, Failure> {
        let at = begun + TimeDelta::seconds(i64::try_from(n)? * 180);
        let call = CallKey::try_from(format!("callmyway:main:{}", 4_371_500_000_u64 + n as u64))?;
        let contact = ContactId(Uuid::now_v7());
        let what = "Llamar de nuevo y enviar la cotización".to_owned();
        let edit = InteractionEdit {
            agent: Some("Ana Fernández".to_owned()),
            comment: Some(comment(n)),
            follow_up: Some(Some(FollowUp { at: at + TimeDelta::days(2), whom: None, what })),
            finish: true,
            ..InteractionEdit::default()
        };
        let begun = Interaction::begun(InteractionId(Uuid::now_v7()), Some(call.clone()), Some(contact), at);
        let mut interaction = begun.changed(edit, &Default::default(), at, &mut Uuid::now_v7)?;
        let level = |code: &str, name: &str| ChosenLevel { code: code.to_owned(), name: name.to_owned() };
        interaction.disposition = vec![level("venta", "Venta"), level("cotizacion", "Pidió una cotización")];
        Ok(Self { call, interaction })
    }

    /// As the engine hands it to the store.
    fn kept(&self, crm: &ConnectorName) -> Kept {
        let abilities = Abilities { records: RecordKind::ALL.into(), ..Abilities::default() };
        let records = records_of(&self.interaction, None, &[], &abilities);
        Kept {
            interaction: self.interaction.clone(),
            records: vec![(crm.clone(), records)],
            do_not_call: None,
            new_contact: None,
        }
    }

    /// Saves it; how long that took, milliseconds.
    fn save(&self, store: &Store, crm: &ConnectorName) -> Result<f64, Failure> {
        let (which, kept) = (InteractionRef::Call(self.call.clone()), self.kept(crm));
        let started = Instant::now();
        let saved = store.change_interaction(&which, self.interaction.updated_at, |_, _| Ok::<_, Failure>(kept))?;
        let took = ms_between(started, Instant::now());
        let (_, items) = saved?;
        if items.len() != 2 {
            return Err(format!("{}: {} items wait instead of two", self.call, items.len()).into());
        }
        Ok(took)
    }
}

/// Text of [`COMMENT`] characters, another one each time.
fn comment(n: usize) -> String {
    let words = format!("{n}: el cliente preguntó por el plan anual; quedó en consultarlo con su jefa mañana. ");
    words.chars().cycle().take(COMMENT).collect()
}

pub(crate) fn measure(results: usize) -> Result<Report, Failure> {
    let dir = scratch()?;
    let crm: ConnectorName = "crm".parse()?;
    let begun = DateTime::from_timestamp_millis(1_790_000_000_000).ok_or("no such time")?;
    let written: Vec<_> = (0..ROUNDS * results).map(|n| Written::nth(n, begun)).collect::<Result<_, _>>()?;

    // What the yardstick is to write is known only once ours has written it.
    let model = Opened::open(&dir.path().join("model"))?;
    for one in &written {
        one.save(&model.store, &crm)?;
    }
    let rows = Rows::of(&model.database)?;
    let opened = Opened::open(&dir.path().join("data"))?;
    let mut bare = Bare::like(&model.database, &dir.path().join("bare.db"))?;
    let mut page = Appended::new(dir.path())?;

    let mut took: [Vec<f64>; 3] = Default::default();
    for (n, one) in written.iter().enumerate() {
        // One of each in turn, for a disk's pace changes from one moment to the next; each is first as often as the others.
        for turn in n..n + 3 {
            let way = turn % 3;
            took[way].push(match way {
                0 => one.save(&opened.store, &crm)?,
                1 => bare.commit(rows.nth(n)?)?,
                _ => page.flushed()?,
            });
        }
    }
    let [our_rounds, their_rounds] =
        [&took[0], &took[1]].map(|took| took.chunks(results).map(|of| of.iter().sum()).collect());
    let [ours, theirs, flushes] = took;

    let database = opened.database.clone();
    opened.store.close()?;
    model.store.close()?;
    let other = bare.end()?.difference(&Rows::of(&database)?).or_else(|| rows.wrong(written.len()));
    let mut report = Report::new(format!(
        "Saving a result with its call record and follow-up, flushed to the disk: {ROUNDS} rounds of {results}"
    ));
    report.figure(OURS, ours, None);
    report.figure(BARE, theirs, None);
    report.figure(FLUSH, flushes, None);
    report.figure(OURS_ROUND, our_rounds, None);
    report.figure(BARE_ROUND, their_rounds, None);
    report.compare(OURS, BARE);
    report.compare_at(At::P99, OURS, BARE, None);
    report.compare(OURS_ROUND, BARE_ROUND);
    report.compare(OURS, FLUSH);
    for round in [OURS_ROUND, BARE_ROUND] {
        report.rate(round, results as u64, "results");
    }
    report.fact(
        "what the yardstick does",
        "the rows that ours wrote (one result with a comment of 200 characters, two records on their way), into the same two \
         tables with the same indexes, WAL and synchronous = FULL; it looks nothing up and reads nothing back",
        true,
    );
    let same = format!("{} results and {} records on their way in both", written.len(), 2 * written.len());
    let holds = other.is_none();
    report.fact("rows, all but the random request ids", other.unwrap_or(same), holds);
    Ok(report)
}

/// A file that grows by a page at a time.
struct Appended(File);

impl Appended {
    fn new(dir: &Path) -> Result<Self, Failure> {
        Ok(Self(File::create(dir.join("appended"))?))
    }

    /// Appends a page; how long it took until that was on the disk, milliseconds.
    fn flushed(&mut self) -> Result<f64, Failure> {
        let started = Instant::now();
        self.0.write_all(&[0x5a; PAGE])?;
        self.0.sync_all()?;
        Ok(ms_between(started, Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_as_long_as_is_said_and_no_other_is_the_same() {
        assert_eq!(comment(7).chars().count(), COMMENT);
        assert_ne!(comment(7), comment(8));
    }

    #[test]
    fn both_write_the_same_and_what_differs_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (crm, begun) = ("crm".parse().unwrap(), DateTime::UNIX_EPOCH);
        let opened = Opened::open(dir.path()).unwrap();
        for n in 0..3 {
            Written::nth(n, begun).unwrap().save(&opened.store, &crm).unwrap();
        }
        let rows = Rows::of(&opened.database).unwrap();
        assert_eq!(rows.wrong(3), None);
        assert!(rows.wrong(4).is_some());
        let mut bare = Bare::like(&opened.database, &dir.path().join("bare.db")).unwrap();
        for n in 0..2 {
            bare.commit(rows.nth(n).unwrap()).unwrap();
        }
        assert!(rows.nth(3).is_err());
        bare.commit(rows.nth(2).unwrap()).unwrap();
        assert_eq!(bare.end().unwrap().difference(&rows), None);
    }
}
