//! `doctor`: how everything is, what is wrong and what to do about it.
//!
//! One file a check: a closed set of findings (`finding.rs`), and a function that `examine` calls. Each finding has its
//! words in the catalogue, and unless it is a good one also what to do (`words.rs`). No check says a telephone number, a
//! contact's name or a secret.

mod account;
mod clock;
mod components;
mod crm;
mod database;
mod disk;
mod finding;
mod imports;
mod network;
mod throttle;
mod vendor;
mod words;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::observation::{LiveAnswer, Pace};

pub use self::finding::{Check, State, Value};
pub use self::words::Words;
use crate::Context;
use crate::calls::poll_log::PollResult;
use crate::calls::session::AccountSession;

/// A poll is as good as a new one for so long: the poller leaves an account that refuses us alone for
/// half a minute, and an answer may take twenty seconds.
const FRESH: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// When it was looked at, UTC.
    pub at: DateTime<Utc>,
    /// What was found, area by area.
    pub checks: Vec<Check>,
}

impl DoctorReport {
    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }
}

/// Looks at everything. Whatever can't be looked at is a finding too.
pub(crate) async fn examine(context: &Arc<Context>) -> DoctorReport {
    poll_accounts(context).await;
    let mut checks = database::check(context).await;
    checks.extend(imports::check(context).await);
    checks.extend(disk::check(context).await);
    checks.extend(components::check(context));
    checks.extend(network::check(context));
    for session in context.sessions() {
        checks.extend(account::check(context, session).await);
        checks.extend(vendor::check(context, session).await);
        if session.session.live_calls.is_some() {
            checks.extend(throttle::check(context.sessions(), session));
            checks.extend(clock::check(session));
        }
    }
    for crm in context.connectors.iter() {
        checks.extend(crm::check(context, crm).await);
    }
    DoctorReport { at: context.core.clock.now(), checks }
}

/// Sees to it that every account was polled a moment ago: by the poller, else now, all at once. Nobody polls an account that
/// shows no live calls.
async fn poll_accounts(context: &Arc<Context>) {
    let mut asking = tokio::task::JoinSet::new();
    for session in context.sessions() {
        let now = context.core.clock.elapsed();
        let last = session.log().last.filter(|_| session.session.live_calls.is_some());
        if last.is_none_or(|poll| now.saturating_sub(poll.elapsed) > FRESH) {
            asking.spawn(poll(context.clone(), session.clone()));
        }
    }
    asking.join_all().await;
}

async fn poll(context: Arc<Context>, session: Arc<AccountSession>) {
    let answer = match (&session.session.live_calls, &session.session.placed_calls) {
        (Some(live_calls), _) => live_calls.live_calls().await,
        (None, Some(placed_calls)) => {
            let own: Vec<_> = session.served().numbers().cloned().collect();
            if own.is_empty() {
                return;
            }
            let asked = context.core.clock.elapsed();
            let placed = placed_calls.placed_since(context.core.clock.now(), &own).await;
            let took = context.core.clock.elapsed().saturating_sub(asked);
            placed.map(|_| LiveAnswer { pace: Pace { took, ..Pace::default() }, ..LiveAnswer::default() })
        }
        (None, None) => return,
    };
    let at = context.core.clock.now();
    session.remember(PollResult::new(&answer, at, context.core.clock.elapsed()));
    // A time that could not be read was replaced by ours and would seem right.
    if let Ok(answer) = answer
        && answer.unread.is_empty()
        && let Some(ringing) = answer.observations.iter().find(|seen| seen.connected_at.is_none())
    {
        session.remember_ringing(at - ringing.detected_at);
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::{Catalogue, Language};

    use super::finding::Finding;
    use super::*;

    fn all() -> Vec<Check> {
        fn of<F: Finding>(findings: &[F]) -> impl Iterator<Item = Check> {
            findings.iter().map(|finding| Check::of(*finding))
        }
        of(account::Account::ALL)
            .chain(of(clock::Clock::ALL))
            .chain(of(components::Component::ALL))
            .chain(of(vendor::Vendor::ALL))
            .chain(of(crm::Crm::ALL))
            .chain(of(database::Database::ALL))
            .chain(of(disk::Disk::ALL))
            .chain(of(imports::Import::ALL))
            .chain(of(network::Network::ALL))
            .chain(of(throttle::Throttle::ALL))
            .collect()
    }

    #[test]
    fn every_finding_has_words_and_all_but_the_good_ones_say_what_to_do() {
        for language in Language::ALL {
            let catalogue = Catalogue::of(language);
            for check in all() {
                let words = check.in_words(catalogue);
                assert!(!words.what.starts_with("doctor."), "{language:?} {}", check.finding);
                assert!(!words.area.starts_with("doctor."), "{language:?} {}", check.area);
                let good = check.state == State::Good;
                assert_eq!(words.what_to_do.is_none(), good, "{language:?} {}", check.finding);
                assert!(!words.what_to_do.is_some_and(|text| text.starts_with("doctor.")), "{}", check.finding);
            }
        }
    }

    #[test]
    fn no_two_findings_have_one_name() {
        let mut names: Vec<_> = all().into_iter().map(|check| check.finding).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
