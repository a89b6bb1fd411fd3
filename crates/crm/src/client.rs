//! One CRM, spoken to as its file says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minijinja::Value;
use serde_json::Value as Json;
use timbre_domain::crm::{Abilities, ConnectorAbout, ConnectorName, CrmError, CrmUser, RecordRequest, Verdict};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::number::Country;
use timbre_domain::outbox::RecordKind;
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::proxy::Proxy;
use timbre_transport::http::Answer;
use timbre_transport::queue::Lane;
use url::Url;

use crate::connector::{Connector, How, Probe, Record, Request, Setting};
use crate::error_rules::{self, Effect};
use crate::http::{self, Prepared};
use crate::limiter::{Limiter, Limiters};
use crate::merge::Lists;
use crate::read;
use crate::sign_in::{Connection, Keys, broken};
use crate::template::{TemplateError, Vars, ours};
use crate::template_vars;

/// One connector, as the settings give it.
#[derive(Debug)]
pub struct ConnectorSettings {
    /// The administrator's name for it; its secret is kept under this name.
    pub name: ConnectorName,
    /// Where the CRM is, such as `https://crm.example.com/`.
    pub base_url: Url,
    /// How it is spoken to.
    pub file: Connector,
    /// What the administrator set of the file's settings.
    pub values: BTreeMap<String, String>,
    /// The country of numbers without a country code.
    pub country: Country,
    /// The way to the CRM.
    pub proxy: Proxy,
}

/// One CRM, spoken to as its file says.
///
/// It keeps the file's distance between requests by itself. Once a sign-in was refused it sends nothing more until
/// [`sign_in`](timbre_domain::ports::CrmConnector::sign_in) is called: trying on would lock everybody out.
pub struct Declarative {
    pub(crate) about: ConnectorAbout,
    pub(crate) file: Connector,
    pub(crate) base: Url,
    pub(crate) country: Country,
    pub(crate) vars: Vars,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    http: timbre_transport::http::Client,
    limiter: Arc<Limiter>,
    stopped: AtomicBool,
    user: tokio::sync::Mutex<Option<CrmUser>>,
}

impl fmt::Debug for Declarative {
    /// Nothing but the names: the address and the settings are the organisation's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declarative")
            .field("name", &self.about.name)
            .field("title", &self.about.title)
            .finish_non_exhaustive()
    }
}

impl Declarative {
    /// Makes the client; nothing is sent.
    ///
    /// # Errors
    /// [`ErrorCode::BadConfig`] when a setting is missing, unknown or of the wrong type, or the address is none;
    /// [`ErrorCode::BadConnector`] when the file fails with these settings.
    pub fn new(
        settings: ConnectorSettings,
        secrets: Arc<dyn SecretStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        Self::sharing(settings, secrets, clock, &Limiters::default())
    }

