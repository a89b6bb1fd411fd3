//! The domain's port, as one connector's file carries it out.

use async_trait::async_trait;
use reqwest::Url;
use serde_json::Value as Json;
use timbre_domain::contact::ContactPart;
use timbre_domain::crm::{
    ConnectorAbout, ConnectorTest, ContactPage, Content, CrmError, CrmUser, Cursor, IdPage, Receipt, RecordRequest,
    RemoteContact, TestStep, Verdict,
};
use timbre_domain::error::ErrorCode;
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::RecordKind;
use timbre_domain::ports::CrmConnector;
use timbre_transport::queue::Lane;

use crate::client::{Declarative, not_able};
use crate::connector::{Connector, ContactShape, Record};
use crate::error_rules::{self, Effect};
use crate::merge::{self, Lists, Theirs};
use crate::read::{self, Next};
use crate::sign_in::broken;
use crate::template::{Vars, free, ours};

#[async_trait]
impl CrmConnector for Declarative {
    fn about(&self) -> &ConnectorAbout {
        &self.about
    }

    async fn sign_in(&self) -> Result<CrmUser, CrmError> {
        self.begin_anew().await;
        self.owner(Lane::Urgent).await
    }

    async fn pull(&self, cursor: Option<&Cursor>, pass_begins: bool) -> Result<ContactPage, CrmError> {
        let pull = self.file.pull.as_ref().ok_or_else(|| not_able("contacts.pull"))?;
        let vars = read::page_vars(&pull.page, &self.vars, cursor, pass_begins, self.file.limits.overlap_s);
        let answer = self.ask(Lane::Background, &pull.page.request, &vars, "contacts.pull").await?;
        contact_page(&self.file, &self.vars, &vars, &answer, cursor)
    }

    async fn ids(&self, cursor: Option<&Cursor>) -> Result<IdPage, CrmError> {
        let ids = self.file.ids.as_ref().ok_or_else(|| not_able("contacts.ids"))?;
        let vars = read::page_vars(&ids.page, &self.vars, cursor, cursor.is_none(), 0);
        let answer = self.ask(Lane::Background, &ids.page.request, &vars, "contacts.ids").await?;
        let found = ids.ids.query(&answer).all();
        if found.is_empty() && !answer.is_object() && !answer.is_array() {
            return Err(error_rules::unreadable(Effect::Reads, "the answer holds no list"));
        }
        let next = read::next(&ids.page, &vars, &answer, &found, cursor).map_err(|error| broken(&error))?;
        let Next { cursor, more, counted } = next.ok_or_else(stuck)?;
        Ok(IdPage { ids: found.into_iter().filter_map(read::text_of).collect(), cursor, more, counted })
    }

    async fn fetch(&self, id: &str) -> Result<Option<RemoteContact>, CrmError> {
        let Some(record) = self.raw_contact(Lane::Background, id).await? else { return Ok(None) };
        let contact = read::contact(self.shape()?, &record, &self.vars).map_err(|error| broken(&error))?;
        let contact = contact.ok_or_else(|| error_rules::unreadable(Effect::Reads, "the contact has no id"))?;
        Ok(Some(RemoteContact { complete: true, ..contact }))
    }

    async fn find(&self, number: &PhoneNumber) -> Result<Vec<RemoteContact>, CrmError> {
        let find = self.file.find.as_ref().ok_or_else(|| not_able("contacts.find"))?;
        let answer = self.ask(Lane::Urgent, &find.request, &self.number_vars(number), "contacts.find").await?;
        let records = find.records.query(&answer).all();
        Ok(read::contacts(self.shape()?, &records, &self.vars, "contacts.find").0)
    }

    async fn search(&self, order: &RecordRequest) -> Result<Option<Receipt>, CrmError> {
        let record = self.record(order.content.kind())?;
        let vars = self.order_vars(order, &Lists::default()).await?;
        let answer = self.ask(Lane::Regular, &record.search, &vars, "search").await?;
        Ok(self.found(record, &answer, order.content.kind()))
    }

