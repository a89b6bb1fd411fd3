//! How the person wants every program to look: the settings daemon that desktops on X11 have, and the portal by which newer
//! ones tell it.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::{Bus, VirtualDesktop};

const PORTAL: (&str, &str) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
const PORTAL_OF_GTK: &str = "org.freedesktop.impl.portal.desktop.gtk";
/// Debian's and Fedora's, and Arch's place for portals.
const FOLDERS: [&str; 2] = ["/usr/libexec", "/usr/lib"];
/// Settings of the toolkit come from a file, and whoever has read it is told when it changes.
const KEPT_IN_A_FILE: (&str, &str) = ("GSETTINGS_BACKEND", "keyfile");

/// The settings daemon; it goes with the desktop.
#[derive(Debug)]
pub struct SettingsDaemon {
    file: PathBuf,
    pid: u32,
}

/// The portal; it goes with the desktop.
#[derive(Debug)]
pub struct Portal {
    bus: Bus,
}

impl VirtualDesktop {
    /// From now on programs are told of this theme, and of text of so many per cent.
    ///
    /// # Errors
    /// When it does not come up (Debian: xsettingsd).
    pub fn start_settings_daemon(&mut self, theme: &str, text: u32) -> io::Result<SettingsDaemon> {
        let file = self.home.join(".config/xsettings");
        fs::write(&file, wishes(theme, text))?;
        let mut daemon = self.command("xsettingsd");
        daemon.arg("--config").arg(&file);
        self.silent_part(daemon)?;
        let pid = self.children.last().map(std::process::Child::id);
        Ok(SettingsDaemon { file, pid: pid.ok_or_else(|| io::Error::other("no daemon"))? })
    }

    /// Chooses another theme and another size of text.
    ///
    /// # Errors
    /// When the daemon has gone.
    pub fn choose_looks(&self, daemon: &SettingsDaemon, theme: &str, text: u32) -> io::Result<()> {
        fs::write(&daemon.file, wishes(theme, text))?;
        self.answer("kill", &["-HUP", &daemon.pid.to_string()]).map(drop)
    }

    /// Brings up the portal that tells programs whether the person wants them dark. Nobody says so at first.
    ///
    /// # Errors
    /// When it does not come up (Debian: xdg-desktop-portal, xdg-desktop-portal-gtk).
    pub fn start_portal(&mut self) -> io::Result<Portal> {
        let bus = self.bus()?;
        for (program, name) in [("xdg-desktop-portal-gtk", PORTAL_OF_GTK), ("xdg-desktop-portal", PORTAL.0)] {
            let places = FOLDERS.map(|folder| PathBuf::from(folder).join(program));
            let place = places.into_iter().find(|place| place.exists());
            let mut part = self.command(place.ok_or_else(|| io::Error::other(format!("{program} is missing")))?);
            part.env(KEPT_IN_A_FILE.0, KEPT_IN_A_FILE.1);
            self.silent_part(part)?;
            bus.wait_for(name)?;
        }
        Ok(Portal { bus })
    }

    /// Chooses `prefer-dark`, `prefer-light` or `default` where desktops have that choice, and waits until the portal says so.
    ///
    /// # Errors
    /// When it does not.
    pub fn choose_scheme(&self, portal: &Portal, scheme: &str) -> io::Result<()> {
        let mut choose = self.command("gsettings");
        choose.args(["set", "org.gnome.desktop.interface", "color-scheme", scheme]);
        let status = choose.env(KEPT_IN_A_FILE.0, KEPT_IN_A_FILE.1).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("gsettings: {status}")));
        }
        let wanted = match scheme {
            "prefer-dark" => 1,
            "prefer-light" => 2,
            _ => 0,
        };
        portal.bus.wait_until(super::COMES_UP_WITHIN, || (portal.scheme().ok()? == wanted).then_some(()))
    }
}

impl Portal {
    fn scheme(&self) -> io::Result<u32> {
        let asked = ("org.freedesktop.appearance", "color-scheme");
        let told: zbus::zvariant::OwnedValue =
            self.bus.ask(PORTAL, "org.freedesktop.portal.Settings", "Read", &asked)?;
        // A value in a value, as the portal has always told it.
        let mut told = zbus::zvariant::Value::from(told);
        while let zbus::zvariant::Value::Value(inner) = told {
            told = *inner;
        }
        u32::try_from(&told).map_err(io::Error::other)
    }
}

/// In 1024ths of dots per inch, of which text of its usual size has 96.
fn wishes(theme: &str, text: u32) -> String {
    format!("Net/ThemeName \"{theme}\"\nXft/DPI {}\n", 96 * 1024 * text / 100)
}
