use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::VirtualDesktop;

/// A window people can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub id: u64,
    /// The program it belongs to.
    pub pid: u32,
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
    pub title: String,
}

impl VirtualDesktop {
    /// A picture of everything on the screen, as PNG.
    ///
    /// # Errors
    /// When it could not be taken or written.
    pub fn screenshot(&self, path: &Path) -> io::Result<()> {
        self.answer("import", &[OsStr::new("-window"), OsStr::new("root"), path.as_os_str()]).map(drop)
    }

    /// The windows people can see, from the lowest to the topmost one known to the window manager.
    ///
    /// # Errors
    /// When the window manager does not answer.
    pub fn windows(&self) -> io::Result<Vec<Window>> {
        let listed = self.answer("wmctrl", &["-l", "-G", "-p"])?;
        Ok(listed.lines().filter_map(Window::read).collect())
    }

    /// The X id of the window that has the focus, as the window manager says; none where nothing has it.
    ///
    /// # Errors
    /// When the X server does not answer.
    pub fn active_window(&self) -> io::Result<Option<u64>> {
        let line = self.answer("xprop", &["-root", "_NET_ACTIVE_WINDOW"])?;
        Ok(line.rsplit('#').next().and_then(hexadecimal).filter(|id| *id != 0))
    }

    /// Waits until a window whose title begins so is to be seen; with several, the lowest.
    ///
    /// # Errors
    /// When it does not come in time.
    pub fn wait_for_window(&self, title: &str, within: Duration) -> io::Result<Window> {
        self.wait_until(within, || self.window(title))
    }

    /// Waits until a window whose title begins so has the focus.
    ///
    /// # Errors
    /// When it does not get it in time.
    pub fn wait_until_active(&self, title: &str, within: Duration) -> io::Result<Window> {
        self.wait_until(within, || {
            let active = self.active_window().ok().flatten()?;
            self.window(title).filter(|window| window.id == active)
        })
    }

    /// Closes a window, as its cross does.
    ///
    /// # Errors
    /// When the window manager does not answer.
    pub fn close(&self, window: &Window) -> io::Result<()> {
        self.answer("wmctrl", &["-i", "-c", &format!("{:#x}", window.id)]).map(drop)
    }

    /// Waits until no window whose title begins so is to be seen.
    ///
    /// # Errors
    /// When it does not go in time.
    pub fn wait_until_gone(&self, title: &str, within: Duration) -> io::Result<()> {
        self.wait_until(within, || {
            self.windows().ok()?.iter().all(|window| !window.title.starts_with(title)).then_some(())
        })
    }

    fn window(&self, title: &str) -> Option<Window> {
        self.windows().ok()?.into_iter().find(|window| window.title.starts_with(title))
    }

    /// The colour of a point of the screen, as `#rrggbb`.
    ///
    /// # Errors
    /// When no picture could be taken.
    pub fn colour(&self, x: i32, y: i32) -> io::Result<String> {
        let spot = format!("1x1+{x}+{y}");
        let pixel = self.answer("import", &["-window", "root", "-crop", &spot, "-depth", "8", "txt:-"])?;
        let colour = pixel.split_whitespace().find(|word| word.len() == 7 && word.starts_with('#'));
        colour.map(str::to_ascii_lowercase).ok_or_else(|| io::Error::other(format!("no colour in {pixel}")))
    }
}

impl Window {
    /// A line of `wmctrl -l -G -p`: id, desktop, pid, x, y, width, height, machine, title.
    fn read(line: &str) -> Option<Self> {
        let mut rest = line;
        let mut word = || {
            let (word, tail) = rest.trim_start().split_once(' ')?;
            rest = tail;
            Some(word)
        };
        let id = hexadecimal(word()?)?;
        let _desktop = word()?;
        let pid = word()?.parse().ok()?;
        let mut number = || word()?.parse().ok();
        let (x, y, width, height) = (number()?, number()?, number()?, number()?);
        let _machine = word()?;
        Some(Self { id, pid, x, y, width, height, title: rest.trim().to_owned() })
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_window_list_is_read() {
        let line = "0x00e00003  0 4711   864  544  400  200  box Timbre pop-up 1";
        let window = Window {
            id: 0x00e0_0003,
            pid: 4711,
            x: 864,
            y: 544,
            width: 400,
            height: 200,
            title: "Timbre pop-up 1".to_owned(),
        };
        assert_eq!(Window::read(line), Some(window));
        assert_eq!(Window::read("0x1 0"), None);
    }
}
