//! FormCall of ClickFono: places calls for an agent's popup and lists them afterwards (seed 004, PROVIDERS.md "FormCall").
//!
//! It shows no live calls: what became of a dial is read from its list of calls while the dial is followed.

mod client;
mod map;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::America::Santiago;
use timbre_domain::dial::{ContactDetail, DialRules, ReasonRule, RingFirst};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::{PortError, VendorReason};
use timbre_domain::session::Session;
use timbre_domain::vendor::{
    AccountField, AccountValues, Capability, FieldKind, OwnEndpoint, VendorDescription, VendorId,
};
use timbre_transport::extra_ca::ExtraCa;

use crate::registry::{Opening, Vendor};
use client::{Account, Settings};

/// The pure half of the adapter, for tests that feed it a body: reading and mapping, with no network.
pub mod reading {
    pub use super::map::{order_answer, order_body, placed_calls};
}

/// The fields of `adicional` (seed 004): the vendor may read them aloud to the agent, so they are in its language.
const EXTRA_FIELDS: &[(&str, ContactDetail)] =
    &[("Nombre", ContactDetail::Name), ("Empresa", ContactDetail::Company), ("Email", ContactDetail::Email)];

/// The vendor, as the registry lists it.
pub struct FormCall;

/// What it says of itself.
pub static DESCRIPTION: VendorDescription = VendorDescription {
    id: VendorId::known("formcall"),
    title: "FormCall",
    capabilities: &[Capability::CallRecords, Capability::Dial, Capability::PlacedCalls],
    fields: &[
        AccountField::required("security_token", FieldKind::Secret),
        // The popup of each agent: one file of settings serves a whole team.
        AccountField::required("popups", FieldKind::Table),
        AccountField::base_url("https://clickandtalk.medularis.com"),
        AccountField::optional("time_zone", FieldKind::TimeZone { default: Santiago }),
        AccountField::optional(
            "list_interval_ms",
            FieldKind::Number { default: 5_000, least: 2_000, least_on_loopback: 20, most: 60_000, unit: "ms" },
        ),
        AccountField::optional("extra_ca", FieldKind::File),
    ],
    example: include_str!("example.toml"),
    own_endpoints,
};

/// The popup that stands under the agent's name; where there is one popup and no name fits, that one.
fn own_endpoints(values: &AccountValues, agent: Option<&str>) -> Vec<OwnEndpoint> {
    let same = |name: &str| agent.is_some_and(|agent| name.trim().to_lowercase() == agent.trim().to_lowercase());
    let popups: Vec<_> = values.table("popups").collect();
    let own = popups.iter().find(|(name, _)| same(name)).or(match popups.as_slice() {
        [only] if agent.is_none() => Some(only),
        _ => None,
    });
    let endpoint = |(name, popup): &(&str, &str)| {
        Some(OwnEndpoint { number: EndpointNumber::new(popup)?, label: Some((*name).to_owned()) })
    };
    own.and_then(endpoint).into_iter().collect()
}

impl Vendor for FormCall {
    fn description(&self) -> &'static VendorDescription {
        &DESCRIPTION
    }

    fn open(&self, opening: Opening<'_>) -> Result<Session, PortError> {
        let values = opening.values;
        let settings = Settings {
            base_url: opening.base_url()?,
            account: opening.account,
            zone: values.time_zone("time_zone"),
            list_interval: Duration::from_millis(values.number("list_interval_ms")),
            proxy: opening.proxy.clone(),
        };
        let extra_ca = ExtraCa::named(values.text("extra_ca"));
        let account = Arc::new(Account::new(settings, opening.secrets, extra_ca.as_ref(), opening.clock)?);
        Ok(Session {
            call_records: Some(account.clone()),
            dial: Some(account.clone()),
            placed_calls: Some(account),
            checks: extra_ca.map(|extra_ca| Arc::new(extra_ca) as _),
            dial_rules: DialRules {
                ring_first: RingFirst::Agent,
                one_call_per_agent: false,
                extra_fields: EXTRA_FIELDS,
                takes_extension: false,
                agent_leg_callers: Vec::new(),
                likely_reasons: vec![ReasonRule {
                    reason: VendorReason::known("not_in_the_list"),
                    disproved_by_polls: false,
                }],
            },
            ..Session::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::vendor::FieldValue;

    use super::*;

    #[test]
    fn an_agents_popup_stands_under_the_agents_name_and_nobody_gets_anothers() {
        let own = |popups: &[(&str, &str)], agent: Option<&str>| {
            let mut values = AccountValues::default();
            let table = popups.iter().map(|(name, popup)| ((*name).to_owned(), (*popup).to_owned())).collect();
            values.set(DESCRIPTION.field("popups").unwrap(), FieldValue::Table(table));
            own_endpoints(&values, agent).into_iter().map(|own| own.number.to_string()).collect::<Vec<_>>()
        };
        let team = [("Ana Rojas", "popup-1"), ("Bruno", "popup-2")];
        assert_eq!(own(&team, Some("ana rojas ")), ["popup-1"]);
        assert_eq!(own(&team, Some("Carla")), Vec::<String>::new());
        assert_eq!(own(&team, None), Vec::<String>::new());
        assert_eq!(own(&team[..1], None), ["popup-1"]);
        assert_eq!(own(&team[..1], Some("Carla")), Vec::<String>::new());
    }
}
