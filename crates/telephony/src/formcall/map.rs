//! From FormCall's shapes to ours and back. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use timbre_domain::attribution::{Side, Sides};
use timbre_domain::cdr::CdrRow;
use timbre_domain::dial::{DialOrder, Placed, PlacedCall};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::{ErrorCode, PortError, VendorReason};
use timbre_domain::redact::Redactor;
use timbre_domain::unread::Unread;

use super::wire::{Answer, Order, Row, json};
use crate::secret;

/// The status of a call that both sides answered; the words of the others are not documented.
const CONNECTED: &str = "Conectada";

/// The body of an order, with the number split the way its country does.
///
/// # Errors
/// [`BadNumber`](ErrorCode::BadNumber) for a number that no country's rules can place.
pub fn order_body<'a>(order: &'a DialOrder, token: &'a str) -> Result<Order<'a>, PortError> {
    let split = order
        .number
        .split()
        .ok_or_else(|| PortError::new(ErrorCode::BadNumber, "the number's country is not known"))?;
    Ok(Order {
        popup_uuid: order.endpoint.as_str(),
        phonenumber: split.subscriber,
        areacode: split.area_code,
        country_code: split.country_code,
        security_token: token,
        adicional: &order.extra,
    })
}

/// What the vendor answered to an order. An answer that can't be read says nothing about whether the call was placed.
///
/// # Errors
/// One of the vendor's eight errors, or [`OutcomeUnknown`](ErrorCode::OutcomeUnknown).
pub fn order_answer(body: &[u8]) -> Result<Placed, PortError> {
    let unknown = |detail: &str| PortError::new(ErrorCode::OutcomeUnknown, detail);
    let answer: Answer = json(body).map_err(|error| unknown("the answer is not JSON").caused_by(error))?;
    match answer {
        Answer { success: Some(true), pending: true, .. } => Ok(Placed { external_id: None, pending: true }),
        Answer { success: Some(true), uuid, .. } if !uuid.is_empty() => {
            Ok(Placed { external_id: Some(uuid), pending: false })
        }
        Answer { success: Some(true), .. } => Err(unknown("the answer names no call")),
        Answer { success: Some(false), error_code, .. } => Err(refusal(&error_code)),
        Answer { success: None, .. } => Err(unknown("the answer does not say whether it succeeded")),
    }
}

/// One of the vendor's errors (seed 004, "Códigos de error y sus respectivos mensajes").
pub(super) fn refusal(code: &str) -> PortError {
    let (kind, reason, detail) = match code {
        "1" => (ErrorCode::BadNumber, "formcall.invalid_number", "error 1: invalid phone number"),
        "2" => (ErrorCode::OutOfHours, "formcall.out_of_hours", "error 2: popup not in service hours"),
        "3" => (ErrorCode::VendorFailed, "formcall.origination_failed", "error 3: call origination failed"),
        "4" => (ErrorCode::NotFound, "formcall.popup_not_found", "error 4: popup not found"),
        "5" => (ErrorCode::BadNumber, "formcall.country_not_found", "error 5: country not found"),
        "6" => (ErrorCode::BadRequest, "formcall.wrong_parameters", "error 6: wrong parameters"),
        "7" => (ErrorCode::SecretMissing, "formcall.token_missing", "error 7: security token missing"),
        "8" => (ErrorCode::NotAuthorised, "formcall.token_invalid", "error 8: invalid security token"),
        _ => return PortError::new(ErrorCode::VendorFailed, "an error that the vendor's document does not list"),
    };
    PortError::new(kind, detail).with_reason(VendorReason::known(reason))
}

/// A page of the list of calls.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) rows: Vec<Row>,
    pub(super) unread: Vec<Unread>,
}

impl Listed {
    /// Without what we sent, in what is kept of it.
    pub(super) fn cleaned(self, redactor: &Redactor) -> Self {
        let rows = self.rows.into_iter().map(|mut row| {
            row.status = secret::clean_field(&row.status, redactor);
            let fields = std::mem::take(&mut row.extra).into_iter();
            row.extra = fields
                .map(|(name, value)| (secret::clean_field(&name, redactor), secret::clean_value(value, redactor)))
                .collect();
            row
        });
        let unread = self.unread.into_iter().map(|part| Unread {
            reason: secret::clean_part(&part.reason, redactor),
            raw: secret::clean_part(&part.raw, redactor),
            ..part
        });
        Self { rows: rows.collect(), unread: unread.collect() }
    }
}

