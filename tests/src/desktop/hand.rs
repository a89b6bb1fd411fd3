//! The agent's hand: keys, the pointer, and what was copied.

use std::io::{self, Write};
use std::process::Stdio;
use std::time::Duration;

use super::VirtualDesktop;

impl VirtualDesktop {
    /// Presses and lets go of the keys for this text, one after the other, in whatever has the focus.
    ///
    /// # Errors
    /// When xdotool fails.
    pub fn type_text(&self, text: &str, between_keys: Duration) -> io::Result<()> {
        let delay = between_keys.as_millis().to_string();
        self.answer("xdotool", &["type", "--delay", &delay, "--", text]).map(drop)
    }

    /// Presses and lets go of a key, or of several at once, in whatever has the focus: `Return`, `ctrl+shift+d`.
    ///
    /// # Errors
    /// When xdotool fails; it knows keys by their X names.
    pub fn key(&self, keys: &str) -> io::Result<()> {
        // xdotool reports a key that it does not know, and goes on as if all were well.
        let said = self.heard("xdotool", &["key", "--", keys])?;
        if said.is_empty() { Ok(()) } else { Err(io::Error::other(said)) }
    }

    /// Moves the pointer.
    ///
    /// # Errors
    /// When xdotool fails.
    pub fn move_pointer(&self, x: i32, y: i32) -> io::Result<()> {
        self.answer("xdotool", &["mousemove", "--sync", &x.to_string(), &y.to_string()]).map(drop)
    }

    /// Clicks a point of the screen, holding the button as long as a hand does.
    ///
    /// # Errors
    /// When xdotool fails.
    pub fn click(&self, x: i32, y: i32) -> io::Result<()> {
        let (x, y) = (x.to_string(), y.to_string());
        self.answer(
            "xdotool",
            &["mousemove", &x, &y, "sleep", "0.05", "mousedown", "1", "sleep", "0.05", "mouseup", "1"],
        )
        .map(drop)
    }

    /// Copies a text, as Ctrl+C does.
    ///
    /// # Errors
    /// When xclip fails.
    pub fn copy(&self, text: &str) -> io::Result<()> {
        self.own_selection("clipboard", text)
    }

    /// Marks a text with the pointer, for the middle button.
    ///
    /// # Errors
    /// When xclip fails.
    pub fn select(&self, text: &str) -> io::Result<()> {
        self.own_selection("primary", text)
    }

    /// The text that was copied last.
    ///
    /// # Errors
    /// When nothing was, or it is no text.
    pub fn copied(&self) -> io::Result<String> {
        self.answer("xclip", &["-selection", "clipboard", "-out"])
    }

    /// The text that is marked.
    ///
    /// # Errors
    /// When nothing is.
    pub fn selected(&self) -> io::Result<String> {
        self.answer("xclip", &["-selection", "primary", "-out"])
    }

    fn own_selection(&self, which: &str, text: &str) -> io::Result<()> {
        let mut xclip = self.command("xclip");
        // It stays in the background, to hand the text out; an output that it shared would never end.
        xclip.args(["-selection", which, "-in"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut xclip = xclip.spawn()?;
        if let Some(mut stdin) = xclip.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        let status = xclip.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("xclip: {status}"))) }
    }

    /// What a program has to complain about.
    fn heard(&self, program: &str, args: &[&str]) -> io::Result<String> {
        let output = self.command(program).args(args).stdin(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
