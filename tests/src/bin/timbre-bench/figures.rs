//! What was measured, as a table and as JSON.

use std::fmt;

use serde::Serialize;

/// A part of the bench.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    title: String,
    /// Durations, milliseconds.
    figures: Vec<Figure>,
    /// Plain facts.
    facts: Vec<Fact>,
    /// How many times the yardstick, at the median.
    ratios: Vec<Ratio>,
}

#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    n: usize,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    goal_p99_ms: Option<f64>,
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
    times: f64,
}

impl Report {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Durations in milliseconds, and what the 99th percentile should not exceed, where there is a goal.
    pub(crate) fn figure(&mut self, what: &str, mut ms: Vec<f64>, goal_p99_ms: Option<f64>) {
        ms.sort_by(f64::total_cmp);
        let at = |percent| percentile(&ms, percent);
        let (p50_ms, p90_ms, p99_ms, max_ms) = (at(50), at(90), at(99), at(100));
        let what = what.to_owned();
        self.figures.push(Figure { what, n: ms.len(), p50_ms, p90_ms, p99_ms, max_ms, goal_p99_ms });
    }

    /// Something that must hold, whatever the machine.
    pub(crate) fn fact(&mut self, what: &str, value: impl Into<String>, holds: bool) {
        self.facts.push(Fact { what: what.to_owned(), value: value.into(), holds });
    }

    /// Sets a figure's median beside another's.
    pub(crate) fn compare(&mut self, what: &str, with: &str) {
        let median = |name: &str| self.figures.iter().find(|figure| figure.what == name).map(|figure| figure.p50_ms);
        if let (Some(ours), Some(theirs)) = (median(what), median(with)) {
            let times = ours / theirs;
            self.ratios.push(Ratio { what: format!("{what} : {with}"), times });
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
        writeln!(f, "  {:<58} {:>4} {:>8} {:>8} {:>8} {:>8}", "milliseconds", "n", "p50", "p90", "p99", "max")?;
        for figure in &self.figures {
            let Figure { what, n, p50_ms, p90_ms, p99_ms, max_ms, goal_p99_ms } = figure;
            write!(f, "  {what:<58} {n:>4} {p50_ms:>8.2} {p90_ms:>8.2} {p99_ms:>8.2} {max_ms:>8.2}")?;
            match goal_p99_ms {
                Some(goal) if p99_ms <= goal => writeln!(f, "   goal p99 ≤ {goal}: met")?,
                Some(goal) => writeln!(f, "   goal p99 ≤ {goal}: MISSED")?,
                None => writeln!(f)?,
            }
        }
        for Ratio { what, times } in &self.ratios {
            writeln!(f, "  median, {what} = {times:.2}")?;
        }
        for Fact { what, value, holds } in &self.facts {
            writeln!(f, "  {what}: {value}{}", if *holds { "" } else { "   BROKEN" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
