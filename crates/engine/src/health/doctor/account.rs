//! One account: password, reach, leave, and whether its endpoints are the vendor's.
//!
//! There is one question behind it: whatever it failed at, all before it was well and all behind it is not known.

use std::sync::Arc;

use timbre_domain::endpoint::{Endpoint, EndpointNumber};
use timbre_domain::error::ErrorCode;

use super::finding::{Check, findings};
use crate::Context;
use crate::calls::poll_log::{Failed, PollLog};
use crate::calls::session::AccountSession;

/// From this size on, in bytes, somebody should ask why the account shows so many calls at once.
const LARGE: usize = 4 * 1024 * 1024;

findings! {
    /// What can be found of an account.
    Account in "account" {
        SecretFound = "secret_found" => Good,
        SecretMissing = "secret_missing" => Failed,
        Reached = "reached" => Good,
        Failing = "failing" => Failed,
        /// The answer came, and parts of it could not be read.
        PartlyRead = "partly_read" => Warning,
        /// There was nothing to ask with.
        NotAsked = "not_asked" => NotChecked,
        Authorised = "authorised" => Good,
        NotAuthorised = "not_authorised" => Failed,
        /// No answer tells whether we are let in.
        AuthorisedUnknown = "authorised_unknown" => NotChecked,
        /// All is well, and was not a while ago.
        FailedBefore = "failed_before" => Good,
        EndpointsKnown = "endpoints_known" => Good,
        EndpointsStrange = "endpoints_strange" => Warning,
        EndpointsNeverRead = "endpoints_never_read" => NotChecked,
        EndpointsUnknown = "endpoints_unknown" => Failed,
        /// Calls that name an endpoint by its id alone belong to nobody we know.
        EndpointsFailed = "endpoints_failed" => Failed,
        /// The answers come near the largest that are read.
        AnswersLarge = "answers_large" => Warning,
        /// The vendor shows calls that began too long ago to be going on.
        StaleCalls = "stale_calls" => Warning,
    }
}

pub(super) async fn check(context: &Arc<Context>, session: &AccountSession) -> Vec<Check> {
    let mut checks = of_polls(&session.log());
    let stale = session.tracker().stale(context.core.clock.now()).count();
    if stale > 0 {
        checks.push(Check::of(Account::StaleCalls).with("count", stale));
    }
    if session.session.endpoints.is_none() {
        return checks.into_iter().map(|check| check.with("account", session.name())).collect();
    }
    let name = session.name().clone();
    // Where the vendor answers nothing at all, that is said already.
    let answers = session.log().last.is_some_and(|poll| poll.brought.is_ok());
    if let Some(Failed { code, detail }) = session.unknown_endpoints.failed().filter(|_| answers) {
        checks.push(Check::of(Account::EndpointsFailed).because(code, detail));
    }
    checks.push(match context.core.stored(move |store| store.endpoints(&name)).await {
        Ok(known) => of_endpoints(&session.account.endpoints().cloned().collect::<Vec<_>>(), &known),
        Err(error) => Check::of(Account::EndpointsUnknown).because(error.code(), error.to_string()),
    });
    checks.into_iter().map(|check| check.with("account", session.name())).collect()
}

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Secret,
    Reach,
    Leave,
}

fn failed_at(code: ErrorCode) -> Stage {
    match code {
        ErrorCode::SecretMissing | ErrorCode::KeyringUnavailable => Stage::Secret,
        ErrorCode::NotAuthorised => Stage::Leave,
        _ => Stage::Reach,
    }
}

