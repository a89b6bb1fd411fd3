//! Amounts and lengths of time as vendors write them, read exactly.

use rust_decimal::Decimal;

/// An amount of money: `25.605`, `1,234.56`, `1.234,56`, `₡ 1 234,56`, `-0,5`, `2.5E-3`. `None` for what is none.
///
/// A single `.` is a decimal point, for that is how programs write numbers; a single `,` before exactly three digits stands
/// between thousands.
pub(crate) fn money(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if let Ok(amount) = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)) {
        return (!text.contains('_')).then_some(amount);
    }
    let (text, negative) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inside) => (inside, true),
        None => (text, false),
    };
    let is_sign = |c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥₡₲₱₴₽₹¢".contains(c);
    let bare = text.trim_matches(is_sign);
    // `CRC. 12` and `12 c.` keep their point.
    let bare = bare.trim_start_matches(['.', ' ']).trim();
    let (bare, negative) = match bare.strip_prefix(['-', '\u{2212}']).or_else(|| bare.strip_suffix('-')) {
        Some(rest) => (rest.trim_matches(is_sign), !negative),
        None => (bare, negative || text.trim_start().starts_with(['-', '\u{2212}'])),
    };
    let amount: Decimal = plain(bare)?.parse().ok()?;
    Some(if negative { -amount } else { amount })
}

/// The number with a point for its decimals and nothing between its thousands.
fn plain(text: &str) -> Option<String> {
    let text: String = text.chars().map(|c| if c.is_whitespace() || c == '\'' || c == '’' { ' ' } else { c }).collect();
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || " .,".contains(c)) {
        return None;
    }
    let last = text.rfind(['.', ',']);
    let decimal = last.filter(|place| {
        let sign = &text[*place..=*place];
        let once = text.matches(sign).count() == 1;
        let others = text[..*place].contains(['.', ',', ' ']);
        let thousands = sign == "," && text.len() - place == 4 && !others && *place > 0 && !text.starts_with('0');
        once && !thousands
    });
    let (whole, decimals) = match decimal {
        Some(place) => (&text[..place], &text[place + 1..]),
        None => (text.as_str(), ""),
    };
    if !decimals.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let groups: Vec<&str> = whole.split([' ', '.', ',']).collect();
    let (first, rest) = groups.split_first()?;
    let separators: std::collections::BTreeSet<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
    if separators.len() > 1
        || !rest.iter().all(|group| group.len() == 3)
        || !rest.is_empty() && !(1..=3).contains(&first.len())
    {
        return None;
    }
    let whole = groups.concat();
    if whole.is_empty() && decimals.is_empty() {
        return None;
    }
    Some(format!(
        "{}.{}",
        if whole.is_empty() { "0" } else { &whole },
        if decimals.is_empty() { "0" } else { decimals }
    ))
}

/// A length of time in whole seconds: `22`, `22.4`, `00:00:22`, `1:05`, `22 s`, `PT1M5S`. `None` for what is none.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(iso) = text.strip_prefix("pt") {
        return in_units(iso);
    }
    if text.contains(':') {
        let parts: Vec<&str> = text.split(':').collect();
        if !(2..=3).contains(&parts.len()) {
            return None;
        }
        return parts.iter().enumerate().try_fold(0u64, |total, (place, part)| {
            let value = if place + 1 == parts.len() { whole(part)? } else { part.trim().parse().ok()? };
            (place == 0 || value < 60).then_some(())?;
            total.checked_mul(60)?.checked_add(value)
        });
    }
    whole(&text).or_else(|| in_units(&text))
}

/// `1h 5m 3s`, `22 seg`.
fn in_units(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = None;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_alphabetic())?;
        let (number, tail) = rest.split_at(unit_at);
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let factor = match &tail[..end] {
            "h" | "hr" | "hrs" | "hora" | "horas" | "hour" | "hours" => 3_600,
            "m" | "min" | "mins" | "minuto" | "minutos" | "minute" | "minutes" => 60,
            "s" | "sec" | "secs" | "seg" | "segs" | "segundo" | "segundos" | "second" | "seconds" => 1,
            _ => return None,
        };
        total = Some(u64::checked_add(total.unwrap_or_default(), whole(number)?.checked_mul(factor)?)?);
        rest = tail[end..].trim_start_matches([' ', '.', ',']);
    }
    total
}

/// A number of seconds, rounded: whoever charges by the second does not count half ones.
fn whole(text: &str) -> Option<u64> {
    let amount: Decimal = text.trim().replace(',', ".").parse().ok()?;
    u64::try_from(amount.round()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_whoever_wrote_them() {
        for (text, wanted) in [
            ("25.605", "25.605"),
            ("0", "0"),
            ("1,234.56", "1234.56"),
            ("1.234,56", "1234.56"),
            ("1 234,56", "1234.56"),
            ("1\u{a0}234,56", "1234.56"),
            ("1\u{202f}234.56", "1234.56"),
            ("1'234.56", "1234.56"),
            ("1,234", "1234"),
            ("12,345,678.9", "12345678.9"),
            ("1.234.567", "1234567"),
            ("1.234", "1.234"),
            ("0,25", "0.25"),
            ("0,255", "0.255"),
            ("12,5", "12.5"),
            (",5", "0.5"),
            (".5", "0.5"),
            ("₡1,234.56", "1234.56"),
            ("CRC 1.234,56", "1234.56"),
            ("12.50 USD", "12.50"),
            ("$ 12.50", "12.50"),
            ("-1,234.56", "-1234.56"),
            ("$-1.50", "-1.50"),
            ("-$1.50", "-1.50"),
            ("(1,234.56)", "-1234.56"),
            ("2.5E-3", "0.0025"),
            ("1e2", "100"),
        ] {
            assert_eq!(money(text), Some(wanted.parse().unwrap()), "{text:?}");
        }
        for text in ["", "xxx", "n/a", "-", "1,23,456.7", "1.2.3", "12 34", "1,234,56.7.8", "12:30", "1_000", "$"] {
            assert_eq!(money(text), None, "{text:?}");
        }
    }

    #[test]
    fn lengths_of_time_are_whole_seconds_whoever_wrote_them() {
        for (text, wanted) in [
            ("22", 22),
            ("0", 0),
            ("22.4", 22),
            ("22,6", 23),
            ("00:00:22", 22),
            ("0:22", 22),
            ("1:05", 65),
            ("01:02:03", 3_723),
            ("100:00:00", 360_000),
            ("00:00:22.5", 22),
            ("22s", 22),
            ("22 seg", 22),
            ("1m 5s", 65),
            ("PT1H2M3S", 3_723),
            ("1 h", 3_600),
        ] {
            assert_eq!(seconds(text), Some(wanted), "{text:?}");
        }
        for text in ["", "a while", "-3", "1:2:3:4", "00:99", ":", "12 x", "PT", "99999999999999999999999999"] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn an_amount_is_the_same_with_its_thousands_marked(whole in 0u64..10_000_000_000, cents in 0u32..100) {
            let digits = whole.to_string();
            let wanted: Decimal = format!("{digits}.{cents:02}").parse().unwrap();
            for (thousands, point) in [(',', '.'), ('.', ','), (' ', ','), ('\'', '.')] {
                let mut grouped = String::new();
                for (place, digit) in digits.chars().enumerate() {
                    if place > 0 && (digits.len() - place) % 3 == 0 {
                        grouped.push(thousands);
                    }
                    grouped.push(digit);
                }
                proptest::prop_assert_eq!(money(&format!("{grouped}{point}{cents:02}")), Some(wanted));
            }
        }
    }
}
