//! The query of a list, in either of the two forms that EspoCRM accepts.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::config::CrmConfig;
use super::filter::{Bad, Filter};
use super::schema::Schema;

#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) filter: Filter,
    pub(crate) order_by: String,
    pub(crate) descending: bool,
    pub(crate) offset: usize,
    pub(crate) max_size: usize,
    pub(crate) no_total: bool,
}

impl ListQuery {
    /// Reads the decoded pairs of the query: `searchParams=<JSON>`, or PHP's `where[0][type]=…`.
    pub(crate) fn read(
        pairs: &[(String, String)],
        schema: &Schema,
        config: &CrmConfig,
        no_total: bool,
    ) -> Result<Self, Answer> {
        let mut asked = from_php(pairs);
        if let Some(Value::String(json)) = asked.get("searchParams") {
            // `searchParams` wins over the other parameters.
            let json: Value = serde_json::from_str(json).map_err(|_| Answer::refused(400, "Bad search params."))?;
            asked = json;
        }
        let number = |key: &str| match asked.get(key) {
            Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let max_size = number("maxSize").unwrap_or(config.max_size);
        if max_size > config.max_size {
            let reason = format!("Max size should not exceed {}. Use offset and limit.", config.max_size);
            return Err(Answer::refused(403, reason));
        }
        let select = match asked.get("select") {
            Some(Value::String(list)) => Some(list.split(',').map(|name| name.trim().to_owned()).collect()),
            Some(Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => None,
        };
        let order_by = asked.get("orderBy").and_then(Value::as_str);
        if let Some(order_by) = order_by
            && !schema.knows(order_by)
        {
            return Err(Answer::refused(400, format!("Bad order by '{order_by}'.")));
        }
        let descending = match asked.get("order") {
            Some(Value::String(order)) => order.eq_ignore_ascii_case("desc"),
            Some(Value::Bool(descending)) => *descending,
            _ => order_by.is_none() && schema.order.1,
        };
        let conditions = asked.get("where").unwrap_or(&Value::Null);
        let mut filter = Filter::read(conditions, schema, config.unreadable_date).map_err(refusal)?;
        if let Some(words) = asked.get("textFilter").and_then(Value::as_str).filter(|words| !words.trim().is_empty()) {
            filter = Filter::All(vec![filter, Filter::Words(words.trim().to_owned())]);
        }
        Ok(Self {
            select,
            filter,
            order_by: order_by.unwrap_or(schema.order.0).to_owned(),
            descending,
            offset: number("offset").unwrap_or(0),
            max_size,
            no_total,
        })
    }
}

fn refusal(bad: Bad) -> Answer {
    match bad {
        Bad::Attribute(name) => Answer::refused(400, format!("Not existing attribute '{name}' in where.")),
        Bad::Kind(kind) => Answer::refused(400, format!("Bad where item type '{kind}'.")),
        Bad::Date => Answer::failure(),
    }
}

/// Reads `a[0][b]=c` as PHP does: nested objects, which become lists where their keys are numbers.
fn from_php(pairs: &[(String, String)]) -> Value {
    let mut root = Map::new();
    for (key, value) in pairs {
        let mut path = key.split('[').map(|part| part.trim_end_matches(']'));
        let first = path.next().unwrap_or_default();
        let mut place = root.entry(first).or_insert(Value::Null);
        for part in path {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(object) = place else { break };
            let part = if part.is_empty() { object.len().to_string() } else { part.to_owned() };
            place = object.entry(part).or_insert(Value::Null);
        }
        *place = Value::String(value.clone());
    }
    listed(Value::Object(root))
}

fn listed(value: Value) -> Value {
    let Value::Object(object) = value else { return value };
    let mut numbered: Vec<(usize, Value)> = Vec::new();
    for (key, value) in &object {
        match key.parse() {
            Ok(number) => numbered.push((number, value.clone())),
            Err(_) => return object.into_iter().map(|(key, value)| (key, listed(value))).collect(),
        }
    }
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, value)| listed(value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_become_lists_and_objects() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let pairs = [
            pair("select", "id"),
            pair("where[0][type]", "or"),
            pair("where[0][value][1][type]", "b"),
            pair("where[0][value][0][type]", "a"),
            pair("where[1][value][]", "x"),
            pair("where[1][value][]", "y"),
        ];
        let expected = json!({"select": "id", "where": [
            {"type": "or", "value": [{"type": "a"}, {"type": "b"}]},
            {"value": ["x", "y"]},
        ]});
        assert_eq!(from_php(&pairs), expected);
    }
}
