//! What a refusal, or no answer at all, asks of us: the rules of the connector's file, then those of HTTP.

use std::time::Duration;

use serde_json::Value as Json;
use timbre_domain::crm::{CrmError, Verdict};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::Clock;
use timbre_transport::http::{Answer, NoAnswer};

use crate::connector::{Errors, Then};

/// The longest words of a CRM that are kept, characters.
const WORDS_AT_MOST: usize = 300;

/// Whether a request changes something in the CRM. One that does and gets no answer may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
}

/// Judges an answer that is no success.
pub(crate) fn refusal(errors: &Errors, answer: &Answer, effect: Effect, clock: &dyn Clock) -> CrmError {
    let status = answer.status.as_u16();
    let reason = errors.reason_header.as_deref().and_then(|name| answer.headers.get(name));
    let reason = reason.map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
    let retry_after = answer.retry_after(clock);
    let text = String::from_utf8_lossy(&answer.body);
    let rule = errors.rules.iter().find(|rule| {
        let said =
            |needle: &String| text.contains(needle) || reason.as_ref().is_some_and(|reason| reason.contains(needle));
        rule.status.contains(&status)
            && rule.reason.is_none_or(|there| there == reason.is_some())
            && rule.contains.as_ref().is_none_or(said)
    });
    let (then, code) = rule.map_or_else(|| by_default(status, retry_after), |rule| (rule.then, rule.code));
    let verdict = match (then, retry_after) {
        (Then::Park, _) => Verdict::Park,
        (Then::Stop, _) => Verdict::Stop,
        (Then::Wait(at_least), after) => Verdict::Wait(after.map_or(at_least, |after| after.max(at_least))),
        (Then::Search(tries), _) if effect == Effect::Writes => Verdict::SearchFirst { tries },
        // A server in trouble that says for how long is believed.
        (Then::BackOff, Some(after)) => Verdict::Wait(after),
        (Then::Search(_) | Then::BackOff, _) => Verdict::BackOff,
    };
    // Reading can't have stored anything: nothing about it is unsure.
    let code = if code == ErrorCode::Unsure && effect == Effect::Reads { ErrorCode::VendorFailed } else { code };
    let mut error = CrmError::new(code, verdict, format!("the CRM answered {status}"));
    error.words = words(errors, answer, reason);
    error
}

fn by_default(status: u16, retry_after: Option<Duration>) -> (Then, ErrorCode) {
    match status {
        // Nothing was stored, and a page to sign in or another address is no matter of this record.
        300..=399 => (Then::BackOff, ErrorCode::VendorFailed),
        401 => (Then::Stop, ErrorCode::SignInFailed),
        408 | 425 => (Then::BackOff, ErrorCode::VendorFailed),
        409 => (Then::Park, ErrorCode::Duplicate),
        429 => (Then::Wait(retry_after.unwrap_or(Duration::from_secs(10))), ErrorCode::Busy),
        503 => (Then::BackOff, ErrorCode::Busy),
        400..=499 => (Then::Park, ErrorCode::Refused),
        _ => (Then::Search(3), ErrorCode::Unsure),
    }
}

/// The CRM's own words: its reason, else what its file says where they stand, else a short plain text.
fn words(errors: &Errors, answer: &Answer, reason: Option<String>) -> String {
    let json = answer.json();
    let said = |json: &Json| errors.words.iter().find_map(|path| Some(path.query(json).first()?.as_str()?.to_owned()));
    let words = reason.or_else(|| json.as_ref().and_then(said)).unwrap_or_else(|| {
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let plain = kind.starts_with("text/plain");
        if plain { String::from_utf8_lossy(&answer.body).into_owned() } else { String::new() }
    });
    one_line(&words)
}

/// Bounded, in one line.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text.chars().take(WORDS_AT_MOST * 4).map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS_AT_MOST).collect()
}

/// Judges that no answer came.
pub(crate) fn silence(none: NoAnswer, effect: Effect) -> CrmError {
    let NoAnswer { error: PortError { code, detail, source, .. }, unsent } = none;
    let verdict = match effect {
        // Whoever asks again and again finds out in the end: a network that is gone never parks a record.
        Effect::Writes if !unsent => Verdict::SearchFirst { tries: u32::MAX },
        _ => Verdict::BackOff,
    };
    CrmError { unsent, source, ..CrmError::new(code, verdict, detail) }
}

/// An answer that says success and can't be read.
pub(crate) fn unreadable(effect: Effect, what: &str) -> CrmError {
    match effect {
        Effect::Reads => CrmError::new(ErrorCode::Unreadable, Verdict::BackOff, what),
        Effect::Writes => CrmError::new(ErrorCode::Unsure, Verdict::SearchFirst { tries: 3 }, what),
    }
}
