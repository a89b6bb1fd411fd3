//! The TypeScript types of what the windows see are made from the Rust types, and are up to date.
//!
//! `TIMBRE_WRITE_BINDINGS=1 cargo test -p timbre-tests --test bindings` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use timbre_domain::caller::TypedCaller;
use timbre_domain::crm::TestStep;
use timbre_domain::dial::DialProgress;
use timbre_domain::history::{CallRow, CallsWanted, FoundContact, NumberRead, OutboxRow, RecordState};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::notice::Notice;
use timbre_domain::outbox::Retried;
use timbre_domain::popup::PopupCard;
use timbre_domain::status::{Hello, Light, Status};
use timbre_engine::api::commands::ContactEdit;
use timbre_platform::secrets::KeyringState;
use timbre_settings::edit::{AccountDraft, ConnectorDraft, SettingsForm};
use timbre_wiring::setup::{AccountCheck, KnownConnector, KnownVendor};
use ts_rs::{Config, TS};

/// Where the front end keeps them.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bindings");

fn files(dir: &Path) -> BTreeMap<String, String> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "ts"))
        // A check-out on Windows may have turned the line ends.
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap().replace("\r\n", "\n"),
            )
        })
        .collect()
}

#[test]
fn the_front_end_knows_the_types_as_they_are_now() {
    let made = tempfile::tempdir().unwrap();
    // Counts travel as JSON numbers, and no count of ours comes near 2^53.
    let config = Config::new().with_out_dir(made.path()).with_large_int("number");
    PopupCard::export_all(&config).unwrap();
    Hello::export_all(&config).unwrap();
    Status::export_all(&config).unwrap();
    Light::export_all(&config).unwrap();
    Notice::export_all(&config).unwrap();
    CallRow::export_all(&config).unwrap();
    FoundContact::export_all(&config).unwrap();
    NumberRead::export_all(&config).unwrap();
    SettingsForm::export_all(&config).unwrap();
    AccountDraft::export_all(&config).unwrap();
    ConnectorDraft::export_all(&config).unwrap();
    AccountCheck::export_all(&config).unwrap();
    KnownConnector::export_all(&config).unwrap();
    KnownVendor::export_all(&config).unwrap();
    KeyringState::export_all(&config).unwrap();
    TestStep::export_all(&config).unwrap();
    CallsWanted::export_all(&config).unwrap();
    OutboxRow::export_all(&config).unwrap();
    Retried::export_all(&config).unwrap();
    RecordState::export_all(&config).unwrap();
    InteractionEdit::export_all(&config).unwrap();
    ContactEdit::export_all(&config).unwrap();
    TypedCaller::export_all(&config).unwrap();
    DialProgress::export_all(&config).unwrap();
    let made = files(made.path());

    if std::env::var_os("TIMBRE_WRITE_BINDINGS").is_some() {
        fs::create_dir_all(COMMITTED).unwrap();
        for gone in files(Path::new(COMMITTED)).keys().filter(|name| !made.contains_key(*name)) {
            fs::remove_file(Path::new(COMMITTED).join(gone)).unwrap();
        }
        for (name, text) in &made {
            fs::write(Path::new(COMMITTED).join(name), text).unwrap();
        }
    }
    assert_eq!(files(Path::new(COMMITTED)), made, "run again with TIMBRE_WRITE_BINDINGS=1");
}
