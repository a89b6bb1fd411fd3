//! A CRM in memory that behaves as real ones do: times to the second, ties, deletions that no list shows, lists that leave
//! telephones out, records that are stored late. And the engine around it, with a clock that only the test moves.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use timbre_domain::call::Call;
use timbre_domain::contact::{Contact, PhoneKind};
use timbre_domain::crm::*;
use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::{
    ContactReader, ContactWriter, ExportShape, FileError, FileFormat, FileLayout, ReadOptions,
};
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::RecordKind;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::{Clock, ContactFiles, Disk, Shell};
use timbre_store::{DataFolder, SyncState};
use tokio::sync::watch;

use super::super::*;
use crate::bus::{Bus, Happened};
use crate::config::Settings;

/// How far a pass that begins reads back, seconds.
const OVERLAP: u64 = 60;

pub(crate) struct TestClock(watch::Sender<Duration>);

impl TestClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.send_modify(|elapsed| *elapsed += Duration::from_secs(seconds));
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::from_std(self.elapsed()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.borrow()
    }

    async fn sleep_until(&self, deadline: Duration) {
        self.0.subscribe().wait_for(|elapsed| *elapsed >= deadline).await.unwrap();
    }
}

#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) contact: RemoteContact,
    pub(crate) modified: u64,
    pub(crate) visible: bool,
    pub(crate) broken: bool,
}

type OnPage = Box<dyn FnMut(&mut Remote) + Send>;

/// What the CRM has, and how it is to behave.
#[derive(Default)]
pub(crate) struct Remote {
    pub(crate) records: BTreeMap<String, Record>,
    /// Its clock, seconds.
    pub(crate) second: u64,
    pub(crate) page: usize,
    pub(crate) partial: bool,
    /// What is asked, in its order.
    pub(crate) asked: Vec<String>,
    /// The next questions fail so.
    pub(crate) failures: VecDeque<Verdict>,
    /// After each page of a pull, before anybody sees it.
    pub(crate) on_page: Option<OnPage>,
    pub(crate) stands_still: bool,
    pub(crate) largest_page: usize,
    /// Records that were made from here.
    made: usize,
}

impl Remote {
    pub(crate) fn put(&mut self, id: &str, name: &str, numbers: &[&str]) {
        let phones = numbers.iter().map(|n| RemotePhone { number: (*n).to_owned(), kind: PhoneKind::Mobile });
        let contact = RemoteContact {
            id: id.to_owned(),
            name: name.to_owned(),
            phones: phones.collect(),
            complete: true,
            ..RemoteContact::default()
        };
        let record = Record { contact, modified: self.second, visible: true, broken: false };
        self.records.insert(id.to_owned(), record);
    }

    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut RemoteContact)) {
        let second = self.second;
        let record = self.records.get_mut(id).unwrap();
        change(&mut record.contact);
        record.modified = second;
    }

    fn listed(&self, contact: &RemoteContact) -> RemoteContact {
        let mut contact = contact.clone();
        if self.partial {
            contact.phones.truncate(1);
            contact.complete = false;
        }
        contact
    }
}

pub(crate) struct FakeCrm {
    about: ConnectorAbout,
    remote: Mutex<Remote>,
    /// Where it is shut, questions get no answer.
    pub(crate) gate: watch::Sender<bool>,
}

impl FakeCrm {
    pub(crate) fn remote(&self) -> MutexGuard<'_, Remote> {
        self.remote.lock().unwrap()
    }

    async fn question(&self, what: String) -> Result<(), CrmError> {
        let failure = {
            let mut remote = self.remote();
            remote.asked.push(what);
            remote.failures.pop_front()
        };
        self.gate.subscribe().wait_for(|open| *open).await.unwrap();
        match failure {
            None => Ok(()),
            Some(verdict) => Err(CrmError::new(ErrorCode::VendorFailed, verdict, "it does not work")),
        }
    }
}

fn cursor(modified: u64, id: &str) -> Cursor {
    Cursor([("m".to_owned(), modified.to_string()), ("id".to_owned(), id.to_owned())].into())
}