    async fn submit(&self, order: &RecordRequest) -> Result<Receipt, CrmError> {
        let kind = order.content.kind();
        let before = CrmError::before_the_request;
        let record = self.record(kind).map_err(before)?;
        let theirs = self.contact_there(order).await.map_err(before)?;
        let lists = self.lists_of(order, theirs.as_ref()).map_err(before)?;
        let vars = self.order_vars(order, &lists).await.map_err(before)?;
        let done = match &order.remote_id {
            None => self.create(record, &vars).await,
            Some(id) => self.amend(record, kind, id, &vars).await,
        };
        let mut refused = match done {
            Err(error) if error.verdict == Verdict::Park && error.code == ErrorCode::Refused => error,
            done => return done,
        };
        if lists.phones.is_empty() || !self.shape()?.e164 {
            return Err(refused);
        }
        // Nothing was stored. Telephones of old may be why: a CRM that takes E.164 alone refuses the whole record for one.
        if let (Some(id), Some(phones)) =
            (&order.remote_id, merge::in_e164(&lists.phones, &self.theirs(theirs.as_ref())?))
        {
            let vars = self.order_vars(order, &Lists { phones, ..lists }).await?;
            return self.amend(record, kind, id, &vars).await;
        }
        let unclear = merge::not_in_e164(&lists.phones);
        if !unclear.is_empty() {
            // Which one it is, the CRM does not say.
            refused.words = error_rules::one_line(&format!("{} ({})", refused.words, unclear.join(", ")));
        }
        Err(refused)
    }

    fn opens_at(&self, kind: RecordKind, remote_id: &str) -> Option<String> {
        let template = self.file.open.get(&kind)?;
        // The system opens whatever it is given; of what a file and a setting say, only a web page is.
        let is_page = |url: &Url| matches!(url.scheme(), "http" | "https");
        let text = template.text(&self.vars.with("id", remote_id.into())).ok()?;
        Url::parse(&text).ok().filter(is_page).map(|_| text)
    }

    async fn test(&self, test: &ConnectorTest) -> Vec<TestStep> {
        self.run_test(test).await
    }
}

impl Declarative {
    pub(crate) fn shape(&self) -> Result<&ContactShape, CrmError> {
        shape(&self.file)
    }

    /// A contact's record as the CRM has it; nothing where it has it no more.
    pub(crate) async fn raw_contact(&self, lane: Lane, id: &str) -> Result<Option<Json>, CrmError> {
        let fetch = self.file.fetch.as_ref().ok_or_else(|| not_able("contacts.fetch"))?;
        let prepared = self.prepare(&fetch.request, &self.vars.with("id", id.into()))?;
        let answer = self.exchange(lane, &prepared, Effect::Reads, "contacts.fetch").await?;
        if matches!(answer.status.as_u16(), 404 | 410) {
            // A proxy or a half-finished update says 404 to everything; the CRM's own says why.
            return match &self.file.errors.reason_header {
                Some(name) if !answer.headers.contains_key(name.as_str()) => {
                    Err(CrmError::new(ErrorCode::VendorFailed, Verdict::BackOff, "a 404 that is not the CRM's own"))
                }
                _ => Ok(None),
            };
        }
        let answer = self.judged(answer, Effect::Reads)?;
        let json = answer.json().ok_or_else(|| error_rules::unreadable(Effect::Reads, "the answer is no JSON"))?;
        Ok(fetch.record.query(&json).first().cloned().filter(|record| !record.is_null()))
    }

    pub(crate) fn number_vars(&self, number: &PhoneNumber) -> Vars {
        let key = number.key();
        let e164 = number.valid_e164();
        let digits: String = number.e164().unwrap_or(&key).chars().filter(char::is_ascii_digit).collect();
        let last8 = digits.get(digits.len().saturating_sub(8)..).unwrap_or(&digits);
        let national = number.national_digits();
        self.vars.with(
            "number",
            ours(&serde_json::json!({ "e164": e164, "digits": digits, "last8": last8, "national": national })),
        )
    }

    pub(crate) fn found(&self, record: &Record, answer: &Json, kind: RecordKind) -> Option<Receipt> {
        let ids: Vec<String> = record.search_ids.query(answer).iter().filter_map(|id| read::text_of(id)).collect();
        if ids.len() > 1 {
            let (connector, kind) = (self.about.name.as_str(), kind.as_str());
            tracing::warn!(connector, kind, "the CRM has a record twice; the oldest counts");
        }
        ids.into_iter().next().map(Receipt::of)
    }

    /// The CRM's own record of a contact of which a list is to be replaced.
    async fn contact_there(&self, order: &RecordRequest) -> Result<Option<Json>, CrmError> {
        let (Content::Contact(report), Some(id)) = (&order.content, &order.remote_id) else { return Ok(None) };
        if ![ContactPart::Phones, ContactPart::Emails].iter().any(|list| report.changed.contains(list)) {
            return Ok(None);
        }
        self.raw_contact(Lane::Regular, id).await?.ok_or_else(gone).map(Some)
    }

