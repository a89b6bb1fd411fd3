//! The tray's icons: a shape for each state.
//!
//! Nobody says of what colour the panel is: a desktop's theme tells of its windows, and panels are often dark beside tray_status
//! ones. So the shapes are tray_status with a dark edge, which is seen on any; macOS alone inks a template image by itself.

#[cfg(any(not(target_os = "linux"), test))]
use tauri::image::Image;
use timbre_domain::status::TrayStatus;

macro_rules! drawn {
    ($ink:literal, $tray_status:expr) => {
        match $tray_status {
            TrayStatus::Ready => include_bytes!(concat!("../../../icons/tray/ready-", $ink, ".png")).as_slice(),
            TrayStatus::Ringing => include_bytes!(concat!("../../../icons/tray/ringing-", $ink, ".png")).as_slice(),
            TrayStatus::InCall => include_bytes!(concat!("../../../icons/tray/call-", $ink, ".png")).as_slice(),
            TrayStatus::Unreachable => {
                include_bytes!(concat!("../../../icons/tray/unreachable-", $ink, ".png")).as_slice()
            }
            TrayStatus::DoNotDisturb => include_bytes!(concat!("../../../icons/tray/dnd-", $ink, ".png")).as_slice(),
            TrayStatus::Waiting => include_bytes!(concat!("../../../icons/tray/waiting-", $ink, ".png")).as_slice(),
        }
    };
}

/// The icon of a state, as PNG.
pub(super) fn picture(tray_status: TrayStatus) -> &'static [u8] {
    if cfg!(target_os = "macos") { drawn!("template", tray_status) } else { drawn!("any", tray_status) }
}

/// The icon of a state.
#[cfg(any(not(target_os = "linux"), test))]
pub(crate) fn of(tray_status: TrayStatus) -> tauri::Result<Image<'static>> {
    Image::from_bytes(picture(tray_status))
}

#[cfg(test)]
mod tests {
    use TrayStatus::{DoNotDisturb, InCall, Ready, Ringing, Unreachable, Waiting};

    use super::*;

    const ALL: [TrayStatus; 6] = [Ready, Ringing, InCall, Unreachable, DoNotDisturb, Waiting];
    /// Black and white, and what panels of common desktops are: GNOME, Windows 11 dark and tray_status, Xfce, Breeze.
    const PANELS: [[u8; 3]; 8] = [
        [0, 0, 0],
        [255, 255, 255],
        [0x1d, 0x1d, 0x1d],
        [0x1c, 0x1c, 0x1c],
        [0xf3, 0xf3, 0xf3],
        [0x35, 0x39, 0x45],
        [0xee, 0xf0, 0xf1],
        [0x80, 0x80, 0x80],
    ];
    /// What the accessibility guidelines ask of graphics.
    const SEEN_FROM: f64 = 3.0;

    #[test]
    fn every_state_has_an_icon_of_its_own() {
        let mut seen = Vec::new();
        for tray_status in ALL {
            let image = of(tray_status).unwrap();
            assert_eq!(image.width(), image.height());
            assert!(!seen.contains(&image.rgba().to_vec()), "{tray_status:?} looks like another");
            seen.push(image.rgba().to_vec());
        }
    }

    /// Relative luminance, as WCAG has it.
    fn luminance(colour: [f64; 3]) -> f64 {
        let [r, g, b] = colour.map(|part| {
            let part = part / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn every_icon_can_be_seen_on_a_panel_of_any_colour() {
        for tray_status in ALL {
            let image = of(tray_status).unwrap();
            for panel in PANELS {
                let ground = luminance(panel.map(f64::from));
                let seen = image.rgba().chunks_exact(4).filter(|pixel| {
                    let cover = f64::from(pixel[3]) / 255.0;
                    let over = |at: usize| f64::from(pixel[at]) * cover + f64::from(panel[at]) * (1.0 - cover);
                    let pixel = luminance([over(0), over(1), over(2)]);
                    (pixel.max(ground) + 0.05) / (pixel.min(ground) + 0.05) >= SEEN_FROM
                });
                let share = seen.count() as f64 / f64::from(image.width() * image.height());
                assert!(share > 0.12, "{tray_status:?} on {panel:?}: {share:.3} of the picture stands out");
            }
        }
    }
}
