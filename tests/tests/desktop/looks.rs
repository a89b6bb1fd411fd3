//! The windows look as the person wants every program to look: dark or light, with text of any size, on screens of any
//! scale.

use std::path::{Path, PathBuf};
use std::process::Command;

use timbre_tests::desktop::{Control, Wanted, Window};
use timbre_tests::story::ENDPOINT;

use crate::office::{DIAL, Office, POPUP, SOON, Setting};

const MAIN: &str = "Timbre";
/// What most offices have.
const SMALL_SCREEN: (u16, u16) = (1366, 768);
/// A pop-up's width, with text of its usual size.
const WIDTH: i32 = 400;
/// The colours of a pop-up's foot, as they stand in theme.css.
const LIGHT: &str = "#f5f6f8";
const DARK: &str = "#23272c";
/// The band of a call that rings.
const RINGING: &str = "#0b5cc4";

fn told(theme: &'static str, text: u32) -> Setting {
    Setting { reader: true, tray: true, screen: Some(SMALL_SCREEN), looks: Some((theme, text)), ..Setting::default() }
}

/// A point of the one pop-up there is.
fn of_popup(place: impl Fn(&Window) -> (i32, i32)) -> impl Fn(&Office) -> Option<(i32, i32)> {
    move |office| office.popups().first().map(&place)
}

/// A point in its foot, away from its words.
fn foot(office: &Office) -> Option<(i32, i32)> {
    of_popup(|popup| (popup.x + 5, popup.y + popup.height - 5))(office)
}

fn is_within(control: &Control, window: &Window) -> bool {
    control.x >= window.x
        && control.y >= window.y
        && control.x + control.width <= window.x + window.width
        && control.y + control.height <= window.y + window.height
}

fn is_on_the_screen(window: &Window) -> bool {
    let (width, height) = (i32::from(SMALL_SCREEN.0), i32::from(SMALL_SCREEN.1));
    // wmctrl counts the frame twice where it says where a framed window stands.
    let (side, top) = if window.title == MAIN { (4, 24) } else { (0, 0) };
    let (right, bottom) = (window.x - side + window.width, window.y - top + window.height);
    window.x >= 0 && window.y >= 0 && right <= width && bottom <= height
}

fn rings(office: &mut Office) -> Window {
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    office.desktop.wait_for_window(POPUP, SOON).unwrap()
}

fn main_window(office: &Office) -> Option<Window> {
    office.desktop.windows().ok()?.into_iter().find(|window| window.title == MAIN)
}