    /// Makes a client that keeps its distance together with others at the same address; nothing is sent.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn sharing(
        settings: ConnectorSettings,
        secrets: Arc<dyn SecretStore>,
        clock: Arc<dyn Clock>,
        limiters: &Limiters,
    ) -> Result<Self, PortError> {
        let ConnectorSettings { name, base_url, file, values, country, proxy } = settings;
        let bad = |what: String| PortError::new(ErrorCode::BadConfig, what);
        if !crate::load::is_private(&base_url) && base_url.scheme() != "http" || base_url.cannot_be_a_base() {
            return Err(bad("the CRM's address begins with https://".into()));
        }
        if !base_url.username().is_empty()
            || base_url.password().is_some()
            || base_url.query().is_some()
            || base_url.fragment().is_some()
        {
            return Err(bad("the CRM's address holds no user name, password, ? or #".into()));
        }
        let values = checked(&file.settings, &values).map_err(bad)?;
        let shown = base_url.as_str().trim_end_matches('/').to_owned();
        let vars = Vars::default().with("settings", ours(&values)).with("base", Value::from_safe_string(shown));
        let failed = |error: TemplateError| {
            PortError::new(
                ErrorCode::BadConnector,
                format!("the connector's file, {}: {}", http::place(error.at), error.safe),
            )
        };
        let abilities = abilities(&file, &base_url, &vars).map_err(failed)?;
        let http = timbre_transport::http::client(Vec::new(), &proxy)?;
        let about = ConnectorAbout {
            name: name.clone(),
            title: file.title.clone(),
            abilities,
            settles_within: file.limits.settles_within,
        };
        Ok(Self {
            about,
            keys: Keys::new(name, secrets, clock.clone()),
            limiter: limiters.of(&base_url, file.limits.distance, &clock),
            base: base_url,
            country,
            vars,
            clock,
            http,
            file,
            stopped: AtomicBool::new(false),
            user: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn prepare(&self, request: &Request, vars: &Vars) -> Result<Prepared, CrmError> {
        http::prepare(request, &self.base, self.file.headers.as_ref(), vars).map_err(|error| broken(&error))
    }

    /// Sends a request, signed in, when its turn comes; whatever HTTP answers is an answer.
    pub(crate) async fn exchange(
        &self,
        lane: Lane,
        prepared: &Prepared,
        effect: Effect,
        step: &str,
    ) -> Result<Answer, CrmError> {
        let connection = Connection {
            file: &self.file,
            http: &self.http,
            limiter: &self.limiter,
            base: &self.base,
            vars: &self.vars,
            lane,
        };
        let renewable = matches!(self.file.sign_in.how, How::OAuth2(_) | How::Session(_));
        let mut refused = None;
        loop {
            self.open()?;
            // Also after a 401: what was refused for its token's age stored nothing.
            let credentials = self
                .keys
                .credentials(&connection, refused)
                .await
                .map_err(|error| self.noted(error).before_the_request())?;
            self.limiter.turn(lane).await;
            // Another request may have been refused while this one waited for its turn.
            self.open()?;
            let limits = &self.file.limits;
            let sent = http::send(
                &self.http,
                prepared,
                &credentials.headers,
                &self.clock,
                limits.timeout,
                limits.answer_at_most,
            )
            .await;
            let connector = self.about.name.as_str();
            let answer = sent.map_err(|none| {
                tracing::debug!(connector, step, detail = none.error.detail, "no answer");
                error_rules::silence(none, effect)
            })?;
            let (status, took_ms) = (answer.status.as_u16(), answer.took.as_millis());
            tracing::debug!(connector, step, status, took_ms, "answered");
            // A token may end before its time; with a fresh one that is refused too, it is no matter of time.
            if status == 401 && renewable && refused.is_none() {
                refused = Some(credentials.number);
                continue;
            }
            return Ok(answer);
        }
    }

    /// The answer, where it is a success.
    pub(crate) fn judged(&self, answer: Answer, effect: Effect) -> Result<Answer, CrmError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.refused(&answer, effect))
    }

    pub(crate) fn refused(&self, answer: &Answer, effect: Effect) -> CrmError {
        let mut error = error_rules::refusal(&self.file.errors, answer, effect, &*self.clock);
        error.words = self.keys.clean_answer(&error.words);
        self.noted(error)
    }

    /// Asks for something and reads the answer's JSON.
    pub(crate) async fn ask(&self, lane: Lane, request: &Request, vars: &Vars, step: &str) -> Result<Json, CrmError> {
        let prepared = self.prepare(request, vars)?;
        let answer = self.judged(self.exchange(lane, &prepared, Effect::Reads, step).await?, Effect::Reads)?;
        answer.json().ok_or_else(|| error_rules::unreadable(Effect::Reads, "the answer is no JSON"))
    }

    fn open(&self) -> Result<(), CrmError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(CrmError::new(
                ErrorCode::SignInFailed,
                Verdict::Stop,
                "not asked: the last sign-in was refused",
            )
            .before_the_request());
        }
        Ok(())
    }

    fn noted(&self, error: CrmError) -> CrmError {
        if error.verdict == Verdict::Stop && !self.stopped.swap(true, Ordering::AcqRel) {
            tracing::warn!(connector = %self.about.name, code = error.code.as_str(), "stopped until somebody signs in again");
        }
        error
    }

    /// Begins anew: a person may have mended what was refused.
    pub(crate) async fn begin_anew(&self) {
        self.keys.forget().await;
        *self.user.lock().await = None;
        self.stopped.store(false, Ordering::Release);
    }

    /// Who owns our records; asked once.
    pub(crate) async fn owner(&self, lane: Lane) -> Result<CrmUser, CrmError> {
        let mut known = self.user.lock().await;
        if let Some(user) = &*known {
            return Ok(user.clone());
        }
        let mut user = self.probe(lane, &self.file.sign_in.probe, "sign_in.probe").await?;
        if let Some(finder) = self.user_finder()? {
            user = self.probe(lane, finder, "sign_in.user").await?;
        }
        *known = Some(user.clone());
        Ok(user)
    }

    /// The request that finds the user of the settings, where one is set.
    pub(crate) fn user_finder(&self) -> Result<Option<&Probe>, CrmError> {
        let Some((when, probe)) = &self.file.sign_in.user else { return Ok(None) };
        let counts = when.as_ref().map_or(Ok(true), |when| when.holds(&self.vars)).map_err(|error| broken(&error))?;
        Ok(counts.then_some(probe))
    }

    async fn probe(&self, lane: Lane, probe: &Probe, step: &str) -> Result<CrmUser, CrmError> {
        let answer = self.ask(lane, &probe.request, &self.vars, step).await.map_err(|mut error| {
            // Whoever is refused here is not let in: no fault of the record that waits for it.
            if error.verdict == Verdict::Park {
                (error.verdict, error.code) = (Verdict::Stop, ErrorCode::SignInFailed);
            }
            self.noted(error)
        })?;
        self.user_of(probe, &answer, step)
    }

    pub(crate) fn user_of(&self, probe: &Probe, answer: &Json, step: &str) -> Result<CrmUser, CrmError> {
        let Some(id) = read::first_text(&probe.id, answer) else {
            let error = CrmError::new(ErrorCode::BadConfig, Verdict::Stop, format!("{step}: the CRM names no user"));
            return Err(self.noted(error));
        };
        let name = probe.name.as_ref().and_then(|path| read::first_text(path, answer)).unwrap_or_default();
        Ok(CrmUser { id, name })
    }

    /// What is done with a kind of record, where the file says so.
    pub(crate) fn record(&self, kind: RecordKind) -> Result<&Record, CrmError> {
        let able = self.about.abilities.records.contains(&kind);
        self.file.records.get(&kind).filter(|_| able).ok_or_else(|| not_able(&format!("records.{}", kind.as_str())))
    }

    /// The variables of an order.
    pub(crate) async fn order_vars(&self, order: &RecordRequest, lists: &Lists) -> Result<Vars, CrmError> {
        let user = self.owner(Lane::Regular).await?;
        Ok(template_vars::vars(&self.vars, order, lists).with("user", user.id.into()))
    }
}

