//! Keeps the account's list of endpoints known without being asked: rows of calls may name an endpoint by its id alone.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use timbre_domain::error::PortError;
use timbre_domain::observation::CallObservation;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::calls::poll_log::Failed;
use crate::calls::session::AccountSession;
use crate::runtime::core::Core;

/// The distance kept between two readings of the list, whatever ids appear.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// The first pause after a failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(1_800);
/// How many ids that the list does not explain are remembered.
const STRANGE_AT_MOST: usize = 1_000;

/// What is not known of an account's endpoints.
#[derive(Default)]
pub(crate) struct Unknown {
    state: Mutex<State>,
    appeared: Notify,
}

#[derive(Default)]
struct State {
    /// Ids that calls showed and no list has explained yet.
    asked: BTreeSet<String>,
    /// Ids that the list was read for in vain.
    strange: BTreeSet<String>,
    /// Why the list could not be read the last time.
    failed: Option<Failed>,
}

impl Unknown {
    fn state(&self) -> MutexGuard<'_, State> {
        // No change of it can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the list could not be read the last time it was tried.
    pub(crate) fn failed(&self) -> Option<Failed> {
        self.state().failed.clone()
    }

    /// The list was read, or could not be.
    pub(crate) fn read(&self, failed: Option<&PortError>) {
        let mut state = self.state();
        state.failed = failed.map(Failed::of);
        if failed.is_none() {
            let asked = std::mem::take(&mut state.asked);
            state.strange.extend(asked);
            while state.strange.len() > STRANGE_AT_MOST {
                state.strange.pop_first();
            }
        }
    }

    fn is_wanted(&self) -> bool {
        !self.state().asked.is_empty()
    }
}

impl AccountSession {
    /// Looks for ids that the account's list does not explain.
    pub(crate) fn notice_endpoints(&self, observations: &[CallObservation]) {
        if self.session.endpoints.is_none() {
            return;
        }
        let served = self.served();
        let sides = observations.iter().flat_map(|one| [&one.sides.calling, &one.sides.called]);
        // A side that names its endpoint by number needs no list.
        let unknown: BTreeSet<_> = sides
            .filter(|side| side.user.is_empty() && !matches!(side.endpoint_id.as_str(), "" | "0"))
            .map(|side| side.endpoint_id.clone())
            .filter(|id| !served.knows_id(id))
            .collect();
        let mut state = self.unknown_endpoints.state();
        let unknown: BTreeSet<_> = unknown.difference(&state.strange).cloned().collect();
        if !unknown.is_subset(&state.asked) {
            state.asked.extend(unknown);
            self.unknown_endpoints.appeared.notify_one();
        }
    }

    /// Reads the account's endpoints, and keeps them; how many there are. `None` where its vendor lists none.
    pub(crate) async fn read_endpoints(&self, core: &Core) -> Result<Option<usize>, PortError> {
        let Some(directory) = &self.session.endpoints else { return Ok(None) };
        let answer = core.kept(self.name(), directory.endpoints().await).await;
        self.unknown_endpoints.read(answer.as_ref().err());
        let endpoints = answer?;
        self.learn(&endpoints);
        let (count, name, now) = (endpoints.len(), self.name().clone(), core.clock.now());
        core.stored(move |store| store.save_endpoints(&name, &endpoints, now)).await?;
        Ok(Some(count))
    }
}

/// Reads the list at the first start, and whenever a call shows an id that it does not explain.
pub(crate) async fn run(core: Core, session: std::sync::Arc<AccountSession>, stop: CancellationToken) {
    if session.session.endpoints.is_none() {
        return stop.cancelled().await;
    }
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep_known(&core, &session) => {}
    }
}

async fn keep_known(core: &Core, session: &AccountSession) {
    let name = session.name().clone();
    // A database that can't be read is told elsewhere; the list is read then too.
    let mut wanted = core.stored(move |store| store.endpoints(&name)).await.map_or(true, |known| known.is_empty());
    let mut pause = FIRST_PAUSE;
    loop {
        while !wanted {
            session.unknown_endpoints.appeared.notified().await;
            wanted = session.unknown_endpoints.is_wanted();
        }
        match session.read_endpoints(core).await {
            Ok(_) => {
                (wanted, pause) = (false, FIRST_PAUSE);
                core.clock.sleep(READ_AGAIN_AFTER).await;
                wanted |= session.unknown_endpoints.is_wanted();
            }
            Err(error) => {
                tracing::warn!(account = %session.name(), error = &error as &dyn std::error::Error, "the endpoints could not be read");
                core.clock.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}
