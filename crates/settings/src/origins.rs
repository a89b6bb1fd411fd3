//! Where each value of the settings came from.

use std::collections::BTreeMap;

use crate::layer::{Kind, Node, Origin, Table, entry_name};

/// Where the values came from, by path: `language`, `popup.incoming`, `accounts.main.base_url`. What no layer states has its
/// default and is not in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origins(BTreeMap<String, Stated>);

/// A value that a layer states.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// As it would be written in a file.
    pub value: String,
    /// Which layer states it, and where.
    pub origin: Origin,
}

impl Origins {
    pub(crate) fn of(tree: &Table) -> Self {
        let mut all = BTreeMap::new();
        walk("", tree, &mut all);
        Self(all)
    }

    /// Where the value at this path came from; nothing where it is assumed.
    #[must_use]
    pub fn of_path(&self, path: &str) -> Option<&Stated> {
        self.0.get(path)
    }

    /// Every value that a layer states, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stated)> {
        self.0.iter().map(|(path, stated)| (path.as_str(), stated))
    }
}

fn walk(above: &str, table: &Table, all: &mut BTreeMap<String, Stated>) {
    for (key, node) in &table.0 {
        let path = if above.is_empty() { key.name.clone() } else { format!("{above}.{}", key.name) };
        of_node(&path, node, all);
    }
}

fn of_node(path: &str, node: &Node, all: &mut BTreeMap<String, Stated>) {
    match &node.kind {
        Kind::Table(table) => walk(path, table, all),
        Kind::List(list) if !list.is_empty() && list.iter().all(|node| matches!(node.kind, Kind::Table(_))) => {
            for (place, node) in list.iter().enumerate() {
                let name = entry_name(node).map_or_else(|| place.to_string(), str::to_owned);
                of_node(&format!("{path}.{name}"), node, all);
            }
        }
        kind => {
            all.insert(path.to_owned(), Stated { value: written(kind), origin: node.origin.clone() });
        }
    }
}

fn written(kind: &Kind) -> String {
    match kind {
        Kind::Text(text) => format!("{text:?}"),
        Kind::Whole(number) => number.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::Switch(truth) => truth.to_string(),
        Kind::List(list) => {
            let parts: Vec<_> = list.iter().map(|node| written(&node.kind)).collect();
            format!("[{}]", parts.join(", "))
        }
        Kind::Table(_) | Kind::Date => String::new(),
    }
}
