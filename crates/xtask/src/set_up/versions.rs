//! Versions, as programs print them.

use std::fmt;

/// Major, minor, patch; ordered in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version in a text such as `rustc 1.95.0 (59807616e 2026-04-14)` or `v20.20.2`.
    pub(crate) fn within(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            // What follows the numbers (`-nightly`, `+build`) does not matter here.
            let numbers = word.trim_start_matches('v').split(['-', '+']).next()?;
            let mut numbers = numbers.split('.').map(|number| number.parse().ok());
            Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_each_program_prints() {
        assert_eq!(Version::within("rustc 1.95.0 (59807616e 2026-04-14)"), Some(Version(1, 95, 0)));
        assert_eq!(Version::within("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(Version::within("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)"), Some(Version(0, 9, 143)));
        assert_eq!(Version::within("rustc 1.97.0-nightly (abc 2026-06-01)"), Some(Version(1, 97, 0)));
        assert_eq!(Version::within("command not found"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers_not_as_text() {
        assert!(Version(20, 9, 0) < Version(20, 19, 0));
        assert!(Version(22, 0, 0) > Version(20, 19, 0));
        assert!(Version(0, 9, 143) > Version(0, 9, 99));
    }
}
