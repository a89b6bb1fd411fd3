//! A trial of a connector for its administrator: every step with the request as it went out, without secrets, and what was
//! read from the answer.

use serde_json::Value as Json;
use timbre_domain::crm::{CrmError, Order, Rehearsal, RehearsalStep, RemoteContact, ShownRequest};
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{RecordKind, RequestId};
use uuid::Uuid;

use crate::client::Declarative;
use crate::connector::{How, Record, Request};
use crate::http::Prepared;
use crate::judge::{self, Does};
use crate::limiter::Lane;
use crate::orders;
use crate::read;
use crate::samples::{self, NOBODY};
use crate::template::Vars;

/// What stands where a secret stands.
const DOTS: &str = "•••";

/// What a step brings: lines to show, and the answer for the steps after it.
type Brought = Result<(Vec<String>, Json), CrmError>;

impl Declarative {
    pub(crate) async fn rehearsed(&self, rehearsal: &Rehearsal) -> Vec<RehearsalStep> {
        let mut trial = Trial { client: self, dry: rehearsal.dry_run, steps: Vec::new() };
        if !trial.dry {
            self.begin_anew().await;
        }
        if trial.signs_in().await.is_some() {
            trial.contacts(rehearsal.number.as_ref()).await;
            if !trial.dry {
                trial.searches().await;
            }
            if rehearsal.write || trial.dry {
                trial.records().await;
            }
        }
        trial.steps
    }

    fn shown(&self, prepared: &Prepared) -> ShownRequest {
        let mut headers: Vec<(String, String)> =
            prepared.headers.iter().map(|(name, value)| (name.clone(), self.keys.clean(value))).collect();
        let sign_in = match &self.file.sign_in.how {
            How::KeyHeader(name) => name.clone(),
            How::Session(session) => session.header.clone(),
            How::Basic(_) | How::Bearer | How::OAuth2(_) => "Authorization".to_owned(),
        };
        headers.push((sign_in, DOTS.to_owned()));
        ShownRequest {
            method: prepared.method.to_string(),
            url: self.keys.clean(prepared.url.as_str()),
            headers,
            body: prepared.body.as_ref().map(|body| self.keys.clean(&String::from_utf8_lossy(body))),
        }
    }
}

struct Trial<'a> {
    client: &'a Declarative,
    dry: bool,
    steps: Vec<RehearsalStep>,
}

