//! Each window may ask for what it shows, and for nothing else.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/capabilities"))
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
fn a_window_is_granted_its_own_commands_and_no_other_windows() {
    let listen = ["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned);
    for window in ["popup", "setup"] {
        assert_eq!(others(window), listen.clone().into(), "{window}");
    }
    for window in ["dial", "strip"] {
        let mut expected: BTreeSet<_> = listen.clone().into();
        // The agent may move it: it has no title bar.
        expected.insert("core:window:allow-start-dragging".to_owned());
        assert_eq!(others(window), expected, "{window}");
    }
    // The settings page sets accounts and CRMs up, as the first run does.
    assert!(others("main").iter().all(|one| listen.contains(one) || one.starts_with("allow-setup-")));
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
    for too_much in ["calls", "outbox", "preferences", "places", "account", "connector", "record"] {
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
