//! A CRM as Timbre needs it: contacts that come from it, records that go to it, and what its refusals mean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{CallKey, Direction};
use crate::contact::{Contact, ContactId, ContactPhone, Origin, PhoneKind};
use crate::disposition::ChosenLevel;
use crate::error::ErrorCode;
use crate::identity::{email_key, tidy};
use crate::interaction::Charge;
use crate::number::{Country, PhoneNumber, ReadNumber, read_together};
use crate::outbox::{RecordKind, RequestId};

given_name! {
    /// The administrator's name for one connector to a CRM: 1 to 40 of `a-z`, `0-9`, `-`, `_`. It is also the source of the
    /// contacts that come from there.
    ConnectorName, BadConnectorName: "a connector's name has 1 to 40 of the characters a-z, 0-9, - and _"
}

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
    /// The parts of a contact that a change of it is told of: `name`, `company`, `owner`, `emails`, `phones`,
    /// `do_not_call`. The others stay ours alone.
    pub contact_parts: BTreeSet<String>,
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
    /// How long a request that got no answer may still be worked on over there: until then nothing is searched for.
    pub settles_within: Duration,
}

/// Where a pull stands: the connector's own words, kept between pages and runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub BTreeMap<String, String>);

/// A telephone as the CRM has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemotePhone {
    /// As it stands there.
    pub number: String,
    /// What for.
    pub kind: PhoneKind,
}

/// A contact as the CRM has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteContact {
    /// The CRM's id.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// The company.
    pub company: String,
    /// Telephones, the preferred one first.
    pub phones: Vec<RemotePhone>,
    /// E-mail addresses, the preferred one first.
    pub emails: Vec<String>,
    /// Whose contact it is there.
    pub owner: Option<String>,
    /// It does not want to be called.
    pub do_not_call: bool,
    /// The organisation's own fields.
    pub fields: BTreeMap<String, String>,
    /// Whether this is all the CRM knows of it; a list often leaves telephones out.
    pub complete: bool,
    /// Everything that was shown of it, in short: where that is the same again, the list has nothing new.
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
}

/// A page of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdPage {
    /// The CRM's ids.
    pub ids: Vec<String>,
    /// Where the next page begins.
    pub cursor: Cursor,
    /// Whether another page follows.
    pub more: bool,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmUser {
    /// The CRM's id of the user who will own our records.
    pub id: String,
    /// What the CRM calls them.
    pub name: String,
}

/// A record of the CRM that another one refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteRef {
    /// The CRM's id.
    pub id: String,
    /// What we call it.
    pub name: String,
}

/// A call, as the CRM is told of it. Texts are in the engine's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallReport {
    /// Our key of the call.
    pub call_key: CallKey,
    /// Which way it went.
    pub direction: Direction,
    /// Whether somebody answered.
    pub answered: bool,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it was over, UTC; never before it began.
    pub ended_at: DateTime<Utc>,
    /// When the conversation began, UTC; nothing where nobody answered.
    #[serde(default)]
    pub talk_began_at: Option<DateTime<Utc>>,
    /// When the conversation was over, UTC: the ringing is no part of it.
    #[serde(default)]
    pub talk_ended_at: Option<DateTime<Utc>>,
    /// Seconds in conversation.
    pub duration_s: u64,
    /// Seconds it rang before it was answered, or until it was given up.
    #[serde(default)]
    pub ring_s: u64,
    /// Our endpoint.
    pub endpoint: String,
    /// The party's number: E.164 where it has one, else its digits; nothing where withheld.
    pub number: Option<String>,
    /// The same as people write it.
    pub number_written: String,
    /// The contact's record, where the CRM has one.
    pub contact: Option<RemoteRef>,
    /// One line: `Llamada entrante +506 8884 8788`.
    pub title: String,
    /// Everything else in words: the comment first, then the disposition, charges and cost that have no field of their
    /// own.
    pub text: String,
    /// The agent's comment alone.
    pub comment: String,
    /// The disposition's levels.
    pub disposition: Vec<ChosenLevel>,
    /// The organisation's own fields.
    pub fields: BTreeMap<String, String>,
    /// What the contact is charged for.
    pub charges: Vec<Charge>,
    /// What the call cost us, from the CDR, in the account's currency.
    pub cost: Option<String>,
    /// The account's currency.
    pub currency: Option<String>,
    /// Who took it.
    pub agent: Option<String>,
}