impl Trial<'_> {
    /// One step; nothing where it failed. In a dry run nothing is sent, and nothing fails but the putting together.
    async fn step(
        &mut self,
        name: &str,
        request: &Request,
        vars: &Vars,
        does: Does,
        read: impl FnOnce(Option<Json>) -> Brought,
    ) -> Option<Json> {
        let mut step = RehearsalStep {
            step: name.to_owned(),
            request: None,
            status: None,
            took_ms: None,
            read: Vec::new(),
            problem: None,
        };
        let outcome = self.tried(&mut step, name, request, vars, does, read).await;
        let json = match outcome {
            Ok(json) => Some(json),
            Err(error) => {
                let words = if error.words.is_empty() { String::new() } else { format!(" ({})", error.words) };
                step.problem = Some(self.client.keys.clean(&format!("{error}{words}")));
                None
            }
        };
        self.steps.push(step);
        json
    }

    async fn tried(
        &self,
        step: &mut RehearsalStep,
        name: &str,
        request: &Request,
        vars: &Vars,
        does: Does,
        read: impl FnOnce(Option<Json>) -> Brought,
    ) -> Result<Json, CrmError> {
        let prepared = self.client.prepare(request, vars)?;
        step.request = Some(self.client.shown(&prepared));
        if self.dry {
            return Ok(Json::Null);
        }
        let answer = self.client.exchange(Lane::Records, &prepared, does, name).await;
        // Shown again: only now all secrets are known.
        step.request = Some(self.client.shown(&prepared));
        let answer = answer?;
        step.status = Some(answer.status.as_u16());
        step.took_ms = u64::try_from(answer.took.as_millis()).ok();
        let answer = self.client.judged(answer, does)?;
        let (lines, json) = read(answer.json())?;
        step.read = lines.iter().map(|line| self.client.keys.clean(line)).collect();
        Ok(json)
    }

    async fn signs_in(&mut self) -> Option<()> {
        let client = self.client;
        let probe = &client.file.sign_in.probe;
        let user = |probe, step: &'static str| {
            move |json: Option<Json>| {
                let json = some(json)?;
                let user = client.user_of(probe, &json, step)?;
                Ok((vec![format!("id: {}", user.id), format!("name: {}", user.name)], json))
            }
        };
        self.step("sign_in.probe", &probe.request, &client.vars, Does::Reads, user(probe, "sign_in.probe")).await?;
        if let Ok(Some(finder)) = client.user_finder() {
            self.step("sign_in.user", &finder.request, &client.vars, Does::Reads, user(finder, "sign_in.user")).await?;
        }
        Some(())
    }

    async fn contacts(&mut self, number: Option<&PhoneNumber>) {
        let client = self.client;
        let mut some_id = self.dry.then(|| "sample".to_owned());
        if let Some(pull) = &client.file.pull {
            let vars = read::page_vars(&pull.page, &client.vars, None, true, client.file.limits.overlap_s);
            let vars_of = vars.clone();
            let answer = self.step("contacts.pull", &pull.page.request, &vars, Does::Reads, move |json| {
                let json = some(json)?;
                let page = client.contact_page(&json, &vars_of, None)?;
                let mut lines = vec![
                    format!("contacts: {}", page.contacts.len()),
                    format!("unread: {}", page.unread),
                    format!("more: {}", page.more),
                ];
                lines.extend(page.contacts.first().into_iter().flat_map(described));
                Ok((lines, page.contacts.first().map_or(Json::Null, |contact| contact.id.clone().into())))
            });
            some_id = answer.await.and_then(|id| Some(id.as_str()?.to_owned())).or(some_id);
        }
        if let (Some(fetch), Some(id)) = (&client.file.fetch, some_id) {
            let vars = client.vars.with("id", id.into());
            self.step("contacts.fetch", &fetch.request, &vars, Does::Reads, |json| {
                let json = some(json)?;
                let record = fetch.record.query(&json).first().cloned().unwrap_or_default();
                let contact = read::contact(client.shape()?, &record, &client.vars);
                let contact = contact.map_err(|error| crate::sign_in::broken(&error))?;
                let contact = contact.ok_or_else(|| judge::unreadable(Does::Reads, "the contact has no id"))?;
                Ok((described(&contact), json))
            })
            .await;
        }
        if let Some(find) = &client.file.find {
            let nobody = PhoneNumber::stored(NOBODY.into(), Some(NOBODY.into()));
            let vars = client.number_vars(number.unwrap_or(&nobody));
            self.step("contacts.find", &find.request, &vars, Does::Reads, |json| {
                let json = some(json)?;
                let records = find.records.query(&json).all();
                let (found, unread) = read::contacts(client.shape()?, &records, &client.vars, "contacts.find");
                let mut lines = vec![format!("contacts: {}", found.len()), format!("unread: {unread}")];
                lines.extend(found.iter().take(3).flat_map(described));
                Ok((lines, Json::Null))
            })
            .await;
        }
    }

    /// Every kind of record is searched for by an id that nobody has: a field that is missing over there shows now, and not
    /// after the first lost answer.
    async fn searches(&mut self) {
        let client = self.client;
        for kind in client.about.abilities.records.iter().copied() {
            let Ok(record) = client.record(kind) else { continue };
            let order =
                Order { request_id: RequestId(self.request_id()), ..samples::order(kind, true, &client.about.name) };
            let vars = orders::vars(&client.vars, &order, &[]).with("user", "nobody".into());
            let name = format!("records.{}.search", kind.as_str());
            self.step(&name, &record.search, &vars, Does::Reads, |json| {
                let found = client.found(record, &some(json)?, kind);
                Ok((vec![format!("found: {}", usize::from(found.is_some()))], Json::Null))
            })
            .await;
        }
    }

    /// A call record is created, found by its request id, amended and removed; a dry run shows every kind there is.
    async fn records(&mut self) {
        let client = self.client;
        for kind in client.about.abilities.records.iter().copied() {
            if (kind == RecordKind::Call || self.dry)
                && let Ok(record) = client.record(kind)
            {
                self.record(kind, record).await;
            }
        }
    }

    async fn record(&mut self, kind: RecordKind, record: &Record) {
        let client = self.client;
        let mut order = Order {
            despite_duplicate: false,
            request_id: RequestId(self.request_id()),
            ..samples::order(kind, self.dry, &client.about.name)
        };
        let user = match self.dry {
            true => "sample-user".to_owned(),
            // The sign-in's step went well, so this asks nothing that could fail but the network.
            false => client.owner(Lane::Records).await.map(|user| user.id).unwrap_or_default(),
        };
        let phones = orders::sample_phones(&order);
        let vars = |order: &Order| orders::vars(&client.vars, order, &phones).with("user", user.clone().into());
        let section = |part: &str| format!("records.{}.{part}", kind.as_str());
        let (name, filled) = (section("create"), vars(&order));
        let created = self.step(&name, &record.create, &filled, Does::Writes, |json| {
            let receipt = client.created(record, json.as_ref())?;
            Ok((vec![format!("id: {}", receipt.remote_id)], receipt.remote_id.into()))
        });
        let created = created.await;
        let name = section("search");
        let found = self.step(&name, &record.search, &filled, Does::Reads, |json| {
            let json = some(json)?;
            let receipt = client.found(record, &json, kind);
            let receipt = receipt
                .ok_or_else(|| judge::unreadable(Does::Reads, "the new record is not found by its request id"))?;
            Ok((vec![format!("id: {}", receipt.remote_id)], receipt.remote_id.into()))
        });
        // What was created without an answer may be there all the same.
        let found = found.await;
        let id =
            created.or(found).and_then(|id| Some(id.as_str()?.to_owned())).or(self.dry.then(|| "sample".to_owned()));
        let Some(id) = id else { return };
        order.remote_id = Some(id);
        let done = |json: Option<Json>| Ok((Vec::new(), json.unwrap_or_default()));
        if let Some(amend) = &record.amend {
            self.step(&section("amend"), amend, &vars(&order), Does::Writes, done).await;
        }
        if let Some(remove) = &record.remove {
            self.step(&section("remove"), remove, &vars(&order), Does::Writes, done).await;
        }
    }

    /// A fresh id (UUID version 7): a trial must not find the record of an earlier one.
    fn request_id(&self) -> Uuid {
        let now = self.client.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

fn some(json: Option<Json>) -> Result<Json, CrmError> {
    json.ok_or_else(|| judge::unreadable(Does::Reads, "the answer is no JSON"))
}

fn described(contact: &RemoteContact) -> Vec<String> {
    let phones = contact.phones.iter().map(|phone| format!("{} ({})", phone.number, phone.kind.as_str()));
    vec![
        format!("id: {}", contact.id),
        format!("name: {}", contact.name),
        format!("company: {}", contact.company),
        format!("phones: {}", phones.collect::<Vec<_>>().join(", ")),
        format!("emails: {}", contact.emails.join(", ")),
        format!("complete: {}", contact.complete),
    ]
}
