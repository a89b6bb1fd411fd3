//! Keeps secrets out of everything that is written: logs, errors, stored answers.
//!
//! This is the second line of defence. The first is that no code formats a secret or a URL that holds one.

mod decoding;

use std::ops::Range;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use self::decoding::Unit;

/// The text that takes the place of a secret.
pub const REDACTED: &str = "[secret]";

/// Secrets shorter than this are not searched for: they would be found in everything.
const SHORTEST: usize = 3;
/// So many characters of a secret are found where the text ends with them: an answer may be cut short.
const SHORTEST_AT_THE_END: usize = 4;
/// So many are found anywhere, where they are most of it.
const SHORTEST_PART: usize = 6;

/// Replaces secrets in texts, in whatever encoding and letters they stand there, whole or cut short; and in what a server
/// answered, everything that follows the name under which a request carries one.
#[derive(Default, Clone)]
pub struct Redactor {
    secrets: Vec<SecretString>,
    names: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.secrets.len()).field("names", &self.names).finish()
    }
}

impl Redactor {
    /// Adds a secret that is blanked in every text from now on.
    pub fn learn(&mut self, secret: &SecretString) {
        let known = |one: &SecretString| one.expose_secret() == secret.expose_secret();
        if secret.expose_secret().chars().count() >= SHORTEST && !self.secrets.iter().any(known) {
            self.secrets.push(secret.clone());
        }
    }

    /// Adds the name of the parameter, the field or the header in which a request carries a secret. A server that repeats the
    /// request may write it in a way that nobody thought of: what follows the name and `=` or `:` is not kept at all.
    pub fn learn_name(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        without(text, self.found(text, &[]))
    }

    /// What a server answered without secrets, and without what follows the name of one.
    #[must_use]
    pub fn clean_answer(&self, text: &str) -> String {
        without(text, self.found(text, &self.names))
    }

    /// Whether a text holds a secret.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        !self.found(text, &[]).is_empty()
    }

    fn found(&self, text: &str, names: &[String]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let secrets: Vec<&str> =
            self.secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| may_hold(text, secret)).collect();
        let names: Vec<&String> = names.iter().filter(|name| holds(text, longest_word(name))).collect();
        if secrets.is_empty() && names.is_empty() {
            return found;
        }
        for reading in decoding::readings(text) {
            let letters = folded(&reading);
            for secret in &secrets {
                let sought = Zeroizing::new(secret.chars().flat_map(fold).collect::<Vec<char>>());
                found.extend(letters_found(&letters, &sought));
                for coded in base64_alignments(secret) {
                    found.extend(exactly(&reading, &coded));
                }
            }
            for name in &names {
                found.extend(behind(&letters, name, text.len()));
            }
        }
        found
    }
}

/// Whether a secret may stand in a text, seen quickly. Few encodings change letters and digits of ASCII.
fn may_hold(text: &str, secret: &str) -> bool {
    let beginning = &secret[..secret.char_indices().nth(SHORTEST_AT_THE_END).map_or(secret.len(), |(at, _)| at)];
    let word = longest_word(beginning);
    word.len() < SHORTEST || holds(text, word) || base64_alignments(secret).iter().any(|coded| text.contains(&**coded))
        // What is encoded may hide letters, too; of base64 that was encoded again, the signs alone are changed.
        || text.contains(['%', '\\']) || text.contains("&#")
}

fn longest_word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|word| word.len()).unwrap_or_default()
}

fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len().max(1)).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_by_key(|place| place.start);
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for place in found {
        if place.start >= from {
            clean.push_str(&text[from..place.start]);
            clean.push_str(REDACTED);
        }
        from = from.max(place.end);
    }
    clean.push_str(&text[from..]);
    clean
}

/// Letters that differ in their case alone are the same one: `ß` is written `SS` in capitals.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

fn folded(units: &[Unit]) -> Vec<Unit> {
    units.iter().flat_map(|unit| fold(unit.c).map(|c| Unit { c, place: unit.place.clone() })).collect()
}

