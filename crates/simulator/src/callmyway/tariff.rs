//! The price of calls: routes by the first digits, and exact amounts.

use std::fmt;
use std::time::Duration;

/// An amount in the account's currency, in ten-thousandths: `Money(251_850)` is 25.185.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub i64);

impl Money {
    /// The price of `duration` at this rate per minute, for whole seconds, rounded half up to a ten-thousandth.
    #[must_use]
    pub fn per_minute_for(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self(self.0.saturating_mul(seconds).saturating_add(30) / 60)
    }
}

impl fmt::Display for Money {
    /// Writes the amount as the documents do: `0`, `25.185`, no trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:04}").trim_end_matches('0'))
    }
}

/// A destination of the tariff (seed 000: `route_pattern`, `route_name`, `rate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The first digits, with the country's code: `5068`.
    pub pattern: &'static str,
    /// The name, as in the examples: `COSTA RICA MOBILE ICE`.
    pub name: &'static str,
    /// The price of a minute.
    pub rate: Money,
}

/// The route of incoming and internal calls, which cost nothing.
pub(crate) const FREE: Route = Route { pattern: "", name: "", rate: Money(0) };

const ROUTES: [Route; 8] = [
    Route { pattern: "5068", name: "COSTA RICA MOBILE ICE", rate: Money(251_850) },
    Route { pattern: "5067", name: "Costa Rica Claro", rate: Money(251_850) },
    Route { pattern: "5066", name: "Costa Rica Movistar", rate: Money(251_850) },
    Route { pattern: "5062", name: "COSTA RICA FIXED", rate: Money(104_500) },
    Route { pattern: "5064", name: "COSTA RICA VOIP", rate: Money(104_500) },
    Route { pattern: "519", name: "PERU MOBILE", rate: Money(135_000) },
    Route { pattern: "1", name: "USA/CANADA", rate: Money(180_000) },
    Route { pattern: "", name: "INTERNATIONAL", rate: Money(950_000) },
];

/// The route of a dialled number. Eight digits are a Costa Rican number without its country code.
pub(crate) fn route_of(number: &str) -> Route {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let full = if digits.len() == 8 { format!("506{digits}") } else { digits };
    // The last pattern is empty and matches every number.
    ROUTES.into_iter().find(|route| full.starts_with(route.pattern)).unwrap_or(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_in_the_documents() {
        let written: Vec<_> = [0, 251_850, 10_000, 5, 259_999].into_iter().map(|m| Money(m).to_string()).collect();
        assert_eq!(written, ["0", "25.185", "1", "0.0005", "25.9999"]);
    }

    #[test]
    fn a_minute_costs_the_rate_and_seconds_their_part() {
        let rate = Money(251_850);
        assert_eq!(rate.per_minute_for(Duration::from_secs(60)), rate);
        assert_eq!(rate.per_minute_for(Duration::from_secs(0)), Money(0));
        // 25.185 * 37 / 60 = 15.53075, half up.
        assert_eq!(rate.per_minute_for(Duration::from_secs(37)), Money(155_308));
    }

    #[test]
    fn numbers_without_a_country_code_are_costa_rican() {
        assert_eq!(route_of("88848787").name, "COSTA RICA MOBILE ICE");
        assert_eq!(route_of("71022296").name, "Costa Rica Claro");
        assert_eq!(route_of("51902871550").pattern, "519");
        assert_eq!(route_of("4420712345678").name, "INTERNATIONAL");
    }
}
