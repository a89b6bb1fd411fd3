//! A virtual desktop like a person's own, and the hands on it: background, panel with a tray, notifications, keyring, and
//! somebody who reads the windows, so that the hands know when what they wait for is there and where it is.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::desktop::{Control, Dunst, Keyring, ScreenReader, SecretService, Tray, TrayItem, VirtualDesktop, Wanted};

/// How long anything on the screen may take, on a machine that is busy compiling.
const SOON: Duration = Duration::from_secs(30);
/// About how fast people type.
pub(super) const BETWEEN_KEYS: Duration = Duration::from_millis(25);
/// How often a text is typed before it is given up.
const TRIES: usize = 4;
/// More fields than any window has.
const MOST_TABS: usize = 40;
/// The pop-ups' titles begin so.
pub(super) const POPUP: &str = "Timbre pop-up";
/// So does the dial window's.
pub(super) const DIAL: &str = "Timbre · dial";

/// A wallpaper in two tones, as `convert` draws it.
const LIGHT: &str = "gradient:#5b8aa6-#23485e";
const DARK: &str = "gradient:#2c3e50-#10181f";

/// The desktop. The order is that in which its parts go.
pub(super) struct Desk {
    reader: ScreenReader,
    dunst: Dunst,
    tray: Tray,
    _secrets: SecretService,
    desktop: VirtualDesktop,
}

impl Desk {
    /// Brings it up with its home in `dir`.
    pub(super) fn open(dir: &Path, dark: bool) -> io::Result<Self> {
        let mut desktop = VirtualDesktop::start_sized(dir, 1440, 900)?;
        // Before the first program that reads it. Web pages in windows follow it too.
        let settings = desktop.home().join(".config/gtk-3.0");
        std::fs::create_dir_all(&settings)?;
        std::fs::write(
            settings.join("settings.ini"),
            format!(
                "[Settings]\ngtk-theme-name = Adwaita\ngtk-icon-theme-name = Adwaita\ngtk-font-name = DejaVu Sans 10\n\
                 gtk-application-prefer-dark-theme = {dark}\n"
            ),
        )?;
        paint_background(&desktop, dark)?;
        let secrets = desktop.start_secret_service(Keyring::Unlocked)?;
        let tray = desktop.start_tray()?;
        let dunst = desktop.start_dunst()?;
        let reader = desktop.start_screen_reader()?;
        Ok(Self { reader, dunst, tray, _secrets: secrets, desktop })
    }

    /// The environment of programs that run on it.
    pub(super) fn env(&self) -> &[(String, String)] {
        self.desktop.env()
    }

    pub(super) fn desktop(&self) -> &VirtualDesktop {
        &self.desktop
    }

    pub(super) fn screenshot(&self, file: &Path) -> io::Result<()> {
        // What the pointer rests on would explain itself, over what is to be seen.
        self.desktop.run("xdotool", ["mousemove", "4", "880"], SOON)?;
        self.desktop.screenshot(file)
    }

    /// Types a text where the keyboard is. A letter that no key of this keyboard has gets one for a moment, and now and then
    /// a busy program has not heard of it yet: then it is typed again, as a person would.
    pub(super) fn types(&mut self, text: &str) -> io::Result<()> {
        for _ in 0..TRIES {
            self.desktop.type_text(text, BETWEEN_KEYS)?;
            let there = Wanted { text: Some(text), state: Some("editable"), ..Wanted::default() };
            if text.is_ascii() || self.reader.find(&there, Duration::from_secs(2)).is_ok() {
                return Ok(());
            }
            self.desktop.key("ctrl+a")?;
        }
        Err(io::Error::other(format!("{text:?} can't be typed")))
    }

    /// Presses keys one after the other, by their X names.
    pub(super) fn presses(&self, keys: &[&str]) -> io::Result<()> {
        keys.iter().try_for_each(|keys| self.desktop.key(keys))
    }

    /// Waits until this can be read somewhere.
    pub(super) fn sees(&mut self, wanted: &Wanted<'_>) -> io::Result<Control> {
        self.reader.find(wanted, SOON)
    }

    /// Waits until a window says this, as a part of anything that is read aloud.
    pub(super) fn reads(&mut self, window: &str, words: &str) -> io::Result<()> {
        let Self { reader, desktop, .. } = self;
        let said = desktop.wait_until(SOON, || {
            let text = reader.text_of(window, Duration::ZERO).ok()?;
            text.contains(words).then_some(())
        });
        said.map_err(|error| {
            let text = reader.text_of(window, Duration::ZERO).unwrap_or_default();
            io::Error::new(error.kind(), format!("{window} does not say {words:?} but\n{text}"))
        })
    }

