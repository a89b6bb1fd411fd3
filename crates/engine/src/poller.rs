//! The poller of one account: asks for the live calls, feeds the tracker, saves, tells.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::PollBatch;
use timbre_domain::ports::LiveAnswer;
use timbre_domain::texts::Catalogue;
use timbre_domain::tracker::CallTransition;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::bus::Happened;
use crate::event::{Condition, Event, ProviderState, StoreState};
use crate::line::{Line, Reach};
use crate::look::Look;
use crate::zone;

/// After so many refusals in a row the vendor is asked less often: it may lock out who keeps knocking.
const REFUSALS_UNTIL_PATIENT: u32 = 3;
/// How long a refused, or never answered, account is left alone. It is then asked again by itself, for the cable may be
/// back.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a failure that costs no slot (no password, no address) the next attempt waits at least this long.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How much that could not be saved is kept in memory.
const UNSAVED_AT_MOST: usize = 10_000;

/// Asks until it is told to stop. The distance between two questions is the adapter's, which shares it with others.
pub(crate) async fn run(context: Arc<Context>, line: Arc<Line>, stop: CancellationToken) {
    let mut poller = Poller {
        context,
        line,
        refusals: 0,
        told: None,
        unread: 0,
        clock_word: None,
        store_ok: true,
        unsaved: Vec::new(),
    };
    loop {
        // Only the question itself is cut short by a stop: what an answer brought is saved and told to the end.
        let Some(pause) = poller.poll(&stop).await else { return };
        poller.line.looks.send_modify(|looks| *looks += 1);
        if let Some(pause) = pause {
            tokio::select! {
                () = stop.cancelled() => return,
                () = poller.context.clock.sleep(pause) => {}
            }
        }
    }
}

struct Poller {
    context: Arc<Context>,
    line: Arc<Line>,
    refusals: u32,
    told: Option<ProviderState>,
    unread: u64,
    clock_word: Option<String>,
    store_ok: bool,
    /// What happened and could not be saved yet.
    unsaved: Vec<CallTransition>,
}

impl Poller {
    /// One question and what follows from it; gives whether and how long to pause before the next, and `None` at a stop.
    async fn poll(&mut self, stop: &CancellationToken) -> Option<Option<Duration>> {
        let sequence = self.line.tracker().next_sequence();
        let own = self.line.own();
        let answer = tokio::select! {
            () = stop.cancelled() => return None,
            answer = self.line.telephony.live_calls(&own) => answer,
        };
        let answered = self.context.clock.elapsed();
        let answered_at = self.context.clock.now();
        self.line.remember(Look::new(&answer, answered_at, answered));
        let (observations, complete) = match &answer {
            Ok(answer) => (answer.observations.clone(), answer.complete),
            Err(_) => (Vec::new(), false),
        };
        let batch = PollBatch {
            provider: self.line.provider,
            account: self.line.name().clone(),
            sequence,
            answered_at,
            observations,
            complete,
        };
        self.take_in(&batch, answered).await;
        match answer {
            Ok(answer) => {
                self.refusals = 0;
                self.line.reach.send_replace(Reach::Answered);
                self.tell_answered(&batch, answer).await;
                Some(None)
            }
            Err(error) => {
                self.line.reach.send_replace(Reach::Failing(error.code));
                Some(self.tell_failed(error).await)
            }
        }
    }

    /// Feeds the tracker and saves what happened, before it is told: a restart then repeats nothing. A full disk keeps
    /// no call from being shown.
    async fn take_in(&mut self, batch: &PollBatch, answered: Duration) {
        let line = self.line.clone();
        let _turn = line.turn.lock().await;
        let (transitions, tracker) = {
            let mut tracker = line.tracker();
            let transitions = tracker.apply(batch);
            let changed = !transitions.is_empty() || !self.unsaved.is_empty();
            (transitions, changed.then(|| tracker.clone()))
        };
        let Some(tracker) = tracker else { return };
        // What could not be saved before goes along: a disk that was full may have room again.
        self.unsaved.extend(transitions.iter().cloned());
        let (name, saved) = (self.line.name().clone(), std::mem::take(&mut self.unsaved));
        let again = saved.clone();
        let now = self.context.clock.now();
        let ended = self.context.calls_to_record(&saved, now);
        let records = !ended.is_empty();
        let kept = self.context.stored(move |store| store.save_transitions(&name, &tracker, &saved, &ended, now)).await;
        if records && kept.is_ok() {
            self.context.crms.iter().for_each(|crm| crm.outbox_changed.notify_one());
        }
        if kept.is_err() {
            self.unsaved = again;
            // The newest matter most, and memory is no database.
            let surplus = self.unsaved.len().saturating_sub(UNSAVED_AT_MOST);
            self.unsaved.drain(..surplus);
        }
        self.tell_store(kept.err());
        if transitions.is_empty() {
            return;
        }
        self.check_clock(batch, &transitions);
        self.context.bus.happened(Happened { account: self.line.name().clone(), transitions, answered });
    }

