//! A check for people: `doctor.<finding>` in the catalogue, `doctor.<finding>.do` for what to do about it, and
//! `doctor.area.<area>`. Both may take in what the catalogue says of the check's error code.

use chrono::{DateTime, Local};
use timbre_domain::texts::Catalogue;

use super::finding::{Check, State, Value};

/// A check in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What it belongs to.
    pub area: String,
    pub what: String,
    /// What to do about it; nothing where all is good.
    pub what_to_do: Option<String>,
}

impl Check {
    /// The check in a language.
    #[must_use]
    pub fn in_words(&self, catalogue: &Catalogue) -> Words {
        let mut values: Vec<_> =
            self.values.iter().map(|(name, value)| (name.as_str(), written(name, value))).collect();
        for (_, component) in values.iter_mut().filter(|(name, _)| *name == "component") {
            *component = catalogue.component(component);
        }
        for (_, kind) in values.iter_mut().filter(|(name, _)| *name == "kind") {
            *kind = catalogue.text(&format!("outbox.kind.{kind}")).to_owned();
        }
        if let Some(code) = self.code {
            let of_crm = self.area == "crm";
            values.push(("what", if of_crm { catalogue.crm_what(code) } else { catalogue.what(code) }));
            values
                .push(("what_to_do", if of_crm { catalogue.crm_what_to_do(code) } else { catalogue.what_to_do(code) }));
        }
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let key = format!("doctor.{}", self.finding);
        Words {
            area: catalogue.text(&format!("doctor.area.{}", self.area)).to_owned(),
            what: catalogue.fill(&key, &values),
            what_to_do: (self.state != State::Good).then(|| catalogue.fill(&format!("{key}.do"), &values)),
        }
    }
}

/// A value as people write it: its name's ending tells the unit.
fn written(name: &str, value: &Value) -> String {
    match value {
        Value::Number(bytes) if name.ends_with("_bytes") => size(*bytes),
        Value::Number(seconds) if name.ends_with("_s") => time(*seconds),
        Value::Number(ms) if name.ends_with("_ms") => format!("{:.1} s", *ms as f64 / 1_000.0),
        Value::Number(number) => number.to_string(),
        Value::Text(text) if name.ends_with("_at") => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string(),
            Err(_) => text.clone(),
        },
        Value::Text(text) => text.clone(),
    }
}

fn size(bytes: i64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.0} kB", (b / 1e3).ceil()),
    }
}

/// How long, or how far apart whichever way.
fn time(seconds: i64) -> String {
    match seconds.unsigned_abs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_the_unit_that_their_name_says() {
        for (name, value, wanted) in [
            ("free_bytes", 52_428_800, "52.4 MB"),
            ("size_bytes", 4_096, "5 kB"),
            ("free_bytes", 107_374_182_400, "107.4 GB"),
            ("off_s", -90, "90 s"),
            ("off_s", 480, "8 min"),
            ("off_s", -21_600, "6 h"),
            ("interval_ms", 4_000, "4.0 s"),
            ("contacts", 12, "12"),
        ] {
            assert_eq!(written(name, &Value::Number(value)), wanted, "{name}");
        }
        let time = written("made_at", &Value::Text("2026-03-02T14:00:00Z".into()));
        assert!(time.starts_with("2026-03-0") && !time.contains('T'), "{time}");
        assert_eq!(written("made_at", &Value::Text("never".into())), "never");
    }
}
