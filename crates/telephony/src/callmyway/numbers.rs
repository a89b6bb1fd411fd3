//! Before JSON is parsed: no nesting that a parser's stack could not hold, and no number that it would round.
//!
//! Both need to know where texts and comments begin and end, for what stands in them counts for nothing.

/// The deepest nesting that is read. The vendor's answers nest four deep.
const DEEPEST: usize = 100;
/// A number of at most so many digits is held exactly by whatever reads it.
const HELD_EXACTLY: usize = 15;

/// Brackets nest deeper than any answer of the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// How the text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Json,
    /// Texts may stand in single quotes, and there may be comments.
    Json5,
}

/// The same text with each number that is too long to be held exactly, or written with an exponent, as a text: an id keeps
/// the digits it was written with.
///
/// # Errors
/// When it nests too deep.
pub(super) fn kept_exact(text: &str, notation: Notation) -> Result<String, TooDeep> {
    let json5 = notation == Notation::Json5;
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut depth) = (text, 0usize);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest, '"'),
            '\'' if json5 => quoted(rest, '\''),
            '/' if json5 && rest.starts_with("//") => {
                rest.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(rest.len())
            }
            '/' if json5 && rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '0'..='9' | '-' | '+' | '.' => rest.find(|c| !in_number(c)).unwrap_or(rest.len()).max(1),
            // A name that holds digits is no number.
            c if c.is_alphabetic() || c == '_' || c == '$' => rest.find(|c| !in_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(TooDeep);
        }
        if is_rounded(token) {
            out.extend(["\"", token, "\""]);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    Ok(out)
}

/// Whether whoever reads this number as a 64-bit floating-point one loses digits of it.
fn is_rounded(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let is_number = token.starts_with(|c: char| c.is_ascii_digit() || c == '-') && token.parse::<f64>().is_ok();
    is_number && (digits > HELD_EXACTLY || token.contains(['e', 'E']))
}

/// Whether an id was read as a floating-point number before it was written, and may have lost its last digits:
/// `6.4957227204738e18`, `6495722720473849000.0`.
pub(super) fn lost_digits(id: &str) -> bool {
    let number = id.replace(',', ".");
    let is_float = number.contains(['e', 'E']) || number.trim_end_matches('0').ends_with('.');
    is_float && number.starts_with(|c: char| c.is_ascii_digit()) && number.parse::<f64>().is_ok()
}

/// The length of a text in quotes, with them; of one that does not end, all that is left.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(place, _)| place + 1)
}

fn in_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-')
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_be_rounded_become_texts_and_all_else_stays() {
        for (before, after) in [
            (r#"{"a":6.4957227204738e18}"#, r#"{"a":"6.4957227204738e18"}"#),
            (r#"{"a":123456789012345678901234,"b":1}"#, r#"{"a":"123456789012345678901234","b":1}"#),
            (r#"[-1234567890123456.5]"#, r#"["-1234567890123456.5"]"#),
            (
                r#"{"a":"123456789012345678901234","b":[1,2.5,-3]}"#,
                r#"{"a":"123456789012345678901234","b":[1,2.5,-3]}"#,
            ),
            (r#"{"x1e5":"a\"1e5","b":true}"#, r#"{"x1e5":"a\"1e5","b":true}"#),
            ("", ""),
        ] {
            assert_eq!(kept_exact(before, Notation::Json).unwrap(), after);
        }
        let json5 = "{a1:'1e5',/* 1e5 */b:1e5} // 1e5";
        assert_eq!(kept_exact(json5, Notation::Json5).unwrap(), "{a1:'1e5',/* 1e5 */b:\"1e5\"} // 1e5");
    }

    #[test]
    fn brackets_nest_whatever_stands_in_texts_and_comments_between_them() {
        for unit in ["[", "{a:", "[']',", "[\"]\",", "[/*]*/", "[//]\n", "[//]\u{2028}", "['\\']',", "[[][[]"] {
            assert_eq!(kept_exact(&unit.repeat(2_000), Notation::Json5), Err(TooDeep), "{unit:?}");
        }
        for flat in ["[]", "[],", "'[',", "\"[\",", "/*[*/", "//[\n", "'\\'[',"] {
            assert!(kept_exact(&flat.repeat(2_000), Notation::Json5).is_ok(), "{flat:?}");
        }
    }

    #[test]
    fn an_id_that_lost_its_last_digits_is_told_from_one_that_has_them_all() {
        for id in ["6.4957227204738e18", "6.4957227204738E+18", "6,4957227204738E+18", "6495722720473849000.0"] {
            assert!(lost_digits(id), "{id}");
        }
        for id in ["6495722720473849000", "123456789012345678901234", "a.b", "1700000000.12345", "e18", "", "12-34"] {
            assert!(!lost_digits(id), "{id}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_what_was_written(text in "\\PC{0,80}") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                let kept = kept_exact(&text, Notation::Json).unwrap();
                let again: serde_json::Value = serde_json::from_str(&kept).unwrap();
                proptest::prop_assert!(again == value || text.bytes().any(|byte| byte.is_ascii_digit()));
            }
        }
    }
}
