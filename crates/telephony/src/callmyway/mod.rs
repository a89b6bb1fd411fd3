//! CallMyWay: live calls, records, endpoints, click-to-dial (seeds 000 and 001, PROVIDERS.md "CallMyWay").

mod body;
mod client;
mod dial_answer;
mod map;
mod numbers;
mod time;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::America::Costa_Rica;
use timbre_domain::dial::{DialRules, ReasonRule, RingFirst};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::{PortError, VendorReason};
use timbre_domain::session::{Limit, Session};
use timbre_domain::vendor::{
    AccountField, AccountValues, Capability, FieldKind, OwnEndpoint, VendorDescription, VendorId,
};

use crate::registry::{Opening, Vendor};

pub use body::{MAX_KEPT, ReadError};
pub use client::{Account, Settings};
pub use map::Reading;

/// The pure half of the adapter, for tests that feed it a body: reading and mapping, with no network.
pub mod reading {
    pub use super::dial_answer::{DialAnswer, read as read_dial_answer};
    pub use super::map::{read_cdrs, read_endpoints, read_live};
}

/// "Los HTTPS solo se pueden activar cada 4 segundos" (seed 000, "Notas de los HTTPS"): milliseconds.
pub const READING_INTERVAL_MS: u64 = 4_000;

/// The vendor, as the registry lists it.
pub struct CallMyWay;

/// What it says of itself.
pub static DESCRIPTION: VendorDescription = VendorDescription {
    id: VendorId::known("callmyway"),
    title: "CallMyWay",
    capabilities: &[Capability::LiveCalls, Capability::CallRecords, Capability::Dial, Capability::Endpoints],
    fields: &[
        AccountField::required("username", FieldKind::Text),
        AccountField::required("password", FieldKind::Secret),
        AccountField::base_url("https://www.callmyway.com"),
        AccountField::optional("click_to_dial_url", FieldKind::Address { usual: None }),
        AccountField::optional("time_zone", FieldKind::TimeZone { default: Costa_Rica }),
        // The vendor is Costa Rican (seed 000, "Costa Rica").
        AccountField::optional("currency", FieldKind::Currency { default: "CRC" }),
        AccountField::optional("ring_first", FieldKind::Choice { options: &["agent", "contact"] }),
        AccountField::optional("full_account", FieldKind::Switch { default: false }),
        AccountField::optional("endpoints", FieldKind::Endpoints),
        AccountField::optional("agent_leg_callers", FieldKind::List),
        // What the limit counts for is not documented (PROVIDERS.md, "Throttle", [?]): each sign-in has its own budget, or
        // all accounts behind one address share one.
        AccountField::optional("throttle_scope", FieldKind::Choice { options: &["sign-in", "address"] }),
        AccountField::optional(
            "reading_interval_ms",
            FieldKind::Number {
                default: READING_INTERVAL_MS,
                least: READING_INTERVAL_MS,
                least_on_loopback: 20,
                most: 3_600_000,
                unit: "ms: the vendor allows one reading call every 4000 ms, and only a stand-in on this machine may be asked faster",
            },
        ),
    ],
    example: include_str!("example.toml"),
    own_endpoints,
};

/// The endpoints that the settings list; where they list none, the user name is one.
fn own_endpoints(values: &AccountValues, _agent: Option<&str>) -> Vec<OwnEndpoint> {
    let listed = values.list("endpoints");
    let numbers =
        if listed.is_empty() { vec![values.text("username")] } else { listed.iter().map(String::as_str).collect() };
    let own = |number| OwnEndpoint { number, label: None };
    numbers.into_iter().filter_map(EndpointNumber::new).map(own).collect()
}

impl Vendor for CallMyWay {
    fn description(&self) -> &'static VendorDescription {
        &DESCRIPTION
    }

    fn open(&self, opening: Opening<'_>) -> Result<Session, PortError> {
        let values = opening.values;
        let settings = Settings {
            base_url: opening.base_url()?,
            account: opening.account,
            click_to_dial_url: values.address("click_to_dial_url").cloned(),
            username: values.text("username").to_owned(),
            full_account: values.switch("full_account"),
            zone: values.time_zone("time_zone"),
            country: opening.country,
            proxy: opening.proxy.clone(),
        };
        let limit = limit(&settings, values);
        let throttle = opening.throttles.of(&limit.scope, limit.interval);
        let account = Arc::new(Account::new(settings, opening.secrets, throttle, opening.clock)?);
        Ok(Session {
            live_calls: Some(account.clone()),
            call_records: Some(account.clone()),
            dial: Some(account.clone()),
            endpoints: Some(account),
            dial_rules: dial_rules(values),
            limit: Some(limit),
            ..Session::default()
        })
    }
}

fn limit(settings: &Settings, values: &AccountValues) -> Limit {
    // The documents write the same vendor with and without `www.`.
    let host = settings.base_url.host_str().unwrap_or_default().trim_start_matches("www.");
    let port = settings.base_url.port_or_known_default().unwrap_or_default();
    let scope = match values.text("throttle_scope") {
        "address" => format!("callmyway:{host}:{port}"),
        _ => format!("callmyway:{host}:{port}:{}", settings.username),
    };
    Limit { scope, interval: Duration::from_millis(values.number("reading_interval_ms")) }
}

/// "Únicamente permite una llamada activa por usuario"; why an accepted order may show no call (seed 000, section 1,
/// "Notas"). An address that may read the live calls may dial, for it is the same list of addresses.
fn dial_rules(values: &AccountValues) -> DialRules {
    let reason = |name, disproved_by_polls| ReasonRule { reason: VendorReason::known(name), disproved_by_polls };
    DialRules {
        ring_first: if values.text("ring_first") == "contact" { RingFirst::Contact } else { RingFirst::Agent },
        one_call_per_agent: true,
        extra_fields: &[],
        takes_extension: false,
        agent_leg_callers: values.list("agent_leg_callers").to_vec(),
        likely_reasons: vec![
            reason("telephone_not_registered", false),
            reason("codec_pcma", false),
            reason("address_not_authorised", true),
        ],
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn accounts_share_a_limit_by_user_name_or_by_address() {
        let scope = |host: &str, username: &str, scope: &str| {
            let settings = Settings {
                account: "main".parse().unwrap(),
                base_url: Url::parse(&format!("https://{host}")).unwrap(),
                click_to_dial_url: None,
                username: username.into(),
                full_account: false,
                zone: Costa_Rica,
                country: "CR".parse().unwrap(),
                proxy: timbre_domain::proxy::Proxy::System,
            };
            let mut values = AccountValues::default();
            let field = DESCRIPTION.field("throttle_scope").unwrap();
            values.set(field, timbre_domain::vendor::FieldValue::Text(scope.into()));
            limit(&settings, &values).scope
        };
        let a = scope("www.callmyway.com", "8373456", "sign-in");
        let b = scope("callmyway.com", "8373456", "sign-in");
        let c = scope("callmyway.com", "8615601", "sign-in");
        let d = scope("callmyway.com", "8373456", "address");
        let e = scope("www.callmyway.com", "8615601", "address");
        let f = scope("other.example", "8615601", "address");
        assert_eq!((a == b, a == c, a == d), (true, false, false));
        assert_eq!((d == e, d == f), (true, false));
    }
}
