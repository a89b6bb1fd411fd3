//! What the README promises first: the demo goes to its end, and everything agrees.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::process::{Command, Stdio};

use timbre_tests::programs::program;

/// Plays it as `cargo xtask demo` does, on a display of its own where there are windows.
fn plays(arguments: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let demo = program("timbre-demo");
    let mut command = Command::new(&demo);
    command.args(arguments).arg("--bin-dir").arg(demo.parent().unwrap()).arg("--out").arg(dir.path().join("pictures"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{said}");
}

#[test]
fn an_agents_day_in_real_windows_goes_to_its_end() {
    plays(&["--language", "es"]);
}

#[test]
fn the_main_job_goes_to_its_end_without_windows() {
    plays(&["--headless", "--language", "en"]);
}

#[test]
fn a_vendor_that_lists_the_calls_it_placed_goes_to_its_end() {
    plays(&["--headless", "--vendor", "formcall", "--language", "pt"]);
}
