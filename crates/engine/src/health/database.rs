//! Looks after the database: backups, damage that is met, and calls that are older than they are to be kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Months, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::error::ErrorCode;
use timbre_domain::status::DatabaseStatus;
pub use timbre_store::Generation;
use timbre_store::{BackedUp, Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::api::event::{Event, StoreState};
use crate::runtime::core::Core;

/// The start is for getting ready; the copy can wait.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// A backup is never older than about this while something is written.
const EVERY: Duration = Duration::from_secs(3_600);
/// A large database is backed up less often: copying takes at most one part in so many of the time.
const SHARE_OF_TIME: u32 = 100;
/// After a backup that failed, such as on a full disk.
const AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

/// How the database is, as far as anybody has met it.
#[derive(Default)]
pub(crate) struct Database {
    status: Mutex<DatabaseStatus>,
    /// A backup is wanted sooner: much came at once.
    pub(crate) back_up: Notify,
}

impl Database {
    pub(crate) fn status(&self) -> DatabaseStatus {
        // A panic leaves nothing half done in here.
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this start set a damaged file aside.
    pub(crate) fn repaired(&self, repaired: bool) {
        self.change(|status| status.repaired = repaired);
    }

    fn change(&self, change: impl FnOnce(&mut DatabaseStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A backup and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBackup {
    pub generation: Generation,
    pub made_at: DateTime<Utc>,
}

/// What a backup on request came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backups {
    /// Whether a new one was made; false where nothing was written since the last one.
    pub made: bool,
    /// Files of backups that were kept under a new name, because they hold something that the new one never had.
    pub kept: Vec<String>,
    /// The backups there are, the newest first.
    pub backups: Vec<MadeBackup>,
}

impl Context {
    pub(crate) async fn back_up(&self) -> Result<Backups, StoreError> {
        let now = self.core.clock.now();
        let (done, health) = self.core.stored(move |store| Ok((store.back_up(now)?, store.health()?))).await?;
        let backups = health.backups.into_iter().map(|(generation, made_at)| MadeBackup { generation, made_at });
        let (made, kept) = match done {
            BackedUp::Made { kept } => (true, kept),
            BackedUp::Unchanged => (false, Vec::new()),
        };
        Ok(Backups { made, kept, backups: backups.collect() })
    }
}

/// Has damage that anybody meets told at once.
pub(crate) fn listen(context: &Arc<Context>) {
    let of = Arc::downgrade(context);
    context.core.store.on_damage(move || {
        let Some(context) = of.upgrade() else { return };
        context.database.change(|status| status.damaged = true);
        context.core.bus.publish(Event::Store(StoreState::failing(ErrorCode::StoreDamaged, context.core.clock.now())));
    });
}

/// Backs up and forgets until it is told to stop.
pub(crate) async fn run(core: Core, database: Arc<Database>, stop: CancellationToken) {
    let mut pause = FIRST_AFTER;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = core.clock.sleep(pause) => {}
            () = database.back_up.notified() => {}
        }
        forget(&core).await;
        pause = back_up(&core, &database).await;
    }
}

/// Backs up, tells of it where that is news, and says when it is to be done again.
async fn back_up(core: &Core, database: &Database) -> Duration {
    let (now, began) = (core.clock.now(), core.clock.elapsed());
    let failed_before = database.status().backup_failed;
    let outcome = core.stored(move |store| store.back_up(now)).await;
    let took = core.clock.elapsed().saturating_sub(began);
    let failed = match &outcome {
        Ok(BackedUp::Made { kept }) => {
            tracing::info!(?kept, "the database was backed up");
            None
        }
        Ok(BackedUp::Unchanged) => failed_before,
        Err(error) => {
            tracing::error!(error = error as &dyn std::error::Error, "the database could not be backed up");
            Some(error.code())
        }
    };
    database.change(|status| status.backup_failed = failed);
    if failed != failed_before {
        let at = core.clock.now();
        core.bus.publish(Event::Store(StoreState::backup(failed, at)));
    }
    if failed.is_some() { AGAIN_AFTER } else { EVERY.max(took.saturating_mul(SHARE_OF_TIME)) }
}

/// Removes the calls that the organisation does not want to keep any longer.
async fn forget(core: &Core) {
    let Some(months) = core.settings.keep_months else { return };
    let now = core.clock.now();
    let Some(before) = now.checked_sub_months(Months::new(months)) else { return };
    match core.stored(move |store: &Store| store.forget(before, now)).await {
        Ok(0) => {}
        Ok(calls) => tracing::info!(calls, "calls older than they are to be kept were removed"),
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "old calls could not be removed"),
    }
}
