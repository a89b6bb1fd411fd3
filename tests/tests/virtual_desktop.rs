//! The parts of the test desktop, each tried on a small program that is not ours: what a driver can't see there, it could
//! not see in Timbre either.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use timbre_tests::desktop::{
    Closed, Guest, Keyring, Lines, Notification, ScreenReader, TypingProbe, VirtualDesktop, Wanted,
};

/// How long anything may take on a machine that is busy compiling.
const SOON: Duration = Duration::from_secs(30);
/// Long enough for what is not to come.
const NOW: Duration = Duration::ZERO;

fn desktop() -> (VirtualDesktop, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (VirtualDesktop::start(&dir.path().join("home")).unwrap(), dir)
}

/// A program in Python inside, and what it prints.
fn python(desktop: &VirtualDesktop, program: &str) -> (Guest, Lines) {
    let mut command = desktop.command("/usr/bin/python3");
    command.args(["-c", program]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut guest = Guest::start(command).unwrap();
    let lines = Lines::of(guest.child().stdout.take().unwrap()).unwrap();
    (guest, lines)
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn without_being_asked_the_desktop_has_no_tray_no_notifications_and_no_secrets() {
    let (desktop, _dir) = desktop();
    let bus = desktop.bus().unwrap();
    for name in
        ["org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications", "org.freedesktop.secrets", "org.a11y.Bus"]
    {
        assert!(!bus.has(name).unwrap(), "{name}");
    }
    let refused = desktop.run("notify-send", ["hello"], SOON).unwrap();
    assert!(!refused.status.success());
    let refused = desktop.run("secret-tool", ["lookup", "service", "timbre"], SOON).unwrap();
    assert!(!refused.status.success());
}

#[test]
fn a_menu_of_the_tray_is_read_clicked_and_waited_for() {
    let (mut desktop, _dir) = desktop();
    let tray = desktop.start_tray().unwrap();
    let (mut program, said) = python(&desktop, include_str!("virtual_desktop/tray.py"));
    let item = tray.item_of(program.child().id(), SOON).unwrap();
    assert_eq!((item.id().unwrap(), item.title().unwrap()), ("probe".to_owned(), "Probe".to_owned()));
    assert_eq!((item.status().unwrap(), item.icon_name().unwrap()), ("Active".to_owned(), "phone".to_owned()));
    assert_eq!(item.tooltip().unwrap(), None);

    item.click(&["Recent calls", "8888 4787"], SOON).unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "8888 4787");
    assert_eq!(item.entry(&["Do not disturb"], SOON).unwrap().checked, Some(false));
    item.click(&["Do not disturb"], SOON).unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "Do not disturb");
    // The click brought a tick, and an entry that was not there before.
    item.entry(&["Until 14:30"], SOON).unwrap();
    assert_eq!(item.entry(&["Do not disturb"], SOON).unwrap().checked, Some(true));

    let grey = item.click(&["Redial"], SOON).unwrap_err();
    assert!(grey.to_string().contains("grey"), "{grey}");
    let missing = item.click(&["Quit"], NOW).unwrap_err();
    assert!(missing.to_string().contains("Recent calls"), "it says what there is: {missing}");
}

#[test]
fn an_icon_of_the_other_kind_is_read_too() {
    let (mut desktop, _dir) = desktop();
    let tray = desktop.start_tray().unwrap();
    let (mut program, _said) = python(&desktop, include_str!("virtual_desktop/item.py"));
    let item = tray.item_of(program.child().id(), SOON).unwrap();
    assert_eq!(item.title().unwrap(), "By hand");
    assert_eq!(item.tooltip().unwrap(), Some(("Ready".to_owned(), "2 items wait".to_owned())));
    assert!(item.menu().is_err(), "it has none");
}

