//! A CRM as Timbre needs it: contacts that come from it, records that go to it, and what its refusals mean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::contact::{Contact, ContactId, ContactPart, ContactPhone, Origin, PhoneKind, email_key};
use crate::error::ErrorCode;
pub use crate::name::{BadConnectorName, ConnectorName};
use crate::normalize::tidy;
use crate::number::{Country, PhoneNumber, ReadNumber, read_together};
use crate::record::{RecordKind, RequestId};

mod report;

pub use self::report::{CallReport, ChargeReport, ContactReport, Content, FollowUpReport, NoteReport, RemoteRef};

/// What a connector's file lets it do, beside signing in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// It has contacts that can be pulled.
    pub pull: bool,
    /// It lists ids alone, so that deleted contacts are noticed.
    pub ids: bool,
    /// It gives one contact with everything.
    pub fetch: bool,
    /// Its lists leave telephones out that only [`fetch`](Self::fetch) brings.
    pub lists_are_partial: bool,
    /// It finds contacts by number.
    pub find: bool,
    /// The kinds of record it can create.
    pub records: BTreeSet<RecordKind>,
    /// Those whose creation is answered with our request id, so that it shows at once whether it was stored.
    #[serde(default)]
    pub echoes: BTreeSet<RecordKind>,
    /// The parts of a contact whose changes are sent, of [`ContactPart::OF_RECORDS`]. The others stay ours alone.
    pub contact_parts: BTreeSet<ContactPart>,
}

/// A connector, as the engine and people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorAbout {
    /// The administrator's name for it; also the source of the contacts it brings.
    pub name: ConnectorName,
    /// The CRM's name, such as `EspoCRM`.
    pub title: String,
    /// What it can do.
    pub abilities: Abilities,
    /// How long the CRM may still be working on a request that got no answer; the record is searched for only
    /// afterwards.
    pub settles_within: Duration,
}

/// Where a pull of contacts goes on: values that only the connector understands, kept between pages and runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub BTreeMap<String, String>);

/// A telephone as the CRM has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemotePhone {
    /// The number as the CRM writes it.
    pub number: String,
    /// What the telephone is for, as far as the CRM says so.
    pub kind: PhoneKind,
}

/// A contact as the CRM has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteContact {
    /// The CRM's id of the contact.
    pub id: String,
    /// The person's name as the CRM shows it; empty for a company.
    pub name: String,
    /// The company's name; may be empty.
    pub company: String,
    /// Telephones, the preferred one first.
    pub phones: Vec<RemotePhone>,
    /// E-mail addresses, the preferred one first.
    pub emails: Vec<String>,
    /// The CRM's owner of the contact, by name.
    pub owner: Option<String>,
    /// It does not want to be called.
    pub do_not_call: bool,
    /// The organisation's own fields.
    pub fields: BTreeMap<String, String>,
    /// Whether this is all the CRM knows of it; a list often leaves telephones out.
    pub complete: bool,
    /// A digest of all that the list shows of the contact: while it stays the same, the list has nothing new.
    #[serde(default)]
    pub digest: Option<u64>,
}

impl RemoteContact {
    /// As a contact of ours. Numbers are read by the rules of `country`; what is no number is left out.
    #[must_use]
    pub fn into_contact(self, connector: &ConnectorName, id: ContactId, country: Country) -> Contact {
        let source = connector.to_string();
        let texts: Vec<&str> = self.phones.iter().map(|phone| phone.number.as_str()).collect();
        let read = read_together(&texts, country).into_iter().zip(&self.phones);
        let phones = read.filter_map(|(read, phone)| match read {
            ReadNumber::Number(number) => Some(ContactPhone { number, kind: phone.kind, source: Some(source.clone()) }),
            ReadNumber::Withheld => None,
        });
        let emails: Vec<_> = self.emails.iter().map(|email| tidy(email)).filter(|email| !email.is_empty()).collect();
        Contact {
            name: tidy(&self.name),
            company: tidy(&self.company),
            phones: phones.collect(),
            email_sources: emails.iter().map(|email| (email_key(email), source.clone())).collect(),
            emails,
            owner: self.owner.map(|owner| tidy(&owner)).filter(|owner| !owner.is_empty()),
            do_not_call: self.do_not_call,
            fields: self.fields,
            origin: Some(Origin { source: source.clone(), external_id: Some(self.id) }),
            ..Contact::empty(id)
        }
    }
}

