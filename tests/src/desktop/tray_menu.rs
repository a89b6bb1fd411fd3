//! The menu of an icon in the tray: `com.canonical.dbusmenu`.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;

use zbus::zvariant::{OwnedValue, Structure, Value};

/// An entry as it comes over the bus: id, properties, the entries below.
pub(super) type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// An entry of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    /// What the program calls it.
    pub id: i32,
    /// Without the sign before the letter to press; empty for a line between entries.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// Whether it is shown.
    pub visible: bool,
    /// Whether it has a tick; nothing where it can't have one.
    pub checked: Option<bool>,
    /// Whether it is a line between entries.
    pub separator: bool,
    /// The menu that it opens.
    pub below: Vec<Self>,
}

/// Reads the menu below the root.
pub(super) fn read((_, _, below): Layout) -> io::Result<Vec<MenuEntry>> {
    below.into_iter().map(|entry| entry_of(Value::from(entry))).collect()
}

fn entry_of(value: Value<'_>) -> io::Result<MenuEntry> {
    let value = match value {
        Value::Value(inner) => *inner,
        value => value,
    };
    let fields = Structure::try_from(value).map_err(io::Error::other)?.into_fields();
    let Ok([Value::I32(id), Value::Dict(properties), Value::Array(below)]) = <[Value<'_>; 3]>::try_from(fields) else {
        return Err(io::Error::other("not an entry of a menu"));
    };
    // What is not told is as the protocol says: shown, to be clicked, without a tick.
    let text = |name: &'static str| properties.get::<_, String>(&name).ok().flatten();
    let flag = |name: &'static str| properties.get::<_, bool>(&name).ok().flatten();
    let state = properties.get::<_, i32>(&"toggle-state").ok().flatten();
    let ticks = text("toggle-type").is_some_and(|kind| !kind.is_empty());
    let below =
        below.iter().map(|entry| entry_of(entry.try_clone().map_err(io::Error::other)?)).collect::<Result<_, _>>()?;
    Ok(MenuEntry {
        id,
        label: plain(&text("label").unwrap_or_default()),
        enabled: flag("enabled").unwrap_or(true),
        visible: flag("visible").unwrap_or(true),
        checked: ticks.then_some(state == Some(1)),
        separator: text("type").is_some_and(|kind| kind == "separator"),
        below,
    })
}

/// A label without the underscore before the letter to press; two of them are one that is meant.
fn plain(label: &str) -> String {
    let mut plain = String::with_capacity(label.len());
    let mut letters = label.chars();
    while let Some(letter) = letters.next() {
        if letter == '_' {
            plain.extend(letters.next());
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// The entry that these labels lead to.
pub(super) fn find<'a>(menu: &'a [MenuEntry], labels: &[&str]) -> Option<&'a MenuEntry> {
    let (first, rest) = labels.split_first()?;
    let mut fitting = menu.iter().filter(|entry| entry.label == *first);
    if rest.is_empty() { fitting.next() } else { fitting.find_map(|entry| find(&entry.below, rest)) }
}

/// The menu as text, to be read where something is missing in it.
pub(super) fn drawn(menu: &[MenuEntry]) -> String {
    fn draw(menu: &[MenuEntry], depth: usize, text: &mut String) {
        for entry in menu {
            let tick = entry.checked.map_or("", |checked| if checked { "[x] " } else { "[ ] " });
            let label = if entry.separator { "----" } else { &entry.label };
            let grey = if entry.enabled { "" } else { " (grey)" };
            let hidden = if entry.visible { "" } else { " (hidden)" };
            // Writing to a text does not fail.
            let _ = writeln!(text, "{}{tick}{label}{grey}{hidden}", "  ".repeat(depth));
            draw(&entry.below, depth + 1, text);
        }
    }
    let mut text = String::new();
    draw(menu, 1, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_to_press_is_not_part_of_a_label() {
        assert_eq!(plain("_Dial…"), "Dial…");
        assert_eq!(plain("snake__case"), "snake_case");
        assert_eq!(plain("end_"), "end");
    }
}