/// A follow-up, as the CRM is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpReport {
    /// When it is due, UTC.
    pub at: DateTime<Utc>,
    /// Who is to do it, in the agent's words.
    pub whom: Option<String>,
    /// What is to be done, one line.
    pub title: String,
    /// What led to it.
    pub text: String,
    /// The contact's record.
    pub contact: Option<RemoteRef>,
    /// It was taken back after it had been sent.
    pub cancelled: bool,
}

/// A charge, as the CRM is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeReport {
    /// The charge.
    pub charge: Charge,
    /// When it was made, UTC.
    pub at: DateTime<Utc>,
    /// The contact's record.
    pub contact: Option<RemoteRef>,
    /// One line that says where it comes from.
    pub text: String,
    /// It was taken back after it had been sent.
    pub cancelled: bool,
}

/// A note on the contact's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteReport {
    /// Its words.
    pub text: String,
    /// The contact's record.
    pub contact: Option<RemoteRef>,
}

/// A contact that was made or changed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactReport {
    /// As we have it.
    pub contact: Contact,
    /// What a person typed here and the CRM does not know yet: as [`Contact::typed`], and `phones` where a telephone was
    /// added or taken away. A new contact is sent whole.
    pub changed: BTreeSet<String>,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "record", rename_all = "snake_case")]
pub enum Content {
    /// A call.
    Call(Box<CallReport>),
    /// Something to be done later.
    FollowUp(FollowUpReport),
    /// A charge.
    Charge(ChargeReport),
    /// A note.
    Note(NoteReport),
    /// A contact.
    Contact(Box<ContactReport>),
}

impl Content {
    /// Which kind of record it is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Call(_) => RecordKind::Call,
            Self::FollowUp(_) => RecordKind::FollowUp,
            Self::Charge(_) => RecordKind::Charge,
            Self::Note(_) => RecordKind::Note,
            Self::Contact(_) => RecordKind::Contact,
        }
    }
}

/// A record on its way to the CRM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// What the record is known by over there before we know its id: written into it, and searched for before it is ever
    /// created again.
    pub request_id: RequestId,
    /// The CRM's id of it, once it is there: the record is then amended.
    pub remote_id: Option<String>,
    /// A person said that it is no duplicate, whatever the CRM thinks.
    pub despite_duplicate: bool,
    /// The CRM has shown that it keeps our ids of this kind of record in the field made for them: they need not stand in a
    /// text as well.
    #[serde(default = "yes")]
    pub proven: bool,
    /// What it says.
    pub content: Content,
}

fn yes() -> bool {
    true
}

/// The CRM has the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id there.
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

/// What a failure asks of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same request can never succeed: park it, a person must mend something.
    Park,
    /// The sign-in failed: stop asking at all, or the CRM locks us out.
    Stop,
    /// Nothing was stored; everything to this CRM waits so long.
    Wait(Duration),
    /// It may have been stored: search for it before it is created again, and park it after so many tries.
    SearchFirst {
        /// How often.
        tries: u32,
    },
    /// Nothing was stored, and the CRM is in trouble: everything to it goes on more slowly.
    BackOff,
}

/// A CRM did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct CrmError {
    /// What it is.
    pub code: ErrorCode,
    /// One line for the log: no secrets, no names, no telephone numbers.
    pub detail: String,
    /// The CRM's own words, cut to a bounded length, for the person who mends it: shown, never logged.
    pub words: String,
    /// What it asks of us.
    pub verdict: Verdict,
    /// The request itself never left: what comes before it failed (the sign-in, a question, the connection), or it could not
    /// be put together. Nothing of it can be over there.
    pub unsent: bool,
    /// What caused it.
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
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}
