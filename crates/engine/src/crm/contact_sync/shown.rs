//! What a CRM's list showed of contacts whose telephones it leaves out. A pass reads the last moments again, for what was
//! being stored then may show only now: what the list shows as it did before need not be fetched once more.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::crm::ConnectorName;

/// A list tells times by the second: a contact that changes again in the second of a change shows nothing new. Whoever
/// fetches it so long after it was listed has both.
const SHOWS_WITHIN: TimeDelta = TimeDelta::seconds(2);
/// More are never read again: the last moments of a pass.
const AT_MOST: usize = 5_000;

/// What was shown lately.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub(crate) struct Shown {
    entries: HashMap<String, Entry>,
    /// The ids, the one shown first first.
    order: VecDeque<String>,
    in_this_pass: HashSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    id: String,
    /// What the list showed, in short.
    digest: u64,
    /// When it showed that for the first time.
    since: DateTime<Utc>,
    /// It was fetched late enough since.
    fetched: bool,
}

impl From<Vec<Entry>> for Shown {
    fn from(entries: Vec<Entry>) -> Self {
        let order = entries.iter().map(|entry| entry.id.clone()).collect();
        let entries = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        Self { entries, order, in_this_pass: HashSet::new() }
    }
}

impl From<Shown> for Vec<Entry> {
    fn from(mut shown: Shown) -> Self {
        let Shown { entries, order, .. } = &mut shown;
        order.iter().filter_map(|id| entries.remove(id)).collect()
    }
}

impl Shown {
    /// A list shows a contact. Whether it is as it was before, and fetched since.
    pub(super) fn listed(&mut self, id: &str, digest: u64, now: DateTime<Utc>) -> bool {
        self.in_this_pass.insert(id.to_owned());
        if let Some(entry) = self.entries.get_mut(id) {
            if entry.digest == digest {
                return entry.fetched;
            }
            (entry.digest, entry.since, entry.fetched) = (digest, now, false);
            return false;
        }
        self.entries.insert(id.to_owned(), Entry { id: id.to_owned(), digest, since: now, fetched: false });
        self.order.push_back(id.to_owned());
        while self.order.len() > AT_MOST {
            self.order.pop_front().and_then(|oldest| self.entries.remove(&oldest));
        }
        false
    }

    /// How long it is better not fetched yet: at that moment everything that changed with it shows.
    pub(super) fn settles_in(&self, id: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
        let entry = self.entries.get(id).filter(|entry| !entry.fetched && entry.since <= now)?;
        Some(entry.since + SHOWS_WITHIN - now).filter(|rest| *rest > TimeDelta::zero())
    }

    /// It was fetched, by a question asked at this time.
    pub(super) fn fetched(&mut self, id: &str, asked: DateTime<Utc>) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.fetched |= asked >= entry.since + SHOWS_WITHIN;
        }
    }

    /// The pass came to its end: what it did not show is not read again.
    pub(super) fn pass_ended(&mut self) {
        let shown = std::mem::take(&mut self.in_this_pass);
        if !shown.is_empty() {
            self.order.retain(|id| shown.contains(id));
            self.entries.retain(|id, _| shown.contains(id));
        }
    }
}

/// How the name of the setting begins that remembers it.
pub(crate) fn setting_of(connector: &ConnectorName) -> String {
    format!("contacts.shown.{connector}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_795_188_600_000 + ms).unwrap()
    }

    #[test]
    fn what_is_shown_as_before_is_known_once_it_was_fetched_late_enough() {
        let mut shown = Shown::default();
        assert!(!shown.listed("a", 1, at(0)));
        shown.fetched("a", at(1_500));
        assert!(!shown.listed("a", 1, at(1_600)), "it may have changed again in the same second");
        assert_eq!(shown.settles_in("a", at(1_600)), Some(TimeDelta::milliseconds(400)));
        shown.fetched("a", at(2_000));
        assert!(shown.listed("a", 1, at(5_000)));
        assert!(!shown.listed("a", 2, at(6_000)), "news");
        assert_eq!(shown.settles_in("b", at(0)), None);
    }

    #[test]
    fn what_a_pass_did_not_show_is_forgotten_and_the_rest_outlives_a_restart() {
        let mut shown = Shown::default();
        for id in ["a", "b"] {
            shown.listed(id, 1, at(0));
            shown.fetched(id, at(3_000));
        }
        shown.pass_ended();
        assert!(shown.listed("b", 1, at(9_000)));
        shown.pass_ended();
        let json = serde_json::to_string(&shown).unwrap();
        let mut again: Shown = serde_json::from_str(&json).unwrap();
        assert!(again.listed("b", 1, at(9_500)) && !again.listed("a", 1, at(9_500)));
        again.pass_ended();
        again.pass_ended();
        assert!(again.listed("b", 1, at(9_900)), "a pass that showed nothing forgets nothing");
    }

    #[test]
    fn it_never_grows_beyond_the_last_moments() {
        let mut shown = Shown::default();
        for n in 0..2 * AT_MOST {
            shown.listed(&n.to_string(), 1, at(0));
        }
        assert_eq!((shown.entries.len(), shown.order.len()), (AT_MOST, AT_MOST));
    }
}
