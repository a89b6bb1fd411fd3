//! Answers of the vendors.

use chrono::{DateTime, Utc};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::redact::Redactor;
use timbre_telephony::callmyway::Reading;
use timbre_telephony::callmyway::reading::{read_cdrs, read_dial_answer, read_endpoints, read_live};
use timbre_telephony::formcall::reading::{order_answer, placed_calls};

use super::{bytes, files_of};

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000)
}

fn with_reading<T>(read: impl FnOnce(&Reading<'_>) -> T) -> T {
    let mut redactor = Redactor::default();
    redactor.learn(&secrecy::SecretString::from("Zq9#marcada"));
    read(&Reading { zone: chrono_tz::America::Costa_Rica, redactor: &redactor, answered_at: at() })
}

pub(super) fn live_answer(input: &[u8]) {
    // Refused or read, it is an answer.
    let _ = with_reading(|reading| read_live(input, reading));
}

pub(super) fn live_answers() -> Vec<Vec<u8>> {
    files_of("crates/telephony/fixtures/callmyway", "json")
}

pub(super) fn call_records(input: &[u8]) {
    if let Ok((page, received)) = with_reading(|reading| read_cdrs(input, reading)) {
        assert!(page.rows.len() <= received, "more rows than there are");
    }
}

pub(super) fn call_record_answers() -> Vec<Vec<u8>> {
    let row = r#"{"callid":"AX-1","src":"8373456","dst":"50688884787","start":"2026-03-02 08:00:00","answer":"2026-03-02 08:00:09","duration":"61","billsec":"52","disposition":"ANSWERED","cost":"0.0123","rate":"0.01","fee":"0","route":"CR"}"#;
    let mut seeds = bytes(&[&format!("[{row}]"), &format!("{{\"status\":1,\"data\":[{row},{row}]}}")]);
    seeds.extend(live_answers());
    seeds
}

pub(super) fn endpoints(input: &[u8]) {
    let _ = with_reading(|reading| read_endpoints(input, reading.redactor));
}

pub(super) fn endpoint_answers() -> Vec<Vec<u8>> {
    live_answers()
}

pub(super) fn dial_answer(input: &[u8]) {
    let _ = read_dial_answer(input);
}

pub(super) fn dial_answers() -> Vec<Vec<u8>> {
    bytes(&[
        "",
        "200 OK",
        "{\"status\":1}",
        "{\"status\":3,\"message\":\"no autorizado\"}",
        "[{\"success\":false,\"error\":\"ocupado\"}]",
        "<html><body>Error</body></html>",
    ])
}

pub(super) fn formcall_order(input: &[u8]) {
    let _ = order_answer(input);
}

pub(super) fn formcall_orders() -> Vec<Vec<u8>> {
    bytes(&[
        "{\"status\":\"success\",\"uuid\":\"0b8f6b1e-6a52-4ae2-9d6c-2b1f3f3e2a11\"}",
        "{\"status\":\"pending\"}",
        "{\u{ab}status\u{bb}:\u{ab}error\u{bb},\u{ab}code\u{bb}:\u{ab}INVALID_TOKEN\u{bb}}",
    ])
}

pub(super) fn formcall_list(input: &[u8]) {
    if let Some(popup) = EndpointNumber::new("popup") {
        let _ = placed_calls(input, &popup, at());
    }
}

pub(super) fn formcall_lists() -> Vec<Vec<u8>> {
    bytes(&["[]", "{\"calls\":[{\"uuid\":\"u\",\"status\":\"ANSWERED\",\"call_number\":\"56223456789\"}]}"])
}
