//! What is put before and behind a name: `Dr.`, `MBA`, `Jr.`

/// A name without the titles that a file also gives by themselves.
pub(crate) fn taken_off<'a>(name: &'a str, prefix: &str, suffix: &str) -> &'a str {
    let name = name.strip_prefix(prefix).filter(|rest| rest.starts_with(' ')).unwrap_or(name);
    let bare = name.strip_suffix(suffix).filter(|rest| !suffix.is_empty() && rest.ends_with([' ', ',']));
    bare.map_or(name, |bare| bare.trim_end().trim_end_matches(',')).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_taken_off_and_nothing_else() {
        assert_eq!(taken_off("Dr. José Peña, Jr.", "Dr.", "Jr."), "José Peña");
        assert_eq!(taken_off("Lic. Ana Rojas MBA", "Lic.", "MBA"), "Ana Rojas");
        assert_eq!(taken_off("Drago Mba", "Dr", "ba"), "Drago Mba");
        assert_eq!(taken_off("Ana", "", ""), "Ana");
    }
}
