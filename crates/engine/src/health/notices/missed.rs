//! Calls that look missed. One that is answered and over between two polls was never seen connected: the vendor's record
//! alone says that it was answered, so it is waited for before the agent is told.

use std::time::Duration;

use timbre_domain::call::{AccountName, CallKey};
use timbre_domain::notice::{Notice, NoticeKind};

use super::Teller;
use crate::api::event::{CallEvent, RecordedEvent};

/// How long the record is waited for: it is asked three seconds after the end and half a minute after it, each time in the
/// account's turn.
const HELD_FOR: Duration = Duration::from_secs(41);

/// Calls that look missed and whose record has not come yet.
#[derive(Default)]
pub(super) struct Held(Vec<(Duration, CallEvent)>);

impl Held {
    /// When the first of them is told without its record, on the monotonic clock.
    pub(super) fn due(&self) -> Option<Duration> {
        self.0.iter().map(|(due, _)| *due).min()
    }

    fn release(&mut self, key: &CallKey) -> Option<CallEvent> {
        let place = self.0.iter().position(|(_, call)| call.call_key == *key)?;
        Some(self.0.remove(place).1)
    }

    fn take(&mut self, is_due: impl Fn(Duration) -> bool) -> Vec<CallEvent> {
        let (due, held) = std::mem::take(&mut self.0).into_iter().partition(|(at, _)| is_due(*at));
        self.0 = held;
        due.into_iter().map(|(_, call)| call).collect()
    }
}

impl Teller {
    /// A call ended and was never seen answered: the record may still say otherwise, where the vendor has one.
    pub(super) async fn looks_missed(&mut self, call: &CallEvent) {
        if self.has_record(&call.call_key.account) {
            let due = self.context.core.clock.elapsed() + HELD_FOR;
            self.missed.0.push((due, call.clone()));
        } else {
            self.missed(call).await;
        }
    }

    /// The call goes on: it is not missed yet.
    pub(super) fn not_over(&mut self, key: &CallKey) {
        self.missed.release(key);
    }

    /// The record says what became of a call.
    pub(super) async fn recorded(&mut self, recorded: &RecordedEvent) {
        let held = self.missed.release(&recorded.call_key);
        match (held, recorded.connected_at) {
            (Some(call), None) => self.missed(&call).await,
            (None, Some(_)) => self.withdraw_missed(&recorded.call_key),
            _ => {}
        }
    }

    /// Tells of calls whose record did not come in time.
    pub(super) async fn tell_missed(&mut self, now: Duration) {
        for call in self.missed.take(|due| due <= now) {
            self.missed(&call).await;
        }
    }

    /// The engine stops: nobody will wait for the records any more.
    pub(super) async fn tell_all_missed(&mut self) {
        for call in self.missed.take(|_| true) {
            self.missed(&call).await;
        }
    }

    /// A call that was told as missed was answered after all.
    fn withdraw_missed(&self, key: &CallKey) {
        let of_call = |notice: &Notice| notice.kind == NoticeKind::Missed && notice.call.as_ref() == Some(key);
        let mut kept = self.context.notices.kept();
        kept.snoozed.retain(|(_, notice)| !of_call(notice));
        let told: Vec<_> = kept.told.iter().filter(|notice| of_call(notice)).cloned().collect();
        kept.told.retain(|notice| !of_call(notice));
        drop(kept);
        for notice in &told {
            self.context.shell.withdraw(notice);
        }
    }

    fn has_record(&self, account: &AccountName) -> bool {
        let sessions = self.context.sessions.iter();
        sessions.filter(|session| session.name() == account).any(|session| session.session.call_records.is_some())
    }
}
