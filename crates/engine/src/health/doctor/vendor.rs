//! What an account can do, and its vendor's own checks.

use timbre_domain::session::Severity;

use super::finding::{Check, State, findings};
use crate::Context;
use crate::calls::session::AccountSession;

findings! {
    /// What can be found of an account at its vendor.
    Vendor in "vendor" {
        /// The settings name no endpoint for this agent.
        NoEndpoint = "no_endpoint" => Failed,
        HasEndpoints = "has_endpoints" => Good,
    }
}

pub(super) async fn check(context: &Context, session: &AccountSession) -> Vec<Check> {
    let own = session.account.own.len();
    let of_endpoints =
        if own == 0 { Check::of(Vendor::NoEndpoint) } else { Check::of(Vendor::HasEndpoints).with("count", own) };
    let mut checks = vec![of_endpoints];
    if let Some(vendor) = &session.session.checks {
        for found in vendor.examine(context.core.clock.now()).await {
            let state = match found.severity {
                Severity::Good => State::Good,
                Severity::Warning => State::Warning,
                Severity::Failed => State::Failed,
            };
            let mut check = Check::named("vendor", format!("vendor.{}", found.name), state);
            check.code = found.code;
            checks.push(found.values.iter().fold(check, |check, (name, value)| check.with(name, value.as_str())));
        }
    }
    checks.into_iter().map(|check| check.with("account", session.name())).collect()
}
