//! The test of a connector for its administrator: every step with the request as it went out, without secrets, and what was
//! read from the answer.

use serde_json::Value as Json;
use timbre_domain::crm::{ConnectorTest, CrmError, RecordRequest, RemoteContact, RemoteRef, ShownRequest, TestStep};
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{RecordKind, RequestId};
use timbre_domain::ports::CrmConnector as _;
use timbre_transport::queue::Lane;
use uuid::Uuid;

use crate::client::Declarative;
use crate::connector::{How, Record, Request};
use crate::error_rules::{self, Effect};
use crate::http::Prepared;
use crate::merge::Lists;
use crate::port::contact_page;
use crate::read;
use crate::samples::{self, NOBODY};
use crate::template::Vars;
use crate::template_vars;

/// What stands where a secret stands.
const DOTS: &str = "•••";

/// What a step brings: lines to show, and the answer for the steps after it.
type Brought = Result<(Vec<String>, Json), CrmError>;

impl Declarative {
    pub(crate) async fn run_test(&self, test: &ConnectorTest) -> Vec<TestStep> {
        let mut run = TestRun { client: self, dry: test.dry_run, steps: Vec::new() };
        if !run.dry {
            self.begin_anew().await;
        }
        if run.signs_in().await.is_some() {
            run.contacts(test.number.as_ref()).await;
            if !run.dry {
                run.searches().await;
            }
            if test.write || run.dry {
                run.records().await;
            }
        }
        run.steps
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

struct TestRun<'a> {
    client: &'a Declarative,
    dry: bool,
    steps: Vec<TestStep>,
}

impl TestRun<'_> {
    /// One step; nothing where it failed. In a dry run nothing is sent, and nothing fails but the putting together.
    async fn step(
        &mut self,
        name: &str,
        request: &Request,
        vars: &Vars,
        effect: Effect,
        read: impl FnOnce(Option<Json>) -> Brought,
    ) -> Option<Json> {
        let mut step = TestStep {
            step: name.to_owned(),
            request: None,
            status: None,
            took_ms: None,
            read: Vec::new(),
            problem: None,
        };
        let outcome = self.tried(&mut step, name, request, vars, effect, read).await;
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
        step: &mut TestStep,
        name: &str,
        request: &Request,
        vars: &Vars,
        effect: Effect,
        read: impl FnOnce(Option<Json>) -> Brought,
    ) -> Result<Json, CrmError> {
        let prepared = self.client.prepare(request, vars)?;
        step.request = Some(self.client.shown(&prepared));
        if self.dry {
            return Ok(Json::Null);
        }
        let answer = self.client.exchange(Lane::Regular, &prepared, effect, name).await;
        // Shown again: only now all secrets are known.
        step.request = Some(self.client.shown(&prepared));
        let answer = answer?;
        step.status = Some(answer.status.as_u16());
        step.took_ms = u64::try_from(answer.took.as_millis()).ok();
        let answer = self.client.judged(answer, effect)?;
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
        self.step("sign_in.probe", &probe.request, &client.vars, Effect::Reads, user(probe, "sign_in.probe")).await?;
        if let Ok(Some(finder)) = client.user_finder() {
            self.step("sign_in.user", &finder.request, &client.vars, Effect::Reads, user(finder, "sign_in.user"))
                .await?;
        }
        Some(())
    }