pub(crate) fn not_able(section: &str) -> CrmError {
    let detail = format!("the connector's file has no section [{section}]");
    CrmError { words: detail.clone(), ..CrmError::new(ErrorCode::NotAble, Verdict::Park, detail) }
}

fn abilities(file: &Connector, base: &Url, vars: &Vars) -> Result<Abilities, TemplateError> {
    let (mut records, mut echoes) = (BTreeSet::new(), BTreeSet::new());
    for (kind, record) in &file.records {
        if record.when.as_ref().map_or(Ok(true), |when| when.holds(vars))? {
            records.insert(*kind);
            echoes.extend(record.kept.as_ref().map(|_| *kind));
        }
    }
    let partial = file.pull.as_ref().and_then(|pull| pull.partial.as_ref());
    Ok(Abilities {
        pull: file.pull.is_some(),
        ids: file.ids.is_some(),
        fetch: file.fetch.is_some(),
        lists_are_partial: partial.map_or(Ok(false), |partial| partial.holds(vars))?,
        find: file.find.is_some(),
        contact_parts: match file.records.get(&RecordKind::Contact).and_then(|record| record.amend.as_ref()) {
            Some(amend) => template_vars::contact_parts(vars, |vars| {
                let body = http::prepare(amend, base, None, vars)?.body;
                Ok(body.is_some_and(|body| !matches!(body.as_slice(), b"" | b"{}")))
            })?,
            None => BTreeSet::new(),
        },
        records,
        echoes,
    })
}

/// The settings with their types, those that are not set with their defaults.
fn checked(
    declared: &BTreeMap<String, Setting>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Json>, String> {
    if let Some(name) = given.keys().find(|name| !declared.contains_key(*name)) {
        let known = declared.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("this connector has no setting `{name}`; it has {known}"));
    }
    let mut values = BTreeMap::new();
    for (name, setting) in declared {
        let text = given.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let value = match (text, &setting.default) {
            (None, _) if setting.required => return Err(format!("the setting `{name}` is missing: {}", setting.about)),
            (None, default) => default.clone().unwrap_or_default(),
            (Some(text), Some(Json::Bool(_))) => {
                Json::Bool(text.parse().map_err(|_| format!("the setting `{name}` is true or false"))?)
            }
            (Some(text), Some(Json::Number(number))) if number.is_f64() => {
                let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
                Json::Number(number.ok_or_else(|| format!("the setting `{name}` is a number"))?)
            }
            (Some(text), Some(Json::Number(_))) => {
                Json::from(text.parse::<i64>().map_err(|_| format!("the setting `{name}` is a whole number"))?)
            }
            (Some(text), _) => Json::String(text.to_owned()),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}
