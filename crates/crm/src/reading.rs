//! The pure half of an adapter, for tests that feed it an answer: no network.

use serde_json::Value as Json;
use timbre_domain::crm::{ContactPage, CrmError};

use crate::client::not_able;
use crate::connector::Connector;
use crate::port;
use crate::read;
use crate::template::Vars;

/// The page of contacts that an answer to `contacts.pull` is, for a connector without settings.
///
/// # Errors
/// When the connector pulls no contacts, or can't read the answer.
pub fn contacts(file: &Connector, answer: &Json) -> Result<ContactPage, CrmError> {
    let pull = file.pull.as_ref().ok_or_else(|| not_able("contacts.pull"))?;
    let vars = Vars::default();
    let paged = read::page_vars(&pull.page, &vars, None, true, 0);
    port::contact_page(file, &vars, &paged, answer, None)
}