#[async_trait]
impl CrmConnector for FakeCrm {
    fn about(&self) -> &ConnectorAbout {
        &self.about
    }

    async fn sign_in(&self) -> Result<CrmUser, CrmError> {
        Ok(CrmUser { id: "u".into(), name: "agent".into() })
    }

    async fn pull(&self, from: Option<&Cursor>, pass_begins: bool) -> Result<ContactPage, CrmError> {
        // What it answers was true when it was asked.
        let page = {
            let mut remote = self.remote();
            // Before there was any record the cursor says nothing.
            let place = |from: &Cursor| Some((from.0.get("m")?.parse::<u64>().unwrap(), from.0["id"].clone()));
            let behind = from.and_then(place);
            let start = behind
                .clone()
                .map(|(m, id)| if pass_begins { (m.saturating_sub(OVERLAP), String::new()) } else { (m, id) });
            let mut listed: Vec<_> = remote
                .records
                .values()
                .filter(|r| r.visible && start.as_ref().is_none_or(|s| (r.modified, &r.contact.id) > (s.0, &s.1)))
                .cloned()
                .collect();
            listed.sort_by(|a, b| (a.modified, &a.contact.id).cmp(&(b.modified, &b.contact.id)));
            let more = listed.len() > remote.page;
            listed.truncate(remote.page);
            let last = listed.last().map(|r| (r.modified, r.contact.id.clone()));
            let next = if more { last } else { last.max(behind) };
            let unread = listed.iter().filter(|r| r.broken).count();
            let contacts: Vec<_> = listed.iter().filter(|r| !r.broken).map(|r| remote.listed(&r.contact)).collect();
            remote.largest_page = remote.largest_page.max(contacts.len());
            let next = next.map_or_else(Cursor::default, |(m, id)| cursor(m, &id));
            let page = match (remote.stands_still, from) {
                (true, Some(from)) => ContactPage { contacts, cursor: from.clone(), more: true, unread },
                (still, _) => ContactPage { contacts, cursor: next, more: more || still, unread },
            };
            if let Some(mut on_page) = remote.on_page.take() {
                on_page(&mut remote);
                remote.on_page.get_or_insert(on_page);
            }
            page
        };
        self.question(format!("pull {pass_begins}")).await?;
        Ok(page)
    }

    async fn ids(&self, from: Option<&Cursor>) -> Result<IdPage, CrmError> {
        self.question("ids".into()).await?;
        let remote = self.remote();
        let behind = from.map(|from| from.0["id"].clone());
        let all = remote.records.values().filter(|r| r.visible).map(|r| r.contact.id.clone());
        let mut ids: Vec<_> = all.filter(|id| behind.as_ref().is_none_or(|behind| id > behind)).collect();
        let more = ids.len() > remote.page;
        ids.truncate(remote.page);
        let next = ids.last().cloned().or(behind).unwrap_or_default();
        Ok(IdPage { ids, cursor: cursor(0, &next), more })
    }

    async fn fetch(&self, id: &str) -> Result<Option<RemoteContact>, CrmError> {
        let found = self.remote().records.get(id).filter(|r| r.visible).cloned();
        self.question(format!("fetch {id}")).await?;
        match found {
            Some(record) if record.broken => Err(CrmError::new(ErrorCode::Unreadable, Verdict::Park, "no sense in it")),
            found => Ok(found.map(|record| record.contact)),
        }
    }

    async fn find(&self, number: &PhoneNumber) -> Result<Vec<RemoteContact>, CrmError> {
        self.question("find".into()).await?;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let end = digits(number.raw());
        let end = &end[end.len().saturating_sub(8)..];
        let remote = self.remote();
        let has = |r: &&Record| r.visible && r.contact.phones.iter().any(|p| digits(&p.number).ends_with(end));
        Ok(remote.records.values().filter(has).map(|r| remote.listed(&r.contact)).collect())
    }

    async fn search(&self, _order: &Order) -> Result<Option<Receipt>, CrmError> {
        self.question("search".into()).await?;
        Ok(None)
    }

