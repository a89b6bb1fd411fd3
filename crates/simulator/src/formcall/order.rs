//! The body of `POST /calls/manage/api`, read as strictly as the document describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::error::ErrorCode;
use super::number::CustomerNumber;

/// An order for a call as it was sent, without the security token. A missing text is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallOrder {
    /// The popup whose agent takes the call.
    pub popup_uuid: String,
    pub number: CustomerNumber,
    /// The optional extra data, which the vendor may read aloud to the agent.
    pub adicional: BTreeMap<String, String>,
}

/// The documented fields. An unknown or repeated field, a `null` or another type than text makes the body unreadable.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBody {
    #[serde(default, deserialize_with = "given")]
    popup_uuid: Option<String>,
    #[serde(default, deserialize_with = "given")]
    phonenumber: Option<String>,
    #[serde(default, deserialize_with = "given")]
    areacode: Option<String>,
    #[serde(default, deserialize_with = "given")]
    country_code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    security_token: Option<String>,
    #[serde(default, deserialize_with = "given")]
    adicional: Option<BTreeMap<String, String>>,
}

/// Reads a field that is there; `null` is not taken for a missing one.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl OrderBody {
    /// Reads the body; error 6 where the content type or the form is not the documented one.
    pub(crate) fn read(content_type: Option<&str>, body: &[u8]) -> Result<Self, ErrorCode> {
        let is_json = content_type.is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
        // serde would read the fields from an array too.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        if !is_json || !is_object {
            return Err(ErrorCode::WrongParameters);
        }
        serde_json::from_slice(body).map_err(|_| ErrorCode::WrongParameters)
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Whether all mandatory fields are there.
    pub(crate) fn is_complete(&self) -> bool {
        [&self.popup_uuid, &self.phonenumber, &self.areacode, &self.country_code].into_iter().all(Option::is_some)
    }

    pub(crate) fn into_order(self) -> CallOrder {
        CallOrder {
            popup_uuid: self.popup_uuid.unwrap_or_default(),
            number: CustomerNumber {
                country_code: self.country_code.unwrap_or_default(),
                areacode: self.areacode.unwrap_or_default(),
                phonenumber: self.phonenumber.unwrap_or_default(),
            },
            adicional: self.adicional.unwrap_or_default(),
        }
    }
}
