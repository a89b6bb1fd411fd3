//! What an agent's morning brings besides calls that go well: a caller nobody knows, a name that is wrong, a CRM that is
//! down, a missed caller who is called back, an address typed in a hurry.

use std::time::Duration;

use timbre_simulator::CallHandle;
use timbre_tests::desktop::Wanted;
use timbre_tests::story::ENDPOINT;

use crate::office::{Office, POPUP, SOON, Setting};

const MAIN: &str = "Timbre";
const KEYS: Duration = Duration::from_millis(5);

fn with_crm() -> Setting {
    Setting { reader: true, tray: true, crm: true, ..Setting::default() }
}

/// A call comes and is answered.
fn answered(office: &mut Office, number: &str) -> CallHandle {
    let call = office.sim.rings(number, ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    call
}

/// Waits until the contacts found by a number are told with this name.
fn is_known_as(office: &Office, number: &str, name: &str) {
    let known = office.desktop.wait_until(SOON, || {
        let output = office.app.timbrectl(&office.desktop).args(["contacts", "lookup", number]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).contains(name).then_some(())
    });
    known.unwrap_or_else(|error| panic!("{error}: {number} is not {name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_name_was_typed_is_a_contact_once_the_result_is_saved() {
    let mut office = Office::open_as(with_crm()).await;
    let call = answered(&mut office, "8888-4787");
    assert!(call.hang_up());
    office.chooses_cash();
    office.click_on(&Wanted::named("push button", "New contact").within(POPUP));
    office.read(&Wanted { state: Some("focused"), ..Wanted::named("entry", "Name") }.within(POPUP));
    office.desktop.type_text("Ana Nueva", KEYS).unwrap();
    office.picture("a-caller-is-named");
    // Without a click on Create.
    office.desktop.key("ctrl+Return").unwrap();
    is_known_as(&office, "8888-4787", "Ana Nueva");
    let crm = office.crm.as_ref().unwrap();
    let linked = office.desktop.wait_until(SOON, || {
        let call = crm.records("Call").into_iter().next()?;
        call["parentId"].is_string().then_some(())
    });
    linked.unwrap_or_else(|error| panic!("{error}: {:?}", crm.records("Call")));
    assert_eq!((crm.count("Call"), crm.count("Contact")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_wrong_is_mended_on_the_pop_up() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernandes", "8888-4787");
    let call = answered(&mut office, "8888-4787");
    office.click_on(&Wanted::named("push button", "Edit the contact").within(POPUP));
    office.read(&Wanted { state: Some("focused"), ..Wanted::named("entry", "Name") }.within(POPUP));
    office.desktop.key("ctrl+a").unwrap();
    office.desktop.type_text("Ana Fernandez Rojas", KEYS).unwrap();
    office.picture("a-name-is-mended");
    office.click_on(&Wanted::named("push button", "Save contact").within(POPUP));
    office.read(&Wanted::named("heading", "Ana Fernandez Rojas").within(POPUP));
    is_known_as(&office, "8888-4787", "Ana Fernandez Rojas");
    assert!(call.hang_up());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_is_down_is_seen_and_try_now_sends_once_it_is_back() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    office.icon().click(&["Open Timbre"], SOON).unwrap();
    office.desktop.wait_for_window(MAIN, SOON).unwrap();
    let crm = office.crm.as_ref().unwrap();
    let known = office.desktop.wait_until(SOON, || (crm.count("Contact") == 1).then_some(()));
    known.expect("the CRM has the contact before it goes down: what waits then is the call");
    crm.go_down();
    let call = answered(&mut office, "8888-4787");
    assert!(call.hang_up());
    office.chooses_cash();
    office.desktop.key("ctrl+Return").unwrap();

    office.read(&Wanted::saying("What you save waits here and is sent by itself.").within(MAIN));
    let told = |said: &str| said.contains("the CRM doesn't answer");
    let icon = office.icon();
    let said = office.desktop.wait_until(SOON, || icon.said().ok().filter(|(title, _)| told(title)));
    said.unwrap_or_else(|error| panic!("{error}: {:?}", icon.said()));
    office.picture("the-crm-is-down");

    office.icon().click(&["Outbox"], SOON).unwrap();
    office.click_on(&Wanted { role: Some("list item"), text: Some("Ana"), ..Wanted::default() }.within(MAIN));
    let try_now = Wanted::named("push button", "Try now").within(MAIN);
    office.read(&try_now);
    // No sooner: else it may be sent by itself before anybody can ask for it.
    office.crm.as_ref().unwrap().come_up();
    office.click_on(&try_now);
    let crm = office.crm.as_ref().unwrap();
    let sent = office.desktop.wait_until(SOON, || (crm.count("Call") == 1).then_some(()));
    sent.expect("it is sent now");
    office.read(&Wanted::saying("in the CRM").within(MAIN));
    office.picture("tried-now");
    let back = office.desktop.wait_until(SOON, || icon.said().ok().filter(|(title, _)| !told(title)));
    back.expect("the tray says that it is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_caller_who_is_talked_to_is_returned_and_not_offered_again() {
    let mut office = Office::open_as(Setting { reader: true, tray: true, ..Setting::default() }).await;
    office.knows("Ana Fernández", "8888-4787");
    let missed = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&missed.callid(), SOON).unwrap();
    assert!(missed.hang_up());
    office.app.hidden(&missed.callid(), SOON).unwrap();
    office.icon().click(&["Open Timbre"], SOON).unwrap();
    office.desktop.wait_for_window(MAIN, SOON).unwrap();
    let row = Wanted { role: Some("list item"), text: Some("Ana"), ..Wanted::default() }.within(MAIN);
    office.click_on(&row);
    office.read(&Wanted { role: Some("push button"), text: Some("Call back"), ..Wanted::default() }.within(MAIN));
    office.picture("a-missed-caller");

    let call = answered(&mut office, "8888-4787");
    assert!(call.hang_up());
    office.read(&Wanted::saying("returned").within(MAIN));
    office.picture("a-missed-caller-was-talked-to");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_its_scheme_is_completed_and_what_is_wrong_is_said_beside_it() {
    let mut office =
        Office::open_as(Setting { tray: true, reader: true, crm: true, first_run: true, ..Setting::default() }).await;
    crate::first_run::sign_in(&mut office);
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted { role: Some("radio button"), text: Some("until Timbre ends"), ..Wanted::default() });
    office.click_on(&Wanted::named("push button", "Next ⏎"));
    office.click_on(&Wanted::named("radio button", "EspoCRM"));
    office.click_on(&Wanted::named("entry", "Address"));
    office.desktop.type_text("crm.invalid", KEYS).unwrap();
    office.click_on(&Wanted { role: Some("password text"), ..Wanted::default() });
    office.desktop.type_text(timbre_simulator::crm::DEFAULT_API_KEY, KEYS).unwrap();
    let check = Wanted { role: Some("push button"), text: Some("Check"), ..Wanted::default() };
    office.click_on(&check);
    // It was asked, by https: the name is nobody's.
    office.read(&Wanted::saying("unreachable").within(MAIN));
    office.picture("an-address-without-its-scheme");

    let types = |office: &mut Office, text: &str| {
        office.click_on(&Wanted::named("entry", "Address"));
        office.desktop.key("ctrl+a").unwrap();
        office.desktop.type_text(text, KEYS).unwrap();
        office.click_on(&check);
    };
    types(&mut office, "https://mi crm");
    let address = office.read(&Wanted::named("entry", "Address"));
    let wrong = office.read(&Wanted::saying("address").within(MAIN));
    office.picture("an-address-that-is-none");
    assert!((wrong.y - address.y).abs() < 100, "beside what was typed: {wrong:?}, {address:?}");

    let site = office.crm.as_ref().unwrap().base_url().trim_end_matches("api/v1/").to_owned();
    types(&mut office, &site);
    office.read(&Wanted::saying("All is well."));
    office.picture("an-address-that-answers");
}
