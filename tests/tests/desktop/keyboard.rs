//! Where the keyboard goes when a pop-up needs it no more, when pop-ups go by themselves, and how they come back.

use std::io;
use std::time::Duration;

use timbre_simulator::CallHandle;
use timbre_tests::desktop::{TypingProbe, Wanted, Window};
use timbre_tests::story::ENDPOINT;

use crate::office::{Office, POPUP, SOON, Setting};

/// How long a pop-up stays whose result is saved and sent, and how often it is looked at again from then on.
const STAYS: Duration = Duration::from_secs(5);
const LOOKS_AGAIN: Duration = Duration::from_secs(2);
/// Where no pop-up stands.
const ELSEWHERE: (i32, i32) = (20, 400);

fn with_crm() -> Setting {
    Setting { reader: true, tray: true, crm: true, ..Setting::default() }
}

/// A call comes and is answered.
fn answered(office: &mut Office) -> (CallHandle, Window) {
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    let popup = office.desktop.wait_for_window(POPUP, SOON).unwrap();
    (call, popup)
}

fn is_in_the_crm(office: &mut Office) {
    office.read(&Wanted::saying("in the CRM").within(POPUP));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_after_a_save_lands_in_the_window_that_the_agent_came_from_and_not_in_the_result() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    office.desktop.move_pointer(ELSEWHERE.0, ELSEWHERE.1).unwrap();
    let mut probe = TypingProbe::open(&office.desktop).unwrap();
    let (call, _) = answered(&mut office);
    assert!(call.hang_up());
    office.chooses_cash();
    office.desktop.key("ctrl+Return").unwrap();
    office.desktop.wait_until_active(TypingProbe::TITLE, SOON).expect("the keyboard goes back");
    office.desktop.type_text("hola", Duration::from_millis(20)).unwrap();
    assert_eq!(probe.settled_text("hola", SOON).unwrap(), "hola");
    is_in_the_crm(&mut office);
    let sent = format!("{:?}", office.crm.as_ref().unwrap().records("Call"));
    assert!(!sent.contains("hola"), "{sent}");
    office.app.hidden(&call.callid(), SOON).unwrap();
    assert_eq!(office.crm.as_ref().unwrap().count("Call"), 1);
    assert_eq!(
        office.desktop.active_window().unwrap(),
        Some(office.desktop.wait_until_active(TypingProbe::TITLE, SOON).unwrap().id)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_had_the_keyboard_nobody_has_it_after_a_save() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    office.desktop.move_pointer(ELSEWHERE.0, ELSEWHERE.1).unwrap();
    let (call, popup) = answered(&mut office);
    assert!(call.hang_up());
    office.chooses_cash();
    office.desktop.key("ctrl+Return").unwrap();
    is_in_the_crm(&mut office);
    let left =
        office.desktop.wait_until(SOON, || (office.desktop.active_window().ok()? != Some(popup.id)).then_some(()));
    left.expect("the keyboard leaves the pop-up");
    office.desktop.type_text("hola", Duration::from_millis(20)).unwrap();
    office.app.hidden(&call.callid(), SOON).unwrap();
    let sent = format!("{:?}", office.crm.as_ref().unwrap().records("Call"));
    assert!(!sent.contains("hola"), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_and_sent_pop_up_goes_by_itself_but_not_from_under_the_pointer_or_the_keyboard() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    let (call, popup) = answered(&mut office);
    assert!(call.hang_up());
    office.chooses_cash();
    let in_it = (popup.x + popup.width / 2, popup.y + popup.height - 80);
    office.desktop.move_pointer(in_it.0, in_it.1).unwrap();
    office.desktop.key("ctrl+Return").unwrap();
    is_in_the_crm(&mut office);
    let gone = office.app.hidden(&call.callid(), STAYS + LOOKS_AGAIN * 2);
    assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::TimedOut, "the pointer is in it");

    // The keyboard comes again, and the pointer leaves.
    office.desktop.key("ctrl+shift+space").unwrap();
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.read(&Wanted { state: Some("focused"), ..Wanted::named("push button", "Change") }.within(POPUP));
    office.desktop.move_pointer(ELSEWHERE.0, ELSEWHERE.1).unwrap();
    let gone = office.app.hidden(&call.callid(), LOOKS_AGAIN * 2);
    assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::TimedOut, "the keyboard is in it");
    let probe = TypingProbe::open(&office.desktop).unwrap();
    office.app.hidden(&call.callid(), STAYS + LOOKS_AGAIN).expect("nobody is in it any more");
    drop(probe);
    assert_eq!(office.popups(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_calls_in_a_row_with_saved_results_leave_no_pop_up_behind() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    office.desktop.move_pointer(ELSEWHERE.0, ELSEWHERE.1).unwrap();
    let _probe = TypingProbe::open(&office.desktop).unwrap();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let (call, _) = answered(&mut office);
        assert!(call.hang_up());
        office.chooses_cash();
        office.desktop.key("ctrl+Return").unwrap();
        office.desktop.wait_until_active(TypingProbe::TITLE, SOON).unwrap();
        calls.push(call.callid());
    }
    for call in calls {
        office.app.hidden(&call, SOON).unwrap();
    }
    office.desktop.wait_until_gone(POPUP, SOON).unwrap();
    assert_eq!(office.crm.as_ref().unwrap().count("Call"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pop_up_closed_during_its_call_comes_back_by_the_hotkey_and_from_the_tray() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    let (call, _) = answered(&mut office);
    for reopen in ["hotkey", "tray", "hotkey after the end"] {
        office.desktop.key("ctrl+shift+space").unwrap();
        office.desktop.wait_until_active(POPUP, SOON).unwrap();
        office.desktop.key("Escape").unwrap();
        office.app.hidden(&call.callid(), SOON).unwrap();
        office.desktop.wait_until_gone(POPUP, SOON).unwrap();
        match reopen {
            "tray" => office.icon().click(&["Show the newest call"], SOON).unwrap(),
            "hotkey" => office.desktop.key("ctrl+shift+space").unwrap(),
            _ => {
                assert!(call.hang_up());
                office.icon().entry(&["Ready"], SOON).unwrap();
                office.desktop.key("ctrl+shift+space").unwrap();
            }
        }
        office.desktop.wait_until_active(POPUP, SOON).unwrap_or_else(|error| panic!("{reopen}: {error}"));
        office.read(&Wanted::saying("Ana Fernández").within(POPUP));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_brought_no_pop_up_has_one_when_the_agent_asks_for_it() {
    let mut office = Office::open_as(Setting { no_popups: true, ..with_crm() }).await;
    office.knows("Ana Fernández", "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.icon().entry(&["Ringing"], SOON).unwrap();
    assert_eq!(office.popups(), []);
    office.icon().click(&["Show the newest call"], SOON).unwrap();
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.read(&Wanted::saying("Ana Fernández").within(POPUP));
    assert!(call.hang_up());
}
