//! From the bytes of an answer to JSON: what PHP puts around it is taken off, and each repair is named.

use std::borrow::Cow;

use serde_json::Value;

use super::numbers::{Notation, TooDeep, kept_exact};

/// The most of an unreadable part that is kept for diagnosis, in bytes.
pub const MAX_KEPT: usize = 4 * 1024;

/// Why no JSON could be found in an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing at all: probably an address that is not authorised.
    #[error("the answer is empty")]
    Empty,
    /// A web page: probably an address that is not authorised.
    #[error("the answer is a web page")]
    WebPage,
    /// JSON that stops before its end, or is none.
    #[error("the answer is no JSON: {0}")]
    NotJson(String),
}

/// JSON, and what was mended to get it.
#[derive(Debug, PartialEq)]
pub(super) struct Body {
    pub(super) json: Value,
    pub(super) repairs: Vec<&'static str>,
}

/// Finds the JSON in an answer.
pub(super) fn read(bytes: &[u8]) -> Result<Body, ReadError> {
    let mut repairs = Vec::new();
    if std::str::from_utf8(bytes).is_err() {
        repairs.push("bytes that are no UTF-8 were read as Latin-1");
    }
    let text = decoded(bytes);
    let mut text = text.as_ref();
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        repairs.push("a byte order mark was dropped");
        text = rest;
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if text.is_empty() {
        return Err(ReadError::Empty);
    }
    let first_error = match first_value(text) {
        Ok((json, rest)) => {
            if !rest.trim().is_empty() {
                repairs.push("text after the JSON was dropped");
            }
            return Ok(Body { json, repairs });
        }
        Err(error) => error,
    };
    if text.starts_with(['{', '[']) {
        // The documents' own examples are closer to JavaScript than to JSON (seed 001, web hook).
        if let Ok(exact) = kept_exact(text, Notation::Json5)
            && let Ok(json @ (Value::Object(_) | Value::Array(_))) = json5::from_str(&exact)
        {
            repairs.push("it was read as JSON5");
            return Ok(Body { json, repairs });
        }
        return Err(ReadError::NotJson(first_error.to_string()));
    }
    // A notice of PHP before the JSON. Brackets may stand in the notice too: the first place from which a whole object
    // or list can be read is the JSON. A page that merely contains a script is a page.
    if !is_page(text) {
        for (place, _) in text.match_indices(['{', '[']).take(64) {
            if let Ok((json, rest)) = first_value(&text[place..])
                && looks_like_an_answer(&json)
            {
                repairs.push("text before the JSON was dropped");
                if !rest.trim().is_empty() {
                    repairs.push("text after the JSON was dropped");
                }
                return Ok(Body { json, repairs });
            }
        }
    }
    if text.starts_with('<') { Err(ReadError::WebPage) } else { Err(ReadError::NotJson(first_error.to_string())) }
}

/// The text of an answer: UTF-8, else Latin-1.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The JSON that a text begins with, its numbers kept exact, and what stands behind it.
fn first_value(text: &str) -> Result<(Value, &str), serde_json::Error> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(json @ (Value::Object(_) | Value::Array(_) | Value::Null))) => {
            let (written, rest) = text.split_at(values.byte_offset());
            let exact = kept_exact(written, Notation::Json)
                .map_err(|TooDeep| serde::de::Error::custom("brackets nest too deep"))?;
            let json = if exact == written { json } else { serde_json::from_str(&exact)? };
            Ok((json, rest))
        }
        Some(Ok(_)) | None => Err(serde::de::Error::custom("neither an object nor a list")),
        Some(Err(error)) => Err(error),
    }
}

pub(super) fn is_page(text: &str) -> bool {
    let head: String = text.chars().take(200).collect::<String>().to_ascii_lowercase();
    head.contains("<!doctype") || head.contains("<html")
}

fn looks_like_an_answer(json: &Value) -> bool {
    match json {
        Value::Object(fields) => {
            ["status", "cdrs", "endpoints", "error", "success"].iter().any(|name| fields.contains_key(*name))
        }
        Value::Array(rows) => rows.iter().all(Value::is_object) && !rows.is_empty(),
        _ => false,
    }
}