/// Where a secret stands, whole, most of it, or its beginning at the end of the text.
fn letters_found(letters: &[Unit], sought: &[char]) -> Vec<Range<usize>> {
    let enough = SHORTEST_PART.max((sought.len() * 3).div_ceil(5)).min(sought.len());
    // What programs put where they cut a text, and what closes it.
    let closes = |unit: &Unit| !unit.c.is_alphanumeric();
    let end = letters.iter().rposition(|unit| !closes(unit)).map_or(0, |last| last + 1);
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let same = letters[at..].iter().zip(sought).take_while(|(unit, c)| unit.c == **c).count();
        let ends = same >= SHORTEST_AT_THE_END && at + same >= end;
        if same >= enough || ends {
            found.push(letters[at].place.start..letters[at + same - 1].place.end);
        }
        at += if same >= enough { same } else { 1 };
    }
    found
}

fn exactly(units: &[Unit], sought: &str) -> Vec<Range<usize>> {
    let length = sought.chars().count();
    let is_it = |window: &&[Unit]| window.iter().map(|unit| unit.c).eq(sought.chars());
    units.windows(length).filter(is_it).map(|window| window[0].place.start..window[length - 1].place.end).collect()
}

/// What follows a name and `=` or `:`, to the end of the text.
fn behind(letters: &[Unit], name: &str, end: usize) -> Option<Range<usize>> {
    let name: Vec<char> = name.chars().flat_map(fold).collect();
    letters.windows(name.len()).enumerate().find_map(|(at, window)| {
        let is_it = window.iter().map(|unit| unit.c).eq(name.iter().copied());
        let sign =
            letters[at + name.len()..].iter().take(4).find(|unit| !matches!(unit.c, '"' | '\'' | ']' | ' ' | '\\'));
        sign.filter(|sign| is_it && matches!(sign.c, '=' | ':')).map(|sign| sign.place.end..end)
    })
}

