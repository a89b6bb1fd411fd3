//! What an agent types into a pop-up is kept and reaches the CRM.

use std::time::Duration;

use timbre_tests::desktop::{TypingProbe, Wanted};
use timbre_tests::story::ENDPOINT;

use crate::office::{Office, POPUP, SOON, Setting};

fn with_crm() -> Setting {
    Setting { reader: true, crm: true, ..Setting::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_typed_in_the_pop_up_by_keyboard_reaches_the_crm_with_its_words() {
    let mut office = Office::open_as(with_crm()).await;
    office.knows("Ana Fernández", "8888-4787");
    let mut probe = TypingProbe::open(&office.desktop).unwrap();
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));

    // The keyboard comes by the hotkey, and by nothing else.
    office.chooses_cash();
    office.click_on(&Wanted::named("entry", "Comment").within(POPUP));
    office.desktop.type_text("wants two, on Friday", Duration::from_millis(5)).unwrap();
    office.picture("a-result-is-typed");
    assert!(call.hang_up());
    office.desktop.key("ctrl+Return").unwrap();

    let crm = office.crm.as_ref().unwrap();
    let there = office.desktop.wait_until(SOON, || crm.records("Call").into_iter().next());
    let record = there.unwrap_or_else(|error| panic!("{error}: {:?}", crm.ledger().log.requests));
    let description = record["description"].as_str().unwrap_or_default();
    assert!(description.contains("wants two, on Friday") && description.contains("Cash"), "{record}");
    office.read(&Wanted::saying("in the CRM").within(POPUP));
    office.picture("a-result-is-in-the-crm");
    assert_eq!(office.crm.as_ref().unwrap().count("Call"), 1);

    // The pointer is still where it clicked: the pop-up goes once it is elsewhere.
    office.desktop.move_pointer(20, 400).unwrap();
    office.app.hidden(&call.callid(), SOON).unwrap();
    assert_eq!(probe.text().unwrap(), "", "nothing of it was typed into the other program");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_there_again_after_the_app_was_killed() {
    let mut office = Office::open_as(with_crm()).await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    office.click_on(&Wanted::named("entry", "Comment").within(POPUP));
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.desktop.type_text("promised an answer", Duration::from_millis(5)).unwrap();
    office.read(&Wanted::saying("draft saved").within(POPUP));

    let (app, desktop, dir) = (office.app, office.desktop, office.dir);
    let at = dir.path().join("app");
    app.kill().unwrap();
    let secrets = [("TIMBRE_SECRET_MAIN", timbre_tests::story::PASSWORD)];
    let app = timbre_tests::desktop::App::start_again(&desktop, &at, &secrets, &["--background"]).unwrap();
    let listed = desktop.wait_until(SOON, || {
        let output = app.timbrectl(&desktop).args(["interactions", "list"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains("promised an answer").then_some(text)
    });
    assert!(listed.unwrap().contains("draft"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_a_moment_before_the_agent_quits_is_kept() {
    let mut office = Office::open_as(Setting { tray: true, ..with_crm() }).await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    office.click_on(&Wanted::named("entry", "Comment").within(POPUP));
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.desktop.type_text("promised an answer", Duration::from_millis(5)).unwrap();
    office.read(&Wanted { text: Some("promised an answer"), ..Wanted::named("entry", "Comment") }.within(POPUP));
    let in_use = office.app.data_dir().join("timbre.db.in-use");
    office.icon().click(&["Quit"], SOON).unwrap();
    office.desktop.wait_until(SOON, || (!in_use.exists()).then_some(())).unwrap();
    let listed = office.app.timbrectl(&office.desktop).args(["interactions", "list"]).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("promised an answer"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_quits_while_something_typed_can_not_be_kept_is_asked_first() {
    let mut office = Office::open_as(Setting { tray: true, ..with_crm() }).await;
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    office.click_on(&Wanted::named("push button", "New contact").within(POPUP));
    office.desktop.wait_until_active(POPUP, SOON).unwrap();
    office.desktop.type_text("Rosa Quiros", Duration::from_millis(5)).unwrap();
    office.read(&Wanted { text: Some("Rosa Quiros"), ..Wanted::named("entry", "Name") }.within(POPUP));
    let in_use = office.app.data_dir().join("timbre.db.in-use");
    office.icon().click(&["Quit"], SOON).unwrap();
    office.read(&Wanted::saying("contact Rosa Quiros").within("Warning"));
    office.picture("quit-asks");
    office.click_on(&Wanted::named("push button", "Stay here").within("Warning"));
    office.read(&Wanted::saying("in conversation").within(POPUP));
    assert!(in_use.exists(), "she stays");

    office.icon().click(&["Quit"], SOON).unwrap();
    office.click_on(&Wanted::named("push button", "Quit all the same").within("Warning"));
    office.desktop.wait_until(SOON, || (!in_use.exists()).then_some(())).unwrap();
}