pub(super) fn list(body: &[u8]) -> Result<Listed, PortError> {
    if let Ok(answer) = json::<Answer>(body)
        && answer.success == Some(false)
    {
        return Err(refusal(&answer.error_code));
    }
    let values: Vec<serde_json::Value> =
        json(body).map_err(|error| PortError::new(ErrorCode::Unreadable, "the list is not JSON").caused_by(error))?;
    let mut listed = Listed::default();
    for (place, value) in values.into_iter().enumerate() {
        let raw = value.to_string();
        let unread = |reason: &str| Unread { place: format!("[{place}]"), reason: reason.to_owned(), raw: raw.clone() };
        match serde_json::from_value::<Row>(value) {
            Ok(row) if row.uuid.is_empty() => listed.unread.push(unread("there is no uuid")),
            Ok(row) if called_at(&row).is_none() => listed.unread.push(unread("call_at is no time")),
            Ok(row) => listed.rows.push(row),
            Err(error) => listed.unread.push(unread(&error.to_string())),
        }
    }
    Ok(listed)
}

/// The calls of a popup's list, as far as they can be read. `now` stands for the moment at which a conversation that goes on was
/// first seen: the list gives durations only of calls that are over.
///
/// # Errors
/// One of the vendor's eight errors, or [`Unreadable`](ErrorCode::Unreadable).
pub fn placed_calls(body: &[u8], popup: &EndpointNumber, now: DateTime<Utc>) -> Result<Vec<PlacedCall>, PortError> {
    Ok(list(body)?.rows.iter().filter_map(|row| placed_call(row, popup, now)).collect())
}

pub(super) fn placed_call(row: &Row, popup: &EndpointNumber, now: DateTime<Utc>) -> Option<PlacedCall> {
    let times = Times::of(row)?;
    Some(PlacedCall {
        external_id: row.uuid.clone(),
        endpoint: row.popup().unwrap_or_else(|| popup.clone()),
        placed_at: times.placed_at,
        connected_at: times.connected_at.or((row.status == CONNECTED).then_some(now)),
        ended_at: times.ended_at,
    })
}

/// A row of a popup's list as a record; nothing of a call that goes on.
pub(super) fn record(row: Row, popup: &EndpointNumber) -> Option<CdrRow> {
    let times = Times::of(&row)?;
    let ended_at = Some(times.ended_at?);
    let popup = row.popup().unwrap_or_else(|| popup.clone());
    let mut extra: BTreeMap<_, _> = row.extra;
    extra.insert("duration_company".to_owned(), row.duration_company.into());
    Some(CdrRow {
        external_id: row.uuid,
        group: None,
        // The list does not show the customer's number.
        sides: Sides { calling: Side { user: popup.to_string(), ..Side::default() }, called: Side::default() },
        detected_at: times.placed_at,
        connected_at: times.connected_at,
        ended_at,
        duration_s: row.duration_customer.parse().unwrap_or_default(),
        cost: None,
        rate: None,
        access_fee: None,
        route_pattern: String::new(),
        route_name: String::new(),
        end_reason: row.status,
        extra,
    })
}

/// The times of a call, reckoned from when it was placed and how long each side spoke: the company's side is rung first.
struct Times {
    placed_at: DateTime<Utc>,
    connected_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl Times {
    fn of(row: &Row) -> Option<Self> {
        let placed_at = called_at(row)?;
        let seconds = |text: &str| TimeDelta::try_seconds(text.trim().parse().unwrap_or_default()).unwrap_or_default();
        let (company, customer) = (seconds(&row.duration_company), seconds(&row.duration_customer));
        let waits = matches!(row.enqueued.as_str(), "true" | "1") || row.status.trim().is_empty();
        let talks = row.status == CONNECTED && company.is_zero() && customer.is_zero();
        if waits || talks {
            return Some(Self { placed_at, connected_at: None, ended_at: None });
        }
        let longest = company.max(customer);
        let ended_at = placed_at.checked_add_signed(longest)?;
        let connected_at = (row.status == CONNECTED).then(|| ended_at - customer);
        Some(Self { placed_at, connected_at, ended_at: Some(ended_at) })
    }
}

/// When the call was placed, written as `2019/04/02 10:05:03 -0300`.
fn called_at(row: &Row) -> Option<DateTime<Utc>> {
    let text = row.call_at.trim();
    let formats = ["%Y/%m/%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z"];
    formats.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()).map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte for byte from the vendor's document.
    const PLACED: &str = r#"{"success":true,"uuid":"80b5fc503f24d33de4f15f908f42b279"}"#;
    const PENDING: &str = r#"{"success":true,"pending":true}"#;
    const REFUSED: &str = "{«success»:false,»error_code»: 1,»error_msg»:»Invalid phone number»}";

    #[test]
    fn the_documents_answers_are_read_broken_quotes_and_all() {
        let placed = order_answer(PLACED.as_bytes()).unwrap();
        assert_eq!(placed.external_id.as_deref(), Some("80b5fc503f24d33de4f15f908f42b279"));
        assert!(order_answer(PENDING.as_bytes()).unwrap().pending);
        let refused = order_answer(REFUSED.as_bytes()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::BadNumber);
        assert_eq!(refused.reason.unwrap().as_str(), "formcall.invalid_number");
    }

