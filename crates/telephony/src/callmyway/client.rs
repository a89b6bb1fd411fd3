//! CallMyWay over HTTP: the live calls, the records and the endpoints in their turn of the throttle, and click-to-dial.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use timbre_domain::call::AccountName;
use timbre_domain::cdr::{CdrPage, PageCursor, TimeRange};
use timbre_domain::dial::{DialOrder, Placed, RingFirst};
use timbre_domain::endpoint::{Endpoint, EndpointNumber};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::number::Country;
use timbre_domain::observation::{LiveAnswer, Pace};
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::proxy::Proxy;
use timbre_domain::redact::Redactor;
use timbre_domain::session::{CallRecords, Dialling, EndpointDirectory, LiveCalls};
use timbre_domain::unread::Unread;
use timbre_transport::http::{self, Answer};
use timbre_transport::queue::Lane;
use url::Url;

use super::dial_answer::{self, DialAnswer};
use super::map::{self, Reading};
use super::{body, time};
use crate::secret::AccountSecret;
use crate::throttle::Throttle;

/// How long a whole answer may take. Longer than a few piled-up delays of the vendor's throttle.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// About thirty thousand calls at once.
const LIVE_AT_MOST: usize = 16 * 1024 * 1024;
/// What click-to-dial answers is a word or a page.
const DIAL_AT_MOST: usize = 2 * 1024 * 1024;
/// Public clients page with `cant=1000` (PROVIDERS.md, [client]).
const ROWS_A_PAGE: usize = 1_000;
/// A page of 1,000 rows is about half of one MiB.
const CDRS_AT_MOST: usize = 16 * 1024 * 1024;

/// Everything but unreserved characters is encoded: names, passwords and dates hold anything.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One account, as the settings give it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The administrator's name for it.
    pub account: AccountName,
    /// Where `getCdrs.php` and `getEndpoints.php` lie, and click-to-dial unless it has a place of its own.
    pub base_url: Url,
    /// The whole address of click-to-dial, where it is not `Welcome/ClickToDialExtenal` under the base (seed 001 links
    /// to `https://ws2.callmyway.net/clickToDial.php`).
    pub click_to_dial_url: Option<Url>,
    /// The user name: an endpoint's number.
    pub username: String,
    /// Whether the account's calls are asked for, or this sign-in's endpoint's alone.
    pub full_account: bool,
    /// The zone of the vendor's times.
    pub zone: Tz,
    /// The country of numbers without a country code.
    pub country: Country,
    /// The way to the vendor's servers.
    pub proxy: Proxy,
}

/// One account with CallMyWay.
pub struct Account {
    settings: Settings,
    password: AccountSecret,
    http: http::Client,
    throttle: Arc<Throttle>,
    clock: Arc<dyn Clock>,
}

/// The scripts that are read from. `getCdrs` shows the live calls too, with `live=1`.
#[derive(Clone, Copy)]
enum Script {
    Cdrs,
    Endpoints,
}

impl Account {
    /// An adapter for one account. Its reading calls go through `throttle`.
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn new(
        settings: Settings,
        secrets: Arc<dyn SecretStore>,
        throttle: Arc<Throttle>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let password = AccountSecret::new(&settings.account, &["password"], secrets);
        let http = http::client(Vec::new(), &settings.proxy)?;
        Ok(Self { settings, password, http, throttle, clock })
    }

