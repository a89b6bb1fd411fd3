//! Dialling from anywhere: hotkey, links, a second process.

use std::time::Duration;

use timbre_tests::desktop::Wanted;

use crate::office::{DIAL, Office, SOON, Setting};

fn with_reader() -> Setting {
    Setting { tray: true, reader: true, ..Setting::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hotkey_opens_the_dial_window_with_the_keyboard_and_a_name_and_enter_dial() {
    let mut office = Office::open_as(with_reader()).await;
    office.knows("Ana Fernández", "8888-4787");
    office.desktop.key("ctrl+shift+d").unwrap();
    office.desktop.wait_until_active(DIAL, SOON).unwrap();
    office.read(&Wanted { state: Some("focused"), ..Wanted::default() }.within(DIAL));
    office.desktop.type_text("fern", Duration::from_millis(10)).unwrap();
    office.read(&Wanted::saying("Ana Fernández").within(DIAL));
    office.picture("dial-by-name");
    assert_eq!(office.dialled(), 0);
    office.desktop.key("Return").unwrap();
    office.dials().await;
    office.picture("dial-progress");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_asks_and_dials_nothing_until_the_agent_says_so() {
    let mut office = Office::open_as(with_reader()).await;
    let link = office.app.call_on(&office.desktop, &["tel:+506-8888-4787"], SOON).unwrap();
    assert!(link.status.success(), "{link:?}");
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.read(&Wanted::saying("8888 4787").within(DIAL));
    office.picture("a-link-asks");
    assert_eq!(office.dialled(), 0, "a web page dials nothing by itself");

    office.desktop.key("Escape").unwrap();
    office.desktop.wait_until_gone(DIAL, SOON).unwrap();
    assert_eq!(office.dialled(), 0);

    office.app.call_on(&office.desktop, &["tel:+506-8888-4787"], SOON).unwrap();
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.dial_by_the_button();
    assert_eq!(office.dialled(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_service_code_is_refused_in_words() {
    let mut office = Office::open_as(with_reader()).await;
    office.app.call_on(&office.desktop, &["tel:%2A21%2A88884787%23"], SOON).unwrap();
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.read(&Wanted::saying("service code").within(DIAL));
    office.picture("a-link-is-refused");
    office.desktop.key("Return").unwrap();
    office.desktop.key("Escape").unwrap();
    office.desktop.wait_until_gone(DIAL, SOON).unwrap();
    assert_eq!(office.dialled(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn timbre_dial_in_a_second_process_reaches_the_first_which_dials_and_shows_how_it_goes() {
    let mut office = Office::open_as(with_reader()).await;
    let second = office.app.call_on(&office.desktop, &["dial", "8888-4787"], SOON).unwrap();
    assert!(second.status.success(), "{second:?}");
    office.dials().await;
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.read(&Wanted::saying("8888 4787").within(DIAL));
    assert_eq!(office.dialled(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clipboard_is_offered_and_asked_about() {
    let mut office = Office::open_as(with_reader()).await;
    office.desktop.copy("call me: no").unwrap();
    office.desktop.copy("+506 8888 4787").unwrap();
    office.icon().click(&["Dial the clipboard…"], SOON).unwrap();
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.read(&Wanted::saying("8888 4787").within(DIAL));
    assert_eq!(office.dialled(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hotkey_takes_what_was_selected_or_copied_last() {
    let mut office = Office::open_as(with_reader()).await;
    let offered = |office: &mut Office, number: &str| {
        office.desktop.key("ctrl+shift+F9").unwrap();
        office.desktop.wait_for_window(DIAL, SOON).unwrap();
        office.read(&Wanted::saying(number).within(DIAL));
        office.desktop.key("Escape").unwrap();
        office.desktop.wait_until_gone(DIAL, SOON).unwrap();
    };
    office.desktop.copy("2222-3344").unwrap();
    office.desktop.select("8888-4787").unwrap();
    offered(&mut office, "8888 4787");
    office.desktop.copy("7000-1122").unwrap();
    offered(&mut office, "7000 1122");
    office.desktop.select("8888-4787").unwrap();
    offered(&mut office, "8888 4787");
    assert_eq!(office.dialled(), 0, "it asks");
}
