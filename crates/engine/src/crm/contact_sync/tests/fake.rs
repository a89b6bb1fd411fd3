//! A CRM in memory that behaves as real ones do: times to the second, ties, deletions that no list shows, lists that leave
//! telephones out, records that are stored late.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use timbre_domain::contact::{ContactPart, PhoneKind};
use timbre_domain::crm::*;
use timbre_domain::error::ErrorCode;
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::RecordKind;
use timbre_domain::ports::CrmConnector;
use tokio::sync::watch;

/// How far a pass that begins reads back, seconds.
const OVERLAP: u64 = 60;

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
    /// It counts the pages that it is asked for and gives the first one, whichever that is.
    pub(crate) same_page: bool,
    pub(crate) pages_asked: u64,
    /// How many records it says there are.
    pub(crate) counted: Option<u64>,
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
    pub(super) fn new(about: ConnectorAbout, partial: bool) -> Self {
        let remote = Remote { second: 1_000, page: 50, partial, ..Remote::default() };
        Self { about, remote: Mutex::new(remote), gate: watch::Sender::new(true) }
    }

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
            let behind = from.and_then(place).filter(|_| !remote.same_page);
            remote.pages_asked += 1;
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
            let counted = remote.counted;
            let next = next.map_or_else(Cursor::default, |(m, id)| cursor(m, &id));
            let page = match (remote.stands_still, from) {
                _ if remote.same_page => {
                    ContactPage { contacts, cursor: cursor(remote.pages_asked, ""), more: true, unread, counted }
                }
                (true, Some(from)) => ContactPage { contacts, cursor: from.clone(), more: true, unread, counted },
                (still, _) => ContactPage { contacts, cursor: next, more: more || still, unread, counted },
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
        Ok(IdPage { ids, cursor: cursor(0, &next), more, counted: None })
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

    async fn search(&self, _order: &RecordRequest) -> Result<Option<Receipt>, CrmError> {
        self.question("search".into()).await?;
        Ok(None)
    }

    async fn submit(&self, order: &RecordRequest) -> Result<Receipt, CrmError> {
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
            if everything || report.changed.contains(&ContactPart::Name) {
                there.name.clone_from(&ours.name);
            }
            if everything || report.changed.contains(&ContactPart::Phones) {
                let phones = ours.phones.iter();
                there.phones =
                    phones.map(|p| RemotePhone { number: p.number.raw().to_owned(), kind: p.kind }).collect();
            }
        });
        Ok(Receipt { remote_id: id, kept: Some(true) })
    }

    fn opens_at(&self, _kind: RecordKind, _remote_id: &str) -> Option<String> {
        None
    }

    async fn test(&self, _test: &ConnectorTest) -> Vec<TestStep> {
        Vec::new()
    }
}
