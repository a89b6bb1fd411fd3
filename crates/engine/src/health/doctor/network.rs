//! The way to the servers: straight, or by a proxy. What a proxy stands in the way of looks like a vendor that is gone.

use timbre_domain::proxy::{Proxy, Route};

use super::finding::{Check, findings};
use crate::Context;

findings! {
    /// What can be found of the way to a server.
    Network in "network" {
        Straight = "straight" => Good,
        /// The settings name the proxy.
        ByOwnProxy = "by_own_proxy" => Good,
        /// The system or the environment names it.
        BySystemProxy = "by_system_proxy" => Good,
    }
}

pub(super) fn check(context: &Context) -> impl Iterator<Item = Check> {
    context.routes.iter().map(|route| of(route, &context.settings().proxy))
}

fn of(route: &Route, setting: &Proxy) -> Check {
    let finding = match (&route.proxy, setting) {
        (None, _) => Network::Straight,
        (Some(_), Proxy::Address(_)) => Network::ByOwnProxy,
        (Some(_), _) => Network::BySystemProxy,
    };
    let check = Check::of(finding).with("server", route.server.as_str());
    match &route.proxy {
        Some(proxy) => check.with("proxy", proxy.as_str()),
        None => check,
    }
}
