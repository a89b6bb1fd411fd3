//! The tray's icons: a shape for each state, in one ink.

use tauri::AppHandle;
use tauri::image::Image;
use timbre_domain::status::Light;

/// What a panel is drawn on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// For light panels.
    Dark,
    /// For dark panels.
    Light,
}

impl Ink {
    /// The ink for this system's panel. macOS inks a template image by itself; elsewhere panels are dark unless the whole
    /// desktop is light, and GNOME's is dark even then.
    pub(crate) fn of_panel(app: &AppHandle) -> Self {
        if cfg!(target_os = "macos") {
            return Self::Dark;
        }
        let gnome = std::env::var("XDG_CURRENT_DESKTOP").is_ok_and(|desktop| desktop.contains("GNOME"));
        #[cfg(target_os = "linux")]
        let light = {
            let _ = app;
            !desktop_is_dark()
        };
        #[cfg(not(target_os = "linux"))]
        let light = app.webview_windows_theme() == Some(tauri::Theme::Light);
        if light && !gnome { Self::Dark } else { Self::Light }
    }
}

/// Whether the whole desktop is dark, as the toolkit was told. On the main thread.
#[cfg(target_os = "linux")]
fn desktop_is_dark() -> bool {
    use gtk::prelude::GtkSettingsExt as _;

    gtk::Settings::default().is_some_and(|settings| {
        let named_dark = settings.gtk_theme_name().is_some_and(|name| name.to_lowercase().contains("dark"));
        settings.is_gtk_application_prefer_dark_theme() || named_dark
    })
}

#[cfg(not(target_os = "linux"))]
trait WindowsTheme {
    fn webview_windows_theme(&self) -> Option<tauri::Theme>;
}

#[cfg(not(target_os = "linux"))]
impl WindowsTheme for AppHandle {
    /// The theme that the system gives our windows.
    fn webview_windows_theme(&self) -> Option<tauri::Theme> {
        use tauri::Manager;
        self.webview_windows().values().find_map(|window| window.theme().ok())
    }
}

/// The icon of a state.
pub(crate) fn of(light: Light, ink: Ink) -> tauri::Result<Image<'static>> {
    macro_rules! icon {
        ($name:literal) => {
            match ink {
                Ink::Dark => include_bytes!(concat!("../../../icons/tray/", $name, "-dark.png")).as_slice(),
                Ink::Light => include_bytes!(concat!("../../../icons/tray/", $name, "-light.png")).as_slice(),
            }
        };
    }
    Image::from_bytes(match light {
        Light::Ready => icon!("ready"),
        Light::Ringing => icon!("ringing"),
        Light::InCall => icon!("call"),
        Light::Unreachable => icon!("unreachable"),
        Light::DoNotDisturb => icon!("dnd"),
        Light::Waiting => icon!("waiting"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_an_icon_of_its_own_in_both_inks() {
        use Light::{DoNotDisturb, InCall, Ready, Ringing, Unreachable, Waiting};

        let mut seen = Vec::new();
        for light in [Ready, Ringing, InCall, Unreachable, DoNotDisturb, Waiting] {
            for ink in [Ink::Dark, Ink::Light] {
                let image = of(light, ink).unwrap();
                assert_eq!(image.width(), image.height());
                assert!(!seen.contains(&image.rgba().to_vec()), "{light:?} looks like another");
                seen.push(image.rgba().to_vec());
            }
        }
    }
}
