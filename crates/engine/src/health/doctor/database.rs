//! The database: whole, backed up, and with what contacts are found by in step.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_store::{Health, IndexState, StoreError};

use super::finding::{Check, findings};
use crate::Context;

/// A backup is made each hour that something is written; a weekend at home is no reason to worry.
const BACKUP_OLD: TimeDelta = TimeDelta::days(2);
/// Whoever has more contacts and calls than this would miss them.
const WORTH_A_BACKUP: u64 = 100;

findings! {
    /// What can be found of the database.
    Database in "database" {
        Whole = "whole" => Good,
        Damaged = "damaged" => Failed,
        /// It could not be looked at.
        Unusable = "unusable" => Failed,
        /// Damaged files were set aside.
        SetAside = "set_aside" => Warning,
        BackedUp = "backed_up" => Good,
        BackupOld = "backup_old" => Warning,
        BackupMissing = "backup_missing" => Warning,
        /// There is none, and little to lose.
        BackupNotYet = "backup_not_yet" => Good,
        BackupFailed = "backup_failed" => Failed,
        /// What is typed stands in the database alone.
        JournalBehind = "journal_behind" => Warning,
        IndexInStep = "index_in_step" => Good,
        IndexBehind = "index_behind" => Warning,
    }
}

pub(super) async fn check(context: &Arc<Context>) -> Vec<Check> {
    let now = context.core.clock.now();
    let (mut checks, contacts) = match context.core.stored(timbre_store::Store::health).await {
        Ok(health) => (of_health(&health, now), health.contacts),
        Err(error) => return vec![unusable(&error)],
    };
    if let Some(code) = context.database.status().backup_failed {
        checks.push(Check::of(Database::BackupFailed).because(code, String::new()));
    }
    let country = context.core.settings.country;
    checks.push(match context.core.stored(move |store| store.index_state(country)).await {
        Ok(IndexState::Behind) if contacts > 0 => Check::of(Database::IndexBehind),
        Ok(IndexState::InStep | IndexState::Behind) => Check::of(Database::IndexInStep),
        Err(error) => unusable(&error),
    });
    checks
}

fn unusable(error: &StoreError) -> Check {
    Check::of(Database::Unusable).because(error.code(), error.to_string())
}

fn of_health(health: &Health, now: DateTime<Utc>) -> Vec<Check> {
    let whole = match &health.damage {
        None => Check::of(Database::Whole)
            .with("size_bytes", health.size)
            .with("contacts", health.contacts)
            .with("calls", health.calls)
            .with("schema", health.schema),
        Some(damage) => Check::of(Database::Damaged).with("size_bytes", health.size).detail(damage.clone()),
    };
    let newest = health.backups.first().map(|(_, made)| *made);
    let mut checks = vec![whole, backup(newest, health.contacts + health.calls, now)];
    if health.journal_behind {
        checks.push(Check::of(Database::JournalBehind));
    }
    if !health.set_aside.is_empty() {
        let files = health.set_aside.join(", ");
        checks.push(Check::of(Database::SetAside).with("count", health.set_aside.len()).with("files", files.as_str()));
    }
    checks
}

fn backup(made_at: Option<DateTime<Utc>>, worth: u64, now: DateTime<Utc>) -> Check {
    match made_at {
        Some(made) if now - made > BACKUP_OLD => Check::of(Database::BackupOld).with("made_at", made),
        Some(made) => Check::of(Database::BackedUp).with("made_at", made),
        None if worth > WORTH_A_BACKUP => Check::of(Database::BackupMissing),
        None => Check::of(Database::BackupNotYet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_missed_once_there_is_something_to_lose_and_old_after_two_days() {
        let now: DateTime<Utc> = "2026-03-02T14:00:00Z".parse().unwrap();
        let days = |hours| Some(now - TimeDelta::hours(hours));
        for (made, worth, wanted) in [
            (None, 0, "database.backup_not_yet"),
            (None, 100, "database.backup_not_yet"),
            (None, 101, "database.backup_missing"),
            (days(48), 101, "database.backed_up"),
            (days(49), 0, "database.backup_old"),
            (days(-5), 101, "database.backed_up"),
        ] {
            assert_eq!(backup(made, worth, now).finding, wanted, "{made:?} {worth}");
        }
    }
}
