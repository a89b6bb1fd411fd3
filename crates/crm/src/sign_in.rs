//! The sign-in: the secret, what it is exchanged for, and when it is exchanged again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use timbre_domain::crm::{ConnectorName, CrmError, Verdict};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::redact::Redactor;
use timbre_domain::secret::SecretName;
use timbre_transport::http::Answer;
use timbre_transport::queue::Lane;
use url::Url;

use crate::connector::{Connector, How, OAuth2, Session, Token};
use crate::error_rules::{self, Effect};
use crate::http::{self, FORM, Prepared};
use crate::limiter::Limiter;
use crate::load::token_address;
use crate::template::Vars;

/// A token is renewed so long before it expires: a request may wait for its turn.
const BEFORE_IT_EXPIRES: Duration = Duration::from_secs(60);
/// A sign-in's answer is small.
const ANSWER_AT_MOST: usize = 1 << 20;

/// What signs a request in.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) headers: Vec<(String, SecretString)>,
    /// Counts the tokens, so that two requests that were refused together renew it once.
    pub(crate) number: u64,
}

pub(crate) struct Keys {
    name: ConnectorName,
    secrets: Arc<dyn SecretStore>,
    clock: Arc<dyn Clock>,
    held: tokio::sync::Mutex<Held>,
    /// Every secret there ever was: it only learns.
    redactor: Mutex<Redactor>,
}

#[derive(Default)]
struct Held {
    secret: Option<SecretString>,
    client_secret: Option<SecretString>,
    credentials: Option<(Credentials, Option<Duration>)>,
    count: u64,
}

/// How the CRM is reached, for the requests of a sign-in.
pub(crate) struct Connection<'a> {
    pub(crate) file: &'a Connector,
    pub(crate) http: &'a timbre_transport::http::Client,
    pub(crate) limiter: &'a Limiter,
    pub(crate) base: &'a Url,
    pub(crate) vars: &'a Vars,
    pub(crate) lane: Lane,
}

impl Keys {
    pub(crate) fn new(name: ConnectorName, secrets: Arc<dyn SecretStore>, clock: Arc<dyn Clock>) -> Self {
        Self { name, secrets, clock, held: tokio::sync::Mutex::default(), redactor: Mutex::default() }
    }