#[test]
fn notifications_are_kept_and_their_actions_work() {
    let (desktop, _dir) = desktop();
    let notifications = desktop.start_notifications().unwrap();
    let mut send = desktop.command("notify-send");
    send.args([
        "--app-name=Probe",
        "--urgency=critical",
        "--category=im",
        "--action=back=Call back",
        "--action=no=Later",
    ]);
    send.args(["Missed call", "Ana &amp; Bea &lt;b&gt;"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut send = Guest::start(send).unwrap();
    let said = Lines::of(send.child().stdout.take().unwrap()).unwrap();

    let shown = notifications.wait_for(SOON, |one| one.summary == "Missed call").unwrap();
    let Notification { app, text, urgency, category, actions, .. } = &shown;
    assert_eq!((app.as_str(), text.as_str(), *urgency, category.as_str()), ("Probe", "Ana & Bea <b>", 2, "im"));
    assert_eq!(actions[0], ("back".to_owned(), "Call back".to_owned()));

    assert!(notifications.invoke(shown.id, "snooze").is_err(), "it has no such button");
    notifications.invoke(shown.id, "back").unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "back");
    assert_eq!(notifications.wait_until_closed(shown.id, SOON).unwrap(), Closed::ByPerson);
    assert!(notifications.shown().is_empty());
    assert!(notifications.invoke(shown.id, "back").is_err(), "it is gone");
}

#[test]
fn a_notification_takes_the_place_of_an_earlier_one_or_is_taken_back() {
    let (desktop, _dir) = desktop();
    let notifications = desktop.start_notifications().unwrap();
    let send = |arguments: &[&str]| succeeds(desktop.command("notify-send").arg("--print-id").args(arguments));
    let id = send(&["Provider lost"]);
    assert_eq!(send(&["--replace-id", &id, "Provider back"]), id);
    let shown = notifications.shown();
    assert_eq!(shown.iter().map(|one| one.summary.as_str()).collect::<Vec<_>>(), ["Provider back"]);
    assert_eq!(notifications.all().len(), 2);

    let close = "org.freedesktop.Notifications.CloseNotification";
    let object = ["-d", "org.freedesktop.Notifications", "-o", "/org/freedesktop/Notifications"];
    succeeds(desktop.command("gdbus").args(["call", "--session"]).args(object).args(["-m", close, &id]));
    assert_eq!(notifications.wait_until_closed(id.parse().unwrap(), SOON).unwrap(), Closed::ByProgram);
}

#[test]
fn a_notification_with_a_raw_name_in_its_body_is_refused() {
    let (desktop, _dir) = desktop();
    let notifications = desktop.start_notifications().unwrap();
    let sent = desktop.run("notify-send", ["Missed call", "Smith & <Sons>"], SOON).unwrap();
    assert!(!sent.status.success(), "{sent:?}");
    assert_eq!(notifications.refused().len(), 1);
    let missing = notifications.wait_for(NOW, |_| true).unwrap_err();
    assert!(missing.to_string().contains("Smith"), "{missing}");
}

#[test]
fn a_real_daemon_shows_notifications_and_their_actions_can_be_chosen() {
    let (mut desktop, _dir) = desktop();
    let dunst = desktop.start_dunst().unwrap();
    let mut send = desktop.command("notify-send");
    send.args(["--action=back=Call back", "--action=no=Later", "Missed call"]);
    send.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut send = Guest::start(send).unwrap();
    let said = Lines::of(send.child().stdout.take().unwrap()).unwrap();
    dunst.wait_for(1, SOON).unwrap();
    dunst.choose("Later").unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "no");
}

#[test]
fn what_is_stored_in_the_secret_service_is_found_there_and_in_no_file() {
    let (mut desktop, _dir) = desktop();
    let secrets = desktop.start_secret_service(Keyring::Unlocked).unwrap();
    assert_eq!(secrets.stored().unwrap(), []);
    store(&desktop, "b3tter-kn0wn");
    let stored = secrets.stored_with(&[("service", "timbre")]).unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].label.as_str(), stored[0].secret.as_slice()), ("Probe", b"b3tter-kn0wn".as_slice()));
    assert_eq!(secrets.stored_with(&[("service", "other")]).unwrap(), []);

    assert_eq!(desktop.files_with(b"b3tter-kn0wn").unwrap(), Vec::<std::path::PathBuf>::new());
    let careless = desktop.home().join(".config/careless");
    std::fs::write(&careless, "password = b3tter-kn0wn\n").unwrap();
    assert_eq!(desktop.files_with(b"b3tter-kn0wn").unwrap(), [careless]);
}

fn store(desktop: &VirtualDesktop, secret: &str) {
    let mut store = desktop.command("secret-tool");
    store.args(["store", "--label=Probe", "service", "timbre", "account", "main"]).stdin(Stdio::piped());
    let mut store = store.spawn().unwrap();
    std::io::Write::write_all(&mut store.stdin.take().unwrap(), secret.as_bytes()).unwrap();
    assert!(store.wait().unwrap().success());
}

#[test]
fn a_locked_keyring_gives_nothing_until_it_is_unlocked() {
    let (mut desktop, _dir) = desktop();
    let secrets = desktop.start_secret_service(Keyring::Unlocked).unwrap();
    store(&desktop, "b3tter-kn0wn");
    secrets.lock().unwrap();
    assert!(secrets.stored().is_err());
    secrets.unlock().unwrap();
    assert_eq!(secrets.stored().unwrap().len(), 1);
}

#[test]
fn a_keyring_that_does_not_come_up_keeps_people_waiting_until_it_does() {
    let (mut desktop, _dir) = desktop();
    desktop.start_secret_service(Keyring::Asleep).unwrap();
    let hangs = desktop.run("secret-tool", ["lookup", "service", "timbre"], Duration::from_secs(1)).unwrap_err();
    assert_eq!(hangs.kind(), std::io::ErrorKind::TimedOut);
    let secrets = desktop.start_secret_service(Keyring::Unlocked).unwrap();
    store(&desktop, "b3tter-kn0wn");
    assert_eq!(secrets.stored().unwrap().len(), 1);
}

