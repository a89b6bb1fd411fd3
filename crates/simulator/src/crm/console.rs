//! The CRM by hand: it is filled with invented contacts, shows what was stored, and goes down and up on request.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Access, ApiUser, Crm, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, FieldKind, Role};
use crate::RealClock;
use crate::console::{Console, pretty};

const HELP: &str = "\
crm                     prints the calls, tasks and notes stored in the CRM, as JSON
crm down                the CRM cuts all connections
crm up                  the CRM answers again";

struct CrmConsole {
    crm: Crm,
}

/// Starts a CRM with `contacts` invented contacts, set up as the example of Timbre's settings file expects it.
///
/// # Errors
/// When the port is taken.
pub async fn start(port: u16, contacts: usize, seed: u64) -> io::Result<Box<dyn Console>> {
    let config = CrmConfig { port, seed, ..example_config() };
    let crm = Crm::start(config, Arc::new(RealClock::new())).await?;
    crm.populate(contacts, seed);
    Ok(Box::new(CrmConsole { crm }))
}

/// Calls have fields for the request id and the disposition, and charges are an entity of their own.
fn example_config() -> CrmConfig {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE).with("CCharge", Access::WRITE);
    let amount = CustomField { name: "amount".to_owned(), kind: FieldKind::Number, required: false };
    let call_fields = vec![CustomField::text("cCtiRequestId"), CustomField::text("cDisposition")];
    CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), call_fields)].into(),
        custom_entities: vec![CustomEntity {
            name: "CCharge".to_owned(),
            fields: vec![amount, CustomField::text("amountCurrency")],
        }],
        ..CrmConfig::default()
    }
}

#[async_trait]
impl Console for CrmConsole {
    fn greeting(&self) -> Vec<String> {
        vec![
            // The connector adds the path of the interface.
            format!("crm {}", self.crm.base_url().trim_end_matches("api/v1/")),
            // The key is invented for the simulator, so there is nothing to hide.
            format!("crm key {DEFAULT_API_KEY}"),
            "type `crm` to see the calls, tasks and notes stored there, `crm down` and `crm up` to cut it off"
                .to_owned(),
        ]
    }

    fn obey(&self, line: &str) -> String {
        match line.trim() {
            "crm" => {
                let entities = ["Call", "Task", "Note"].into_iter();
                pretty(&entities.flat_map(|entity| self.crm.records(entity)).collect::<Vec<_>>())
            }
            "crm down" => {
                self.crm.go_down();
                "down".to_owned()
            }
            "crm up" => {
                self.crm.come_up();
                "up".to_owned()
            }
            _ => HELP.to_owned(),
        }
    }

    async fn stop(&self) {
        self.crm.stop().await;
    }
}
