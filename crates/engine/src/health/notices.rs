//! Notices: what an agent who looks elsewhere is told, and told again when they ask for it.

mod missed;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Local;
use timbre_domain::call::{AccountName, CallKey, Direction};
use timbre_domain::contact::ContactId;
use timbre_domain::crm::ConnectorName;
use timbre_domain::dial::{DialProgress, DialState};
use timbre_domain::error::ErrorCode;
use timbre_domain::notice::{Notice, NoticeAction, NoticeKind};
use timbre_domain::outbox::{OutboxState, RecordKind};
use timbre_domain::texts::Catalogue;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Context;
use crate::api::event::{
    CallEvent, Condition, ConnectorState, Event, KindEvent, KindState, OutboxEvent, ProviderState, StoreState,
};
use crate::crm::connector::ConnectorHealth;
use crate::error::CommandError;
use crate::health::notices::missed::Held;

/// "Later" means after so long.
const SNOOZE: Duration = Duration::from_secs(10 * 60);
/// A vendor that is back sooner was never gone.
const LOST_AFTER: Duration = Duration::from_secs(15);
/// Notices that can still be asked to be told again.
const REMEMBERED: usize = 100;

/// What was told, and what is to be told when its time comes.
#[derive(Default)]
pub(crate) struct Notices {
    kept: Mutex<Kept>,
    changed: Notify,
}

#[derive(Default)]
struct Kept {
    told: VecDeque<Notice>,
    /// With when they are due, on the monotonic clock.
    snoozed: Vec<(Duration, Notice)>,
}

impl Notices {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here can panic half-way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Tells a notice again later.
    pub(crate) fn snooze(&self, id: Uuid) -> Result<(), CommandError> {
        let mut kept = self.notices.kept();
        let notice = kept.told.iter().find(|notice| notice.id == id).cloned();
        let notice =
            notice.ok_or_else(|| CommandError::new(ErrorCode::NotFound, "there is no such notice").at("notice"))?;
        kept.snoozed.retain(|(_, other)| other.about != notice.about);
        kept.snoozed.push((self.core.clock.elapsed() + SNOOZE, notice));
        drop(kept);
        self.notices.changed.notify_one();
        Ok(())
    }
}

/// Follows what happens until it is told to stop.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let mut events = context.subscribe();
    let mut teller = Teller {
        context: context.clone(),
        failing: BTreeMap::new(),
        failing_crms: BTreeMap::new(),
        missed: Held::default(),
    };
    if let Some(state) = &context.opened {
        teller.database(state);
    }
    loop {
        let due = teller.due();
        tokio::select! {
            () = stop.cancelled() => return teller.tell_all_missed().await,
            event = events.recv() => match event {
                Ok(event) => teller.hear(&event).await,
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "notices came too late for some events"),
                Err(RecvError::Closed) => return,
            },
            () = context.notices.changed.notified() => {}
            () = at(&context, due) => teller.tell_due().await,
        }
    }
}

