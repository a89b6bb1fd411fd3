//! The first run, and where the password goes.

use std::time::Duration;

use timbre_tests::desktop::{App, Keyring, Wanted};
use timbre_tests::story::{ENDPOINT, PASSWORD};

use crate::office::{Office, POPUP, SOON, Setting};

const KEYS: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_ends_with_calls_on_the_screen_and_the_secret_in_the_keyring_and_nowhere_else() {
    let keyring = Some(Keyring::Unlocked);
    let mut office =
        Office::open_as(Setting { tray: true, reader: true, keyring, first_run: true, ..Setting::default() }).await;
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    office.click_on(&Wanted::named("radio button", "English"));
    office.picture("first-run-language");
    office.click_on(&Wanted::named("push button", "Next ⏎"));

    office.click_on(&Wanted::named("entry", "User name"));
    office.desktop.type_text(ENDPOINT, KEYS).unwrap();
    office.click_on(&Wanted { role: Some("password text"), ..Wanted::default() });
    office.desktop.type_text(PASSWORD, KEYS).unwrap();
    office.picture("first-run-account");
    let _ = (POPUP, App::start);
}
