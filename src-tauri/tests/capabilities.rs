//! Each window may ask for what it shows, and for nothing else.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn folder() -> &'static Path {
    Path::new(concat!(env!("OUT_DIR"), "/window-capabilities"))
}

fn granted(window: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(folder().join(format!("{window}.json"))).unwrap();
    let capability: Value = serde_json::from_str(&text).unwrap();
    let windows: Vec<_> = capability["windows"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let expected = if window == "popup" { vec!["popup-*"] } else { vec![window] };
    assert_eq!(windows, expected, "{window}.json is for its own window");
    capability["permissions"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// What is left of a window's permissions without those that name its own commands.
fn others(window: &str) -> BTreeSet<String> {
    let own = format!("allow-{window}-");
    granted(window).into_iter().filter(|permission| !permission.starts_with(&own)).collect()
}

#[test]
fn a_window_is_granted_its_own_commands_what_it_shows_and_no_other_windows_commands() {
    let listen = ["core:event:allow-listen", "core:event:allow-unlisten"];
    // The agent may move a window that has no title bar.
    let moved = "core:window:allow-start-dragging";
    let shown: [(&str, &[&str]); 4] = [
        ("popup", &["allow-contacts-search"]),
        ("dial", &[moved, "allow-call-rows", "allow-contacts-find", "allow-read-number", "allow-page-shown"]),
        ("strip", &[moved, "allow-page-shown"]),
        ("setup", &["allow-page-shown"]),
    ];
    for (window, shown) in shown {
        let expected: BTreeSet<_> = listen.iter().chain(shown).map(ToString::to_string).collect();
        assert_eq!(others(window), expected, "{window}");
    }
    // The settings page sets accounts and CRMs up, as the first run does; the rest is the history and the outbox.
    let of_main: BTreeSet<_> = others("main").into_iter().filter(|one| !one.starts_with("allow-setup-")).collect();
    let expected = [
        "allow-call-attach",
        "allow-call-card",
        "allow-call-rows",
        "allow-connector-resume",
        "allow-contacts-known",
        "allow-contacts-search",
        "allow-outbox-retry",
        "allow-page-shown",
        "allow-status-show",
    ];
    assert_eq!(of_main, listen.iter().chain(&expected).map(ToString::to_string).collect());
    assert!(!others("main").contains("allow-setup-finish"));
}

#[test]
fn there_is_a_capability_for_each_window_and_none_besides() {
    let mut files: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["dial.json", "main.json", "popup.json", "setup.json", "strip.json"]);
}

#[test]
fn a_pop_up_can_neither_read_lists_nor_change_settings() {
    let popup = granted("popup");
    for too_much in ["calls", "call-rows", "outbox", "preferences", "places", "account", "connector", "record"] {
        assert!(!popup.iter().any(|permission| permission.contains(too_much)), "{too_much}: {popup:?}");
    }
}

#[test]
fn no_page_loads_anything_from_outside_or_runs_what_is_not_ours() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tauri.conf.json")).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let policy = &config["app"]["security"]["csp"];
    assert_eq!(policy["default-src"], "'none'");
    for kind in ["script-src", "style-src", "img-src"] {
        assert_eq!(policy[kind], "'self'", "{kind}");
    }
    assert_eq!(config["app"]["withGlobalTauri"], false);
}
