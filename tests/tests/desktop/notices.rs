//! Notifications with what can be done about them.

use timbre_tests::desktop::Wanted;
use timbre_tests::story::ENDPOINT;

use crate::office::{DIAL, Office, SOON, Setting};

fn with_notices() -> Setting {
    Setting { tray: true, notices: true, reader: true, ..Setting::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_told_and_called_back_from_its_notification() {
    let mut office = Office::open_as(with_notices()).await;
    office.knows("Ana <b>Fernández</b> & Co", "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.hang_up());
    let notices = office.notices.as_ref().unwrap();
    let missed = notices.wait_for(SOON, |notice| notice.summary == "Missed call").unwrap();
    assert!(missed.text.contains("Ana <b>Fernández</b> & Co") && missed.text.contains("8888 4787"), "{missed:?}");
    assert!(notices.refused().is_empty(), "{:?}", notices.refused());

    notices.invoke(missed.id, "call_back").unwrap();
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.read(&Wanted::saying("8888 4787").within(DIAL));
    office.picture("call-back");
    assert_eq!(office.dialled(), 0, "it asks");
    office.dial_by_the_button();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_missed_call_opens_it_in_the_main_window() {
    let mut office = Office::open_as(with_notices()).await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.hang_up());
    let notices = office.notices.as_ref().unwrap();
    let missed = notices.wait_for(SOON, |notice| notice.summary == "Missed call").unwrap();
    notices.invoke(missed.id, "default").unwrap();
    office.desktop.wait_for_window("Timbre", SOON).unwrap();
    office.read(&Wanted::saying("8888 4787").within("Timbre"));
    office.picture("today");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_text_in_every_window() {
    let mut office = Office::open_as(with_notices()).await;
    let name = "<img src=x onerror=alert(1)> {count} Rojas";
    office.knows(name, "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    office.read(&Wanted::saying(name).within("Timbre pop-up"));
    assert!(call.hang_up());
    office.desktop.key("ctrl+shift+d").unwrap();
    office.read(&Wanted::saying(name).within(DIAL));
    let icon = office.icon();
    let entry = icon.entry(&["Recent calls"], SOON).unwrap();
    assert!(format!("{entry:?}").contains("<img src=x onerror=alert(1)>"), "{entry:?}");
    office.picture("hostile-names");
}
