//! A real daemon that shows notifications, for pictures; [`Notifications`](super::Notifications) is the one to ask.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Bus, VirtualDesktop};

const OBJECT: (&str, &str) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
/// What only dunst can do.
const COMMANDS: &str = "org.dunstproject.cmd0";

/// Takes the action whose name lies beside it; dunst offers them as `#label [summary]` lines.
const PICKER: &str = r#"#!/bin/sh
grep --fixed-strings --max-count=1 -- "$(cat "${0%/*}/wanted")"
"#;

/// The daemon; it goes with the desktop.
#[derive(Debug)]
pub struct Dunst {
    bus: Bus,
    folder: PathBuf,
}

impl VirtualDesktop {
    /// From now on notifications are shown on the screen.
    ///
    /// # Errors
    /// When it does not come up (Debian: dunst).
    pub fn start_dunst(&mut self) -> io::Result<Dunst> {
        let folder = self.home.join(".config/dunst");
        fs::create_dir_all(&folder)?;
        let (picker, settings) = (folder.join("picker"), folder.join("dunstrc"));
        fs::write(&picker, PICKER)?;
        fs::set_permissions(&picker, fs::Permissions::from_mode(0o755))?;
        let dmenu = picker.display();
        fs::write(
            &settings,
            format!("[global]\ndmenu = {dmenu}\nmarkup = full\nfont = DejaVu Sans 10\nwidth = 320\n"),
        )?;
        let bus = self.bus()?;
        let mut dunst = self.command("dunst");
        dunst.arg("-config").arg(&settings);
        self.silent_part(dunst)?;
        bus.wait_for(OBJECT.0)?;
        Ok(Dunst { bus, folder })
    }
}

impl Dunst {
    /// Chooses an action of what is shown, by the text on its button.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub fn choose(&self, label: &str) -> io::Result<()> {
        fs::write(self.folder.join("wanted"), format!("#{label} "))?;
        self.bus.ask(OBJECT, COMMANDS, "ContextMenuCall", &())
    }

    /// Waits until so many are on the screen.
    ///
    /// # Errors
    /// When that does not come about in time.
    pub fn wait_for(&self, shown: u32, within: Duration) -> io::Result<()> {
        self.bus.wait_until(within, || {
            let told = self.bus.properties(OBJECT, COMMANDS).ok()?.remove("displayedLength")?;
            (u32::try_from(told).ok()? == shown).then_some(())
        })
    }
}
