//! The poller of one account: asks for the live calls, hands them in, and says how the vendor is.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::{Coverage, LiveAnswer};
use timbre_domain::session::LiveCalls;
use timbre_domain::texts::Catalogue;
use timbre_domain::tracker::CallTransition;
use tokio_util::sync::CancellationToken;

use crate::api::event::{ClockOff, Condition, Event, ProviderState};
use crate::calls::ingest::{Ingest, Observed};
use crate::calls::poll_log::PollResult;
use crate::calls::session::{AccountSession, PollStatus};
use crate::calls::zone;

/// After so many refusals in a row the vendor is asked less often: it may lock out who keeps knocking.
const REFUSALS_UNTIL_PATIENT: u32 = 3;
/// How long an account that the vendor refuses in so many words is left alone. It is then asked again by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a failure that costs no slot (no password, no address) the next attempt waits at least this long.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Asks until it is told to stop. The distance between two questions is the adapter's, which shares it with others. An account
/// whose vendor shows no live calls is not asked.
pub(crate) async fn run(ingest: Ingest, session: Arc<AccountSession>, stop: CancellationToken) {
    let Some(live_calls) = session.session.live_calls.clone() else { return stop.cancelled().await };
    let mut poller = Poller { ingest, session, live_calls, refusals: 0, published: None, unread: 0, clock_off: None };
    loop {
        // Only the question itself is cut short by a stop: what an answer brought is saved and published to the end.
        let Some(pause) = poller.poll(&stop).await else { return };
        poller.session.polls.send_modify(|polls| *polls += 1);
        if let Some(pause) = pause {
            tokio::select! {
                () = stop.cancelled() => return,
                () = poller.ingest.core.clock.sleep(pause) => {}
            }
        }
    }
}

struct Poller {
    ingest: Ingest,
    session: Arc<AccountSession>,
    live_calls: Arc<dyn LiveCalls>,
    refusals: u32,
    /// What was published last.
    published: Option<ProviderState>,
    unread: u64,
    clock_off: Option<ClockOff>,
}

impl Poller {
    /// One question and what follows from it; gives whether and how long to pause before the next, and `None` at a stop.
    async fn poll(&mut self, stop: &CancellationToken) -> Option<Option<Duration>> {
        let sequence = self.session.tracker().next_sequence();
        let answer = tokio::select! {
            () = stop.cancelled() => return None,
            answer = self.live_calls.live_calls() => answer,
        };
        let (at, elapsed) = (self.ingest.core.clock.now(), self.ingest.core.clock.elapsed());
        self.session.remember(PollResult::new(&answer, at, elapsed));
        let (observations, coverage) = match &answer {
            Ok(answer) if answer.complete => (answer.observations.clone(), Coverage::AllCalls),
            Ok(answer) => (answer.observations.clone(), Coverage::Partial),
            Err(_) => (Vec::new(), Coverage::Partial),
        };
        let observed = Observed { sequence, observations, coverage, at, elapsed };
        let transitions = self.ingest.take_in(&self.session, observed).await;
        match answer {
            Ok(answer) => {
                self.check_clock(&answer, at, &transitions);
                self.refusals = 0;
                self.session.status.send_replace(PollStatus::Answered);
                self.publish_answered(at, answer).await;
                Some(None)
            }
            Err(error) => {
                self.session.status.send_replace(PollStatus::Failing(error.code));
                Some(self.publish_failed(error).await)
            }
        }
    }

    /// A call that is still ringing was noticed by the vendor moments ago; if its time says otherwise, a clock or the
    /// zone is wrong. So it is where the vendor's server says another time than ours.
    fn check_clock(&mut self, answer: &LiveAnswer, at: DateTime<Utc>, transitions: &[CallTransition]) {
        for transition in transitions {
            if let CallTransition::Detected(call) = transition
                && call.connected_at.is_none()
                && let Some(seen) = answer.observations.iter().find(|seen| seen.external_id == call.key.external_id)
            {
                self.session.remember_ringing(at - seen.detected_at);
            }
        }
        let off = self.session.log().judge(self.session.account.time_zone()).map(zone::Advice::as_facts);
        // A minute more or less is no news.
        let same = |known: &ClockOff, off: &ClockOff| {
            (known.ours, &known.zone) == (off.ours, &off.zone) && (known.minutes - off.minutes).abs() <= 2
        };
        if !matches!((&self.clock_off, &off), (Some(known), Some(off)) if same(known, off)) {
            self.clock_off = off;
        }
    }

