//! The records of an entity, with indexes for the queries of a connector.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;

use super::phone::tail;
use super::record::{Id, Record};

#[derive(Debug, Default)]
pub(crate) struct Table {
    live: BTreeMap<Id, Record>,
    gone: BTreeMap<Id, Record>,
    by_modified: BTreeSet<(i64, Id)>,
    by_created: BTreeSet<(i64, Id)>,
    by_tail: BTreeSet<(u32, Id)>,
    by_likeness: BTreeSet<(u64, Id)>,
}

/// The times that have an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    Created,
    Modified,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.live.get(id)
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.live.values()
    }

    pub(crate) fn put(&mut self, record: Record) {
        self.take(&record.id.clone());
        self.by_modified.insert((record.modified, record.id.clone()));
        self.by_created.insert((record.created, record.id.clone()));
        for tail in tails(&record) {
            self.by_tail.insert((tail, record.id.clone()));
        }
        for likeness in likenesses(&record) {
            self.by_likeness.insert((likeness, record.id.clone()));
        }
        self.live.insert(record.id.clone(), record);
    }

    fn take(&mut self, id: &Id) -> Option<Record> {
        let record = self.live.remove(id)?;
        self.by_modified.remove(&(record.modified, id.clone()));
        self.by_created.remove(&(record.created, id.clone()));
        for tail in tails(&record) {
            self.by_tail.remove(&(tail, id.clone()));
        }
        for likeness in likenesses(&record) {
            self.by_likeness.remove(&(likeness, id.clone()));
        }
        Some(record)
    }

    /// Deletes a record, which `restore` can bring back. Returns `false` where there is none.
    pub(crate) fn delete(&mut self, id: &str) -> bool {
        match self.take(&Id::from(id)) {
            Some(record) => {
                self.gone.insert(record.id.clone(), record);
                true
            }
            None => false,
        }
    }

    /// Brings a deleted record back with its old times. Returns `false` where there is none.
    pub(crate) fn restore(&mut self, id: &str) -> bool {
        match self.gone.remove(id) {
            Some(record) => {
                self.put(record);
                true
            }
            None => false,
        }
    }

    /// The ids of the records with a number that ends with these eight digits.
    pub(crate) fn with_tail(&self, tail: u32) -> impl Iterator<Item = &Id> {
        keyed(&self.by_tail, tail)
    }

    /// The duplicates of a record, by name or by e-mail address.
    pub(crate) fn alike(&self, record: &Record) -> Vec<&Record> {
        let ids: BTreeSet<&Id> = likenesses(record).flat_map(|key| keyed(&self.by_likeness, key)).collect();
        ids.into_iter().filter_map(|id| self.live.get(id)).collect()
    }

    /// The records with a greater id, ordered by id.
    pub(crate) fn after_id(&self, id: Option<&str>) -> impl DoubleEndedIterator<Item = &Record> {
        let from = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.live.range::<str, _>((from, Bound::Unbounded)).map(|(_, record)| record)
    }

    /// The ids in an index of times, from `low` (a second, and the id after which the range begins) to the second
    /// `high`.
    pub(crate) fn stamped(
        &self,
        stamp: Stamp,
        low: Option<(i64, Option<Id>)>,
        high: Option<i64>,
    ) -> impl DoubleEndedIterator<Item = &(i64, Id)> {
        let index = match stamp {
            Stamp::Created => &self.by_created,
            Stamp::Modified => &self.by_modified,
        };
        // `BTreeSet::range` panics on a range that ends before it begins; here it is empty.
        let empty = matches!((&low, high), (Some((low, _)), Some(high)) if *low > high);
        let from = match low {
            None => Bound::Unbounded,
            Some((second, None)) => Bound::Included((second, Id::from(""))),
            Some((second, Some(id))) => Bound::Excluded((second, id)),
        };
        let to = match high {
            None => Bound::Unbounded,
            // No id is empty, so this bound is the end of the second before.
            Some(second) => Bound::Excluded((second.saturating_add(1), Id::from(""))),
        };
        (!empty).then(|| index.range((from, to))).into_iter().flatten()
    }
}

fn keyed<K: Ord + Copy>(index: &BTreeSet<(K, Id)>, key: K) -> impl Iterator<Item = &Id> {
    index.range((key, Id::from(""))..).take_while(move |(found, _)| *found == key).map(|(_, id)| id)
}

fn tails(record: &Record) -> impl Iterator<Item = u32> {
    record.phones.iter().filter_map(|phone| tail(&phone.digits()))
}

fn likenesses(record: &Record) -> impl Iterator<Item = u64> {
    let name = record.name().to_lowercase();
    let email = record.text("emailAddress").map(str::to_lowercase);
    let name = (!name.is_empty()).then(|| hash(("name", name)));
    [name, email.map(|email| hash(("e-mail", email)))].into_iter().flatten()
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