    /// A contact's telephones and e-mail addresses as they are to stand there.
    fn lists_of(&self, order: &RecordRequest, record: Option<&Json>) -> Result<Lists, CrmError> {
        let Content::Contact(report) = &order.content else { return Ok(Lists::default()) };
        let theirs = self.theirs(record)?;
        let told = |list: ContactPart| order.remote_id.is_none() || report.changed.contains(&list);
        Ok(Lists {
            phones: if told(ContactPart::Phones) { merge::phones(&theirs, report) } else { Vec::new() },
            emails: if told(ContactPart::Emails) { merge::emails(&theirs, report) } else { Vec::new() },
        })
    }

    fn theirs<'a>(&'a self, record: Option<&'a Json>) -> Result<Theirs<'a>, CrmError> {
        Ok(Theirs { shape: self.shape()?, country: self.country, source: self.about.name.as_str(), record })
    }

    async fn create(&self, record: &Record, vars: &Vars) -> Result<Receipt, CrmError> {
        let prepared = self.prepare(&record.create, vars).map_err(CrmError::before_the_request)?;
        let answer = self.exchange(Lane::Regular, &prepared, Effect::Writes, "create").await?;
        if let (Some(already), Some(json)) = (&record.already, answer.json())
            && answer.status.as_u16() == already.status
            && let Some(remote_id) = read::already(already, &json, vars).map_err(|error| broken(&error))?
        {
            return Ok(Receipt::of(remote_id));
        }
        let answer = self.judged(answer, Effect::Writes)?;
        self.created(record, answer.json().as_ref(), vars)
    }

    pub(crate) fn created(&self, record: &Record, answer: Option<&Json>, vars: &Vars) -> Result<Receipt, CrmError> {
        let id = answer.and_then(|answer| read::first_text(&record.created_id, answer));
        let id =
            id.ok_or_else(|| error_rules::unreadable(Effect::Writes, "the answer names no id of the new record"))?;
        // It is there, whatever this template makes of the answer.
        let kept = record.kept.as_ref().zip(answer).map(|(kept, answer)| {
            let holds = kept.holds(&vars.with("answer", free(answer)));
            holds.unwrap_or_else(|error| {
                tracing::warn!(connector = %self.about.name, detail = error.safe, "`kept` can't be told from an answer");
                false
            })
        });
        Ok(Receipt { remote_id: id, kept })
    }

    async fn amend(&self, record: &Record, kind: RecordKind, id: &str, vars: &Vars) -> Result<Receipt, CrmError> {
        let request = record.amend.as_ref().ok_or_else(|| not_able(&format!("records.{}.amend", kind.as_str())))?;
        let prepared = self.prepare(request, vars)?;
        let answer = self.exchange(Lane::Regular, &prepared, Effect::Writes, "amend").await?;
        if matches!(answer.status.as_u16(), 404 | 410) {
            let mut error = self.refused(&answer, Effect::Writes);
            (error.code, error.verdict) = (ErrorCode::NotFound, Verdict::Park);
            return Err(error);
        }
        self.judged(answer, Effect::Writes)?;
        Ok(Receipt::of(id))
    }
}

fn shape(file: &Connector) -> Result<&ContactShape, CrmError> {
    file.contact.as_ref().ok_or_else(|| not_able("contact"))
}

/// A page of a pull, from its answer; `paged` are the variables of its request.
pub(crate) fn contact_page(
    file: &Connector,
    vars: &Vars,
    paged: &Vars,
    answer: &Json,
    before: Option<&Cursor>,
) -> Result<ContactPage, CrmError> {
    let pull = file.pull.as_ref().ok_or_else(|| not_able("contacts.pull"))?;
    let records = pull.records.query(answer).all();
    if records.is_empty() && !answer.is_object() && !answer.is_array() {
        return Err(error_rules::unreadable(Effect::Reads, "the answer holds no list"));
    }
    let next = read::next(&pull.page, paged, answer, &records, before).map_err(|error| broken(&error))?;
    let Next { cursor, more, counted } = next.ok_or_else(stuck)?;
    let (contacts, unread) = read::contacts(shape(file)?, &records, vars, "contacts.pull");
    Ok(ContactPage { contacts, cursor, more, unread, counted })
}

fn gone() -> CrmError {
    CrmError::new(ErrorCode::NotFound, Verdict::Park, "the record was deleted in the CRM")
}

fn stuck() -> CrmError {
    error_rules::unreadable(Effect::Reads, "more is said to follow, and the cursor does not move on")
}
