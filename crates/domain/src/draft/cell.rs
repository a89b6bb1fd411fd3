//! The telephones in one cell, as people fill them in: one, several with whatever between them, or none.

use crate::number::{
    Country, PhoneNumber, ReadNumber, ascii_digit, certain, is_chat_link, is_label, is_punctuation, joins, plain_text,
};

/// More groups of digits than a cell with a few numbers has; a cell with more is not divided by its groups.
const GROUPS_AT_MOST: usize = 24;
/// A number that is found in a row of groups has so many digits.
const OF_A_NUMBER: std::ops::RangeInclusive<usize> = 7..=15;

/// The numbers in a cell, and whether that is all it says. `-`, `N/A` and the like say that there is none.
pub(super) fn numbers_in(text: &str, country: Country) -> (Vec<PhoneNumber>, bool) {
    if rounded(text) {
        return (Vec::new(), false);
    }
    let whole = placed(text, country);
    let is_one = |number: &&PhoneNumber| number.extension().is_some() || is_chat_link(text);
    if let Some(number) = whole.as_ref().filter(is_one) {
        return (vec![number.clone()], true);
    }
    let parts = parts_of(text);
    if parts.len() > 1 {
        let (mut numbers, mut all) = (Vec::new(), true);
        for part in &parts {
            let found = of_part(part, country);
            all &= !found.is_empty();
            numbers.extend(found);
        }
        // A stroke or a comma also stands inside a number, of which no part is one by itself. Where a part is, what else
        // stands there (`2222-3333/34`) must not be taken for more digits of it.
        if !numbers.is_empty() {
            return (numbers, all);
        }
    }
    let numbers = of_part(text, country);
    if !numbers.is_empty() {
        return (numbers, true);
    }
    if PhoneNumber::is_withheld(text) {
        return (Vec::new(), true);
    }
    match PhoneNumber::typed(text, country) {
        Ok(number) if number.key().len() >= 3 => (vec![number], true),
        _ => (Vec::new(), false),
    }
}

fn placed(text: &str, country: Country) -> Option<PhoneNumber> {
    match PhoneNumber::read(text, country) {
        ReadNumber::Number(number) => Some(number).filter(|number| number.e164().is_some()),
        ReadNumber::Withheld => None,
    }
}

/// The number in a part of a cell, or those that stand there with nothing between them but what also parts groups of digits.
fn of_part(text: &str, country: Country) -> Vec<PhoneNumber> {
    let whole = placed(text, country);
    if whole.is_some() && certain(text, country).is_some() {
        return whole.into_iter().collect();
    }
    let divided = divided(text, country);
    if divided.len() > 1 { divided } else { whole.into_iter().collect() }
}

/// The fewest numbers, each of them beyond doubt, that all groups of digits of a text belong to.
fn divided(text: &str, country: Country) -> Vec<PhoneNumber> {
    let starts = group_starts(text);
    if starts.len() < 2 || starts.len() > GROUPS_AT_MOST {
        return Vec::new();
    }
    let end_of = |group: usize| starts.get(group).copied().unwrap_or(text.len());
    // For each group, the numbers from there to the end.
    let mut best: Vec<Option<Vec<PhoneNumber>>> = vec![None; starts.len() + 1];
    best[starts.len()] = Some(Vec::new());
    for from in (0..starts.len()).rev() {
        for to in from + 1..=starts.len() {
            let Some(rest) = &best[to] else { continue };
            if best[from].as_ref().is_some_and(|known| known.len() <= rest.len() + 1) {
                continue;
            }
            let part =
                text[starts[from]..end_of(to)].trim_end_matches(|c: char| is_punctuation(c) && !matches!(c, ')' | ']'));
            let digits = part.chars().filter(|c| ascii_digit(*c).is_some()).count();
            if !OF_A_NUMBER.contains(&digits) || certain(part, country).is_none() {
                continue;
            }
            let number = placed(part, country).into_iter();
            best[from] = Some(number.chain(rest.iter().cloned()).collect());
        }
    }
    let before_is_empty = text[..starts[0]].chars().all(|c| !c.is_alphanumeric());
    best.swap_remove(0).filter(|_| before_is_empty).unwrap_or_default()
}

