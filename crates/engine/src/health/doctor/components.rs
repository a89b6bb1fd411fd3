//! The parts of Timbre: has one ended badly since the start?

use super::finding::{Check, findings};
use crate::Context;

findings! {
    /// What can be found of the components.
    Component in "component" {
        Steady = "steady" => Good,
        /// One ended badly and runs again.
        Restarted = "restarted" => Warning,
        /// One ended badly and waits to be started again.
        Waits = "waits" => Failed,
    }
}

pub(super) fn check(context: &Context) -> Vec<Check> {
    let failures = context.supervision.failures();
    if failures.is_empty() {
        return vec![Check::of(Component::Steady)];
    }
    let check = |failure: timbre_domain::status::ComponentStatus| {
        Check::of(if failure.runs { Component::Restarted } else { Component::Waits })
            .with("component", failure.component.as_str())
            .with("count", failure.failures)
            .with("failed_at", failure.failed_at)
    };
    failures.into_iter().map(check).collect()
}