    #[test]
    fn an_answer_that_says_nothing_leaves_it_open_whether_the_call_was_placed() {
        for body in ["", "<html>502</html>", "{\"success\":tr", "{}", "[]", "{\"success\":true}", "null"] {
            assert_eq!(order_answer(body.as_bytes()).unwrap_err().code, ErrorCode::OutcomeUnknown, "{body}");
        }
    }

    fn row(status: &str, company: &str, customer: &str, enqueued: bool) -> String {
        format!(
            r#"[{{"uuid":"a","status":"{status}","duration_company":"{company}","duration_customer":"{customer}",
            "call_at":"2019/04/02 10:05:03 -0300","enqueued":{enqueued},"popup_uuid":"p","retry":"3"}}]"#
        )
    }

    #[test]
    fn a_call_waits_rings_talks_and_ends() {
        let now: DateTime<Utc> = "2019-04-02T13:06:00Z".parse().unwrap();
        let popup = EndpointNumber::new("p").unwrap();
        let of = |text: &str| placed_calls(text.as_bytes(), &popup, now).unwrap().remove(0);
        let state = |text: &str| (of(text).connected_at.is_some(), of(text).ended_at.is_some());
        assert_eq!(state(&row("", "0", "0", true)), (false, false));
        assert_eq!(state(&row("", "0", "0", false)), (false, false));
        assert_eq!(state(&row("Conectada", "0", "0", false)), (true, false));
        assert_eq!(state(&row("No contesta", "20", "0", false)), (false, true));
        let over = of(&row("Conectada", "117", "95", false));
        assert_eq!(over.placed_at, "2019-04-02T13:05:03Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(over.connected_at, Some("2019-04-02T13:05:25Z".parse().unwrap()));
        assert_eq!(over.ended_at, Some("2019-04-02T13:07:00Z".parse().unwrap()));
    }

    #[test]
    fn a_row_that_names_no_popup_is_of_the_popup_whose_list_it_is() {
        let asked = EndpointNumber::new("asked").unwrap();
        let now: DateTime<Utc> = "2019-04-02T13:06:00Z".parse().unwrap();
        let body = row("Conectada", "117", "95", false);
        for (body, popup) in [(body.replace(r#","popup_uuid":"p""#, ""), "asked"), (body, "p")] {
            assert_eq!(placed_calls(body.as_bytes(), &asked, now).unwrap()[0].endpoint.as_str(), popup);
            let recorded = record(list(body.as_bytes()).unwrap().rows.remove(0), &asked).unwrap();
            assert_eq!(recorded.sides.calling.user, popup);
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_counted_and_hides_no_other() {
        let body = r#"[{"uuid":""},{"uuid":"b","call_at":"soon"},7,{"uuid":"a","popup_uuid":"p","call_at":"2019/04/02 10:05:03 -0300"}]"#;
        let listed = list(body.as_bytes()).unwrap();
        assert_eq!((listed.rows.len(), listed.unread.len()), (1, 3));
        assert_eq!(list(b"<html>").unwrap_err().code, ErrorCode::Unreadable);
        assert_eq!(list(br#"{"success":false,"error_code":8}"#).unwrap_err().code, ErrorCode::NotAuthorised);
    }

    #[test]
    fn each_of_the_eight_errors_has_a_code_and_a_reason_of_its_own() {
        let refused = |code: u8| {
            let body = format!("{{\"success\":false,\"error_code\":{code},\"error_msg\":\"\"}}");
            order_answer(body.as_bytes()).unwrap_err()
        };
        let reasons: std::collections::BTreeSet<_> =
            (1..=8).map(|code| refused(code).reason.unwrap().as_str().to_owned()).collect();
        assert_eq!(reasons.len(), 8);
        assert_eq!(refused(9).code, ErrorCode::VendorFailed, "an error that the document does not list");
        assert!(refused(9).reason.is_none());
    }

    #[test]
    fn a_token_that_the_list_repeats_is_in_nothing_that_is_kept() {
        let mut redactor = Redactor::default();
        redactor.learn(&secrecy::SecretString::from("Zq9-marcada-12345"));
        redactor.learn_name("security_token");
        let good = r#"{"uuid":"u","call_at":"2019/04/02 10:05:03 -0300","status":"Zq9-marcada-12345","duration_company":"20","duration_customer":"0","enqueued":false,"popup_uuid":"p","debug":"a Zq9%2Dmarcada%2D12345"}"#;
        let bad = r#"{"uuid":"","debug":"security_token=nobody knows this form"}"#;
        let listed = list(format!("[{good},{bad}]").as_bytes()).unwrap().cleaned(&redactor);
        assert_eq!((listed.rows.len(), listed.unread.len()), (1, 1));
        let kept = format!("{} {:?} {}", listed.rows[0].status, listed.rows[0].extra, listed.unread[0].raw);
        assert!(!kept.contains("marcada") && !kept.contains("nobody knows"), "{kept}");
    }
}
