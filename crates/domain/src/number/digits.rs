//! Digits of every script, as the ones that numbering plans are written with.

/// The zero of each of Unicode's runs of ten decimal digits (general category Nd, Unicode 15.1), in order.
const ZEROS: [char; 66] = [
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// The value of a decimal digit of any script, as an ASCII digit; nothing for any other character.
#[must_use]
pub fn ascii_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let zero = ZEROS[ZEROS.partition_point(|zero| *zero <= c) - 1];
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// A character as the rules of numbers know it: a digit of any script in ASCII, a full-width form (`＋`, `（`, `Ａ`) as the
/// plain one.
pub(crate) fn plain(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => ascii_digit(c).unwrap_or(c),
    }
}

/// The text with the digits of every script in ASCII and full-width forms as plain ones, a character for a character.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.chars().map(plain).collect()
}

/// Every digit of a text, in ASCII.
pub(crate) fn digits_of(text: &str) -> String {
    text.chars().filter_map(ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_of_any_script_is_the_same_digit() {
        for eight in ['8', '８', '٨', '۸', '८', '৮', '๘', '𝟖', '߈', '໘'] {
            assert_eq!(ascii_digit(eight), Some('8'), "{eight}");
        }
        // Digits that count no place of a decimal number: fractions, powers, circled and Roman ones.
        for other in ['½', '²', '①', 'Ⅷ', '八', 'a', 'é', '\u{0}', '\u{10ffff}', '٪'] {
            assert_eq!(ascii_digit(other), None, "{other:?}");
        }
        assert!(ZEROS.is_sorted());
        for zero in ZEROS {
            for value in 0..10 {
                let c = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(ascii_digit(c).and_then(|digit| digit.to_digit(10)), Some(value), "{c}");
            }
        }
        assert_eq!(plain_text("（５０６）＋٢"), "(506)+2");
    }
}
