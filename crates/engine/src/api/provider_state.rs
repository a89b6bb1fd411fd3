//! How a vendor is: facts, and their words in the language of whoever reads them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::call::AccountName;
use timbre_domain::error::{ErrorCode, Retry};
use timbre_domain::texts::Catalogue;
use timbre_domain::vendor::VendorId;

/// How the vendor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The last answer was whole.
    Ok,
    /// The last answer came, and parts of it could not be read.
    PartlyRead,
    /// The last question failed.
    Failing,
}

/// The state of one account, told when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderState {
    pub at: DateTime<Utc>,
    pub provider: VendorId,
    pub account: AccountName,
    pub state: Condition,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// Whether it can pass by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What happened, in the engine's language; [`Self::in_words`] says it in another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "do")]
    pub what_to_do: Option<String>,
    /// The bare technical detail, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many parts of the last answer could not be read.
    #[serde(default)]
    pub unread_now: u64,
    /// How many parts of answers could not be read since the start.
    pub unread: u64,
    /// What had to be mended in the last answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
    /// Whether we ask less often because answers lag.
    pub slowed: bool,
    /// The distance between two questions now, milliseconds.
    pub interval_ms: u64,
    /// How far the vendor's times are from this clock, where they disagree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_off: Option<ClockOff>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
}

/// The vendor's times disagree with this clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOff {
    /// Our time less the vendor's, minutes.
    pub minutes: i64,
    /// Whether it is this computer's clock, because the vendor's server says another time; else it is the vendor's times of
    /// calls.
    #[serde(default)]
    pub ours: bool,
    /// The time zone that would fit, where it is the account's zone that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl ProviderState {
    /// The same with its texts in the language of `texts`.
    #[must_use]
    pub fn in_words(self, texts: &Catalogue) -> Self {
        let (what, what_to_do) = match (self.state, self.code) {
            (_, Some(code)) => (Some(texts.what(code)), Some(texts.what_to_do(code))),
            (Condition::PartlyRead, None) => {
                (Some(texts.fill("provider.partly_read", &[("count", &self.unread_now.to_string())])), None)
            }
            (_, None) if self.slowed => {
                // A tenth of a second is exact enough for people.
                let seconds = format!("{:.1}", self.interval_ms as f64 / 1_000.0);
                (Some(texts.fill("provider.slowed", &[("seconds", &seconds)])), None)
            }
            (_, None) => (None, None),
        };
        Self { what, what_to_do, clock: self.clock_off.as_ref().map(|off| off.in_words(texts)), ..self }
    }
}

impl ClockOff {
    /// The disagreement for people, with what to do.
    #[must_use]
    pub fn in_words(&self, texts: &Catalogue) -> String {
        let off = match self.minutes.unsigned_abs() {
            minutes @ 0..120 => format!("{minutes} min"),
            minutes @ 120..2_880 => format!("{} h", minutes / 60),
            minutes => texts.fill("time.days", &[("days", &(minutes / 1_440).to_string())]),
        };
        match &self.zone {
            Some(zone) => texts.fill("provider.zone", &[("off", &off), ("zone", zone)]),
            None if self.ours => texts.fill("provider.clock", &[("off", &off)]),
            None => texts.fill("provider.times", &[("off", &off)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn state(state: Condition) -> ProviderState {
        ProviderState {
            at: "2026-11-20T14:00:00Z".parse().unwrap(),
            provider: "acme".parse().unwrap(),
            account: "main".parse().unwrap(),
            state,
            code: None,
            retry: None,
            what: None,
            what_to_do: None,
            detail: None,
            unread_now: 0,
            unread: 0,
            repairs: Vec::new(),
            slowed: false,
            interval_ms: 4_000,
            clock_off: None,
            clock: None,
        }
    }

    #[test]
    fn every_state_reads_in_every_language_and_none_reads_as_in_another() {
        let off = |zone: Option<&str>| Some(ClockOff { minutes: 60, ours: false, zone: zone.map(str::to_owned) });
        let told = [
            ProviderState { code: Some(ErrorCode::Unreachable), ..state(Condition::Failing) },
            ProviderState { unread_now: 3, ..state(Condition::PartlyRead) },
            ProviderState { slowed: true, interval_ms: 8_000, ..state(Condition::Ok) },
            ProviderState { clock_off: off(None), ..state(Condition::Ok) },
            ProviderState {
                clock_off: Some(ClockOff { minutes: 4_320, ours: true, zone: None }),
                ..state(Condition::Ok)
            },
            ProviderState { clock_off: off(Some("America/Bogota")), ..state(Condition::Ok) },
        ];
        for state in told {
            let said = |language| {
                let told = state.clone().in_words(Catalogue::of(language));
                format!("{:?}", (told.what, told.what_to_do, told.clock))
            };
            let mut texts: Vec<_> = Language::ALL.into_iter().map(said).collect();
            assert!(texts.iter().all(|text| !text.contains("provider.") && !text.contains('{')), "{texts:?}");
            texts.dedup();
            assert_eq!(texts.len(), Language::ALL.len(), "{texts:?}");
        }
        let well = state(Condition::Ok);
        assert_eq!(well.clone().in_words(Catalogue::of(Language::Es)), well, "where all is well nothing is said");
    }
}
