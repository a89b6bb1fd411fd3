//! Reading fields that a vendor writes now as a text and now as a number, and empty ones now as this and now as that.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string or a number as text. `false`, `null` and an empty list or map are how PHP writes nothing, and are empty.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null | Value::Bool(false) => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("true".to_owned()),
        Value::Array(list) if list.is_empty() => Ok(String::new()),
        Value::Object(map) if map.is_empty() => Ok(String::new()),
        other => Err(serde::de::Error::custom(format!("a text or a number was expected, not {}", kind(&other)))),
    }
}

/// The same for a field that names somebody or something: what PHP calls empty (`"0"` too), and words that were written for
/// nothing, name nobody.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = without_entities(&text(deserializer)?);
    let trimmed = text.trim();
    // A number that went through a spreadsheet or a floating-point field.
    let trimmed =
        trimmed.strip_suffix(".0").filter(|whole| whole.bytes().all(|b| b.is_ascii_digit())).unwrap_or(trimmed);
    let nothing = ["0", "false", "null", "none", "undefined", "nan", "n/a", "-"];
    if nothing.iter().any(|word| trimmed.eq_ignore_ascii_case(word)) {
        return Ok(String::new());
    }
    Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
}

/// The characters that stand behind HTML's entities: pages are made of the same fields.
pub(crate) fn without_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((end, character(&rest[1..end])?)));
        match entity {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(entity: &str) -> Option<char> {
    let code = match entity.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        },
        None => {
            let named = [
                ("amp", '&'),
                ("lt", '<'),
                ("gt", '>'),
                ("quot", '"'),
                ("apos", '\''),
                ("nbsp", ' '),
                ("aacute", 'á'),
                ("eacute", 'é'),
                ("iacute", 'í'),
                ("oacute", 'ó'),
                ("uacute", 'ú'),
                ("ntilde", 'ñ'),
                ("Ntilde", 'Ñ'),
                ("iquest", '¿'),
                ("iexcl", '¡'),
                ("uuml", 'ü'),
                ("ccedil", 'ç'),
                ("atilde", 'ã'),
                ("otilde", 'õ'),
                ("plus", '+'),
            ];
            return named.iter().find(|(name, _)| *name == entity).map(|(_, c)| *c);
        }
    };
    char::from_u32(code).filter(|c| !c.is_control())
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