    async fn submit(&self, order: &Order) -> Result<Receipt, CrmError> {
        self.question("submit".into()).await?;
        let Content::Contact(report) = &order.content else { panic!("nothing else is sent here") };
        let mut remote = self.remote();
        remote.second += 1;
        let id = match &order.remote_id {
            Some(id) if remote.records.contains_key(id) => id.clone(),
            Some(_) => return Err(CrmError::new(ErrorCode::Refused, Verdict::Park, "it is gone")),
            None => {
                remote.made += 1;
                let id = format!("made-{}", remote.made);
                remote.put(&id, "", &[]);
                id
            }
        };
        let ours = &report.contact;
        let everything = order.remote_id.is_none();
        remote.change(&id, |there| {
            if everything || report.changed.contains("name") {
                there.name.clone_from(&ours.name);
            }
            if everything || report.changed.contains("phones") {
                let phones = ours.phones.iter();
                there.phones =
                    phones.map(|p| RemotePhone { number: p.number.raw().to_owned(), kind: p.kind }).collect();
            }
        });
        Ok(Receipt { remote_id: id })
    }

    fn opens_at(&self, _kind: RecordKind, _remote_id: &str) -> Option<String> {
        None
    }

    async fn rehearse(&self, _rehearsal: &Rehearsal) -> Vec<RehearsalStep> {
        Vec::new()
    }
}

