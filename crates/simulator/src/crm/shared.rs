//! The state that the server, the verbs and the tests share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use timbre_domain::ports::Clock;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::answer::Answer;
use super::config::{ApiUser, CrmConfig, DownStyle, Tempo};
use super::fault::Faults;
use super::ledger::{Change, Moment, Outcome, RequestEntry, RequestLog, Stored};
use super::sign_in::SignInLock;
use super::store::Store;
use super::writing::{Write, WriteKind, carry_out};
use crate::connection::Signal;
use crate::moment::Moment as When;

type Callback = Arc<dyn Fn(Moment, usize) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) config: CrmConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) faults: Faults,
    pub(crate) stop: Signal,
    /// Changes whenever a request arrives or is answered, and whenever something is stored.
    pub(crate) news: watch::Sender<u64>,
    pub(crate) runtime: Handle,
    state: Mutex<State>,
    line: Mutex<Line>,
    callback: Mutex<Option<Callback>>,
}

pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) log: RequestLog,
    pub(crate) lock: SignInLock,
    pub(crate) keys: BTreeMap<String, ApiUser>,
    pub(crate) tempo: Tempo,
    /// The delayed writes, by the moment they are due.
    waiting: BTreeMap<(Duration, u64), (Write, Option<usize>)>,
    next_waiting: u64,
}

/// Whether the CRM can be reached.
struct Line {
    down: Option<DownStyle>,
    /// The signal that cuts the connections made since the CRM came up last.
    cut: Signal,
}

impl Shared {
    pub(crate) fn new(config: CrmConfig, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        let state = State {
            store: Store::new(&config, clock.now()),
            log: RequestLog::default(),
            lock: SignInLock::default(),
            keys: config.api_keys.clone(),
            tempo: config.tempo,
            waiting: BTreeMap::new(),
            next_waiting: 0,
        };
        Self {
            config,
            clock,
            faults: Faults::default(),
            stop: Signal::new(),
            news: watch::Sender::new(0),
            runtime,
            state: Mutex::new(state),
            line: Mutex::new(Line { down: None, cut: Signal::new() }),
            callback: Mutex::new(None),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn moment(&self) -> When {
        When { elapsed: self.clock.elapsed(), wall: self.clock.now() }
    }

    pub(crate) fn tell_news(&self) {
        self.news.send_modify(|news| *news += 1);
    }

    /// Waits by the clock. Returns `false` where the simulator was stopped meanwhile.
    pub(crate) async fn sleep(&self, duration: Duration) -> bool {
        if duration.is_zero() {
            return true;
        }
        tokio::select! {
            () = self.clock.sleep(duration) => true,
            () = self.stop.given() => false,
        }
    }

    pub(crate) fn down(&self) -> Option<DownStyle> {
        self.line().down
    }

    /// The signal that will cut the connections made from now on.
    pub(crate) fn cut(&self) -> Signal {
        self.line().cut.clone()
    }

    pub(crate) fn set_down(&self, down: Option<DownStyle>) {
        let mut line = self.line();
        line.down = down;
        if down == Some(DownStyle::Cut) {
            std::mem::replace(&mut line.cut, Signal::new()).give();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_callback(&self, callback: Callback) {
        *self.callback.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
    }

    /// Calls the test's callback. The state must not be locked, because the callback may read it.
    pub(crate) fn tell(&self, moment: Moment, number: usize) {
        let callback = self.callback.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(callback) = callback {
            callback(moment, number);
        }
    }

    pub(crate) fn arrived(&self, entry: RequestEntry) -> usize {
        let mut state = self.state();
        state.log.requests.push(entry);
        let number = state.log.requests.len() - 1;
        drop(state);
        self.tell_news();
        self.tell(Moment::Arrived, number);
        number
    }

    /// Records how a request ended.
    pub(crate) fn ended(&self, number: usize, outcome: Outcome) {
        let answered = matches!(outcome, Outcome::Status(_)).then(|| self.moment());
        let mut state = self.state();
        let request = &mut state.log.requests[number];
        request.answered = answered;
        request.outcome = outcome;
        drop(state);
        self.tell_news();
        if answered.is_some() {
            self.tell(Moment::Answered, number);
        }
    }

    /// Carries a write out now.
    pub(crate) fn store(&self, write: &Write, number: Option<usize>) -> Answer {
        let at = self.moment();
        let answer = self.state().store(write, number, at);
        self.stored(&answer, number);
        answer
    }

    /// Announces that something was stored.
    pub(crate) fn stored(&self, answer: &Answer, number: Option<usize>) {
        self.tell_news();
        if let (200, Some(number)) = (answer.status, number) {
            self.tell(Moment::Stored, number);
        }
    }

    /// Carries a write out after `delay`, even where the client has disconnected meanwhile.
    pub(crate) fn store_later(self: &Arc<Self>, write: Write, number: Option<usize>, delay: Duration) {
        let mut state = self.state();
        let key = (self.clock.elapsed() + delay, state.next_waiting);
        state.next_waiting += 1;
        state.waiting.insert(key, (write, number));
        drop(state);
        let shared = self.clone();
        self.runtime.spawn(async move {
            if shared.sleep(delay).await {
                shared.settle();
            }
        });
    }

    /// Carries out the delayed writes that are due. Every read of the state calls this first, so that the result does
    /// not depend on when the task of `store_later` runs.
    pub(crate) fn settle(&self) {
        loop {
            let at = self.moment();
            let mut state = self.state();
            let due = state.waiting.first_key_value().is_some_and(|((due, _), _)| *due <= at.elapsed);
            let Some((_, (write, number))) = due.then(|| state.waiting.pop_first()).flatten() else { return };
            let answer = state.store(&write, number, at);
            drop(state);
            self.stored(&answer, number);
        }
    }
}

impl State {
    pub(crate) fn store(&mut self, write: &Write, number: Option<usize>, at: When) -> Answer {
        let answer = carry_out(&mut self.store, write);
        if answer.status == 200 {
            let (change, fields) = match &write.kind {
                WriteKind::Create { given, .. } => (Change::Created, given.clone()),
                WriteKind::Update { given, .. } => (Change::Updated, given.clone()),
                WriteKind::Delete => (Change::Deleted, Value::Null),
            };
            if let Some(request) = number.and_then(|number| self.log.requests.get_mut(number)) {
                request.stored = Some(write.id.to_string());
            }
            let (entity, id) = (write.entity.clone(), write.id.to_string());
            self.log.history.push(Stored { at, change, entity, id, request: number, fields });
        }
        answer
    }

    pub(crate) fn entities(&self) -> BTreeSet<Arc<str>> {
        self.store.entities().cloned().collect()
    }
}
