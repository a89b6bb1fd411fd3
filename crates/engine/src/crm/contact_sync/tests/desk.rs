//! The engine around a CRM in memory, with a clock that only the test moves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use timbre_domain::call::Call;
use timbre_domain::contact::{Contact, ContactPart};
use timbre_domain::crm::ConnectorAbout;
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
use super::fake::{FakeCrm, Remote};
use crate::Parts;
use crate::runtime::store_work::StoreWork;
use timbre_settings::Settings;
use timbre_telephony::registry::descriptions;

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
    pub(crate) context: Arc<crate::Context>,
    pub(crate) fake: Arc<FakeCrm>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) screen: Arc<Screen>,
    _folder: DataFolder,
    _dir: tempfile::TempDir,
}

pub(crate) fn crm() -> ConnectorName {
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
            contact_parts: ContactPart::OF_RECORDS.into(),
            records: [RecordKind::Contact].into(),
            echoes: std::collections::BTreeSet::new(),
        };
        let about =
            ConnectorAbout { name: crm(), title: "Fake".into(), abilities, settles_within: Duration::from_secs(60) };
        let fake = Arc::new(FakeCrm::new(about, partial));
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::hold(dir.path()).unwrap();
        let clock = Arc::new(TestClock(watch::Sender::new(Duration::ZERO)));
        let (store, opened) = Store::open(&folder, clock.now()).unwrap();
        let store = Arc::new(store);
        let settings = Arc::new(Settings::parse(SETTINGS, descriptions()).unwrap());
        let connector = ConnectorHandle::new(settings.connectors[0].clone(), fake.clone(), &store).unwrap();
        let screen = Arc::new(Screen::default());
        let parts = Parts {
            folder,
            store: StoreWork::new(store),
            opened,
            settings,
            clock: clock.clone(),
            shell: screen.clone(),
            files: Arc::new(Nothing),
            disk: Arc::new(Nothing),
            routes: vec![],
            sessions: vec![],
            connectors: vec![Arc::new(connector)],
            follow: false,
            preferences: Default::default(),
        };
        let (context, _, folder) = crate::Context::new(parts);
        Self { context: Arc::new(context), fake, clock, screen, _folder: folder, _dir: dir }
    }

    pub(crate) fn line(&self) -> Arc<ConnectorHandle> {
        self.context.connectors.iter().next().unwrap().clone()
    }

    pub(crate) fn remote(&self) -> MutexGuard<'_, Remote> {
        self.fake.remote()
    }

    pub(crate) async fn sync(&self, full: bool) -> SyncReport {
        now(&self.context, None, full).await.unwrap().remove(0)
    }

    /// The component at work until what it does in the background makes `until` true; then it is killed.
    pub(crate) async fn runs_until(&self, mut until: impl FnMut(&Self) -> bool) {
        let running = tokio::spawn(run(self.context.core.clone(), self.line(), CancellationToken::new()));
        while !until(self) {
            assert!(!running.is_finished());
            tokio::task::yield_now().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }

    pub(crate) fn state(&self) -> SyncState {
        self.context.core.store.sync_state(&crm()).unwrap()
    }

    pub(crate) fn cached(&self) -> Vec<Contact> {
        let view = self.context.core.store.contacts_view().unwrap();
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
        let country = self.context.core.settings.country;
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
        let waits = |desk: &Self| desk.context.core.store.outbox_counts(&crm()).unwrap().waiting > 0;
        if !waits(self) {
            return;
        }
        let stop = CancellationToken::new();
        let running = tokio::spawn(crate::crm::outbox::run(self.context.core.clone(), self.line(), stop.clone()));
        while waits(self) {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}
