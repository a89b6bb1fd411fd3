//! FormCall over HTTP: orders a call, and lists the calls of a day.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use timbre_domain::call::AccountName;
use timbre_domain::cdr::{CdrPage, PageCursor, TimeRange};
use timbre_domain::dial::{DialOrder, Placed, PlacedCall};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::proxy::Proxy;
use timbre_domain::session::{CallRecords, Dialling, PlacedCalls};
use timbre_transport::extra_ca::ExtraCa;
use timbre_transport::http::{self, Answer};
use url::Url;

use super::map::{self, Listed};
use crate::secret::AccountSecret;

/// Where requests carry the token: the header of a question, the field of an order.
const SENT_AS: &[&str] = &["security-token", "security_token"];
/// How long a whole answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// A day of ten thousand calls would fit.
const ANSWER_AT_MOST: usize = 8 * 1024 * 1024;

/// One account, as the settings give it.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) account: AccountName,
    /// Where `calls/manage/api` and `calls/list` lie.
    pub(super) base_url: Url,
    /// The zone of the list's days.
    pub(super) zone: Tz,
    pub(super) list_interval: Duration,
    pub(super) proxy: Proxy,
}

/// One account with FormCall.
pub(super) struct Account {
    settings: Settings,
    token: AccountSecret,
    http: http::Client,
    clock: Arc<dyn Clock>,
}

impl Account {
    pub(super) fn new(
        settings: Settings,
        secrets: Arc<dyn SecretStore>,
        extra_ca: Option<&ExtraCa>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let http = http::client(extra_ca.map(ExtraCa::certificates).unwrap_or_default(), &settings.proxy)?;
        Ok(Self { token: AccountSecret::new(&settings.account, SENT_AS, secrets), settings, http, clock })
    }

    fn address(&self, path: &[&str]) -> Result<Url, PortError> {
        http::address(&self.settings.base_url, path)
    }

    /// The calls that one popup placed on one day. Whatever the HTTP status, the body says what it is.
    async fn list(&self, day: NaiveDate, popup: &EndpointNumber) -> Result<Listed, PortError> {
        let token = self.token.get().await?;
        let mut url = self.address(&["calls", "list"])?;
        let date = day.format("%Y-%m-%d").to_string();
        url.query_pairs_mut().append_pair("date", &date).append_pair("popup_uuid", popup.as_str());
        let request = self.http.get(url).header("security-token", http::secret_header(&token)?);
        let Answer { status, body, .. } = http::send(request, &self.clock, ANSWER_WITHIN, ANSWER_AT_MOST).await?;
        let listed = map::list(&body).map_err(|error| match (error.code, status) {
            (ErrorCode::Unreadable, status) if status.is_server_error() => {
                PortError::new(ErrorCode::VendorFailed, format!("HTTP {}", status.as_u16()))
            }
            (ErrorCode::Unreadable, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                PortError::new(ErrorCode::NotAuthorised, format!("HTTP {}", status.as_u16()))
            }
            _ => error,
        });
        listed.map(|listed| listed.cleaned(&self.token.redactor())).inspect_err(|error| self.token.notice(error))
    }

    fn day(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.settings.zone).date_naive()
    }

    /// The records of a day.
    async fn records(&self, day: NaiveDate, popups: &[EndpointNumber]) -> Result<CdrPage, PortError> {
        let mut page = CdrPage::default();
        for popup in popups {
            let Listed { rows, unread } = self.list(day, popup).await?;
            page.rows.extend(rows.into_iter().filter_map(|row| map::record(row, popup)));
            page.unread.extend(unread);
        }
        Ok(page)
    }
}

#[async_trait]
impl Dialling for Account {
    async fn dial(&self, order: &DialOrder) -> Result<Placed, PortError> {
        let token = self.token.get().await?;
        let body = map::order_body(order, token.expose_secret())?;
        let request = self.http.post(self.address(&["calls", "manage", "api"])?).json(&body);
        let answer = match http::send(request, &self.clock, ANSWER_WITHIN, ANSWER_AT_MOST).await {
            Ok(answer) => answer,
            Err(none) if none.unsent => return Err(none.error),
            // The order may have arrived; there is no way to repeat it without risking a second call (PROVIDERS.md).
            Err(none) => {
                return Err(PortError::new(ErrorCode::OutcomeUnknown, "no answer to the order").caused_by(none.error));
            }
        };
        map::order_answer(&answer.body).inspect_err(|error| self.token.notice(error))
    }
}

#[async_trait]
impl PlacedCalls for Account {
    async fn placed_since(
        &self,
        since: DateTime<Utc>,
        endpoints: &[EndpointNumber],
    ) -> Result<Vec<PlacedCall>, PortError> {
        let now = self.clock.now();
        let (first, last) = (self.day(since), self.day(now));
        let mut placed = Vec::new();
        for day in first.iter_days().take_while(|day| *day <= last).take(2) {
            for popup in endpoints {
                let listed = self.list(day, popup).await?;
                placed.extend(listed.rows.iter().filter_map(|row| map::placed_call(row, popup, now)));
            }
        }
        placed.retain(|call| call.placed_at >= since);
        Ok(placed)
    }

    fn interval(&self) -> Duration {
        self.settings.list_interval
    }
}

#[async_trait]
impl CallRecords for Account {
    async fn recent(&self, popups: &[EndpointNumber]) -> Result<CdrPage, PortError> {
        let today = self.day(self.clock.now());
        let yesterday = self.records(today.checked_sub_days(Days::new(1)).unwrap_or(today), popups).await?;
        let mut page = self.records(today, popups).await?;
        page.rows.extend(yesterday.rows);
        page.unread.extend(yesterday.unread);
        Ok(page)
    }

    /// A page is a day; the cursor is its date.
    async fn page(
        &self,
        popups: &[EndpointNumber],
        range: TimeRange,
        cursor: Option<&PageCursor>,
    ) -> Result<CdrPage, PortError> {
        let first = self.day(range.from);
        let day = cursor.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(first);
        let mut page = self.records(day, popups).await?;
        page.rows.retain(|row| (range.from..range.to).contains(&row.detected_at));
        page.next = day.succ_opt().filter(|next| *next <= self.day(range.to)).map(|next| PageCursor(next.to_string()));
        Ok(page)
    }
}
