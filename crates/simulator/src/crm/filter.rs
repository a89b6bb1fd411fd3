//! The conditions of a list: the items of `where`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::config::UnreadableDate;
use super::phone::{digits, tail};
use super::record::{Id, Record};
use super::schema::{Name, Schema};
use super::table::{Stamp, Table};
use super::time;

/// A condition that was read and can be applied to many records.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Stamp(Stamp, Cmp, i64),
    Id(Cmp, String),
    IdIn(BTreeSet<String>),
    Phone(Test),
    Digits(Test),
    Field(String, Test),
    Linked(Name, Vec<String>),
    /// A text search; see [`has_words`].
    Words(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cmp {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

#[derive(Debug, Clone)]
pub(crate) enum Test {
    Compare(Cmp, Value),
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Contains(String),
    NotContains(String),
    StartsWith(String),
    EndsWith(String),
    IsNull,
    IsNotNull,
    IsTrue,
    IsFalse,
}

/// Why a condition is refused.
#[derive(Debug)]
pub(crate) enum Bad {
    Attribute(String),
    Kind(String),
    Date,
}

impl Filter {
    pub(crate) fn read(items: &Value, schema: &Schema, unreadable: UnreadableDate) -> Result<Self, Bad> {
        let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| Self::item(item, schema, unreadable)).collect::<Result<_, _>>().map(Self::All)
    }

    fn item(item: &Value, schema: &Schema, unreadable: UnreadableDate) -> Result<Self, Bad> {
        let kind = item.get("type").and_then(Value::as_str).unwrap_or_default();
        let value = item.get("value").unwrap_or(&Value::Null);
        let children = || Self::read(value, schema, unreadable);
        match kind {
            "and" => return children(),
            "or" => {
                return children().map(|read| match read {
                    Self::All(children) => Self::Any(children),
                    other => other,
                });
            }
            "not" => return children().map(|read| Self::Not(Box::new(read))),
            _ => {}
        }
        let attribute = ["attribute", "field"].iter().find_map(|key| item.get(*key)?.as_str()).unwrap_or_default();
        if kind == "linkedWith" {
            let link = schema.link_of_many(attribute).ok_or_else(|| Bad::Attribute(attribute.to_owned()))?;
            return Ok(Self::Linked(link.clone(), list(value).iter().map(text).collect()));
        }
        if !schema.knows(attribute) {
            return Err(Bad::Attribute(attribute.to_owned()));
        }
        let test = Test::read(kind, value).ok_or_else(|| Bad::Kind(kind.to_owned()))?;
        if !schema.is_time(attribute) {
            return Ok(Self::of(attribute, test));
        }
        match (test, unreadable) {
            (Test::Compare(cmp, value), _) if time::lenient(&text(&value)).is_some() => {
                let seconds = time::lenient(&text(&value)).unwrap_or_default();
                Ok(match attribute {
                    "createdAt" => Self::Stamp(Stamp::Created, cmp, seconds),
                    "modifiedAt" => Self::Stamp(Stamp::Modified, cmp, seconds),
                    _ => Self::of(attribute, Test::Compare(cmp, Value::from(time::written(seconds)))),
                })
            }
            (Test::Compare(..), UnreadableDate::PostgreSql) => Err(Bad::Date),
            (Test::Compare(..), UnreadableDate::MariaDb) => Ok(Self::All(Vec::new())),
            (test, _) => Ok(Self::of(attribute, test)),
        }
    }

    fn of(attribute: &str, test: Test) -> Self {
        match (attribute, test) {
            ("id", Test::Compare(cmp, value)) => Self::Id(cmp, text(&value)),
            ("id", Test::In(values)) => Self::IdIn(values.iter().map(text).collect()),
            ("phoneNumber", test) => Self::Phone(test),
            ("phoneNumberNumeric", test) => Self::Digits(test),
            (attribute, test) => Self::Field(attribute.to_owned(), test),
        }
    }

    pub(crate) fn holds(&self, record: &Record) -> bool {
        match self {
            Self::All(children) => children.iter().all(|child| child.holds(record)),
            Self::Any(children) => children.iter().any(|child| child.holds(record)),
            Self::Not(child) => !child.holds(record),
            Self::Stamp(Stamp::Created, cmp, seconds) => cmp.holds(record.created.cmp(seconds)),
            Self::Stamp(Stamp::Modified, cmp, seconds) => cmp.holds(record.modified.cmp(seconds)),
            Self::Id(cmp, id) => cmp.holds((*record.id).cmp(id.as_str())),
            Self::IdIn(ids) => ids.contains(&*record.id),
            Self::Phone(test) => {
                test.holds_for_any(record.phones.iter().map(|phone| Value::from(phone.number.as_ref())))
            }
            Self::Digits(test) => test.holds_for_any(record.phones.iter().map(|phone| Value::from(phone.digits()))),
            Self::Field(attribute, test) => match attribute.as_str() {
                "name" => test.holds(Some(&Value::from(record.name()))),
                "deleted" => test.holds(Some(&Value::Bool(false))),
                "createdAt" => test.holds(Some(&Value::from(time::written(record.created)))),
                "modifiedAt" => test.holds(Some(&Value::from(time::written(record.modified)))),
                "id" => test.holds(Some(&Value::from(&*record.id))),
                attribute => test.holds(record.get(attribute)),
            },
            Self::Linked(link, ids) => record.ids(link).any(|id| ids.iter().any(|wanted| wanted == id)),
            Self::Words(words) => has_words(record, words),
        }
    }

    /// The ids of the few records that can match, where an index has them.
    pub(crate) fn candidates(&self, table: &Table) -> Option<BTreeSet<Id>> {
        let by_tail = |digits: &str| tail(digits).map(|tail| table.with_tail(tail).cloned().collect());
        match self {
            Self::All(children) => children.iter().find_map(|child| child.candidates(table)),
            Self::Any(children) if !children.is_empty() => {
                children.iter().try_fold(BTreeSet::new(), |mut all, child| {
                    all.append(&mut child.candidates(table)?);
                    Some(all)
                })
            }
            Self::Id(Cmp::Equal, id) => Some(BTreeSet::from([Id::from(id.as_str())])),
            Self::IdIn(ids) => Some(ids.iter().map(|id| Id::from(id.as_str())).collect()),
            Self::Digits(Test::EndsWith(end)) => by_tail(end),
            Self::Digits(Test::Compare(Cmp::Equal, value)) => by_tail(&text(value)),
            Self::Phone(Test::Compare(Cmp::Equal, value)) => by_tail(&digits(&text(value))),
            _ => None,
        }
    }

    /// The first second in which a record can match, and the id after which records of that second can match.
    pub(crate) fn low(&self, stamp: Stamp) -> Option<(i64, Option<Id>)> {
        match self {
            Self::Stamp(of, Cmp::Greater, seconds) if *of == stamp => Some((seconds.saturating_add(1), None)),
            Self::Stamp(of, Cmp::GreaterOrEqual | Cmp::Equal, seconds) if *of == stamp => Some((*seconds, None)),
            Self::Any(children) => children.iter().map(|child| child.low(stamp)).min().flatten(),
            Self::All(children) => {
                let low = children.iter().filter_map(|child| child.low(stamp)).max()?;
                let id = children.iter().find_map(|child| match child {
                    Self::Id(Cmp::Greater, id) => Some(Id::from(id.as_str())),
                    _ => None,
                });
                // The bound of ids applies to that second only; the filter checks later records one by one.
                Some(if low.1.is_none() { (low.0, id) } else { low })
            }
            _ => None,
        }
    }

    /// The last second in which a record can match.
    pub(crate) fn high(&self, stamp: Stamp) -> Option<i64> {
        match self {
            Self::Stamp(of, Cmp::Less, seconds) if *of == stamp => Some(seconds.saturating_sub(1)),
            Self::Stamp(of, Cmp::LessOrEqual | Cmp::Equal, seconds) if *of == stamp => Some(*seconds),
            Self::Any(children) => {
                let highs: Option<Vec<i64>> = children.iter().map(|child| child.high(stamp)).collect();
                highs?.into_iter().max()
            }
            Self::All(children) => children.iter().filter_map(|child| child.high(stamp)).min(),
            _ => None,
        }
    }

    /// The id after which a record can match.
    pub(crate) fn low_id(&self) -> Option<&str> {
        match self {
            Self::Id(Cmp::Greater, id) => Some(id),
            Self::All(children) => children.iter().filter_map(Self::low_id).max(),
            _ => None,
        }
    }

    /// Whether all records within the bounds match, so that counting needs no look at them.
    pub(crate) fn is_its_bounds(&self, stamp: Stamp) -> bool {
        match self {
            Self::Stamp(of, cmp, _) => *of == stamp && *cmp != Cmp::NotEqual,
            Self::All(children) => match children.as_slice() {
                [] => true,
                [one] => one.is_its_bounds(stamp),
                _ => false,
            },
            Self::Any(children) => is_keyset(children, stamp),
            _ => false,
        }
    }
}

/// `or[after(T, M), and[equals(T, M), greaterThan(id, I)]]`, in any order.
fn is_keyset(children: &[Filter], stamp: Stamp) -> bool {
    let [one, other] = children else { return false };
    [(one, other), (other, one)].into_iter().any(|pair| match pair {
        (Filter::Stamp(of, Cmp::Greater, after), Filter::All(tie)) if *of == stamp => match tie.as_slice() {
            [Filter::Stamp(tied, Cmp::Equal, equals), Filter::Id(Cmp::Greater, _)]
            | [Filter::Id(Cmp::Greater, _), Filter::Stamp(tied, Cmp::Equal, equals)] => {
                *tied == stamp && equals == after
            }
            _ => false,
        },
        _ => false,
    })
}

impl Cmp {
    fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}

impl Test {
    fn read(kind: &str, value: &Value) -> Option<Self> {
        let one = |cmp| Self::Compare(cmp, value.clone());
        let part = || text(value).to_lowercase();
        Some(match kind {
            "equals" | "on" | "=" => one(Cmp::Equal),
            "notEquals" | "!=" => one(Cmp::NotEqual),
            "after" | "greaterThan" | ">" => one(Cmp::Greater),
            "before" | "lessThan" | "<" => one(Cmp::Less),
            "greaterThanOrEquals" | ">=" => one(Cmp::GreaterOrEqual),
            "lessThanOrEquals" | "<=" => one(Cmp::LessOrEqual),
            "in" => Self::In(list(value)),
            "notIn" => Self::NotIn(list(value)),
            "contains" => Self::Contains(part()),
            "notContains" => Self::NotContains(part()),
            "startsWith" => Self::StartsWith(part()),
            "endsWith" => Self::EndsWith(part()),
            "isNull" | "isEmpty" => Self::IsNull,
            "isNotNull" | "isNotEmpty" => Self::IsNotNull,
            "isTrue" => Self::IsTrue,
            "isFalse" => Self::IsFalse,
            _ => return None,
        })
    }

    fn holds_for_any(&self, mut values: impl Iterator<Item = Value>) -> bool {
        match self {
            Self::IsNull => values.next().is_none(),
            Self::NotIn(_) | Self::NotContains(_) | Self::Compare(Cmp::NotEqual, _) => {
                values.all(|value| self.holds(Some(&value)))
            }
            _ => values.any(|value| self.holds(Some(&value))),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        let part = |found: fn(&str, &str) -> bool, wanted: &str| {
            value.is_some_and(|value| found(&text(value).to_lowercase(), wanted))
        };
        match self {
            Self::Compare(cmp, Value::Null) => (value.is_none()) == (*cmp == Cmp::Equal),
            Self::Compare(cmp, wanted) => match value {
                Some(value) => cmp.holds(ordered(value, wanted)),
                None => *cmp == Cmp::NotEqual,
            },
            Self::In(wanted) => value.is_some_and(|value| wanted.iter().any(|one| ordered(value, one).is_eq())),
            Self::NotIn(wanted) => !value.is_some_and(|value| wanted.iter().any(|one| ordered(value, one).is_eq())),
            Self::Contains(wanted) => part(|value, wanted| value.contains(wanted), wanted),
            Self::NotContains(wanted) => !part(|value, wanted| value.contains(wanted), wanted),
            Self::StartsWith(wanted) => part(|value, wanted| value.starts_with(wanted), wanted),
            Self::EndsWith(wanted) => part(|value, wanted| value.ends_with(wanted), wanted),
            Self::IsNull => value.is_none(),
            Self::IsNotNull => value.is_some(),
            Self::IsTrue => value == Some(&Value::Bool(true)),
            Self::IsFalse => value != Some(&Value::Bool(true)),
        }
    }
}

/// Compares numbers by size, booleans as databases write them, and everything else as text.
pub(crate) fn ordered(value: &Value, wanted: &Value) -> std::cmp::Ordering {
    match value {
        Value::Number(number) => {
            let wanted = text(wanted).parse().unwrap_or(f64::NAN);
            number.as_f64().unwrap_or_default().total_cmp(&wanted)
        }
        Value::Bool(value) => value.cmp(&["true", "1"].contains(&text(wanted).as_str())),
        value => text(value).cmp(&text(wanted)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// Text search: `words` must begin one of the searched attributes, which do not include telephones. `*` matches any
/// text.
fn has_words(record: &Record, words: &str) -> bool {
    let wanted = words.to_lowercase();
    let (anywhere, wanted) = (wanted.starts_with('*'), wanted.trim_matches('*'));
    let found = |value: &str| {
        let value = value.to_lowercase();
        if anywhere { value.contains(wanted) } else { value.starts_with(wanted) }
    };
    let texts = ["firstName", "lastName", "emailAddress", "userName", "description", "post"];
    found(&record.name()) || texts.into_iter().filter_map(|text| record.text(text)).any(found)
}