    async fn publish_answered(&mut self, at: DateTime<Utc>, answer: LiveAnswer) {
        self.unread += answer.unread.len() as u64;
        let state = if answer.unread.is_empty() && answer.complete { Condition::Ok } else { Condition::PartlyRead };
        self.publish(ProviderState {
            at,
            provider: self.session.vendor().clone(),
            account: self.session.name().clone(),
            state,
            code: None,
            retry: None,
            what: None,
            what_to_do: None,
            detail: answer.unread.first().map(|part| format!("{}: {}", part.place, part.reason)),
            unread_now: answer.unread.len() as u64,
            unread: self.unread,
            repairs: answer.repairs,
            slowed: answer.pace.slowed,
            interval_ms: u64::try_from(answer.pace.interval.as_millis()).unwrap_or(u64::MAX),
            clock_off: self.clock_off.clone(),
            clock: None,
        });
        if !answer.unread.is_empty() {
            let name = self.session.name().clone();
            let kept = self.ingest.core.stored(move |store| store.keep_unread(&name, &answer.unread, at)).await;
            self.ingest.core.store_answered(kept.as_ref().err());
        }
    }

    async fn publish_failed(&mut self, error: PortError) -> Option<Duration> {
        tracing::warn!(account = %self.session.name(), error = &error as &dyn std::error::Error, "the live calls could not be read");
        let at = self.ingest.core.clock.now();
        self.unread += u64::from(error.unread.is_some());
        let before = self.published.as_ref();
        self.publish(ProviderState {
            at,
            provider: self.session.vendor().clone(),
            account: self.session.name().clone(),
            state: Condition::Failing,
            code: Some(error.code),
            retry: Some(error.code.retry()),
            what: None,
            what_to_do: None,
            detail: Some(error.detail.clone()),
            unread_now: u64::from(error.unread.is_some()),
            unread: self.unread,
            repairs: Vec::new(),
            slowed: before.is_some_and(|last| last.slowed),
            interval_ms: before.map_or(self.reading_interval_ms(), |last| last.interval_ms),
            clock_off: self.clock_off.clone(),
            clock: None,
        });
        let (code, guessed) = (error.code, error.guessed);
        // Nothing comes of it but that it is kept.
        let _ = self.ingest.core.kept::<()>(self.session.name(), Err(error)).await;
        match code {
            // An empty body may mean that we are refused, or that one of several servers hiccups: no call is to be missed for it.
            ErrorCode::NotAuthorised if guessed => None,
            ErrorCode::NotAuthorised | ErrorCode::SecretMissing | ErrorCode::KeyringUnavailable => {
                self.refusals += 1;
                Some(if self.refusals >= REFUSALS_UNTIL_PATIENT { PATIENCE } else { AFTER_FAILURE })
            }
            // The throttle alone sets the pace: a call must be seen as soon as the network is back.
            _ => {
                self.refusals = 0;
                None
            }
        }
    }

    /// Publishes how the account is, when that is news.
    fn publish(&mut self, state: ProviderState) {
        let news = self.published.as_ref().is_none_or(|last| {
            (last.state, last.code, last.slowed, &last.repairs, &last.clock_off, &last.detail)
                != (state.state, state.code, state.slowed, &state.repairs, &state.clock_off, &state.detail)
        });
        if news {
            let state = state.in_words(Catalogue::of(self.ingest.core.settings.language));
            self.ingest.core.bus.publish(Event::Provider(state.clone()));
            self.published = Some(state);
        }
    }

    fn reading_interval_ms(&self) -> u64 {
        let interval = self.session.session.limit.as_ref().map(|limit| limit.interval).unwrap_or_default();
        u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)
    }
}
