//! Keeps secrets out of everything that is written: logs, errors, stored answers.
//!
//! This is the second line of defence. The first is that no code formats a secret or a URL that holds one.

use secrecy::{ExposeSecret, SecretString};

/// The text that takes the place of a secret.
pub const REDACTED: &str = "[secret]";

/// Secrets shorter than this are not searched for: they would be found in everything.
const SHORTEST: usize = 3;

/// Replaces secrets in texts, in every form they travel in: plain, percent-encoded, JSON-escaped, base64.
#[derive(Default, Clone)]
pub struct Redactor {
    needles: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("forms", &self.needles.len()).finish()
    }
}

impl Redactor {
    /// Adds a secret that is blanked in every text from now on.
    pub fn learn(&mut self, secret: &SecretString) {
        let secret = secret.expose_secret();
        if secret.len() < SHORTEST {
            return;
        }
        for form in forms(secret) {
            if !self.needles.contains(&form) {
                self.needles.push(form);
            }
        }
        // The longest first, so that no form is broken up by a shorter one inside it.
        self.needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in &self.needles {
            if text.contains(needle.as_str()) {
                text = text.replace(needle.as_str(), REDACTED);
            }
        }
        text
    }
}

/// Every form a secret may be written in. Public so that a test can search for all of them.
#[must_use]
pub fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for keep in ["", "-._~", "-._~!$'()*,;:@/?", "-._*"] {
        for lower in [false, true] {
            let encoded = percent(secret, keep, lower);
            forms.push(encoded.replace("%20", "+"));
            forms.push(encoded);
        }
    }
    if let Ok(json) = serde_json::to_string(secret) {
        forms.push(json.trim_matches('"').to_owned());
    }
    let slashed = secret.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/");
    forms.push(slashed);
    forms.push(unicode_escaped(secret));
    forms.push(format!("{secret:?}").trim_matches('"').to_owned());
    forms.extend(base64_alignments(secret));
    forms.sort();
    forms.dedup();
    forms
}

fn percent(text: &str, keep: &str, lower: bool) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || keep.as_bytes().contains(&b) => char::from(b).to_string(),
            b if lower => format!("%{b:02x}"),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// As PHP's `json_encode` writes it: everything outside ASCII as `\uXXXX`, slashes escaped.
fn unicode_escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' | '/' => out.extend(['\\', c]),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// The part of a base64 text that is the same whatever stands before and after the secret, for each of the three
/// places it can begin at (as in `base64("user:secret")`), in both alphabets.
fn base64_alignments(secret: &str) -> Vec<String> {
    const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut forms = Vec::new();
    for before in 0..3usize {
        let bits: Vec<bool> = std::iter::repeat_n(0u8, before)
            .chain(secret.bytes())
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let first = (before * 8).div_ceil(6);
        let stable: String = bits
            .chunks_exact(6)
            .skip(first)
            .map(|six| STANDARD[six.iter().fold(0usize, |n, bit| n << 1 | usize::from(*bit))] as char)
            .collect();
        if stable.len() > SHORTEST {
            forms.push(stable.replace('+', "-").replace('/', "_"));
            forms.push(stable);
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_it_travels_in() {
        let secret = "p4ß w/o\"rd&=+%";
        let mut redactor = Redactor::default();
        redactor.learn(&SecretString::from(secret));
        for text in [
            "password=p4ß w/o\"rd&=+% end",
            "p4%C3%9F%20w%2Fo%22rd%26%3D%2B%25",
            "p4%c3%9f+w%2fo%22rd%26%3d%2b%25",
            r#"{"password":"p4ß w/o\"rd&=+%"}"#,
            r#"{"password":"p4\u00df w\/o\"rd&=+%"}"#,
            "Basic dXNlcjpwNMOfIHcvbyJyZCY9KyU=",
            "Basic dTpwNMOfIHcvbyJyZCY9KyU=",
        ] {
            let clean = redactor.clean(text);
            assert!(clean.contains(REDACTED), "{text} became {clean}");
            assert!(!clean.contains("p4") && !clean.contains("byJyZ"), "{text} became {clean}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let mut redactor = Redactor::default();
        redactor.learn(&SecretString::from("clave-secreta"));
        redactor.learn(&SecretString::from(""));
        assert_eq!(redactor.clean("status 200, 2 calls"), "status 200, 2 calls");
    }
}