fn of_polls(log: &PollLog) -> Vec<Check> {
    let Some(poll) = &log.last else {
        return [Account::NotAsked, Account::AuthorisedUnknown].map(Check::of).into();
    };
    match &poll.brought {
        Ok(brought) => {
            let took = brought.pace.took.as_millis();
            let mut checks = vec![
                Check::of(Account::SecretFound),
                Check::of(Account::Reached).with("took_ms", took),
                Check::of(Account::Authorised),
            ];
            if brought.size > LARGE {
                checks.push(Check::of(Account::AnswersLarge).with("answer_bytes", brought.size));
            }
            if brought.unread > 0 {
                checks.push(Check::of(Account::PartlyRead).with("count", brought.unread));
            }
            if let Some((at, failed)) = &log.failed {
                checks.push(
                    Check::of(Account::FailedBefore).with("failed_at", *at).because(failed.code, &*failed.detail),
                );
            }
            checks
        }
        Err(Failed { code, detail }) => {
            let failed = |finding| Check::of(finding).because(*code, detail.as_str()).with("failed_at", poll.at);
            match failed_at(*code) {
                Stage::Secret => vec![
                    failed(Account::SecretMissing),
                    Check::of(Account::NotAsked),
                    Check::of(Account::AuthorisedUnknown),
                ],
                Stage::Reach => vec![
                    Check::of(Account::SecretFound),
                    failed(Account::Failing),
                    Check::of(Account::AuthorisedUnknown),
                ],
                Stage::Leave => vec![Check::of(Account::SecretFound), failed(Account::NotAuthorised)],
            }
        }
    }
}

/// Which ones are strange is said by their place in the settings: numbers stay out of a report.
fn of_endpoints(configured: &[EndpointNumber], known: &[Endpoint]) -> Check {
    if known.is_empty() {
        return Check::of(Account::EndpointsNeverRead);
    }
    let is_strange = |number: &EndpointNumber| !known.iter().any(|endpoint| endpoint.number == *number);
    let places: Vec<_> = configured
        .iter()
        .enumerate()
        .filter(|(_, number)| is_strange(number))
        .map(|(place, _)| (place + 1).to_string())
        .collect();
    if places.is_empty() {
        return Check::of(Account::EndpointsKnown).with("count", configured.len());
    }
    Check::of(Account::EndpointsStrange)
        .with("count", places.len())
        .with("of", configured.len())
        .with("places", places.join(", ").as_str())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use timbre_domain::error::PortError;

    use super::*;
    use crate::calls::poll_log::PollResult;

    fn found(code: ErrorCode) -> Vec<String> {
        let mut log = PollLog::default();
        let answer = Err(PortError::new(code, "no connection"));
        log.remember(PollResult::new(&answer, "2026-03-02T14:00:00Z".parse().unwrap(), Duration::ZERO));
        of_polls(&log).into_iter().map(|check| check.finding).collect()
    }

    #[test]
    fn whatever_a_question_failed_at_all_behind_it_is_not_known() {
        for code in [ErrorCode::SecretMissing, ErrorCode::KeyringUnavailable] {
            assert_eq!(found(code), ["account.secret_missing", "account.not_asked", "account.authorised_unknown"]);
        }
        for code in [ErrorCode::Unreachable, ErrorCode::TimedOut, ErrorCode::VendorFailed, ErrorCode::Unreadable] {
            assert_eq!(found(code), ["account.secret_found", "account.failing", "account.authorised_unknown"]);
        }
        assert_eq!(found(ErrorCode::NotAuthorised), ["account.secret_found", "account.not_authorised"]);
    }

    #[test]
    fn endpoints_that_the_vendor_does_not_know_are_told_by_their_place() {
        let number = |text| EndpointNumber::new(text).unwrap();
        let known = [Endpoint { id: "1".into(), number: number("8330101") }];
        assert_eq!(of_endpoints(&[number("8330101")], &[]).finding, "account.endpoints_never_read");
        assert_eq!(of_endpoints(&[number("8330101")], &known).finding, "account.endpoints_known");
        let strange = of_endpoints(&[number("8330101"), number("8330102"), number("833010")], &known);
        assert_eq!(
            (strange.finding.as_str(), &strange.values["places"]),
            ("account.endpoints_strange", &"2, 3".into())
        );
        assert!(!format!("{strange:?}").contains("833010"));
    }
}