#[test]
fn a_window_is_read_as_a_screen_reader_does_and_clicked_where_its_button_is() {
    let (mut desktop, _dir) = desktop();
    let mut reader = desktop.start_screen_reader().unwrap();
    let (_program, said) = python(&desktop, include_str!("virtual_desktop/window.py"));
    desktop.wait_until_active("A window", SOON).unwrap();

    let button = reader.find(&Wanted::named("push button", "Save").within("A window"), SOON).unwrap();
    assert!(button.is("enabled") && !button.is("checked"), "{button:?}");
    let (x, y) = button.centre();
    desktop.click(x, y).unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "saved");
    // The label changed by the click, long after it was first read.
    reader.find(&Wanted::saying("Saved at once"), SOON).unwrap();
    reader.wait_until_gone(&Wanted::saying("Not saved"), SOON).unwrap();

    reader.click(&Wanted::named("check box", "Follow up"), SOON).unwrap();
    assert_eq!(said.next_within(SOON).unwrap(), "follow-up true");
    let field = reader.find(&Wanted { role: Some("text"), ..Wanted::default() }, SOON).unwrap();
    let (x, y) = field.centre();
    desktop.click(x, y).unwrap();
    desktop.type_text("ana", Duration::from_millis(5)).unwrap();
    desktop.key("ctrl+a").unwrap();
    desktop.key("BackSpace").unwrap();
    desktop.type_text("bea", Duration::from_millis(5)).unwrap();
    let typed = Wanted { role: Some("text"), text: Some("bea"), state: Some("focused"), ..Wanted::default() };
    assert_eq!(reader.find(&typed, SOON).unwrap().text, "bea");
    assert_eq!(reader.find(&Wanted::focused(), SOON).unwrap().role, "text");
    assert!(reader.text_of("A window", SOON).unwrap().lines().any(|line| line == "Saved at once"));

    let missing = reader.find(&Wanted::named("push button", "Delete"), NOW).unwrap_err();
    assert!(missing.to_string().contains("push button 'Save'"), "it says what there is: {missing}");
    assert!(reader.find(&Wanted::saying("behind the curtain"), NOW).is_err(), "hidden parts are not read");
}

#[test]
fn a_second_screen_is_one_to_every_program() {
    let dir = tempfile::tempdir().unwrap();
    let desktop = VirtualDesktop::start_with_screens(&dir.path().join("home"), &[(1280, 800), (1024, 768)]).unwrap();
    let (_program, said) = python(&desktop, include_str!("virtual_desktop/monitors.py"));
    assert_eq!(said.next_within(SOON).unwrap(), "1280x800+0+0 1024x768+1280+0");
    let mut probe = TypingProbe::open(&desktop).unwrap();
    desktop.move_pointer(1800, 300).unwrap();
    desktop.type_text("still typed", Duration::from_millis(5)).unwrap();
    assert_eq!(probe.settled_text("still typed", SOON).unwrap(), "still typed");
}

#[test]
fn what_was_copied_and_what_was_marked_are_two_things() {
    let (desktop, _dir) = desktop();
    assert!(desktop.copied().is_err(), "nothing was copied");
    desktop.copy("+506 8888 4787").unwrap();
    desktop.select("2222 3344").unwrap();
    assert_eq!((desktop.copied().unwrap(), desktop.selected().unwrap()), ("+506 8888 4787".into(), "2222 3344".into()));
    assert!(desktop.key("no_such_key").is_err());
}

#[test]
fn everything_that_was_started_ends_with_the_desktop() {
    let (mut desktop, dir) = desktop();
    let tray = desktop.start_tray().unwrap();
    let secrets = desktop.start_secret_service(Keyring::Locked).unwrap();
    let reader: ScreenReader = desktop.start_screen_reader().unwrap();
    let dunst = desktop.start_dunst().unwrap();
    desktop.copy("something").unwrap();
    let (program, _said) = python(&desktop, include_str!("virtual_desktop/tray.py"));
    std::mem::forget(program);
    let inside = desktop.programs_inside();
    for name in ["xfce4-panel", "xfconfd", "gnome-keyring-d", "at-spi-bus-laun", "dunst", "xclip", "python3"] {
        assert!(inside.iter().any(|program| program == name), "{name} is not among {inside:?}");
    }
    let mark = desktop.env()[0].clone();
    drop((tray, secrets, reader, dunst));
    drop(desktop);

    let left = Command::new("grep")
        .args(["--files-with-matches", "--null-data", "--line-regexp", "--fixed-strings", "--no-messages"])
        .arg(format!("{}={}", mark.0, mark.1))
        .args(std::fs::read_dir("/proc").unwrap().flatten().map(|process| process.path().join("environ")))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
    dir.close().unwrap_or_else(|error| panic!("{error}: somebody still writes there"));
}