    async fn contacts(&mut self, number: Option<&PhoneNumber>) {
        let client = self.client;
        let mut some_id = self.dry.then(|| "sample".to_owned());
        if let Some(pull) = &client.file.pull {
            let vars = read::page_vars(&pull.page, &client.vars, None, true, client.file.limits.overlap_s);
            let vars_of = vars.clone();
            let answer = self.step("contacts.pull", &pull.page.request, &vars, Effect::Reads, move |json| {
                let json = some(json)?;
                let page = contact_page(&client.file, &client.vars, &vars_of, &json, None)?;
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
            self.step("contacts.fetch", &fetch.request, &vars, Effect::Reads, |json| {
                let json = some(json)?;
                let record = fetch.record.query(&json).first().cloned().unwrap_or_default();
                let contact = read::contact(client.shape()?, &record, &client.vars);
                let contact = contact.map_err(|error| crate::sign_in::broken(&error))?;
                let contact = contact.ok_or_else(|| error_rules::unreadable(Effect::Reads, "the contact has no id"))?;
                Ok((described(&contact), json))
            })
            .await;
        }
        if let Some(find) = &client.file.find {
            let nobody = PhoneNumber::stored(NOBODY.into(), Some(NOBODY.into()));
            let vars = client.number_vars(number.unwrap_or(&nobody));
            self.step("contacts.find", &find.request, &vars, Effect::Reads, |json| {
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
            let order = RecordRequest {
                request_id: RequestId(self.request_id()),
                ..samples::order(kind, true, client.about.name.as_str())
            };
            let vars = template_vars::vars(&client.vars, &order, &Lists::default()).with("user", "nobody".into());
            let name = format!("records.{}.search", kind.as_str());
            self.step(&name, &record.search, &vars, Effect::Reads, |json| {
                let found = client.found(record, &some(json)?, kind);
                Ok((vec![format!("found: {}", usize::from(found.is_some()))], Json::Null))
            })
            .await;
        }
    }

    /// A record of every kind is created, found by its request id, amended and removed, the contact first: the others hang on
    /// it. A dry run shows the requests.
    async fn records(&mut self) {
        let client = self.client;
        let (mut contact, mut made) = (None, Vec::new());
        for kind in client.about.abilities.records.iter().copied() {
            let Ok(record) = client.record(kind) else { continue };
            let Some(order) = self.record(kind, record, contact.as_ref()).await else { continue };
            if let (RecordKind::Contact, Some(id), false) = (kind, &order.remote_id, self.dry) {
                contact = Some(RemoteRef { id: id.clone(), name: "Timbre".into() });
            }
            made.push((kind, record, order));
        }
        // What hangs on the contact goes before it.
        for (kind, record, order) in made.into_iter().rev() {
            self.remove(kind, record, &order).await;
        }
    }

    /// Creates, finds and amends one; gives it with its id where it is there.
    async fn record(
        &mut self,
        kind: RecordKind,
        record: &Record,
        contact: Option<&RemoteRef>,
    ) -> Option<RecordRequest> {
        let client = self.client;
        let mut order = RecordRequest {
            // The sample of an earlier test may have stayed.
            despite_duplicate: true,
            proven: false,
            request_id: RequestId(self.request_id()),
            ..samples::order(kind, self.dry, client.about.name.as_str())
        };
        if !self.dry {
            samples::hang_on(&mut order.content, contact);
        }
        let section = |part: &str| format!("records.{}.{part}", kind.as_str());
        let (name, filled) = (section("create"), self.filled(&order).await);
        let mut made = None;
        let created = self.step(&name, &record.create, &filled, Effect::Writes, |json| {
            let receipt = client.created(record, json.as_ref(), &filled)?;
            made = Some(receipt.remote_id.clone());
            let lines = vec![format!("id: {}", receipt.remote_id)];
            match receipt.kept {
                Some(false) => {
                    Err(error_rules::unreadable(Effect::Writes, "the CRM did not keep the request id in its field"))
                }
                _ => Ok((lines, receipt.remote_id.into())),
            }
        });
        created.await;
        let name = section("search");
        let found = self.step(&name, &record.search, &filled, Effect::Reads, |json| {
            let json = some(json)?;
            let receipt = client.found(record, &json, kind);
            let receipt = receipt.ok_or_else(|| {
                error_rules::unreadable(Effect::Reads, "the new record is not found by its request id")
            })?;
            Ok((vec![format!("id: {}", receipt.remote_id)], receipt.remote_id.into()))
        });
        // What was created without an answer may be there all the same.
        let found = found.await.and_then(|id| Some(id.as_str()?.to_owned()));
        order.remote_id = made.or(found).or(self.dry.then(|| "sample".to_owned()));
        order.remote_id.as_ref()?;
        if let Some(amend) = &record.amend {
            let filled = self.filled(&order).await;
            let done = |json: Option<Json>| Ok((Vec::new(), json.unwrap_or_default()));
            self.step(&section("amend"), amend, &filled, Effect::Writes, done).await;
        }
        Some(order)
    }

    /// Removes a sample again. Where that is not allowed, or the file does not say how, what stays is said.
    async fn remove(&mut self, kind: RecordKind, record: &Record, order: &RecordRequest) {
        let name = format!("records.{}.remove", kind.as_str());
        let removed = match &record.remove {
            Some(remove) => {
                let filled = self.filled(order).await;
                let done = |json: Option<Json>| Ok((Vec::new(), json.unwrap_or_default()));
                self.step(&name, remove, &filled, Effect::Writes, done).await.is_some()
            }
            None => false,
        };
        let Some(id) = order.remote_id.as_ref().filter(|_| !removed && !self.dry) else { return };
        let place = self.client.opens_at(kind, id).unwrap_or_else(|| id.clone());
        let stays = format!("stays, marked as a sample: {} {place}", kind.as_str());
        match self.steps.last_mut().filter(|step| step.step == name) {
            Some(step) => {
                // That deleting is not allowed is no fault: Timbre never does it.
                let words = step.problem.take().filter(|_| !matches!(step.status, Some(401 | 403 | 404 | 405)));
                step.problem = words;
                step.read.push(stays);
            }
            None => self.steps.push(TestStep {
                step: name,
                request: None,
                status: None,
                took_ms: None,
                read: vec![stays],
                problem: None,
            }),
        }
    }

    /// The variables of a sample.
    async fn filled(&self, order: &RecordRequest) -> Vars {
        let user = match self.dry {
            true => "sample-user".to_owned(),
            // The sign-in's step went well, so this asks nothing that could fail but the network.
            false => self.client.owner(Lane::Regular).await.map(|user| user.id).unwrap_or_default(),
        };
        let lists = template_vars::sample_lists(order);
        template_vars::vars(&self.client.vars, order, &lists).with("user", user.into())
    }

    /// A fresh id (UUID version 7): a test must not find the record of an earlier one.
    fn request_id(&self) -> Uuid {
        let now = self.client.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

fn some(json: Option<Json>) -> Result<Json, CrmError> {
    json.ok_or_else(|| error_rules::unreadable(Effect::Reads, "the answer is no JSON"))
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
