//! What first run and the pages of the settings need: trying a sign-in out before it is kept, and knowing what can be set.
//!
//! What is tried out is spoken to by the same adapters as afterwards, and keeps the same limits: those of the running
//! Timbre, or what the data folder remembers.

mod known;
mod limits;
mod vendors;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use timbre_domain::crm::{ConnectorTest, TestStep};
use timbre_domain::endpoint::{Endpoint, EndpointNumber};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::observation::LiveAnswer;
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::secret::SecretName;
use timbre_domain::session::Session;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::calls::zone;
use timbre_settings::Settings;
use timbre_settings::edit::{AccountDraft, ConnectorDraft, Edit, EditError, Place, SettingsFile};

pub use known::{KnownConnector, KnownSetting, SettingKind, known_connector, known_connectors};
pub use limits::Limits;
pub use vendors::{FieldInput, FieldOption, KnownField, KnownVendor, known_vendors};

use crate::{StartError, connectors, open_session};

/// The vendor's limit may make each question wait, and each may take a while; longer than this nobody waits.
const CHECKED_WITHIN: Duration = Duration::from_secs(90);

/// What a trial of an account or a CRM works with.
pub struct Checking<'a> {
    /// The settings that the draft is to become a part of.
    pub file: &'a SettingsFile,
    /// Where the secret is, unless one is given; and where those are kept that a CRM gives in exchange.
    pub secrets: Arc<dyn SecretStore>,
    /// Whose limits count: [`Running::limits`](crate::Running::limits), or [`Limits::Folder`] while nobody runs.
    pub limits: Limits,
    pub clock: Arc<dyn Clock>,
    /// The language of what is told.
    pub language: Language,
}

/// What a vendor answered to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AccountCheck {
    pub endpoints: Vec<Endpoint>,
    /// Whether the user name is the number of one of them.
    pub username_is_endpoint: bool,
    /// The draft's endpoints that the account has not.
    pub unknown_endpoints: Vec<String>,
    /// How many calls were going on, the agent's own and those of others; 0 where the vendor shows none.
    pub live_calls: usize,
    /// How many parts of the answer could not be read.
    pub unread: usize,
    /// Our clock less the vendor's, seconds; nothing where the vendor does not say.
    pub clock_ahead_s: Option<i64>,
    /// A zone that would fit the vendor's times, where the draft's does not; only a call that rings tells.
    pub fitting_zone: Option<String>,
    /// What is strange about clock or zone, for people.
    pub clock_words: Option<String>,
}

/// Why something is not right, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CheckFailed {
    pub code: ErrorCode,
    /// What happened, in the agent's language.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
    /// One line in English for whoever helps, without secrets.
    pub detail: String,
    /// The field of the form that is wrong, where it can be told.
    pub place: Option<Box<Place>>,
}

impl CheckFailed {
    fn new(language: Language, code: ErrorCode, detail: String) -> Self {
        let texts = Catalogue::of(language);
        Self { code, what: texts.what(code), what_to_do: texts.what_to_do(code), detail, place: None }
    }

    /// A change of the settings that was refused: in words about what was typed where that is wrong, and about the file where
    /// the fault stood there before.
    #[must_use]
    pub fn of_edit(language: Language, error: &EditError, edits: &[Edit]) -> Self {
        let failed = Self::new(language, error.code(), error.to_string());
        let place = error.place().filter(|place| edits.iter().any(|edit| edit.is_about(place)));
        let place = place.cloned().map(Box::new);
        let fault = match error {
            EditError::Invalid(wrong) => wrong.error.fault.filter(|_| place.is_some()),
            _ => None,
        };
        let Some(fault) = fault else { return Self { place, ..failed } };
        let texts = Catalogue::of(language);
        let words = |part: &str| texts.text(&format!("fault.{}.{part}", fault.as_str())).to_owned();
        Self { what: words("what"), what_to_do: words("do"), place, ..failed }
    }

    #[must_use]
    pub fn of_port(language: Language, error: &PortError) -> Self {
        let (texts, reason) = (Catalogue::of(language), error.reason.as_ref());
        Self {
            what: texts.what_of(error.code, reason),
            what_to_do: texts.what_to_do_of(error.code, reason),
            ..Self::new(language, error.code, error.detail.clone())
        }
    }

