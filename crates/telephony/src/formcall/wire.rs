//! FormCall's shapes, as it writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use timbre_domain::endpoint::EndpointNumber;

use crate::text::text;

/// The body of an order (seed 004, "¿Cómo usar FormCall?").
#[derive(Debug, Serialize)]
pub struct Order<'a> {
    pub(super) popup_uuid: &'a str,
    pub(super) phonenumber: String,
    pub(super) areacode: String,
    pub(super) country_code: String,
    pub(super) security_token: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) adicional: &'a BTreeMap<String, String>,
}

/// The answer to an order, and to a list that is refused (seed 004, "Respuestas").
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) success: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub(super) uuid: String,
    pub(super) pending: bool,
    #[serde(deserialize_with = "text")]
    pub(super) error_code: String,
}

/// A row of the list of calls (PROVIDERS.md, `calls/list`). What was not sent is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    #[serde(deserialize_with = "text")]
    pub(super) uuid: String,
    #[serde(deserialize_with = "text")]
    popup_uuid: String,
    #[serde(deserialize_with = "text")]
    pub(super) status: String,
    #[serde(deserialize_with = "text")]
    pub(super) duration_company: String,
    #[serde(deserialize_with = "text")]
    pub(super) duration_customer: String,
    #[serde(deserialize_with = "text")]
    pub(super) call_at: String,
    #[serde(deserialize_with = "text")]
    pub(super) enqueued: String,
    /// Fields that Timbre does not read: kept, not dropped.
    #[serde(flatten)]
    pub(super) extra: BTreeMap<String, Value>,
}

impl Row {
    /// The popup that placed the call, where the row names it: the documented fields don't.
    pub(super) fn popup(&self) -> Option<EndpointNumber> {
        EndpointNumber::new(&self.popup_uuid)
    }
}

/// Reads JSON; where it is none, with straight quotes in the place of typographic ones, which the vendor's own document has
/// in its answers.
pub(super) fn json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, serde_json::Error> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    serde_json::from_str(text).or_else(|error| {
        let mended = text.replace(['«', '»', '“', '”', '„'], "\"");
        serde_json::from_str(&mended).map_err(|_| error)
    })
}