    fn reading<'a>(&self, redactor: &'a Redactor) -> Reading<'a> {
        Reading { zone: self.settings.zone, redactor, answered_at: self.clock.now() }
    }

    /// Asks a reading question in its turn and gives a good answer.
    async fn ask(
        &self,
        script: Script,
        query: &[(&str, &str)],
        lane: Lane,
        at_most: usize,
    ) -> Result<(Answer, Pace), PortError> {
        let password = self.password.get().await?;
        let file = match script {
            Script::Cdrs => "getCdrs.php",
            Script::Endpoints => "getEndpoints.php",
        };
        let mut url = http::address(&self.settings.base_url, &[file])?;
        let mut pairs = vec![("username", self.settings.username.as_str()), ("password", password.expose_secret())];
        pairs.extend_from_slice(query);
        url.set_query(Some(&encode(&pairs)));
        let permit = self.throttle.acquire(lane).await;
        let answer = http::send(self.http.get(url), &self.clock, ANSWER_WITHIN, at_most).await?;
        let asked_to_wait = self.asks_to_wait(&answer);
        if let Some(wait) = asked_to_wait {
            self.throttle.wait(wait);
        }
        // What is ordinary is learnt from good answers to the live question alone: a record takes as long as it is.
        let pace = match lane {
            Lane::Regular if answer.status.is_success() => permit.answered(),
            _ => {
                permit.released();
                self.throttle.pace(Duration::ZERO)
            }
        };
        match answer.status {
            // "No records found" may be an HTTP status too.
            StatusCode::NOT_FOUND if map::finds_nothing(&answer.body) => {}
            StatusCode::NO_CONTENT => return Ok((Answer { body: b"[]".to_vec(), ..answer }, pace)),
            _ => self.check(&answer).map_err(|mut error| {
                if let Some(wait) = asked_to_wait {
                    error.detail = format!("{}; it is left alone for {} s, as it asked", error.detail, wait.as_secs());
                }
                error
            })?,
        }
        Ok((answer, pace))
    }

    /// How long a server that can't serve us now asks to be left alone (`Retry-After` with 429 or 503; RFC 9110, section
    /// 10.2.3).
    fn asks_to_wait(&self, answer: &Answer) -> Option<Duration> {
        let may_ask = matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        may_ask.then(|| answer.retry_after(&*self.clock)).flatten()
    }

    fn check(&self, answer: &Answer) -> Result<(), PortError> {
        let error = |code| PortError::new(code, format!("HTTP {}", answer.status.as_u16()));
        let error = match answer.status {
            status if status.is_success() => return Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => error(ErrorCode::NotAuthorised),
            status if status.is_server_error() => error(ErrorCode::VendorFailed),
            StatusCode::TOO_MANY_REQUESTS => error(ErrorCode::VendorFailed),
            status if status.is_redirection() => error(ErrorCode::NotAuthorised).guessed(),
            _ => error(ErrorCode::Unreadable),
        };
        Err(self.unusable(error, &answer.body))
    }

    /// What a refused or unreadable answer leads to: it is kept for diagnosis, and a password that was refused is read
    /// again.
    fn unusable(&self, mut error: PortError, body: &[u8]) -> PortError {
        let raw = self
            .password
            .redactor()
            .clean_answer(&String::from_utf8_lossy(&body[..body.len().min(4 * body::MAX_KEPT)]));
        let unread = Unread { place: "answer".into(), reason: error.detail.clone(), raw: body::kept(&raw) };
        error.unread = Some(Box::new(unread));
        self.password.notice(&error);
        error
    }

    /// A page of records, and how many rows it held, read or not.
    async fn ask_cdrs(&self, query: &[(&str, &str)]) -> Result<(CdrPage, usize), PortError> {
        let (Answer { body, .. }, _) = self.ask(Script::Cdrs, query, Lane::Background, CDRS_AT_MOST).await?;
        let redactor = self.password.redactor();
        map::read_cdrs(&body, &self.reading(&redactor)).map_err(|error| self.unusable(error, &body))
    }
}

#[async_trait]
impl LiveCalls for Account {
    async fn live_calls(&self) -> Result<LiveAnswer, PortError> {
        let full = if self.settings.full_account { "1" } else { "0" };
        let (answer, pace) =
            self.ask(Script::Cdrs, &[("live", "1"), ("fullAccount", full)], Lane::Regular, LIVE_AT_MOST).await?;
        let (body, vendor_clock) = (&answer.body, answer.date());
        let redactor = self.password.redactor();
        let answer = map::read_live(body, &self.reading(&redactor)).map_err(|error| self.unusable(error, body))?;
        Ok(LiveAnswer { pace, vendor_clock, ..answer })
    }
}

#[async_trait]
impl EndpointDirectory for Account {
    async fn endpoints(&self) -> Result<Vec<Endpoint>, PortError> {
        let (Answer { body, .. }, _) = self.ask(Script::Endpoints, &[], Lane::Background, LIVE_AT_MOST).await?;
        map::read_endpoints(&body, &self.password.redactor()).map_err(|error| self.unusable(error, &body))
    }
}

#[async_trait]
impl CallRecords for Account {
    async fn recent(&self, _: &[EndpointNumber]) -> Result<CdrPage, PortError> {
        self.ask_cdrs(&[("recent", "1")]).await.map(|(page, _)| page)
    }

    /// The cursor is the offset of the page's first row (`ini`). How many rows the vendor gives at most is not documented, so
    /// a short page is not the last one: an empty page is.
    async fn page(
        &self,
        _: &[EndpointNumber],
        range: TimeRange,
        cursor: Option<&PageCursor>,
    ) -> Result<CdrPage, PortError> {
        let start: usize = cursor.and_then(|cursor| cursor.0.parse().ok()).unwrap_or_default();
        let (from, to) = (time::write(range.from, self.settings.zone), time::write(range.to, self.settings.zone));
        let (offset, count) = (start.to_string(), ROWS_A_PAGE.to_string());
        let query = [("dateStart", from.as_str()), ("dateEnd", &to), ("ini", &offset), ("cant", &count)];
        let (page, received) = self.ask_cdrs(&query).await?;
        let next = (received > 0).then(|| PageCursor((start + received).to_string()));
        Ok(CdrPage { next, ..page })
    }
}