    fn of_start(language: Language, error: &StartError) -> Self {
        Self::new(language, error.code(), error.to_string())
    }
}

/// Asks the vendor for an account's endpoints and calls, once each. `was` is the account's name in the settings until now;
/// without a `password`, the stored one is used.
///
/// # Errors
/// What is wrong with the draft, or why the vendor gave no answer.
pub async fn check_account(
    checking: &Checking<'_>,
    was: Option<&str>,
    draft: &AccountDraft,
    password: Option<SecretString>,
) -> Result<AccountCheck, CheckFailed> {
    let of_port = |error: PortError| CheckFailed::of_port(checking.language, &error);
    let edit = Edit::PutAccount { was: was.map(str::to_owned), account: draft.clone() };
    let settings = checking.with(edit)?;
    let account = settings.accounts.iter().find(|account| account.name.as_str() == draft.name.trim());
    let account = account
        .ok_or_else(|| CheckFailed::new(checking.language, ErrorCode::NotFound, "no account of this name".into()))?;
    let shared = checking.limits.open(&checking.clock).await;
    let shared = shared.map_err(|error| CheckFailed::of_start(checking.language, &error))?;
    let secrets = checking.trying(SecretName::account(&account.name), None, password);
    let session = open_session(account, &settings, &secrets, &shared.throttles, &checking.clock).map_err(of_port)?;
    let own: Vec<_> = account.endpoints().cloned().collect();
    let asked = tokio::select! {
        asked = ask(&session, &own, checking.clock.as_ref()) => asked,
        () = checking.clock.sleep(CHECKED_WITHIN) => Err(PortError::new(ErrorCode::TimedOut, "no answer within 90 s")),
    };
    let has_endpoints = session.endpoints.is_some();
    drop(session);
    shared.close().await;
    let Asked { live, at, endpoints } = asked.map_err(of_port)?;
    // A vendor without a list of endpoints can't say that one is strange.
    let known = |number: &str| !has_endpoints || endpoints.iter().any(|endpoint| endpoint.number.as_str() == number);
    let ahead = live.vendor_clock.map(|vendor| at - vendor);
    let ringing = live.observations.iter().find(|call| call.connected_at.is_none());
    // Without what our clock is ahead: the zone's fault alone.
    let ringing = ringing.map(|call| at - call.detected_at - ahead.unwrap_or_default());
    let fitting = ringing.and_then(|ringing| zone::of_times(ringing, account.time_zone(), at));
    Ok(AccountCheck {
        username_is_endpoint: known(account.values.text("username")),
        unknown_endpoints: own.iter().map(ToString::to_string).filter(|one| !known(one)).collect(),
        live_calls: live.observations.len(),
        unread: live.unread.len(),
        clock_ahead_s: ahead.map(|ahead| ahead.num_seconds()),
        fitting_zone: match fitting {
            Some(zone::Advice::Zone { zone, .. }) => Some(zone.name().to_owned()),
            _ => None,
        },
        clock_words: zone::judge(ahead, ringing, account.time_zone(), at)
            .map(|advice| advice.in_words(Catalogue::of(checking.language))),
        endpoints,
    })
}

/// The calls first: an agent waits, and a wrong password shows at once. A vendor that shows no live calls is asked for the
/// calls that it placed.
async fn ask(session: &Session, own: &[EndpointNumber], clock: &dyn Clock) -> Result<Asked, PortError> {
    let live = match (&session.live_calls, &session.placed_calls) {
        (Some(live_calls), _) => live_calls.live_calls().await?,
        (None, Some(placed_calls)) => {
            placed_calls.placed_since(clock.now(), own).await?;
            LiveAnswer::default()
        }
        (None, None) => LiveAnswer::default(),
    };
    let at = clock.now();
    let endpoints = match &session.endpoints {
        Some(directory) => directory.endpoints().await?,
        None => Vec::new(),
    };
    Ok(Asked { live, at, endpoints })
}