/// The part of a base64 text that is the same whatever stands before and after the secret, for each of the three
/// places it can begin at (as in `base64("user:secret")`), in both alphabets.
fn base64_alignments(secret: &str) -> Vec<Zeroizing<String>> {
    const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut forms = Vec::new();
    for before in 0..3usize {
        let bits: Zeroizing<Vec<bool>> = Zeroizing::new(
            std::iter::repeat_n(0u8, before)
                .chain(secret.bytes())
                .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
                .collect(),
        );
        let first = (before * 8).div_ceil(6);
        let stable: String = bits
            .chunks_exact(6)
            .skip(first)
            .map(|six| STANDARD[six.iter().fold(0usize, |n, bit| n << 1 | usize::from(*bit))] as char)
            .collect();
        if stable.len() > SHORTEST {
            forms.push(Zeroizing::new(stable.replace('+', "-").replace('/', "_")));
            forms.push(Zeroizing::new(stable));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.learn(&SecretString::from(*secret)));
        redactor
    }

    #[test]
    fn a_secret_is_found_in_every_form_it_travels_in() {
        let redactor = of(&["p4ß w/o\"rd&=+%<é>'"]);
        for text in [
            "password: p4ß w/o\"rd&=+%<é>' end",
            "p4%C3%9F%20w%2Fo%22rd%26%3D%2B%25%3C%C3%A9%3E%27",
            "p4%c3%9f+w%2fo%22rd%26%3d%2b%25%3c%c3%a9%3e%27",
            "p4%DF+w%2Fo%22rd%26%3D%2B%25%3C%E9%3E%27",
            "p4%25C3%259F%2520w%252Fo%2522rd%2526%253D%252B%2525%253C%25C3%25A9%253E%2527",
            "p4%2525C3%25259F%252520w%25252Fo%252522rd%252526%25253D%25252B%252525%25253C%2525C3%2525A9%25253E%252527",
            r#"{"password":"p4ß w/o\"rd&=+%<é>'"}"#,
            r#"{"password":"p4\u00df w\/o\u0022rd\u0026=+%\u003C\u00e9\u003E\u0027"}"#,
            "<td>p4ß w/o&quot;rd&amp;=+%&lt;é&gt;&#039;</td>",
            "<td>p4&szlig; w/o&#34;rd&#x26;=+%&lt;&eacute;&gt;&apos;</td>",
            "P4SS W/O\"RD&=+%<É>'",
            "p4ẞ w/o\"rd&=+%<É>'",
            "<p>p4%C3%9F+w%2Fo%22rd%26%3D%2B%25%3C%C3%A9%3E%27&amp;x=1",
            "&lt;p4ß w/o\\&quot;rd&amp;=+%&lt;é&gt;\\&#039;",
        ] {
            let clean = redactor.clean(text);
            assert!(clean.contains(REDACTED), "{text} became {clean}");
            let clean = clean.to_lowercase().replace("password", "");
            assert!(!clean.contains("p4") && !clean.contains("rd"), "{text} became {clean}");
        }
        for text in ["Basic dXNlcjpwNMOfIHcvbyJyZCY9KyU8w6k+Jw==", "Basic%20dXNlcjpwNMOfIHcvbyJyZCY9KyU8w6k%2BJw%3D%3D"]
        {
            let clean = redactor.clean(text);
            assert!(clean.contains(REDACTED) && !clean.contains("byJyZ"), "{text} became {clean}");
        }
    }

    #[test]
    fn a_secret_of_which_every_letter_is_encoded_is_found() {
        let redactor = of(&["clave-muy-secreta"]);
        let letters =
            |write: fn(u32) -> String| "clave-muy-secreta".chars().map(|c| write(c.into())).collect::<String>();
        let forms = [
            letters(|c| format!("&#{c};")),
            letters(|c| format!("&#x{c:x};")),
            letters(|c| format!("\\x{c:02x}")),
            letters(|c| format!("\\u{c:04x}")),
            letters(|c| format!("%{c:02X}")),
            letters(|c| format!("%25{c:02X}")),
        ];
        for text in forms {
            assert_eq!(redactor.clean(&format!("was {text}.")), format!("was {REDACTED}."));
        }
    }

    #[test]
    fn a_secret_that_was_cut_short_is_found_too() {
        let redactor = of(&["clave-muy-secreta"]);
        for text in
            ["password=clave-m", "was clave-mu…", "was 'clave...'", "clave-muy-se and more", "CLAVE-MUY-SECR<br>x"]
        {
            let clean = redactor.clean(text);
            assert!(clean.contains(REDACTED) && !clean.to_lowercase().contains("clave"), "{text} became {clean}");
        }
        for text in ["la clave no es correcta", "clave-muy bien", "cla"] {
            assert_eq!(redactor.clean(text), text);
        }
    }

    #[test]
    fn nothing_is_kept_that_follows_the_name_under_which_a_secret_is_sent() {
        let mut redactor = Redactor::default();
        redactor.learn_name("password");
        for (text, kept) in [
            (
                "GET /getCdrs.php?username=8373456&password=etercos&live=1 HTTP/1.1",
                "GET /getCdrs.php?username=8373456&password=",
            ),
            ("bad: username%3D8373456%26Password%3Detercos", "bad: username%3D8373456%26Password%3D"),
            ("Array ( [password] => 3a7bd3e2360a3d )", "Array ( [password] ="),
            (r#"{"user":1,"password":"x"}"#, r#"{"user":1,"password":"#),
            ("&quot;password&quot;:&quot;x&quot;", "&quot;password&quot;:"),
        ] {
            assert_eq!(redactor.clean_answer(text), format!("{kept}{REDACTED}"));
            assert_eq!(redactor.clean(text), text);
        }
        for text in ["wrong password", "the password was refused: 3 tries left"] {
            assert_eq!(redactor.clean_answer(text), text);
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let redactor = of(&["clave-secreta", "", "ab"]);
        for text in ["status 200, 2 calls", "50 % of \\ & +506", "ab", ""] {
            assert_eq!(redactor.clean(text), text);
        }
        assert!(!format!("{redactor:?}").contains("clave"));
    }

    proptest! {
        #[test]
        fn whatever_stands_around_it_no_secret_stays(
            secret in "[a-zA-Z0-9ñÉ&<>\"'%+ /=]{6,16}",
            before in "[a-z &%+]{0,8}",
            times in 0usize..3,
            upper in any::<bool>(),
        ) {
            let redactor = of(&[&secret]);
            let mut text = if upper { secret.to_uppercase() } else { secret.clone() };
            for _ in 0..times {
                text = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            }
            let html = html_escape::encode_quoted_attribute(&text).into_owned();
            for text in [text, html] {
                let clean = redactor.clean(&format!("{before}|{text}|"));
                prop_assert!(clean.contains(REDACTED), "{} in {}", text, clean);
            }
        }
    }
}
