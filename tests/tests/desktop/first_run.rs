//! The first run, and where the password goes.

use std::time::Duration;

use timbre_tests::desktop::{App, Keyring, Wanted};
use timbre_tests::story::{ENDPOINT, PASSWORD};

use crate::office::{Office, SOON, Setting};

const KEYS: Duration = Duration::from_millis(5);

/// Goes through the pages as a person would, as far as the account is known and tried.
pub(crate) fn sign_in(office: &mut Office) {
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    office.click_on(&Wanted::named("radio button", "English"));
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("entry", "User name"));
    office.desktop.type_text(ENDPOINT, KEYS).unwrap();
    office.click_on(&Wanted { role: Some("password text"), ..Wanted::default() });
    office.desktop.type_text(PASSWORD, KEYS).unwrap();
    // Here the vendor is a stand-in on this machine.
    office.click_on(&Wanted::saying("Advanced options"));
    office.desktop.key("Tab").unwrap();
    let address = Wanted { state: Some("focused"), ..Wanted::named("entry", "The provider's address") };
    office.read(&address);
    office.desktop.key("ctrl+a").unwrap();
    office.desktop.type_text(&office.sim.base_url(), KEYS).unwrap();
    office.picture("first-run-account");
    office.click_on(&Wanted::named("push button", "Connect ⏎"));
    office.read(&Wanted::named("heading", "Connected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_ends_with_calls_on_the_screen_and_the_secret_in_the_keyring_and_nowhere_else() {
    let keyring = Some(Keyring::Unlocked);
    let mut office =
        Office::open_as(Setting { tray: true, reader: true, keyring, first_run: true, ..Setting::default() }).await;
    sign_in(&mut office);
    office.picture("first-run-connected");
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("radio button", "None"));
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    let with_session = Wanted { role: Some("check box"), text: Some("Start Timbre when"), ..Wanted::default() };
    if !office.read(&with_session).is("checked") {
        office.click_on(&with_session);
    }
    office.picture("first-run-ready");
    office.click_on(&Wanted::named("push button", "Begin ⏎"));
    office.asks_the_vendor().await;
    office.app.warm(SOON).unwrap();

    // It says where it is to be found, and is found there once its window is closed.
    office.read(&Wanted::saying("It lives in the tray").within("Timbre"));
    office.picture("first-run-done");
    let icon = office.icon();
    office
        .desktop
        .wait_until(SOON, || (icon.said().ok()?.0 == "Timbre is ready and follows your calls.").then_some(()))
        .unwrap();
    assert_eq!(icon.said().unwrap().1, "Click the icon for its menu.");
    office.desktop.key("alt+F4").unwrap();
    office.desktop.wait_until_gone("Timbre", SOON).unwrap();
    icon.click(&["Open Timbre"], SOON).unwrap();
    office.desktop.wait_for_window("Timbre", SOON).unwrap();

    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();

    let autostart = office.desktop.home().join(".config/autostart");
    let entries: Vec<_> = std::fs::read_dir(&autostart).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "it starts with the session: {entries:?}");
    assert!(std::fs::read_to_string(&entries[0]).unwrap().contains("--background"));

    let stored = office.secrets.as_ref().unwrap().stored_with(&[("service", "timbre")]).unwrap();
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].secret, PASSWORD.as_bytes());
    let found = office.desktop.files_with(PASSWORD.as_bytes()).unwrap();
    assert!(found.is_empty(), "the secret lies in {found:?}");
    assert!(call.hang_up());

    // It starts by itself from then on.
    let Office { app, desktop, sim, dir, .. } = office;
    app.stop(SOON).unwrap();
    let mut app = App::start_again(&desktop, &dir.path().join("app"), &[], &["--background"]).unwrap();
    app.warm(SOON).unwrap();
    let shown = desktop.wait_until(SOON, || {
        let call = sim.rings("8888-4787", ENDPOINT);
        let painted = app.painted(&call.callid(), Duration::from_secs(4));
        call.hang_up();
        painted.ok()
    });
    shown.expect("the password comes from the keyring");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_the_agent_is_told_and_chooses_and_nothing_is_written() {
    let mut office = Office::open_as(Setting { tray: true, reader: true, first_run: true, ..Setting::default() }).await;
    sign_in(&mut office);
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.read(&Wanted::saying("keyring"));
    office.picture("first-run-no-keyring");
    office.click_on(&Wanted { role: Some("radio button"), text: Some("until Timbre ends"), ..Wanted::default() });
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("radio button", "None"));
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("push button", "Begin ⏎"));
    office.asks_the_vendor().await;
    office.app.warm(SOON).unwrap();
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    let found = office.desktop.files_with(PASSWORD.as_bytes()).unwrap();
    assert!(found.is_empty(), "the secret lies in {found:?}");
    let dir = office.dir.path().join("app");
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(!String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(PASSWORD), "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_that_is_closed_half_way_goes_on_from_the_tray_with_all_that_was_typed() {
    let mut office = Office::open_as(Setting { tray: true, reader: true, first_run: true, ..Setting::default() }).await;
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    office.click_on(&Wanted::named("radio button", "English"));
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("entry", "User name"));
    office.desktop.type_text(ENDPOINT, KEYS).unwrap();
    office.desktop.key("alt+F4").unwrap();
    office.desktop.wait_until_gone("Timbre", SOON).unwrap();
    office.icon().click(&["Set Timbre up…"], SOON).unwrap();
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    let typed = office.read(&Wanted::named("entry", "User name"));
    assert_eq!(typed.text, ENDPOINT, "it stands where it stood");
}