struct Asked {
    live: LiveAnswer,
    /// When that answer came, by our clock; the next question may have waited long.
    at: DateTime<Utc>,
    endpoints: Vec<Endpoint>,
}

/// Tries a CRM out, without writing anything there. `was` is its name in the settings until now; without a `key`, the
/// stored one is used.
///
/// # Errors
/// What is wrong with the draft. What the CRM refuses is told by the steps.
pub async fn check_connector(
    checking: &Checking<'_>,
    was: Option<&str>,
    draft: &ConnectorDraft,
    key: Option<SecretString>,
) -> Result<Vec<TestStep>, CheckFailed> {
    let edit = Edit::PutConnector { was: was.map(str::to_owned), connector: draft.clone() };
    let settings = checking.with(edit)?;
    let connector = settings.connectors.iter().find(|connector| connector.name.as_str() == draft.name.trim());
    let connector = connector
        .ok_or_else(|| CheckFailed::new(checking.language, ErrorCode::NotFound, "no CRM of this name".into()))?;
    // What the CRM gave in exchange for the key until now would be tried out instead of the new key.
    let outdated = Some(SecretName::connector_token(&connector.name));
    let secrets = checking.trying(SecretName::connector_key(&connector.name), outdated, key);
    let limiters = checking.limits.limiters();
    let crm = connectors::adapter(connector, &settings, &secrets, &checking.clock, &limiters)
        .map_err(|error| CheckFailed::of_port(checking.language, &error))?;
    Ok(crm.test(&ConnectorTest::default()).await)
}

/// Makes changes of the settings, checks them with the connectors' files, and writes them.
///
/// # Errors
/// What is wrong, with the field where it can be told; nothing was written then.
pub fn save(
    file: &mut SettingsFile,
    revision: &str,
    edits: &[Edit],
    language: Language,
) -> Result<Settings, CheckFailed> {
    let refused = |error: EditError| CheckFailed::of_edit(language, &error, edits);
    let edited = file.edited(revision, edits).map_err(refused)?;
    // Only what this changes: a CRM whose file is broken must not keep the rest from being mended.
    for edit in edits {
        if let Edit::PutConnector { connector, .. } = edit {
            let one = |known: &&timbre_settings::ConnectorSettings| known.name.as_str() == connector.name.trim();
            if let Some(one) = edited.settings.connectors.iter().find(one) {
                connectors::check_one(one, &edited.settings).map_err(|error| CheckFailed::of_port(language, &error))?;
            }
        }
    }
    file.write(&edited).map_err(refused)?;
    Ok(edited.settings)
}

impl Checking<'_> {
    fn with(&self, edit: Edit) -> Result<Settings, CheckFailed> {
        let edits = [edit];
        let edited = self.file.edited(&self.file.revision(), &edits);
        edited.map(|edited| edited.settings).map_err(|error| CheckFailed::of_edit(self.language, &error, &edits))
    }

    fn trying(
        &self,
        given: SecretName,
        outdated: Option<SecretName>,
        secret: Option<SecretString>,
    ) -> Arc<dyn SecretStore> {
        match secret {
            None => self.secrets.clone(),
            Some(secret) => Arc::new(Trying { given, secret, outdated, others: self.secrets.clone() }),
        }
    }
}

/// The secrets, with one that is not kept yet.
struct Trying {
    given: SecretName,
    secret: SecretString,
    /// What came in exchange for an older secret, and is no use beside the new one.
    outdated: Option<SecretName>,
    others: Arc<dyn SecretStore>,
}

#[async_trait]
impl SecretStore for Trying {
    async fn password(&self, name: &SecretName) -> Result<SecretString, PortError> {
        if *name == self.given {
            return Ok(self.secret.clone());
        }
        if self.outdated.as_ref() == Some(name) {
            return Err(PortError::new(ErrorCode::SecretMissing, "a new key is tried out"));
        }
        self.others.password(name).await
    }

    async fn keep(&self, name: &SecretName, secret: SecretString) -> Result<(), PortError> {
        self.others.keep(name, secret).await
    }
}

#[cfg(test)]
mod tests;
