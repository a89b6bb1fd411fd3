//! What is wrapped around a number where it is copied from: links and addresses, the links that open a chat, the signs of
//! spreadsheets, and marks that nobody sees.

use super::digits::{ascii_digit, digits_of};
use super::is_punctuation;

/// Whether a text is a link that opens a chat with a number.
#[must_use]
pub fn is_chat_link(text: &str) -> bool {
    of_chat_link(text.trim()).is_some()
}

/// The digits in a link that opens a chat with a number: they begin with the country code and carry no plus (WhatsApp's help,
/// "How to use click to chat").
fn of_chat_link(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or(lower.strip_prefix("http://")).unwrap_or(&lower);
    let host = host.strip_prefix("www.").unwrap_or(host);
    let starts = ["wa.me/", "api.whatsapp.com/send", "web.whatsapp.com/send", "whatsapp://send"];
    let rest = &text[text.len() - starts.iter().find_map(|start| host.strip_prefix(start))?.len()..];
    let digits = match rest.split_once("phone=") {
        Some((_, phone)) => phone,
        None if host.starts_with("wa.me/") => rest,
        None => return None,
    };
    let digits = digits.trim_start_matches("%2B").trim_start_matches("%2b").trim_start_matches('+');
    let ends = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let is_last = digits[ends..].chars().next().is_none_or(|c| matches!(c, '?' | '&' | '/' | '#'));
    Some(&digits[..ends]).filter(|digits| !digits.is_empty() && is_last)
}

/// Takes off what is wrapped around a number: `"Ana" <sip:…>`, `sip:`, `tel:`, `@host`, URI parameters, the links that open a
/// chat with it, the sign with which spreadsheets keep a text a text, and the invisible marks that come along when a number is
/// copied from a chat or a web page.
pub(super) fn bare(text: &str) -> String {
    let text = match (text.find('<'), text.rfind('>')) {
        (Some(open), Some(close))
            if open < close && digits_of(&text[open..close]).len() >= digits_of(&text[close..]).len() =>
        {
            &text[open + 1..close]
        }
        _ => text,
    };
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let text = visible.trim();
    if let Some(digits) = of_chat_link(text) {
        return format!("+{digits}");
    }
    let text = text.strip_prefix(['\'', '\u{2019}']).map_or(text, str::trim_start);
    let scheme = ["sips:", "sip:", "tel:", "callto:"]
        .iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let rest = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    if scheme.is_some_and(|scheme| scheme.starts_with("sip")) && !rest.contains('@') && rest.contains('.') {
        // The address of a machine, with nobody named at it.
        return String::new();
    }
    let text = rest.split(['@', ';']).next().unwrap_or_default().trim();
    let extended = extension_parameter(rest).map(|digits| format!("{text} ext. {digits}"));
    let text = extended.as_deref().unwrap_or(text);
    // RFC 3261, section 19.1.1: a plus may be escaped in a URI.
    if let Some(digits) = text.strip_prefix("%2B").or_else(|| text.strip_prefix("%2b")) {
        return format!("+{digits}");
    }
    // RFC 3966, section 5.1.5: a number without its country code, and the country beside it.
    let context = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("phone-context=+"));
    match context {
        Some(code) if !text.starts_with('+') && code.bytes().all(|b| b.is_ascii_digit()) => format!("+{code} {text}"),
        _ => text.to_owned(),
    }
}

/// The extension in `;ext=105` (RFC 3966, section 5.3), or behind a pause as telephones write it: `2222-3333;105`.
fn extension_parameter(text: &str) -> Option<String> {
    let parameters = text.split('@').next().unwrap_or_default().split(';').skip(1);
    parameters.map(str::trim).find_map(|parameter| {
        let value = match parameter.split_once('=') {
            Some((name, value)) => name.trim().eq_ignore_ascii_case("ext").then_some(value)?,
            None => parameter,
        };
        let digits = digits_of(value);
        let fits =
            (1..=6).contains(&digits.len()) && value.chars().all(|c| ascii_digit(c).is_some() || is_punctuation(c));
        fits.then_some(digits)
    })
}

/// Direction marks, zero-width characters and the byte order mark.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
        || c.is_control()
}