    /// What the CRM answered, without any secret there ever was and what follows the name of one.
    pub(crate) fn clean_answer(&self, text: &str) -> String {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner).clean_answer(text)
    }

    /// The text without any secret there ever was.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner).clean(text)
    }

    /// Forgets everything: a person may have changed the secret.
    pub(crate) async fn forget(&self) {
        let mut held = self.held.lock().await;
        *held = Held { count: held.count, ..Held::default() };
    }

    /// What signs a request in; a token is fetched where there is none, or `refused` is the one there is.
    pub(crate) async fn credentials(
        &self,
        connection: &Connection<'_>,
        refused: Option<u64>,
    ) -> Result<Credentials, CrmError> {
        let mut held = self.held.lock().await;
        if let Some((credentials, expires)) = &held.credentials
            && refused != Some(credentials.number)
            && expires.is_none_or(|expires| self.clock.elapsed() + BEFORE_IT_EXPIRES < expires)
        {
            return Ok(credentials.clone());
        }
        let secret = self.secret(&mut held, &connection.file.sign_in.how).await?;
        // Before it is asked for anything: a refusal is what repeats the request.
        self.learn_names(&["authorization", "client_secret", "refresh_token"]);
        let (name, value, expires) = match &connection.file.sign_in.how {
            How::KeyHeader(name) => (name.clone(), secret, None),
            How::Bearer => ("Authorization".to_owned(), prefixed("Bearer ", &secret), None),
            How::Basic(user) => {
                let pair = match user {
                    None => secret,
                    Some(user) => {
                        let user = user.text(connection.vars).map_err(|error| broken(&error))?;
                        prefixed(&format!("{user}:"), &secret)
                    }
                };
                let coded = SecretString::from(STANDARD.encode(pair.expose_secret()));
                ("Authorization".to_owned(), prefixed("Basic ", &coded), None)
            }
            How::OAuth2(oauth2) => {
                let (token, expires) = self.exchanged(&mut held, oauth2, &secret, connection).await?;
                ("Authorization".to_owned(), prefixed("Bearer ", &token), expires)
            }
            How::Session(session) => {
                let token = self.logged_in(session, &secret, connection).await?;
                (session.header.clone(), prefixed(&session.prefix, &token), None)
            }
        };
        held.count += 1;
        self.learn_names(&[&name]);
        let credentials = Credentials { headers: vec![(name, value)], number: held.count };
        held.credentials = Some((credentials.clone(), expires));
        Ok(credentials)
    }

    async fn secret(&self, held: &mut Held, how: &How) -> Result<SecretString, CrmError> {
        if let Some(secret) = &held.secret {
            return Ok(secret.clone());
        }
        let kept = match how {
            // A token that was given in exchange is newer than what an administrator once stored.
            How::OAuth2(OAuth2 { refresh: true, .. }) => {
                self.secrets.password(&SecretName::connector_token(&self.name)).await.ok()
            }
            _ => None,
        };
        let secret = match kept {
            Some(kept) => kept,
            None => self.secrets.password(&SecretName::connector_key(&self.name)).await.map_err(no_secret)?,
        };
        self.learn(&secret);
        held.secret = Some(secret.clone());
        Ok(secret)
    }

    /// The names of the headers and the fields in which requests carry secrets.
    fn learn_names(&self, names: &[&str]) {
        let mut redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().for_each(|name| redactor.learn_name(name));
    }

    fn learn(&self, secret: &SecretString) {
        let mut redactor = self.redactor.lock().unwrap_or_else(PoisonError::into_inner);
        redactor.learn(secret);
        // Of `user:password`, the password alone must not show either.
        if let Some((_, password)) = secret.expose_secret().split_once(':') {
            redactor.learn(&SecretString::from(password));
        }
    }

    /// Exchanges the secret for a token (RFC 6749, 4.4 and 6).
    async fn exchanged(
        &self,
        held: &mut Held,
        oauth2: &OAuth2,
        secret: &SecretString,
        connection: &Connection<'_>,
    ) -> Result<(SecretString, Option<Duration>), CrmError> {
        if oauth2.client_secret && oauth2.refresh && held.client_secret.is_none() {
            let client = self.secrets.password(&SecretName::connector_client(&self.name)).await.map_err(no_secret)?;
            self.learn(&client);
            held.client_secret = Some(client);
        }
        let broken = |error: crate::template::TemplateError| broken(&error);
        let url = oauth2.token_url.text(connection.vars).map_err(broken)?;
        let url = token_address(&url).filter(crate::load::is_private);
        let url = url.ok_or_else(|| stopped(ErrorCode::BadConfig, "the token's address is no https address"))?;
        let mut pairs = match &oauth2.form {
            None => Vec::new(),
            Some(form) => form.pairs(connection.vars).map_err(broken)?,
        };
        let mut pair = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        if oauth2.refresh {
            pair("grant_type", "refresh_token");
            pair("refresh_token", secret.expose_secret());
            if let Some(client) = &held.client_secret {
                pair("client_secret", client.expose_secret());
            }
        } else {
            pair("grant_type", "client_credentials");
            pair("client_secret", secret.expose_secret());
        }
        let headers = [("accept", "application/json"), ("content-type", FORM)];
        let prepared = Prepared {
            method: Method::POST,
            url,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: Some(http::form(pairs).into_bytes()),
        };
        let answer = self.asked(&prepared, connection).await?;
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        let token = text("access_token")
            .ok_or_else(|| error_rules::unreadable(Effect::Reads, "the token's answer holds none"))?;
        let token = SecretString::from(token);
        self.learn(&token);
        if let Some(rotated) =
            text("refresh_token").filter(|rotated| oauth2.refresh && *rotated != secret.expose_secret())
        {
            let rotated = SecretString::from(rotated);
            self.learn(&rotated);
            held.secret = Some(rotated.clone());
            if let Err(error) = self.secrets.keep(&SecretName::connector_token(&self.name), rotated).await {
                // It works until Timbre ends; afterwards somebody must sign in again.
                tracing::error!(connector = %self.name, code = error.code.as_str(), "a new refresh token could not be kept");
            }
        }
        let seconds =
            body.get("expires_in").and_then(|seconds| seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok()));
        Ok((token, seconds.map(|seconds| self.clock.elapsed() + Duration::from_secs(seconds))))
    }

    async fn logged_in(
        &self,
        session: &Session,
        secret: &SecretString,
        connection: &Connection<'_>,
    ) -> Result<SecretString, CrmError> {
        let vars = connection.vars.with("secret", secret.expose_secret().into());
        let prepared = http::prepare(&session.request, connection.base, connection.file.headers.as_ref(), &vars)
            .map_err(|error| broken(&error))?;
        let answer = self.asked(&prepared, connection).await?;
        let token = match &session.token {
            Token::Path(path) => {
                let body = answer.json().unwrap_or_default();
                path.query(&body).first().and_then(Json::as_str).filter(|text| !text.is_empty()).map(SecretString::from)
            }
            Token::Cookie(name) => cookie(&answer, name),
        };
        // A log-in that gives no session was refused, whatever its status.
        let token = token.ok_or_else(|| stopped(ErrorCode::SignInFailed, "the log-in gave no session"))?;
        self.learn(&token);
        Ok(token)
    }

    async fn asked(&self, prepared: &Prepared, connection: &Connection<'_>) -> Result<Answer, CrmError> {
        connection.limiter.turn(connection.lane).await;
        let sent =
            http::send(connection.http, prepared, &[], &self.clock, connection.file.limits.timeout, ANSWER_AT_MOST)
                .await;
        let answer = sent.map_err(|none| error_rules::silence(none, Effect::Reads))?;
        tracing::debug!(connector = %self.name, step = "sign_in", status = answer.status.as_u16(), "answered");
        if answer.status.is_success() {
            return Ok(answer);
        }
        let mut error = error_rules::refusal(&connection.file.errors, &answer, Effect::Reads, &*self.clock);
        error.words = self.clean_answer(&error.words);
        if error.verdict == Verdict::Park {
            // RFC 6749, 5.2: a token that is no good is a 400. Asking again would lock us out.
            error.verdict = Verdict::Stop;
            error.code = ErrorCode::SignInFailed;
        }
        Err(error)
    }
}

fn cookie(answer: &Answer, name: &str) -> Option<SecretString> {
    answer.headers.get_all(SET_COOKIE).iter().find_map(|header| {
        let (key, value) = header.to_str().ok()?.split(';').next()?.split_once('=')?;
        (key.trim() == name && !value.trim().is_empty()).then(|| SecretString::from(value.trim()))
    })
}

fn prefixed(prefix: &str, secret: &SecretString) -> SecretString {
    SecretString::from(format!("{prefix}{}", secret.expose_secret()))
}

fn stopped(code: ErrorCode, what: &str) -> CrmError {
    CrmError::new(code, Verdict::Stop, what)
}

fn no_secret(error: PortError) -> CrmError {
    let mut stop = stopped(error.code, "the sign-in's secret can't be read");
    stop.source = Some(error.into());
    stop
}

/// A template that fails on real data although it passed every sample.
pub(crate) fn broken(error: &crate::template::TemplateError) -> CrmError {
    let detail = format!("the connector's file, {}: {}", http::place(error.at), error.safe);
    CrmError { words: detail.clone(), ..CrmError::new(ErrorCode::BadConnector, Verdict::Park, detail) }
}
