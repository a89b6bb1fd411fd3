//! A short torture at every change; `cargo xtask torture` is the long one.

use std::process::Command;

use timbre_tests::programs::program;

#[test]
fn a_dozen_kills_while_results_are_saved_and_sent_lose_nothing_and_double_nothing() {
    let torture = program("timbre-torture");
    let output = Command::new(&torture)
        .args(["--runs", "12", "--seed", "5", "--at-least", "0"])
        .env("TIMBRE_BIN_DIR", torture.parent().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("has 12 calls"), "{said}");
}

#[test]
fn a_database_that_is_damaged_emptied_and_cut_short_loses_nothing_that_was_typed_and_doubles_nothing() {
    let torture = program("timbre-torture");
    let output = Command::new(&torture)
        .args(["--damage", "--runs", "6", "--seed", "5"])
        .env("TIMBRE_BIN_DIR", torture.parent().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("none lost, none twice"), "{said}");
}