async fn at(context: &Context, due: Option<Duration>) {
    match due {
        Some(due) => context.core.clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// A vendor that does not answer.
struct Failing {
    state: ProviderState,
    /// When the agent is told, on the monotonic clock; nothing once they were.
    due: Option<Duration>,
}

/// A CRM that does not answer.
struct FailingCrm {
    state: ConnectorState,
    /// When the agent is told, on the monotonic clock; nothing once they were.
    due: Option<Duration>,
}

struct Teller {
    context: Arc<Context>,
    failing: BTreeMap<AccountName, Failing>,
    failing_crms: BTreeMap<ConnectorName, FailingCrm>,
    missed: Held,
}

impl Teller {
    fn due(&self) -> Option<Duration> {
        let snoozed = self.context.notices.kept().snoozed.iter().map(|(due, _)| *due).min();
        let failing = self.failing.values().filter_map(|failing| failing.due).min();
        let crms = self.failing_crms.values().filter_map(|failing| failing.due).min();
        snoozed.into_iter().chain(failing).chain(crms).chain(self.missed.due()).min()
    }

    async fn tell_due(&mut self) {
        let now = self.context.core.clock.elapsed();
        self.tell_missed(now).await;
        let mut due = Vec::new();
        self.context.notices.kept().snoozed.retain(|(at, notice)| {
            let over = *at <= now;
            if over {
                due.push(notice.clone());
            }
            !over
        });
        for notice in due {
            self.tell(Notice { id: Uuid::now_v7(), at: self.context.core.clock.now(), ..notice });
        }
        let lost: Vec<_> = self
            .failing
            .values_mut()
            .filter(|failing| failing.due.is_some_and(|due| due <= now))
            .map(|failing| {
                failing.due = None;
                failing.state.clone()
            })
            .collect();
        for state in lost {
            self.lost(&state);
        }
        let mut lost = Vec::new();
        for failing in self.failing_crms.values_mut().filter(|failing| failing.due.is_some_and(|due| due <= now)) {
            failing.due = None;
            lost.push(failing.state.clone());
        }
        for state in lost {
            self.crm_lost(&state);
        }
    }

    async fn hear(&mut self, event: &Event) {
        match event {
            Event::Ended(call) if call.direction == Direction::In && call.connected_at.is_none() => {
                self.looks_missed(call).await;
            }
            Event::Recorded(recorded) => self.recorded(recorded).await,
            Event::Resumed(call) => self.not_over(&call.call_key),
            Event::Detected(call) | Event::Connected(call) if call.connected_at.is_some() => self.reached().await,
            Event::Dial(dial) => self.dial(&dial.account, &dial.progress),
            Event::OutboxParked(parked) => self.parked(parked).await,
            Event::Provider(state) => self.provider(state),
            Event::Connector(state) => self.crm(state),
            Event::Store(state) => self.database(state),
            Event::Kind(event) => self.kind(event),
            _ => {}
        }
    }

    fn texts(&self) -> &'static Catalogue {
        Catalogue::of(self.context.language())
    }

    fn notice(&self, kind: NoticeKind, about: String, title: String, body: String) -> Notice {
        Notice {
            id: Uuid::now_v7(),
            at: self.context.core.clock.now(),
            kind,
            title,
            body,
            actions: vec![NoticeAction::Open],
            about,
            call: None,
            number: None,
            contact: None,
            account: None,
        }
    }

    fn tell(&self, notice: Notice) {
        let wanted = self.context.preferences().notices;
        let wanted = match notice.kind {
            NoticeKind::Missed => wanted.missed,
            NoticeKind::DialFailed => wanted.dial_failed,
            NoticeKind::Parked => wanted.parked,
            NoticeKind::ProviderLost | NoticeKind::ProviderBack => wanted.provider,
            NoticeKind::CrmLost | NoticeKind::CrmBack => wanted.crm,
            // One is about what the agent wrote, the other is told once.
            NoticeKind::Database | NoticeKind::TrayMissing => true,
        };
        // What was missed while the agent wanted to be left alone stands in the history.
        if !wanted || self.context.silent() {
            return;
        }
        self.context.shell.notify(&notice);
        let mut kept = self.context.notices.kept();
        kept.told.push_back(notice);
        while kept.told.len() > REMEMBERED {
            kept.told.pop_front();
        }
    }

    async fn missed(&self, call: &CallEvent) {
        let (contact, name) = self.who(&call.call_key).await;
        let texts = self.texts();
        let number = call.party.number();
        let written = call.party.in_words(self.context.core.settings.country, texts);
        let body = if name.is_empty() { written } else { format!("{name}\n{written}") };
        // Calls of the same caller are one notice, not a pile of them.
        let about =
            number.map_or_else(|| format!("missed:{}", call.call_key), |number| format!("missed:{}", number.key()));
        let mut actions = vec![NoticeAction::Open];
        if number.is_some() {
            actions.extend([NoticeAction::CallBack, NoticeAction::Snooze]);
        }
        self.tell(Notice {
            actions,
            call: Some(call.call_key.clone()),
            number: number.map(|number| number.dials().to_owned()),
            contact,
            ..self.notice(NoticeKind::Missed, about, texts.text("notice.missed").to_owned(), body)
        });
    }

    /// Whoever has talked to a caller since need not be reminded of them: the history's rule for a missed call that was
    /// returned is the rule here.
    async fn reached(&self) {
        let put_off: Vec<CallKey> = {
            let kept = self.context.notices.kept();
            kept.snoozed.iter().filter_map(|(_, notice)| notice.call.clone()).collect()
        };
        if put_off.is_empty() {
            return;
        }
        match self.context.core.stored(move |store| store.calls_returned(&put_off)).await {
            Ok(returned) => self
                .context
                .notices
                .kept()
                .snoozed
                .retain(|(_, notice)| notice.call.as_ref().is_none_or(|call| !returned.contains_key(call))),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "whether missed calls were returned can't be read");
            }
        }
    }

    fn dial(&self, account: &AccountName, progress: &DialProgress) {
        let texts = self.texts();
        let body = match progress.state {
            DialState::Failed => {
                let code = progress.error.unwrap_or(ErrorCode::VendorFailed);
                format!("{}\n{}", texts.what(code), texts.what_to_do(code))
            }
            DialState::NoCallAppeared => texts.text("notice.no_call").to_owned(),
            _ => return,
        };
        let about = format!("dial:{}", progress.id);
        let title = texts.text("notice.dial_failed").to_owned();
        let notice = self.notice(NoticeKind::DialFailed, about, title, body);
        self.tell(Notice { account: Some(account.to_string()), ..notice });
    }

    async fn parked(&self, parked: &OutboxEvent) {
        // That nothing of a kind is sent is told once, and not of each record.
        if parked.item.problem.as_ref().is_some_and(|why| why.code == ErrorCode::Unsearchable) {
            return;
        }
        // What hangs on the call's record is parked with it: one notice is enough.
        if !matches!(parked.item.kind, RecordKind::Call | RecordKind::Contact)
            || parked.item.state != OutboxState::Parked
        {
            return;
        }
        let texts = self.texts();
        let (contact, name) = match &parked.call_key {
            Some(key) => self.who(key).await,
            None => (None, String::new()),
        };
        let code = parked.item.problem.as_ref().map_or(ErrorCode::Refused, |problem| problem.code);
        let why = format!("{} {}", texts.crm_what(code), texts.crm_what_to_do(code));
        let body = if name.is_empty() { why } else { format!("{name}\n{why}") };
        let about = format!("record:{}", parked.item.id);
        let notice = self.notice(NoticeKind::Parked, about, texts.text("notice.parked").to_owned(), body);
        self.tell(Notice {
            call: parked.call_key.clone(),
            contact,
            account: Some(parked.item.connector.to_string()),
            ..notice
        });
    }

    /// Records of a kind are not sent, or only with their id in a text.
    fn kind(&self, event: &KindEvent) {
        let state = match event.state {
            KindState::Free => return,
            KindState::Held => "held",
            KindState::IdNotKept => "id_not_kept",
        };
        let texts = self.texts();
        let kind = format!("outbox.kind.{}", event.kind.as_str());
        let kind = texts.text(&kind);
        let said = texts.fill(&format!("connector.kind.{state}"), &[("kind", kind)]);
        let body = format!("{}: {said}", event.connector);
        let about = format!("kind:{}:{}", event.connector, event.kind.as_str());
        let title = texts.text(&format!("notice.kind.{state}")).to_owned();
        let notice = self.notice(NoticeKind::Parked, about, title, body);
        self.tell(Notice { account: Some(event.connector.to_string()), ..notice });
    }

    fn provider(&mut self, state: &ProviderState) {
        if state.state == Condition::Failing {
            let due = self.context.core.clock.elapsed() + LOST_AFTER;
            let failing = self.failing.entry(state.account.clone());
            failing
                .and_modify(|failing| failing.state = state.clone())
                .or_insert_with(|| Failing { state: state.clone(), due: Some(due) });
            return;
        }
        if let Some(Failing { due: None, .. }) = self.failing.remove(&state.account) {
            let texts = self.texts();
            let body = texts.fill("notice.provider_back.body", &[("account", state.account.as_str())]);
            let notice = self.notice(
                NoticeKind::ProviderBack,
                about(state),
                texts.text("notice.provider_back").to_owned(),
                body,
            );
            self.tell(Notice { account: Some(state.account.to_string()), ..notice });
        }
    }

    fn crm(&mut self, state: &ConnectorState) {
        let due = match &state.condition {
            ConnectorHealth::Ready => {
                if let Some(FailingCrm { due: None, .. }) = self.failing_crms.remove(&state.connector) {
                    self.crm_back(&state.connector);
                }
                return;
            }
            ConnectorHealth::Waits { .. } => LOST_AFTER,
            // Nothing goes on by itself: there is nothing to wait for.
            ConnectorHealth::Stopped { .. } => Duration::ZERO,
        };
        let due = self.context.core.clock.elapsed() + due;
        let failing = self.failing_crms.entry(state.connector.clone());
        let failing = failing.or_insert_with(|| FailingCrm { state: state.clone(), due: Some(due) });
        if matches!(state.condition, ConnectorHealth::Stopped { .. }) {
            failing.due = Some(due);
        }
        failing.state = state.clone();
    }

    fn crm_lost(&self, state: &ConnectorState) {
        let texts = self.texts();
        let (code, title) = match &state.condition {
            ConnectorHealth::Waits { why, .. } => (why.code, "notice.crm_lost"),
            ConnectorHealth::Stopped { why } => (why.code, "notice.crm_stopped"),
            ConnectorHealth::Ready => return,
        };
        let (what, what_to_do) = (texts.crm_what(code), texts.crm_what_to_do(code));
        let kept = texts.text("notice.crm_lost.kept");
        let body = format!("{}: {what}\n{kept} {what_to_do}", state.connector);
        let notice = self.notice(NoticeKind::CrmLost, about_crm(&state.connector), texts.text(title).to_owned(), body);
        self.tell(Notice { account: Some(state.connector.to_string()), ..notice });
    }

    fn crm_back(&self, connector: &ConnectorName) {
        let texts = self.texts();
        let body = texts.fill("notice.crm_back.body", &[("crm", connector.as_str())]);
        let title = texts.text("notice.crm_back").to_owned();
        let notice = self.notice(NoticeKind::CrmBack, about_crm(connector), title, body);
        self.tell(Notice { account: Some(connector.to_string()), ..notice });
    }

    fn database(&self, state: &StoreState) {
        // A disk that is full for a moment is told by whatever could not be saved.
        if !state.backup && state.code != Some(ErrorCode::StoreDamaged) {
            return;
        }
        let texts = self.texts();
        let title = match (state.backup, state.ok) {
            (true, true) => "notice.backup_ok",
            (true, false) => "notice.backup_failed",
            (false, true) => "notice.database_healed",
            (false, false) => "notice.database_damaged",
        };
        let about = if state.backup { "backup" } else { "database" };
        let body = state.words(texts, |at| at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string());
        self.tell(self.notice(NoticeKind::Database, about.to_owned(), texts.text(title).to_owned(), body));
    }

    fn lost(&self, state: &ProviderState) {
        let texts = self.texts();
        let code = state.code.unwrap_or(ErrorCode::Unreachable);
        let body = format!("{}: {}\n{}", state.account, texts.what(code), texts.what_to_do(code));
        let notice =
            self.notice(NoticeKind::ProviderLost, about(state), texts.text("notice.provider_lost").to_owned(), body);
        self.tell(Notice { account: Some(state.account.to_string()), ..notice });
    }

    /// The contact a call is with, and what they are called.
    async fn who(&self, key: &CallKey) -> (Option<ContactId>, String) {
        let key = key.clone();
        let found = self.context.core.stored(move |store| {
            let id = store.call(&key)?.and_then(|record| record.contact);
            id.map(|id| store.contact(id)).transpose().map(Option::flatten)
        });
        match found.await {
            Ok(Some(contact)) => {
                let name = if contact.name.is_empty() { contact.company } else { contact.name };
                (Some(contact.id), name)
            }
            Ok(None) => (None, String::new()),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "whom a notice is about can't be read");
                (None, String::new())
            }
        }
    }
}

fn about_crm(connector: &ConnectorName) -> String {
    format!("crm:{connector}")
}

fn about(state: &ProviderState) -> String {
    format!("provider:{}", state.account)
}