    /// A call that is still ringing was noticed by the vendor moments ago; if its time says otherwise, a clock or the
    /// zone is wrong.
    fn check_clock(&mut self, batch: &PollBatch, transitions: &[CallTransition]) {
        for transition in transitions {
            if let CallTransition::Detected(call) = transition
                && call.connected_at.is_none()
                && let Some(seen) = batch.observations.iter().find(|seen| seen.external_id == call.key.external_id)
            {
                let catalogue = Catalogue::of(self.context.settings.language);
                let difference = batch.answered_at - seen.detected_at;
                self.line.remember_ringing(difference);
                let zone = self.line.account.time_zone;
                self.clock_word =
                    zone::advice(difference, zone, batch.answered_at).map(|advice| advice.in_words(catalogue));
            }
        }
    }

    async fn tell_answered(&mut self, batch: &PollBatch, answer: LiveAnswer) {
        self.unread += answer.unread.len() as u64;
        let state = if answer.unread.is_empty() && answer.complete { Condition::Ok } else { Condition::PartlyRead };
        let catalogue = Catalogue::of(self.context.settings.language);
        let what = match state {
            Condition::PartlyRead => {
                Some(catalogue.fill("provider.partly_read", &[("count", &answer.unread.len().to_string())]))
            }
            _ if answer.pace.slowed => {
                let seconds = format!("{:.1}", answer.pace.interval.as_secs_f32());
                Some(catalogue.fill("provider.slowed", &[("seconds", &seconds)]))
            }
            _ => None,
        };
        self.tell(ProviderState {
            at: batch.answered_at,
            provider: self.line.provider,
            account: self.line.name().clone(),
            state,
            code: None,
            retry: None,
            what,
            what_to_do: None,
            detail: answer.unread.first().map(|part| format!("{}: {}", part.place, part.reason)),
            unread: self.unread,
            repairs: answer.repairs,
            slowed: answer.pace.slowed,
            interval_ms: u64::try_from(answer.pace.interval.as_millis()).unwrap_or(u64::MAX),
            clock: self.clock_word.clone(),
        });
        if !answer.unread.is_empty() {
            let (name, at) = (self.line.name().clone(), batch.answered_at);
            let kept = self.context.stored(move |store| store.keep_unread(&name, &answer.unread, at)).await;
            self.tell_store(kept.err());
        }
    }

    async fn tell_failed(&mut self, mut error: PortError) -> Option<Duration> {
        tracing::warn!(account = %self.line.name(), error = &error as &dyn std::error::Error, "the live calls could not be read");
        let at = self.context.clock.now();
        let unread = error.unread.take();
        self.unread += u64::from(unread.is_some());
        let catalogue = Catalogue::of(self.context.settings.language);
        let before = self.told.as_ref();
        self.tell(ProviderState {
            at,
            provider: self.line.provider,
            account: self.line.name().clone(),
            state: Condition::Failing,
            code: Some(error.code),
            retry: Some(error.code.retry()),
            what: Some(catalogue.what(error.code)),
            what_to_do: Some(catalogue.what_to_do(error.code)),
            detail: Some(error.detail.clone()),
            unread: self.unread,
            repairs: Vec::new(),
            slowed: before.is_some_and(|told| told.slowed),
            interval_ms: before.map_or(self.line.account.reading_interval_ms, |told| told.interval_ms),
            clock: self.clock_word.clone(),
        });
        if let Some(unread) = unread {
            let name = self.line.name().clone();
            let kept = self.context.stored(move |store| store.keep_unread(&name, &[*unread], at)).await;
            self.tell_store(kept.err());
        }
        match error.code {
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

    /// Tells how the account is, when that is news.
    fn tell(&mut self, state: ProviderState) {
        let news = self.told.as_ref().is_none_or(|told| {
            (told.state, told.code, told.slowed, &told.repairs, &told.clock, &told.detail)
                != (state.state, state.code, state.slowed, &state.repairs, &state.clock, &state.detail)
        });
        if news {
            self.context.bus.publish(Event::Provider(state.clone()));
            self.told = Some(state);
        }
    }

    fn tell_store(&mut self, error: Option<timbre_store::StoreError>) {
        let ok = error.is_none();
        if let Some(error) = &error {
            tracing::error!(error = error as &dyn std::error::Error, "calls are shown but could not be saved");
        }
        if ok != self.store_ok {
            self.store_ok = ok;
            let at = self.context.clock.now();
            self.context.bus.publish(Event::Store(match error {
                None => StoreState::ok(at),
                Some(error) => StoreState { detail: Some(error.to_string()), ..StoreState::failing(error.code(), at) },
            }));
        }
    }
}