#[async_trait]
impl Dialling for Account {
    /// Not throttled: the rule speaks of the live calls and the records only (PROVIDERS.md, "Throttle").
    async fn dial(&self, order: &DialOrder) -> Result<Placed, PortError> {
        let password = self.password.get().await?;
        let mut url = match &self.settings.click_to_dial_url {
            Some(url) => url.clone(),
            None => http::address(&self.settings.base_url, &["Welcome", "ClickToDialExtenal"])?,
        };
        let number = order.number.dialable(self.settings.country);
        let (first, second) = match order.ring_first {
            RingFirst::Agent => (order.endpoint.as_str(), number.as_str()),
            RingFirst::Contact => (number.as_str(), order.endpoint.as_str()),
        };
        url.set_query(Some(&encode(&[
            ("username", &self.settings.username),
            ("password", password.expose_secret()),
            ("first_num", first),
            ("second_num", second),
        ])));
        let answer = match http::send(self.http.get(url), &self.clock, ANSWER_WITHIN, DIAL_AT_MOST).await {
            Ok(answer) => answer,
            Err(none) if none.unsent => return Err(none.error),
            // The request may have arrived. It is never repeated by itself.
            Err(none) => {
                return Err(
                    PortError::new(ErrorCode::OutcomeUnknown, "no answer to click-to-dial").caused_by(none.error)
                );
            }
        };
        let redactor = self.password.redactor();
        if answer.status.is_client_error() {
            let words = match dial_answer::read(&answer.body) {
                DialAnswer::Refused { words, .. } | DialAnswer::Unclear { words } => redactor.clean_answer(&words),
                DialAnswer::Taken => String::new(),
            };
            return Err(self.unusable(not_taken(Some(answer.status.as_u16().into()), &words), &answer.body));
        }
        self.check(&answer).map_err(|error| match error.code {
            // The vendor failed while it was at it: whether the call was queued is anybody's guess.
            ErrorCode::VendorFailed => PortError::new(ErrorCode::OutcomeUnknown, error.detail),
            // A page may follow a placed call as well as a refused one.
            _ if answer.status.is_redirection() => PortError::new(ErrorCode::OutcomeUnknown, error.detail),
            _ => error,
        })?;
        match dial_answer::read(&answer.body) {
            DialAnswer::Taken => Ok(Placed::default()),
            DialAnswer::Refused { status, words } => {
                Err(self.unusable(not_taken(status, &redactor.clean_answer(&words)), &answer.body))
            }
            // It may have been placed: it is followed, and the agent reads what the vendor said.
            DialAnswer::Unclear { words } => {
                let error =
                    PortError::new(ErrorCode::OutcomeUnknown, "the answer to click-to-dial is no yes and no no");
                Err(self.unusable(error.saying(&redactor.clean_answer(&words)), &answer.body))
            }
        }
    }
}

/// An order that the vendor did not take.
fn not_taken(status: Option<i64>, words: &str) -> PortError {
    let code = match status {
        Some(401 | 403) => ErrorCode::NotAuthorised,
        Some(409 | 486) => ErrorCode::AlreadyInCall,
        _ => ErrorCode::VendorRefused,
    };
    PortError::new(code, "the vendor did not take the order").saying(words)
}

fn encode(pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
    encoded.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_query_is_percent_encoded() {
        assert_eq!(
            encode(&[("password", "a b&c=d+e%f#g/ñ"), ("dateStart", "2017-06-01 00:00:00")]),
            "password=a%20b%26c%3Dd%2Be%25f%23g%2F%C3%B1&dateStart=2017-06-01%2000%3A00%3A00"
        );
    }

    #[test]
    fn a_base_url_may_end_in_a_slash_or_lie_in_a_folder() {
        for (base, whole) in [
            ("https://www.callmyway.com", "https://www.callmyway.com/getCdrs.php"),
            ("https://www.callmyway.com/", "https://www.callmyway.com/getCdrs.php"),
            ("http://127.0.0.1:8080/stand/in", "http://127.0.0.1:8080/stand/in/getCdrs.php"),
        ] {
            let url = http::address(&Url::parse(base).unwrap(), &["getCdrs.php"]).unwrap();
            assert_eq!(url.as_str(), whole);
        }
    }

    #[test]
    fn an_order_that_is_not_taken_is_told_apart_by_its_status() {
        for (status, code) in [
            (Some(401), ErrorCode::NotAuthorised),
            (Some(409), ErrorCode::AlreadyInCall),
            (Some(500), ErrorCode::VendorRefused),
            (None, ErrorCode::VendorRefused),
        ] {
            let error = not_taken(status, "Saldo\u{1b}[31m insuficiente");
            assert_eq!(error.code, code, "{status:?}");
            assert_eq!(error.said.unwrap().as_str(), "Saldo [31m insuficiente");
        }
    }
}