    /// Waits until a window says this no more.
    pub(super) fn reads_no(&mut self, window: &str, words: &str) -> io::Result<()> {
        let Self { reader, desktop, .. } = self;
        let gone = desktop.wait_until(SOON, || {
            let text = reader.text_of(window, Duration::ZERO).ok()?;
            (!text.contains(words)).then_some(())
        });
        gone.map_err(|error| io::Error::new(error.kind(), format!("{window} still says {words:?}")))
    }

    /// Clicks something with the pointer.
    pub(super) fn clicks(&mut self, wanted: &Wanted<'_>) -> io::Result<()> {
        let (x, y) = self.reader.find(wanted, SOON)?.centre();
        self.desktop.click(x, y)
    }

    /// Presses Tab until this has the keyboard.
    pub(super) fn tabs_to(&mut self, window: &str, name: &str) -> io::Result<()> {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            let before = self.reader.find(&Wanted::focused().within(window), SOON)?;
            if before.name == name {
                return Ok(());
            }
            self.desktop.key("Tab")?;
            self.desktop.wait_until(SOON, || {
                let now = self.reader.find(&Wanted::focused().within(window), Duration::ZERO).ok()?;
                (now != before).then_some(())
            })?;
            passed.push(before.name);
        }
        Err(io::Error::other(format!("no Tab leads to {name:?}, only to {passed:?}")))
    }

    /// Waits until a window whose title begins so has the keyboard, whichever of several it is.
    pub(super) fn wait_until_active(&self, title: &str) -> io::Result<()> {
        let active = self.desktop.wait_until(SOON, || {
            let active = self.desktop.active_window().ok().flatten()?;
            let windows = self.desktop.windows().ok()?;
            windows.iter().any(|window| window.id == active && window.title.starts_with(title)).then_some(())
        });
        active.map_err(|error| io::Error::new(error.kind(), format!("{title} does not get the keyboard")))
    }

    /// Waits until no window is called so any more.
    pub(super) fn wait_until_gone(&self, title: &str) -> io::Result<()> {
        let gone = self.desktop.wait_until_gone(title, SOON);
        gone.map_err(|error| io::Error::new(error.kind(), format!("{title} does not go")))
    }

    /// Puts the pop-up away that has the keyboard.
    pub(super) fn puts_away(&self) -> io::Result<()> {
        let active = self.desktop.active_window()?;
        self.desktop.key("Escape")?;
        self.desktop.wait_until(SOON, || {
            let windows = self.desktop.windows().ok()?;
            windows.iter().all(|window| Some(window.id) != active).then_some(())
        })
    }

    /// The icon of a program in the tray.
    pub(super) fn tray_item(&self, pid: u32) -> io::Result<TrayItem> {
        self.tray.item_of(pid, SOON)
    }

    /// Chooses an entry of the menu behind a program's icon.
    pub(super) fn chooses_in_tray(&self, pid: u32, labels: &[&str]) -> io::Result<()> {
        let item = self.tray_item(pid)?;
        let mut refused = None;
        // A menu that was made anew between the look and the click has other entries.
        let clicked = self.desktop.wait_until(SOON, || match item.click(labels, Duration::ZERO) {
            Ok(()) => Some(()),
            Err(error) => {
                refused = Some(error);
                None
            }
        });
        clicked.map_err(|error| refused.unwrap_or(error))
    }

    /// Waits until so many notifications are on the screen.
    pub(super) fn waits_for_notifications(&self, shown: u32) -> io::Result<()> {
        self.dunst.wait_for(shown, SOON)
    }

    /// Chooses an action of a notification by the text on its button.
    pub(super) fn chooses_action(&self, label: &str) -> io::Result<()> {
        self.dunst.choose(label)
    }
}

/// Black would look like a screen that is off.
fn paint_background(desktop: &VirtualDesktop, dark: bool) -> io::Result<()> {
    let mut display = desktop.command("display");
    let picture = if dark { DARK } else { LIGHT };
    display.args(["-size", "1440x900", "-window", "root", picture]).stdin(Stdio::null());
    // It ends with 1 also where all went well: what counts is on the screen.
    let output = display.stderr(Stdio::null()).output()?;
    let painted = desktop.wait_until(SOON, || desktop.colour(20, 20).ok().filter(|colour| colour != "#000000"));
    painted.map(drop).map_err(|error| io::Error::new(error.kind(), format!("display: {}", output.status)))
}
