//! Notifications with what can be done about them.

use timbre_tests::desktop::Wanted;
use timbre_tests::story::ENDPOINT;

use crate::office::{DIAL, Office, POPUP, SOON, Setting};

/// A name that would be something else if it were taken for a page, or for a text with places in it.
const HOSTILE: &str = "<img src=x onerror=alert(1)> {count} Rojas";
/// The main window's title, and the strip's.
const MAIN: &str = "Timbre";

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
async fn hostile_names_are_text_in_the_pop_up_the_dial_window_and_the_tray() {
    let mut office = Office::open_as(with_notices()).await;
    office.knows(HOSTILE, "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    office.read(&Wanted::saying(HOSTILE).within("Timbre pop-up"));
    assert!(call.hang_up());
    office.desktop.key("ctrl+shift+d").unwrap();
    office.read(&Wanted::saying(HOSTILE).within(DIAL));
    let icon = office.icon();
    let entry = icon.entry(&["Recent calls"], SOON).unwrap();
    assert!(format!("{entry:?}").contains("<img src=x onerror=alert(1)>"), "{entry:?}");
    office.picture("hostile-names");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_notes_are_text_in_the_main_window_and_its_outbox() {
    let mut office = Office::open_as(Setting { crm: true, ..with_notices() }).await;
    office.knows(HOSTILE, "8888-4787");
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    let note = "</textarea><script>document.title = 'theirs'</script> {{ name }} &lt;";
    let key = format!("callmyway:main:{}", call.callid());
    let mut add = office.app.timbrectl(&office.desktop);
    add.args(["interactions", "add", "--call", &key, "--disposition", "later", "--comment", note]);
    let added = add.output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert!(call.hang_up());
    office.desktop.key("ctrl+shift+space").unwrap();
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.desktop.key("Escape").unwrap();
    office.app.hidden(&call.callid(), SOON).unwrap();

    office.icon().click(&["History"], SOON).unwrap();
    office.click_on(&Wanted::saying(HOSTILE).within(MAIN));
    office.read(&Wanted::saying(note).within(MAIN));
    office.picture("hostile-main");
    office.click_on(&Wanted::saying("Outbox").within(MAIN));
    office.click_on(&Wanted::saying("All").within(MAIN));
    office.read(&Wanted::saying(HOSTILE).within(MAIN));
    office.picture("hostile-outbox");
    let titles: Vec<String> = office.desktop.windows().unwrap().into_iter().map(|window| window.title).collect();
    assert!(
        titles.iter().any(|title| title == MAIN) && !titles.iter().any(|title| title.contains("theirs")),
        "{titles:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_number_is_text_in_the_strip() {
    let mut office = Office::open_as(Setting { reader: true, no_popups: true, ..Setting::default() }).await;
    office.sim.rings("<img src=x onerror=alert(1)>", ENDPOINT);
    // Brackets around a number are none of it.
    office.read(&Wanted::saying("img src=x onerror=alert(1)").within(MAIN));
    office.picture("hostile-strip");
}
