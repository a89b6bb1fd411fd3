//! How large windows are: as large as their page needs with the text that the person chose, and never larger than the
//! screen. What has no room then scrolls inside.

use tauri::{LogicalSize, Manager as _, Monitor, WebviewWindow};

use crate::text_scale;

/// What a window manager may draw around a window, logical pixels: none says so before the window is seen.
const FRAME: (f64, f64) = (12.0, 40.0);

/// A window's size in logical pixels, for text of its usual size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// What it opens with.
    pub(crate) usual: (f64, f64),
    /// What a person can make it at least.
    pub(crate) least: (f64, f64),
}

impl Size {
    /// Gives a window that is made its size.
    pub(crate) fn give(self, window: &WebviewWindow) -> tauri::Result<()> {
        self.bound(window)?;
        window.set_size(fitting(window, self.usual)?)
    }

    /// The text is so many times larger than before, or smaller: the window becomes so, and stays on its screen.
    #[cfg(target_os = "linux")]
    pub(crate) fn grow(self, window: &WebviewWindow, times: f64) -> tauri::Result<()> {
        self.bound(window)?;
        if window.is_maximized()? {
            return Ok(());
        }
        let size = window.inner_size()?.to_logical::<f64>(window.scale_factor()?);
        let Some(monitor) = screen(window)? else { return Ok(()) };
        let (room, text) = (room(&monitor), text_scale::of(window.app_handle()));
        // What the screen had cut off comes back where text becomes smaller.
        let grown = |now: f64, usual: f64, room: f64| if now > room - 2.0 { usual * text } else { now * times };
        let (width, height) = (grown(size.width, self.usual.0, room.0), grown(size.height, self.usual.1, room.1));
        let size = cut((width, height), room);
        window.set_size(size)?;
        // From its upper left corner, as far as there is room for that.
        let (at, scale, area) = (window.outer_position()?, monitor.scale_factor(), monitor.work_area());
        let back = |at: i32, size: f64, from: i32, room: u32| {
            let last = from + room.cast_signed() - (size * scale).round() as i32;
            at.min(last).max(from)
        };
        let x = back(at.x, size.width + FRAME.0, area.position.x, area.size.width);
        let y = back(at.y, size.height + FRAME.1, area.position.y, area.size.height);
        if (x, y) == (at.x, at.y) { Ok(()) } else { window.set_position(tauri::PhysicalPosition::new(x, y)) }
    }

    fn bound(self, window: &WebviewWindow) -> tauri::Result<()> {
        window.set_min_size(Some(fitting(window, self.least)?))
    }
}

/// This size with the text as it is, cut to the screen.
fn fitting(window: &WebviewWindow, (width, height): (f64, f64)) -> tauri::Result<LogicalSize<f64>> {
    let text = text_scale::of(window.app_handle());
    let wanted = (width * text, height * text);
    Ok(match screen(window)? {
        Some(monitor) => cut(wanted, room(&monitor)),
        None => LogicalSize::new(wanted.0, wanted.1),
    })
}

/// The screen that a window is on, or will be on.
pub(crate) fn screen(window: &WebviewWindow) -> tauri::Result<Option<Monitor>> {
    Ok(match window.current_monitor()?.or(window.primary_monitor()?) {
        Some(monitor) => Some(monitor),
        None => window.available_monitors()?.into_iter().next(),
    })
}

/// The room for what is in a window, logical pixels.
fn room(monitor: &Monitor) -> (f64, f64) {
    let area = monitor.work_area().size.to_logical::<f64>(monitor.scale_factor());
    (area.width - FRAME.0, area.height - FRAME.1)
}

fn cut((width, height): (f64, f64), room: (f64, f64)) -> LogicalSize<f64> {
    LogicalSize::new(width.min(room.0), height.min(room.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_never_larger_than_the_room_for_it() {
        assert_eq!(cut((1080.0, 720.0), (1354.0, 728.0)), LogicalSize::new(1080.0, 720.0));
        assert_eq!(cut((2160.0, 1440.0), (1354.0, 728.0)), LogicalSize::new(1354.0, 728.0));
        assert_eq!(cut((700.0, 900.0), (1354.0, 728.0)), LogicalSize::new(700.0, 728.0));
    }
}
