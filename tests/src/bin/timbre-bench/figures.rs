//! What was measured, as a table and as JSON.

use std::fmt;

use serde::Serialize;

/// A part of the bench.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    title: String,
    figures: Vec<Figure>,
    /// What is no duration.
    amounts: Vec<Amount>,
    facts: Vec<Fact>,
    /// How many times the yardstick.
    ratios: Vec<Ratio>,
    /// How much in a second.
    rates: Vec<Rate>,
}

/// What a figure is read in; it is kept in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Us,
    Ms,
    S,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Us => "µs",
            Self::Ms => "ms",
            Self::S => "s",
        }
    }

    fn of(self, ms: f64) -> f64 {
        match self {
            Self::Us => ms * 1e3,
            Self::Ms => ms,
            Self::S => ms / 1e3,
        }
    }
}

/// Where two figures are set side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum At {
    P50,
    P99,
}

#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    shown_in: Unit,
    n: usize,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    goal_p99_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Amount {
    what: String,
    unit: &'static str,
    n: usize,
    median: f64,
    max: f64,
    goal: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Fact {
    what: String,
    value: String,
    holds: bool,
}

#[derive(Debug, Serialize)]
struct Ratio {
    what: String,
    at: At,
    times: f64,
    goal: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Rate {
    what: String,
    of: String,
    a_second: f64,
}

impl Report {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Durations in milliseconds, and what the 99th percentile should not exceed, where there is a goal.
    pub(crate) fn figure(&mut self, what: &str, ms: Vec<f64>, goal_p99_ms: Option<f64>) {
        self.figure_in(Unit::Ms, what, ms, goal_p99_ms);
    }

    /// The same, to be read in another unit.
    pub(crate) fn figure_in(&mut self, shown_in: Unit, what: &str, mut ms: Vec<f64>, goal_p99_ms: Option<f64>) {
        ms.sort_by(f64::total_cmp);
        let at = |percent| percentile(&ms, percent);
        let (p50_ms, p90_ms, p99_ms, max_ms) = (at(50), at(90), at(99), at(100));
        let what = what.to_owned();
        self.figures.push(Figure { what, shown_in, n: ms.len(), p50_ms, p90_ms, p99_ms, max_ms, goal_p99_ms });
    }

    /// What is no duration, looked at a few times, in `unit`; and what its median should not exceed, where there is a goal.
    #[cfg(target_os = "linux")]
    pub(crate) fn amount(&mut self, what: &str, unit: &'static str, mut seen: Vec<f64>, goal: Option<f64>) {
        seen.sort_by(f64::total_cmp);
        let (median, max) = (percentile(&seen, 50), percentile(&seen, 100));
        self.amounts.push(Amount { what: what.to_owned(), unit, n: seen.len(), median, max, goal });
    }

    /// Something that must hold, whatever the machine.
    pub(crate) fn fact(&mut self, what: &str, value: impl Into<String>, holds: bool) {
        self.facts.push(Fact { what: what.to_owned(), value: value.into(), holds });
    }

    /// Sets a figure's median beside another's.
    pub(crate) fn compare(&mut self, what: &str, with: &str) {
        self.compare_at(At::P50, what, with, None);
    }

    /// Sets a figure beside another, and says how many times the other it should be at most, where there is a goal.
    pub(crate) fn compare_at(&mut self, at: At, what: &str, with: &str, goal: Option<f64>) {
        let value = |name: &str| {
            self.figures.iter().find(|figure| figure.what == name).map(|figure| match at {
                At::P50 => figure.p50_ms,
                At::P99 => figure.p99_ms,
            })
        };
        let amount = |name: &str| self.amounts.iter().find(|amount| amount.what == name).map(|amount| amount.median);
        let value = |name: &str| value(name).or_else(|| amount(name));
        if let (Some(ours), Some(theirs)) = (value(what), value(with)) {
            let times = ours / theirs;
            self.ratios.push(Ratio { what: format!("{what} : {with}"), at, times, goal });
        }
    }

    /// Says how many in a second a figure's median makes, where each of its durations is that of `count`.
    pub(crate) fn rate(&mut self, what: &str, count: u64, of: &str) {
        if let Some(figure) = self.figures.iter().find(|figure| figure.what == what) {
            let a_second = count as f64 * 1e3 / figure.p50_ms;
            self.rates.push(Rate { what: what.to_owned(), of: of.to_owned(), a_second });
        }
    }

    /// What must hold and does not.
    pub(crate) fn broken(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().filter(|fact| !fact.holds).map(|fact| fact.what.as_str())
    }
}

/// The nearest rank, of values in order.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.title)?;
        writeln!(f, "  {:<58} {:>6} {:>8} {:>8} {:>8} {:>8}", "", "n", "p50", "p90", "p99", "max")?;
        for figure in &self.figures {
            let Figure { what, shown_in, n, p50_ms, p90_ms, p99_ms, max_ms, goal_p99_ms } = figure;
            let [p50, p90, p99, max] = [p50_ms, p90_ms, p99_ms, max_ms].map(|ms| shown_in.of(*ms));
            let unit = shown_in.name();
            write!(f, "  {what:<58} {n:>6} {p50:>8.2} {p90:>8.2} {p99:>8.2} {max:>8.2} {unit}")?;
            match goal_p99_ms {
                Some(goal) => {
                    writeln!(f, "   goal p99 ≤ {} {unit}: {}", shown_in.of(*goal), verdict(p99_ms <= goal))?;
                }
                None => writeln!(f)?,
            }
        }
        for Amount { what, unit, n, median, max, goal } in &self.amounts {
            write!(f, "  {what:<58} {n:>6} {median:>8.2} {:>8} {:>8} {max:>8.2} {unit}", "", "")?;
            match goal {
                Some(goal) => writeln!(f, "   goal ≤ {goal} {unit}: {}", verdict(median <= goal))?,
                None => writeln!(f)?,
            }
        }
        for Ratio { what, at, times, goal } in &self.ratios {
            let at = match at {
                At::P50 => "median",
                At::P99 => "p99",
            };
            write!(f, "  {at}, {what} = {times:.2}")?;
            match goal {
                Some(goal) => writeln!(f, "   goal ≤ {goal}: {}", verdict(times <= goal))?,
                None => writeln!(f)?,
            }
        }
        for Rate { what, of, a_second } in &self.rates {
            writeln!(f, "  median, {what} = {} {of} a second", grouped(*a_second as u64))?;
        }
        for Fact { what, value, holds } in &self.facts {
            writeln!(f, "  {what}: {value}{}", if *holds { "" } else { "   BROKEN" })?;
        }
        Ok(())
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// `1234567` as `1 234 567`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `1234567890` as `1 234 MB`.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", grouped(bytes / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_in_a_second_follows_from_the_median() {
        let mut report = Report::new("Sync");
        report.figure("ours", vec![1_000.0, 2_000.0, 9_000.0], None);
        report.rate("ours", 6_000, "contacts");
        assert!(report.to_string().contains("ours = 3 000 contacts a second"), "{report}");
    }

    #[test]
    fn large_numbers_are_read_in_groups_of_three() {
        assert_eq!([7, 1_000, 1_234_567].map(grouped), ["7", "1 000", "1 234 567"]);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([50, 90, 99, 100].map(|percent| percentile(&hundred, percent)), [50.0, 90.0, 99.0, 100.0]);
        assert_eq!([50, 99].map(|percent| percentile(&[7.0], percent)), [7.0, 7.0]);
        assert!(percentile(&[], 50).is_nan());
    }

    #[test]
    fn a_missed_goal_is_said_and_what_must_hold_is_named_when_it_does_not() {
        let mut report = Report::new("Windows");
        report.figure("painted", vec![10.0, 60.0], Some(50.0));
        report.figure("empty window", vec![5.0], None);
        report.compare("painted", "empty window");
        report.fact("letters lost", "3", false);
        let table = report.to_string();
        assert!(table.contains("MISSED") && table.contains("painted : empty window = 2.00"), "{table}");
        assert_eq!(report.broken().collect::<Vec<_>>(), ["letters lost"]);
    }

    #[test]
    fn a_figure_is_read_in_its_unit_and_two_are_compared_where_the_goal_is() {
        let mut report = Report::new("Lookup");
        report.figure_in(Unit::Us, "ours", vec![0.004, 0.030], Some(0.025));
        report.figure_in(Unit::Us, "bare", vec![0.004, 0.010], None);
        report.compare_at(At::P50, "ours", "bare", Some(2.0));
        report.compare_at(At::P99, "ours", "bare", Some(2.0));
        let table = report.to_string();
        for line in
            ["goal p99 ≤ 25 µs: MISSED", "median, ours : bare = 1.00   goal ≤ 2: met", "= 3.00   goal ≤ 2: MISSED"]
        {
            assert!(table.contains(line), "{line} in {table}");
        }
    }
}
