//! Finds the records of a page, through an index where one helps.

use serde_json::Value;

use super::filter::ordered;
use super::query::ListQuery;
use super::record::{Id, Record};
use super::table::{Stamp, Table};

/// A page of a list.
pub(crate) struct Page<'a> {
    pub(crate) records: Vec<&'a Record>,
    /// The number of matching records. Without a count it is −1 where more follow and −2 at the end (espocrm README,
    /// Lists).
    pub(crate) total: i64,
}

pub(crate) fn page<'a>(table: &'a Table, query: &ListQuery) -> Page<'a> {
    if let Some(ids) = query.filter.candidates(table) {
        let found = ids.iter().filter_map(|id| table.get(id)).filter(|record| query.filter.holds(record));
        return sorted(found.collect(), query);
    }
    let stamp = match query.order_by.as_str() {
        "id" => return by_id(table, query),
        "createdAt" => Stamp::Created,
        "modifiedAt" => Stamp::Modified,
        _ => return sorted(table.all().filter(|record| query.filter.holds(record)).collect(), query),
    };
    let (low, high) = (query.filter.low(stamp), query.filter.high(stamp));
    let keys = || table.stamped(stamp, low.clone(), high);
    let found = |(_, id): &'a (i64, Id)| table.get(id).filter(|record| query.filter.holds(record));
    let count = || {
        if query.filter.is_its_bounds(stamp) {
            if low.is_none() && high.is_none() { table.len() } else { keys().count() }
        } else {
            keys().filter_map(found).count()
        }
    };
    if query.descending {
        cut(keys().rev().filter_map(found), query, count)
    } else {
        cut(keys().filter_map(found), query, count)
    }
}

fn by_id<'a>(table: &'a Table, query: &ListQuery) -> Page<'a> {
    let records = || table.after_id(query.filter.low_id()).filter(|record| query.filter.holds(record));
    let count = || records().count();
    if query.descending { cut(records().rev(), query, count) } else { cut(records(), query, count) }
}

/// Takes the page out of ordered records, and stops reading them as soon as the answer is known.
fn cut<'a>(ordered: impl Iterator<Item = &'a Record>, query: &ListQuery, count: impl FnOnce() -> usize) -> Page<'a> {
    let mut rest = ordered.skip(query.offset);
    let records: Vec<&Record> = rest.by_ref().take(query.max_size).collect();
    let total = if query.no_total { no_total(rest.next().is_some()) } else { count_of(count()) };
    Page { records, total }
}

fn sorted<'a>(mut records: Vec<&'a Record>, query: &ListQuery) -> Page<'a> {
    records.sort_by(|one, other| {
        let order = match query.order_by.as_str() {
            "id" => std::cmp::Ordering::Equal,
            "createdAt" => one.created.cmp(&other.created),
            "modifiedAt" => one.modified.cmp(&other.modified),
            "name" => one.name().cmp(&other.name()),
            attribute => {
                let (one, other) = (one.get(attribute), other.get(attribute));
                ordered(one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null))
            }
        };
        // Equal values are ordered by id, in the same direction.
        let order = order.then_with(|| one.id.cmp(&other.id));
        if query.descending { order.reverse() } else { order }
    });
    let count = records.len();
    cut(records.into_iter(), query, || count)
}

fn no_total(more: bool) -> i64 {
    if more { -1 } else { -2 }
}

fn count_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
