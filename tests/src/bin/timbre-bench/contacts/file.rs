//! The file: as a spreadsheet in Spanish saves a list that many hands wrote.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use super::people::{Person, mixed};

/// Writes the first `count` people; gives the file's size.
pub(super) fn write(path: &Path, count: u64) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "\u{feff}Nombre;Empresa;Celular;Teléfono;Correo\r\n")?;
    for n in 0..count {
        let Person { name, company, email, mobile, work } = Person::nth(n);
        let way = mixed(n);
        let mobile = by_hand(&mobile, way);
        let work = work.map(|work| by_hand(&work, way / 8)).unwrap_or_default();
        write!(file, "{name};{company};{mobile};{work};{email}\r\n")?;
    }
    file.flush()?;
    Ok(path.metadata()?.len())
}

/// A number as one person or another writes it.
pub(super) fn by_hand(digits: &str, way: u64) -> String {
    let halves = |rest: &str| rest.split_at_checked(4).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default();
    if let Some((a, b)) = digits.strip_prefix("506").map(halves) {
        return match way % 6 {
            0 => format!("+506 {a}-{b}"),
            1 => format!("{a} {b}"),
            2 => format!("(506) {a}-{b}"),
            3 => format!("{a}{b}"),
            4 => format!("+506{a}{b}"),
            _ => format!("{a}-{b}"),
        };
    }
    if let Some((a, b)) = digits.strip_prefix("54911").map(halves) {
        return if way.is_multiple_of(2) { format!("+54 9 11 {a}-{b}") } else { format!("0054 9 11 {a} {b}") };
    }
    if let Some((area, rest)) = digits.strip_prefix("55").and_then(|rest| rest.split_at_checked(2)) {
        return if way.is_multiple_of(2) { format!("+55 ({area}) {rest}") } else { format!("+55{area}{rest}") };
    }
    if way.is_multiple_of(2) { format!("+{digits}") } else { format!("00{digits}") }
}

/// A number as an exchange in [`crate::HOME`] writes it.
pub(super) fn by_exchange(digits: &str) -> String {
    digits.strip_prefix("506").map_or_else(|| format!("00{digits}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use timbre_domain::number::{PhoneNumber, ReadNumber};

    use super::*;
    use crate::HOME;

    fn key(text: &str) -> String {
        match PhoneNumber::read(text, HOME) {
            ReadNumber::Number(number) => number.key(),
            ReadNumber::Withheld => panic!("{text}"),
        }
    }

    #[test]
    fn every_way_to_write_a_number_leads_to_the_same_subscriber() {
        for digits in ["50688884787", "50622223344", "5491123456789", "5511961234567", "59891234567"] {
            for way in 0..12 {
                let written = by_hand(digits, way);
                assert_eq!(key(&written), key(&by_exchange(digits)), "{written}");
            }
        }
    }
}