/// A page of a pull.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactPage {
    /// The contacts that could be read.
    pub contacts: Vec<RemoteContact>,
    /// Where the next page begins; on the last page, where the next pull does.
    pub cursor: Cursor,
    /// Whether another page follows.
    pub more: bool,
    /// How many records could not be read; each is logged by its place.
    pub unread: usize,
    /// How many records the CRM says there are to come, this page included, where it says so.
    pub counted: Option<u64>,
}

/// A page of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdPage {
    /// The CRM's ids of the contacts on this page.
    pub ids: Vec<String>,
    /// Where the next page begins.
    pub cursor: Cursor,
    /// Whether another page follows.
    pub more: bool,
    /// How many records the CRM says there are to come, this page included, where it says so.
    pub counted: Option<u64>,
}

/// The user of the CRM that the connector signed in as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CrmUser {
    /// The CRM's id of the user who will own our records.
    pub id: String,
    /// What the CRM calls them.
    pub name: String,
}

/// A record on its way to the CRM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordRequest {
    /// Our id of the record, which is written into it: a record that may be there already is searched for by this id
    /// before it is created again.
    pub request_id: RequestId,
    /// The CRM's id of the record, once it has been created: from then on it is amended.
    pub remote_id: Option<String>,
    /// A person said that it is no duplicate, whatever the CRM thinks.
    pub despite_duplicate: bool,
    /// The CRM has shown that it keeps our ids of this kind of record in the field made for them: they need not stand in a
    /// text as well.
    #[serde(default = "yes")]
    pub proven: bool,
    /// The data of the record itself.
    pub content: Content,
}

fn yes() -> bool {
    true
}

/// The CRM has the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The CRM's id of the record.
    pub remote_id: String,
    /// Whether its answer shows that our request id was stored, by which the record is searched for; nothing where the
    /// connector's file does not say how to tell.
    #[serde(default)]
    pub kept: Option<bool>,
}

impl Receipt {
    /// The record is there, and its answer said nothing of our request id.
    pub fn of(remote_id: impl Into<String>) -> Self {
        Self { remote_id: remote_id.into(), kept: None }
    }
}

/// What is to be done after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same request can never succeed: it is parked until a person mends something.
    Park,
    /// The sign-in failed: no more requests are made, for the CRM would lock us out.
    Stop,
    /// Nothing was stored; all requests to this CRM wait for this long.
    Wait(Duration),
    /// The record may have been stored: it is searched for before it is created again, and parked after `tries`.
    SearchFirst {
        /// How many tries there may be before the item is parked.
        tries: u32,
    },
    /// Nothing was stored and the CRM is in trouble: the engine backs off this CRM.
    BackOff,
}

/// A CRM did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct CrmError {
    /// The kind of failure, which decides what people read about it.
    pub code: ErrorCode,
    /// One line for the log: no secrets, no names, no telephone numbers.
    pub detail: String,
    /// The CRM's own words, cut to a bounded length, for the person who mends it: shown, never logged.
    pub words: String,
    /// What is to be done about it.
    pub verdict: Verdict,
    /// The request was never sent: a step before it failed (the sign-in, a question, the connection), or it could not
    /// be put together. The CRM can't have stored anything of it.
    pub unsent: bool,
    /// The error underneath, for the log.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CrmError {
    /// A failure without words or cause.
    pub fn new(code: ErrorCode, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), words: String::new(), verdict, unsent: false, source: None }
    }

    /// The same, of something that comes before the request.
    #[must_use]
    pub fn before_the_request(mut self) -> Self {
        self.unsent = true;
        self
    }
}

/// How far an administrator's test of a connector goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorTest {
    /// The number that is looked for; one that nobody has where it is left out.
    pub number: Option<PhoneNumber>,
    /// Also create a record of each kind, find it by its request id, amend it and remove it.
    pub write: bool,
    /// Send nothing: show what would be sent.
    pub dry_run: bool,
}

/// One step of the test of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TestStep {
    /// What was tried: the name of the section of the connector's file, such as `contacts.pull`.
    pub step: String,
    /// The request, without secrets; nothing where it could not even be put together.
    pub request: Option<ShownRequest>,
    /// The HTTP status of the answer; nothing where none came or nothing was sent.
    pub status: Option<u16>,
    /// How long the answer took, milliseconds.
    pub took_ms: Option<u64>,
    /// What was read from the answer, a line each, as `name: value`.
    pub read: Vec<String>,
    /// Why it failed, in English; nothing where it went well.
    pub problem: Option<String>,
}

/// A request as it may be shown: secrets stand there as dots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ShownRequest {
    /// The HTTP method, such as `POST`.
    pub method: String,
    /// The whole address, with the query.
    pub url: String,
    /// Names and values of the headers, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The body as text; nothing where the request has none.
    pub body: Option<String>,
}