/// What the agent would see.
#[derive(Default)]
pub(crate) struct Screen(pub(crate) Mutex<Vec<(&'static str, PopupCard)>>);

impl Shell for Screen {
    fn show_popup(&self, card: &PopupCard) {
        self.0.lock().unwrap().push(("shown", card.clone()));
    }

    fn complete_popup(&self, card: &PopupCard) {
        self.0.lock().unwrap().push(("completed", card.clone()));
    }

    fn call_changed(&self, _call: &Call) {}
}

struct Nothing;

impl ContactFiles for Nothing {
    fn inspect(&self, _: &Path, _: &ReadOptions) -> Result<FileLayout, FileError> {
        panic!("no file is read")
    }

    fn read(&self, _: &Path, _: &FileLayout) -> Result<Box<dyn ContactReader>, FileError> {
        panic!("no file is read")
    }

    fn write(&self, _: &Path, _: FileFormat, _: &ExportShape) -> Result<Box<dyn ContactWriter>, FileError> {
        panic!("no file is written")
    }
}

impl Disk for Nothing {
    fn free(&self, _: &Path) -> std::io::Result<u64> {
        Ok(u64::MAX)
    }
}

const SETTINGS: &str = "country = \"CR\"\n\
    [[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"http://127.0.0.1:8080\"\nusername = \"8373456\"\n\
    [[connectors]]\nname = \"crm\"\nfile = \"fake\"\nbase_url = \"http://127.0.0.1:8081\"\n\
    sync_every_s = 300\nreconcile_every_s = 3600\n";

pub(crate) struct Desk {
    pub(crate) context: Arc<Context>,
    pub(crate) fake: Arc<FakeCrm>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) screen: Arc<Screen>,
    pub(crate) happened: Option<tokio::sync::mpsc::UnboundedReceiver<Happened>>,
    _folder: DataFolder,
    _dir: tempfile::TempDir,
}

pub(crate) fn crm() -> AccountName {
    "crm".parse().unwrap()
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(false)
    }

    /// `partial`: lists give the first telephone alone.
    pub(crate) fn with(partial: bool) -> Self {
        let abilities = Abilities {
            pull: true,
            ids: true,
            fetch: true,
            lists_are_partial: partial,
            find: true,
            records: [RecordKind::Contact].into(),
        };
        let about =
            ConnectorAbout { name: crm(), title: "Fake".into(), abilities, settles_within: Duration::from_secs(60) };
        let remote = Remote { second: 1_000, page: 50, partial, ..Remote::default() };
        let fake = Arc::new(FakeCrm { about, remote: Mutex::new(remote), gate: watch::Sender::new(true) });
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let clock = Arc::new(TestClock(watch::Sender::new(Duration::ZERO)));
        let store = Arc::new(Store::open(&folder, clock.now()).unwrap().0);
        let settings = Arc::new(Settings::parse(SETTINGS).unwrap());
        let line = CrmLine::new(settings.connectors[0].clone(), fake.clone(), &store).unwrap();
        let (bus, happened) = Bus::new();
        let screen = Arc::new(Screen::default());
        let context = Context {
            store,
            settings,
            clock: clock.clone(),
            shell: screen.clone(),
            files: Arc::new(Nothing),
            disk: Arc::new(Nothing),
            lines: vec![],
            crms: vec![Arc::new(line)],
            bus,
            importing: Arc::default(),
            follows: false,
            dialling: tokio::sync::Mutex::new(()),
        };
        let context = Arc::new(context);
        Self { context, fake, clock, screen, happened: Some(happened), _folder: folder, _dir: dir }
    }

    pub(crate) fn line(&self) -> Arc<CrmLine> {
        self.context.crms[0].clone()
    }

    pub(crate) fn remote(&self) -> MutexGuard<'_, Remote> {
        self.fake.remote()
    }

    pub(crate) async fn sync(&self, full: bool) -> SyncReport {
        now(&self.context, None, full).await.unwrap().remove(0)
    }

    /// The component at work until what it does in the background makes `until` true; then it is killed.
    pub(crate) async fn runs_until(&self, mut until: impl FnMut(&Self) -> bool) {
        let running = tokio::spawn(run(self.context.clone(), self.line(), CancellationToken::new()));
        while !until(self) {
            assert!(!running.is_finished());
            tokio::task::yield_now().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }

    pub(crate) fn state(&self) -> SyncState {
        self.context.store.sync_state(&crm()).unwrap()
    }

    pub(crate) fn cached(&self) -> Vec<Contact> {
        let view = self.context.store.contacts_view().unwrap();
        let mut all: Vec<Contact> = Vec::new();
        loop {
            let page = view.after(all.last().map(|contact| contact.id)).unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    pub(crate) fn of(&self, id: &str) -> Contact {
        let has = |contact: &Contact| contact.origin.as_ref().and_then(|o| o.external_id.as_deref()) == Some(id);
        self.cached().into_iter().find(has).unwrap()
    }

    /// The cache and the CRM say the same: ids, names, telephones.
    pub(crate) fn assert_equal(&self) {
        self.assert_equals(self.cached());
    }

    /// The same, where contacts may be here that are gone there and that a person wrote something into.
    pub(crate) fn assert_equal_but_for_ours(&self) {
        let (ours, theirs): (Vec<_>, Vec<_>) = self.cached().into_iter().partition(|contact| contact.origin.is_none());
        assert!(ours.iter().all(|contact| contact.name.starts_with("Escrito") || contact.name.starts_with("Mía")));
        self.assert_equals(theirs);
    }

    fn assert_equals(&self, cached: Vec<Contact>) {
        let here: BTreeMap<String, (String, Vec<String>)> = cached
            .into_iter()
            .map(|contact| {
                let id = contact.origin.and_then(|origin| origin.external_id).unwrap_or_else(|| "none".into());
                let mut keys: Vec<_> = contact.phones.iter().map(|phone| phone.number.key()).collect();
                keys.sort();
                (id, (contact.name, keys))
            })
            .collect();
        let country = self.context.settings.country;
        let there: BTreeMap<String, (String, Vec<String>)> = self
            .remote()
            .records
            .values()
            .filter(|record| record.visible && !record.broken)
            .map(|record| {
                let phones = &record.contact.phones;
                let keys = phones.iter().map(|phone| PhoneNumber::typed(&phone.number, country).unwrap().key());
                let mut keys: Vec<_> = keys.collect();
                keys.sort();
                (record.contact.id.clone(), (record.contact.name.clone(), keys))
            })
            .collect();
        assert_eq!(here, there);
    }

    /// Sends what waits in the outbox, as its component does.
    pub(crate) async fn sends(&self) {
        let waits = |desk: &Self| desk.context.store.outbox_counts(&crm()).unwrap().waiting > 0;
        if !waits(self) {
            return;
        }
        let stop = CancellationToken::new();
        let running = tokio::spawn(crate::outbox::run(self.context.clone(), self.line(), stop.clone()));
        while waits(self) {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}
