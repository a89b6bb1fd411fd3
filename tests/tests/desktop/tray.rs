//! The icon in the tray, its menu, and what stands in for it where a desktop shows none.

use std::time::Duration;

use timbre_tests::desktop::Wanted;
use timbre_tests::story::ENDPOINT;

use crate::office::{DIAL, Office, SOON, Setting};

fn with_tray() -> Setting {
    Setting { tray: true, reader: true, ..Setting::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_tells_the_state_and_its_menu_dials() {
    let mut office = Office::open_as(with_tray()).await;
    office.knows("Ana Fernández", "8888-4787");
    let icon = office.icon();
    let ready = icon.icon_file().unwrap();
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    icon.entry(&["Ringing"], SOON).unwrap();
    let ringing = office.desktop.wait_until(SOON, || icon.icon_file().ok().filter(|file| *file != ready));
    assert!(ringing.is_ok(), "the icon is another: {ready:?}");
    assert!(call.hang_up());
    icon.entry(&["Ready"], SOON).unwrap();

    icon.click(&["Recent calls", "Ana Fernández · 8888 4787"], SOON).unwrap();
    office.dials().await;
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    office.picture("the-menu-dials");
    assert_eq!(office.dialled(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn do_not_disturb_silences_pop_ups_and_the_call_is_in_the_history_all_the_same() {
    let mut office = Office::open_as(with_tray()).await;
    let icon = office.icon();
    icon.click(&["Do not disturb", "Until I switch it off"], SOON).unwrap();
    icon.entry(&["Do not disturb", "Switch off"], SOON).unwrap();
    let silenced = office.sim.rings("8888-4787", ENDPOINT);
    icon.entry(&["In a call"], Duration::from_millis(1)).unwrap_err();
    icon.entry(&["Ringing"], SOON).unwrap();
    assert!(silenced.hang_up());
    icon.entry(&["Recent calls", "8888 4787"], SOON).unwrap();
    assert_eq!(office.popups(), [], "no pop-up came");

    icon.click(&["Do not disturb", "Switch off"], SOON).unwrap();
    let call = office.desktop.wait_until(SOON, || {
        let call = office.sim.rings("2222-3344", ENDPOINT);
        let painted = office.app.painted(&call.callid(), Duration::from_secs(3));
        call.hang_up();
        painted.ok()
    });
    call.expect("calls pop up again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_window_opens_from_the_tray_and_closed_it_leaves_timbre_running() {
    let mut office = Office::open_as(with_tray()).await;
    let icon = office.icon();
    icon.click(&["Settings"], SOON).unwrap();
    let window = office.desktop.wait_for_window("Timbre", SOON).unwrap();
    office.read(&Wanted { role: Some("heading"), name: Some("Language"), ..Wanted::default() }.within("Timbre"));
    office.picture("settings");
    assert!(window.width >= 880, "{window:?}");
    office.desktop.wait_until_active("Timbre", SOON).unwrap();
    office.desktop.key("alt+F4").unwrap();
    office.desktop.wait_until_gone("Timbre", SOON).unwrap();

    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn quit_in_the_menu_ends_everything() {
    let mut office = Office::open_as(with_tray()).await;
    let in_use = office.app.data_dir().join("timbre.db.in-use");
    assert!(in_use.exists());
    office.icon().click(&["Quit"], SOON).unwrap();
    office.desktop.wait_until(SOON, || (!in_use.exists()).then_some(())).unwrap();
    let ended = office.desktop.wait_until(SOON, || {
        let timbre = |name: &String| name.starts_with("timbre");
        (!office.desktop.programs_inside().iter().any(timbre)).then_some(())
    });
    ended.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_tray_a_small_window_stands_in_and_that_is_said_once() {
    let mut office = Office::open_as(Setting { reader: true, notices: true, ..Setting::default() }).await;
    let strip = office.desktop.wait_for_window("Timbre", SOON).unwrap();
    assert!(strip.height <= 60 && strip.width <= 340, "{strip:?}");
    office.read(&Wanted::saying("Ready").within("Timbre"));
    office.picture("no-tray");
    let told = office.notices.as_ref().unwrap().wait_for(SOON, |notice| notice.summary.contains("shows no tray"));
    told.unwrap();

    office.click_on(&Wanted::named("push button", "Dial…").within("Timbre"));
    office.desktop.wait_for_window(DIAL, SOON).unwrap();
    assert_eq!(office.popups(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_wants_no_pop_ups_has_no_web_process_until_a_window_is_opened_and_none_after_it() {
    let mut office = Office::open_as(Setting { no_popups: true, ..with_tray() }).await;
    let pages = |office: &Office| office.desktop.programs_inside().iter().any(|name| name.starts_with("WebKit"));
    let none = |office: &Office| office.desktop.wait_until(SOON, || (!pages(office)).then_some(()));
    none(&office).expect("nothing is kept for windows that nobody wants");
    for _ in 0..2 {
        office.icon().click(&["History"], SOON).unwrap();
        let main = office.desktop.wait_for_window("Timbre", SOON).unwrap();
        assert!(pages(&office));
        office.desktop.close(&main).unwrap();
        none(&office).expect("a closed window holds nothing");
    }
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.icon().entry(&["Ringing"], SOON).unwrap();
    assert!(call.hang_up());
    assert_eq!(office.popups(), []);
}