/// A part of an answer, cut to what is kept.
pub(super) fn kept(text: &str) -> String {
    if text.len() <= MAX_KEPT {
        return text.to_owned();
    }
    let end = (0..=MAX_KEPT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PLAIN: &str = r#"{"status":200,"message":"","cdrs":[]}"#;

    fn plain() -> Value {
        json!({"status": 200, "message": "", "cdrs": []})
    }

    #[test]
    fn clean_json_needs_no_repair() {
        assert_eq!(read(PLAIN.as_bytes()), Ok(Body { json: plain(), repairs: vec![] }));
    }

    #[test]
    fn what_php_puts_around_the_json_is_taken_off_and_named() {
        let notice = "<br />\n<b>Notice</b>:  Undefined index: a[0] {x} in <b>/var/www/getCdrs.php</b> on line <b>12</b><br />\n";
        for (text, repairs) in [
            (format!("\u{feff}{PLAIN}"), vec!["a byte order mark was dropped"]),
            (format!("{notice}{PLAIN}"), vec!["text before the JSON was dropped"]),
            (format!("{PLAIN}\n{notice}"), vec!["text after the JSON was dropped"]),
            (
                format!("\u{feff}{notice}{PLAIN}{notice}"),
                vec![
                    "a byte order mark was dropped",
                    "text before the JSON was dropped",
                    "text after the JSON was dropped",
                ],
            ),
            ("{status:200,'message':'','cdrs':[],}".to_owned(), vec!["it was read as JSON5"]),
        ] {
            assert_eq!(read(text.as_bytes()), Ok(Body { json: plain(), repairs }), "{text}");
        }
    }

    #[test]
    fn an_id_keeps_the_digits_it_was_written_with() {
        let id = "123456789012345678901234";
        for text in [
            format!(r#"{{"status":200,"cdrs":[{{"callid":{id}}}]}}"#),
            format!("{{status:200,cdrs:[{{callid:{id}}}],}}"),
            format!(r#"<br />Notice{{"status":200,"cdrs":[{{"callid":{id}}}]}}"#),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap().json["cdrs"][0]["callid"], id, "{text}");
        }
    }

    #[test]
    fn latin_1_is_read_and_named() {
        let got = read(b"{\"status\":200,\"message\":\"Per\xfa\",\"cdrs\":[]}").unwrap();
        assert_eq!(got.json["message"], "Perú");
        assert_eq!(got.repairs.len(), 1);
    }

    #[test]
    fn an_empty_answer_a_page_and_broken_json_are_told_apart() {
        assert_eq!(read(b""), Err(ReadError::Empty));
        assert_eq!(read(b" \r\n\0"), Err(ReadError::Empty));
        assert_eq!(read(b"<html><body>No</body></html>"), Err(ReadError::WebPage));
        let page = br#"<!DOCTYPE html><html><script>var x = {"status":200,"cdrs":[]}</script></html>"#;
        assert_eq!(read(page), Err(ReadError::WebPage));
        for broken in [&PLAIN.as_bytes()[..20], b"OK", b"200", b"\"text\"", b"{\"status\":"] {
            assert!(matches!(read(broken), Err(ReadError::NotJson(_))), "{:?}", String::from_utf8_lossy(broken));
        }
    }

    #[test]
    fn brackets_without_end_are_refused_and_break_nothing() {
        let hidden = ["[']',".repeat(2_000), "[/*]*/".repeat(2_000), "[//]\n".repeat(2_000)];
        for text in ["[".repeat(500_000), "{\"a\":".repeat(200_000), "[[".repeat(90) + "x"].into_iter().chain(hidden) {
            assert!(matches!(read(text.as_bytes()), Err(ReadError::NotJson(_))));
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_never_cut_inside_a_character() {
        let long = "ñ".repeat(MAX_KEPT);
        assert!(kept(&long).len() <= MAX_KEPT + 3);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_cut_answer_is_never_taken_for_a_whole_one(cut in 1usize..PLAIN.len()) {
            prop_assert!(read(&PLAIN.as_bytes()[..cut]).is_err());
        }
    }
}