/// The main window, opened from the tray.
fn opens(office: &mut Office) -> Window {
    office.icon().click(&["Open Timbre"], SOON).unwrap();
    office.desktop.wait_until(SOON, || main_window(office)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_stand_follow_the_settings_daemon_in_theme_and_size_of_text() {
    let mut office = Office::open_as(told("Adwaita", 100)).await;
    let popup = rings(&mut office);
    let main = opens(&mut office);
    assert_eq!((popup.width, main.width), (WIDTH, 1080));
    office.wait_for_colour(foot, LIGHT);
    let number = Wanted::named("heading", "8888 4787").within(POPUP);
    let letters = office.read(&number).height;

    for (theme, text, colour) in [("Adwaita-dark", 150, DARK), ("Adwaita", 200, LIGHT), ("Adwaita-dark", 100, DARK)] {
        office.looks(theme, text);
        let wide = WIDTH * i32::try_from(text).unwrap() / 100;
        let popup = office.wait_for_width(wide);
        assert!(is_on_the_screen(&popup), "{popup:?}");
        office.wait_for_colour(foot, colour);
        let larger = office.desktop.wait_until(SOON, || {
            let now = office.reader.as_mut().unwrap().find(&number, SOON).ok()?.height;
            ((now * 100 / letters).abs_diff(i32::try_from(text).unwrap()) <= 4).then_some(())
        });
        larger.unwrap_or_else(|error| panic!("{error}: the letters are not of {text} %"));
        // As wide as before with the text, but for what the screen has no room for.
        let wide = (1080 * i32::try_from(text).unwrap() / 100).min(i32::from(SMALL_SCREEN.0) - 12);
        let main = office.desktop.wait_until(SOON, || main_window(&office).filter(|main| main.width == wide));
        let main = main.unwrap_or_else(|error| panic!("{error}: {text} %: {:?}", main_window(&office)));
        assert!(is_on_the_screen(&main), "{main:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_stand_follow_the_portal_into_the_dark_and_back() {
    let setting = Setting { portal: true, looks: Some(("Adwaita", 100)), ..Setting::default() };
    let mut office = Office::open_as(setting).await;
    rings(&mut office);
    office.wait_for_colour(foot, LIGHT);
    for (scheme, colour) in [("prefer-dark", DARK), ("prefer-light", LIGHT), ("prefer-dark", DARK), ("default", LIGHT)]
    {
        office.desktop.choose_scheme(office.portal.as_ref().unwrap(), scheme).unwrap();
        office.wait_for_colour(foot, colour);
    }
    // A dark theme is dark although the portal has no wish.
    office.looks("Adwaita-dark", 100);
    office.wait_for_colour(foot, DARK);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_large_text_everything_of_a_pop_up_and_of_the_main_window_is_on_a_small_screen_and_works() {
    for text in [150, 200, 250] {
        let mut office = Office::open_as(told("Adwaita", text)).await;
        office.knows("Ana Fernández", "8888-4787");
        let call = office.sim.rings("8888-4787", ENDPOINT);
        office.app.painted(&call.callid(), SOON).unwrap();
        let popup = office.wait_for_width(WIDTH * i32::try_from(text).unwrap() / 100);
        assert!(is_on_the_screen(&popup), "{text} %: {popup:?}");
        for name in ["Close", "Save"] {
            // It may still grow in height: what counts is where both are in the end.
            let deadline = std::time::Instant::now() + SOON;
            loop {
                let wanted = Wanted { role: Some("push button"), text: Some(name), ..Wanted::default() }.within(POPUP);
                let (button, popups) = (office.read(&wanted), office.popups());
                if popups.iter().any(|popup| is_within(&button, popup) && is_on_the_screen(popup)) {
                    break;
                }
                assert!(std::time::Instant::now() < deadline, "{text} %: {button:?} in {popups:?}");
            }
        }
        office.picture(&format!("popup-text-{text}"));
        office.click_on(&Wanted::named("push button", "Close").within(POPUP));
        office.app.hidden(&call.callid(), SOON).unwrap();
        assert!(call.hang_up());

        let main = opens(&mut office);
        assert!(is_on_the_screen(&main), "{text} %: {main:?}");
        let row = office.read(&Wanted { role: Some("list item"), text: Some("Ana"), ..Wanted::default() }.within(MAIN));
        assert!(is_within(&row, &main), "{text} %: {row:?} in {main:?}");
        office.picture(&format!("main-text-{text}"));
        office.desktop.key("ctrl+shift+d").unwrap();
        office.desktop.wait_until_active(DIAL, SOON).unwrap();
        office.read(&Wanted::saying("Ana").within(DIAL));
        let dial = office.desktop.wait_until(SOON, || {
            let all = office.desktop.windows().ok()?;
            all.into_iter().find(|window| window.title == DIAL && is_on_the_screen(window) && window.width > 700)
        });
        dial.unwrap_or_else(|error| panic!("{error}: {text} %: {:?}", office.desktop.windows()));
        office.picture(&format!("dial-text-{text}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_screen_of_twice_the_scale_a_page_fills_its_window() {
    let setting =
        Setting { reader: true, screen: Some((2732, 1536)), env: &[("GDK_SCALE", "2")], ..Setting::default() };
    let mut office = Office::open_as(setting).await;
    let popup = rings(&mut office);
    assert_eq!(popup.width, 2 * WIDTH);
    // In the band's two ends.
    office.wait_for_colour(of_popup(|popup| (popup.x + 12, popup.y + 20)), RINGING);
    office.wait_for_colour(of_popup(|popup| (popup.x + popup.width - 12, popup.y + 20)), RINGING);
    office.wait_for_colour(foot, LIGHT);
    office.picture("popup-scale-2");
}

/// What saves memory, as `src-tauri/src/memory.rs` has it, switched off.
const NOTHING_SAVED: &[(&str, &str)] = &[("WEBKIT_DISABLE_DMABUF_RENDERER", "0"), ("GDK_GL", ""), ("JSC_useJIT", "1")];

#[tokio::test(flavor = "multi_thread")]
async fn what_saves_memory_changes_nothing_that_a_person_sees() {
    for (text, scale) in [(100, "1"), (150, "1"), (100, "2")] {
        let mut pictures = Vec::new();
        for (name, saves) in [("saving", true), ("not-saving", false)] {
            let scaled: &'static [(&str, &str)] = if scale == "2" { &[("GDK_SCALE", "2")] } else { &[] };
            let env: Vec<_> = scaled.iter().chain(if saves { &[][..] } else { NOTHING_SAVED }).copied().collect();
            let setting = Setting {
                first_run: true,
                screen: Some((2732, 1536)),
                looks: Some(("Adwaita-dark", text)),
                env: env.leak(),
                reader: true,
                tray: true,
                ..Setting::default()
            };
            let mut office = Office::open_as(setting).await;
            office.read(&Wanted::named("radio button", "English"));
            let window = office.desktop.wait_until_active(MAIN, SOON).unwrap();
            // Its ground is dark: it is painted.
            office.wait_for_colour(|_| Some((window.x + 40, window.y + window.height - 160)), "#1b1e22");
            pictures.push(settled(&office, &format!("{name}-{text}-{scale}"), &window));
        }
        let differs = differing_points(&pictures[0], &pictures[1]);
        assert_eq!(differs, 0, "text of {text} %, scale {scale}: {pictures:?}");
    }
}

/// A picture of a window whose fades have come to their end: two in a row are alike.
fn settled(office: &Office, name: &str, window: &Window) -> PathBuf {
    let mut last = part_of(&office.picture(name), window);
    office
        .desktop
        .wait_until(SOON, || {
            let next = part_of(&office.picture(&format!("{name}-settled")), window);
            let is_still = differing_points(&last, &next) == 0;
            last = next.with_extension("last.png");
            std::fs::rename(&next, &last).unwrap();
            is_still.then_some(())
        })
        .unwrap();
    last
}

/// A window's part of a picture of the screen.
fn part_of(picture: &Path, window: &Window) -> PathBuf {
    let part = picture.with_extension("part.png");
    let crop = format!("{}x{}+{}+{}", window.width, window.height, window.x, window.y);
    let cut = Command::new("convert").arg(picture).args(["-crop", &crop, "+repage"]).arg(&part).status().unwrap();
    assert!(cut.success());
    part
}

/// How far a point may be from another for nobody to see it. WebKit paints the edge of a round shape a shade differently where
/// it paints one half of it again (seen: 10 of 255).
const NOBODY_SEES: &str = "5%";

/// How many points of two pictures are not alike.
fn differing_points(one: &Path, other: &Path) -> u64 {
    let compared = Command::new("compare")
        .args(["-fuzz", NOBODY_SEES, "-metric", "AE"])
        .arg(one)
        .arg(other)
        .arg("null:")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&compared.stderr).trim().to_owned();
    said.parse::<f64>().unwrap_or_else(|_| panic!("{said}")) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_windows_with_text_of_every_size_light_and_dark() {
    let mut office = Office::open_as(Setting { crm: true, ..told("Adwaita", 100) }).await;
    office.knows("Ana Fernández", "8888-4787");
    let missed = office.sim.rings("2222-3344", ENDPOINT);
    office.app.painted(&missed.callid(), SOON).unwrap();
    assert!(missed.hang_up());
    office.app.hidden(&missed.callid(), SOON).unwrap();
    opens(&mut office);
    let call = office.sim.rings("8888-4787", ENDPOINT);
    office.app.painted(&call.callid(), SOON).unwrap();
    assert!(call.answer());
    office.read(&Wanted::saying("in conversation").within(POPUP));
    for text in [100, 150, 200] {
        for (theme, name, colour) in [("Adwaita", "light", LIGHT), ("Adwaita-dark", "dark", DARK)] {
            office.looks(theme, text);
            office.wait_for_width(WIDTH * i32::try_from(text).unwrap() / 100);
            office.wait_for_colour(foot, colour);
            office.picture(&format!("looks-{text}-{name}"));
        }
    }
}