/// Where the groups of digits of a text begin, with the plus or the bracket before them.
fn group_starts(text: &str) -> Vec<usize> {
    let opens = |c: char| matches!(c, '+' | '(' | '[' | '＋' | '（');
    let mut starts = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let in_group = ascii_digit(before).is_some() || opens(before);
        if (ascii_digit(c).is_some() || opens(c)) && (!in_group || opens(c) && !opens(before)) {
            starts.push(at);
        }
        before = c;
    }
    starts
}

/// Whether a spreadsheet shows nothing of it, or has made a quantity of it: `5,06887E+10` has lost its digits, `50688881234.0` perhaps its zeros.
fn rounded(text: &str) -> bool {
    let text = text.trim();
    let quantity =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.replace(',', ".").parse::<f64>().is_ok();
    // A column that was too narrow for its numbers is all `#`.
    let hidden = text.len() > 2 && text.bytes().all(|b| b == b'#');
    hidden || quantity(text) && (text.contains(['e', 'E']) || text.ends_with(".0") || text.ends_with(",0"))
}

/// What stands between the marks and words that people put between two numbers. A word that says what a number is stays with
/// the number it is written before, or behind where the cell begins with a number and ends with such a word.
fn parts_of(text: &str) -> Vec<&str> {
    let labels_follow = text.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| ascii_digit(c).is_some())
        && text.chars().rfind(|c| c.is_alphanumeric()).is_some_and(char::is_alphabetic);
    let mut parts = Vec::new();
    let mut from = 0;
    let mut word_from = None;
    let mut close = |from: &mut usize, to: usize, next: usize| {
        parts.push(text[*from..to].trim());
        *from = next;
    };
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if c.is_alphabetic() {
            word_from.get_or_insert(at);
            continue;
        }
        if let Some(start) = word_from.take() {
            let word = &text[start..at];
            let alone = !text[..start].ends_with(|c: char| ascii_digit(c).is_some()) && ascii_digit(c).is_none();
            let digits_before = text[from..start].chars().any(|c| ascii_digit(c).is_some());
            if joins(word) && (alone || digits_before && ascii_digit(c).is_some()) {
                close(&mut from, start, at);
            } else if is_label(word) && digits_before {
                let end = if labels_follow { at } else { start };
                close(&mut from, end, end);
            }
        }
        let dash = matches!(c, '-' | '\u{2012}'..='\u{2015}')
            && text[..at].ends_with(char::is_whitespace)
            && text[at + c.len_utf8()..].starts_with(char::is_whitespace);
        if matches!(c, '/' | ';' | ',' | '|' | '&' | '\n' | '\r' | '•' | '／' | '；' | '，' | '、') || dash {
            close(&mut from, at, (at + c.len_utf8()).min(text.len()));
        }
    }
    let says_something = |part: &&str| {
        let plain = plain_text(part);
        plain.chars().any(|c| c.is_ascii_digit())
            || plain.split(|c: char| !c.is_alphabetic()).any(|word| !word.is_empty() && !is_label(word))
    };
    parts.into_iter().filter(says_something).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(text: &str) -> (Vec<String>, bool) {
        let (numbers, all) = numbers_in(text, Country::CR);
        (numbers.iter().map(PhoneNumber::key).collect(), all)
    }

    fn keys(keys: &[&str], all: bool) -> (Vec<String>, bool) {
        (keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(), all)
    }

    #[test]
    fn a_cell_holds_one_number_several_or_none() {
        for text in [
            "8884-8787 / 2222-3333",
            "8884-8787;2222-3333",
            "88848787, 22223333",
            "8884 8787 y 2222 3333",
            "8884-8787 ó 2222-3333",
            "8884-8787 o 2222-3333",
            "8884-8787 e 2222-3333",
            "8884-8787 and 2222-3333",
            "8884-8787 - 2222-3333",
            "8884-8787-2222-3333",
            "88848787-22223333",
            "88848787/22223333",
            "88848787&22223333",
            "8884-8787 & 2222-3333",
            "8884-8787y2222-3333",
            "8884 8787 2222 3333",
            "88848787 22223333",
            "Cel. 8884-8787 Tel. 2222-3333",
            "Cel.8884-8787 Casa:2222-3333",
            "8884-8787 Cel. 2222-3333",
            "8884-8787 (cel) / 2222-3333 (casa)",
            "8884-8787 cel, 2222-3333 casa",
            "+506 8884 8787 +506 2222 3333",
            "(506) 8884-8787 (506) 2222-3333",
            "８８８４８７８７／２２２２３３３３",
            "Tel/Cel: 8884-8787 / 2222-3333",
            "8884-8787\n2222-3333",
        ] {
            assert_eq!(cell(text), keys(&["+50688848787", "+50622223333"], true), "{text}");
        }
        for text in ["8884/8787", "Cel. 8884-8787", "8884-8787 (casa)", "8884 8787", "#31#8884-8787", "٨٨٨٤٨٧٨٧"]
        {
            assert_eq!(cell(text), keys(&["+50688848787"], true), "{text}");
        }
        assert_eq!(cell("8884-8787, 2222-3333 y 2290 4400").0.len(), 3);
        assert_eq!(cell("2222-3333 ext. 105"), keys(&["+50622223333"], true));
        assert_eq!(cell("2222-3333, ext 105"), keys(&["+50622223333"], true));
        assert_eq!(cell("800-FLORES1"), keys(&["+5068003567371"], true));
        assert_eq!(cell("1155"), keys(&["1155"], true));
        assert_eq!(cell("https://wa.me/50688848787"), keys(&["+50688848787"], true));
        assert_eq!(cell("'+506 8884-8787"), keys(&["+50688848787"], true));
        for text in ["", "-", "N/A", "0"] {
            assert_eq!(cell(text), keys(&[], true), "{text:?}");
        }
        for text in ["2222-3333/34", "2222-3333 / 1155", "2222 3333, Ana", "2222-3333 y 1155"] {
            assert_eq!(cell(text), keys(&["+50622223333"], false), "{text:?}");
        }
        for text in [
            "no tiene",
            "llamar a Ana",
            "7",
            "########",
            "5,06887E+10",
            "5.06887e10",
            "50688881234.0",
            "*21*88848787#",
            "#31#",
        ] {
            assert_eq!(cell(text), keys(&[], false), "{text:?}");
        }
    }

    #[test]
    fn a_word_beside_each_number_says_what_it_is() {
        use crate::contact::PhoneKind::{Home, Mobile, Work};
        for (text, kinds) in [
            ("Cel. 8884-8787 Of. 2222-3333", [Some(Mobile), Some(Work)]),
            ("8884-8787 cel, 2222-3333 casa", [Some(Mobile), Some(Home)]),
            ("8884-8787 2222-3333", [None, None]),
        ] {
            let (numbers, _) = numbers_in(text, Country::CR);
            assert_eq!(numbers.iter().map(PhoneNumber::labelled_kind).collect::<Vec<_>>(), kinds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn two_valid_numbers_are_found_whatever_people_put_between_them(
            a in 83_000_000u32..89_999_999,
            b in 22_000_000u32..22_999_999,
            between in "( / | - |-|, |; | y | ó | o | e | & | or | ou |\\|| // | Tel\\. | Cel: | casa | fax )",
            grouped in any::<bool>(),
        ) {
            let written = |n: u32| if grouped { format!("{}-{:04}", n / 10_000, n % 10_000) } else { n.to_string() };
            let text = format!("{}{between}{}", written(a), written(b));
            let (found, all) = cell(&text);
            prop_assert_eq!(found, [format!("+506{a}"), format!("+506{b}")], "{}", text);
            prop_assert!(all);
        }

        #[test]
        fn whatever_a_person_may_dial_is_read_the_same_in_a_file(text in "[0-9+() .#*x-]{0,24}") {
            if let Ok(number) = PhoneNumber::typed(&text, Country::CR)
                && number.e164().is_some()
            {
                let ReadNumber::Number(read) = PhoneNumber::read(&text, Country::CR) else { return Ok(()) };
                prop_assert_eq!(read.key(), number.key(), "{}", text);
            }
        }
    }
}
