//! The keys as an X server gives them. The plug-in's own way looks for pressed keys twenty times a second, which is more
//! than everything else that Timbre does while nobody calls; here a thread sleeps until the server says something.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tauri::AppHandle;
use tauri_plugin_global_shortcut::{Code, Modifiers, Shortcut};
use x11rb::connection::Connection as _;
use x11rb::errors::{ReplyError, ReplyOrIdError};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, GrabMode, KeyButMask, Keycode, Keysym, ModMask, Window,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::Why;

/// What is held down beside the key. The locks (capitals, numbers) may be on or off.
const HELD: [(Modifiers, ModMask); 4] = [
    (Modifiers::CONTROL, ModMask::CONTROL),
    (Modifiers::SHIFT, ModMask::SHIFT),
    (Modifiers::ALT, ModMask::M1),
    (Modifiers::SUPER, ModMask::M4),
];

/// Nothing, capitals, numbers, both.
const LOCKS: [u16; 4] = [0, 1 << 1, 1 << 4, (1 << 1) | (1 << 4)];

/// The keys that are taken; the server is asked for the first time when one is wanted.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Option<Arc<Server>>>);

struct Server {
    connection: RustConnection,
    root: Window,
    taken: Mutex<Vec<Taken>>,
    /// The selection that copied text is in.
    clipboard: Atom,
    /// Whether something was copied after the last text was selected.
    copied_last: AtomicBool,
}

struct Taken {
    shortcut: Shortcut,
    keycode: Keycode,
    mask: u16,
    is_down: bool,
    pressed: Arc<dyn Fn() + Send + Sync>,
}

/// Why a key can't be had.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("another program has it")]
    Anothers,
    #[error("this keyboard has no such key")]
    NoSuchKey,
    #[error("the X server can't be asked: {0}")]
    Server(#[from] ReplyOrIdError),
    #[error("there is no X server: {0}")]
    NoServer(#[from] x11rb::errors::ConnectError),
}

impl NotTaken {
    fn why(&self) -> Why {
        match self {
            Self::Anothers => Why::Taken,
            Self::NoSuchKey => Why::NoKey,
            Self::Server(_) | Self::NoServer(_) => Why::System,
        }
    }
}

impl From<x11rb::errors::ConnectionError> for NotTaken {
    fn from(error: x11rb::errors::ConnectionError) -> Self {
        Self::Server(error.into())
    }
}

impl From<ReplyError> for NotTaken {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::X11Error(error) if error.error_kind == ErrorKind::Access => Self::Anothers,
            other => Self::Server(other.into()),
        }
    }
}

impl Keys {
    /// Lets go of all.
    pub(super) fn let_go(&self, _: &AppHandle) {
        if let Some(server) = self.lock().as_ref() {
            let before = std::mem::take(&mut *server.taken());
            for taken in before {
                server.ungrab(taken.keycode, taken.mask);
            }
        }
    }

    /// Takes one; or says in English why it can't be had.
    pub(super) fn take(
        &self,
        _: &AppHandle,
        shortcut: Shortcut,
        pressed: impl Fn() + Send + Sync + 'static,
    ) -> Result<(), (Why, String)> {
        let taken = self.server().and_then(|server| server.take(shortcut, Arc::new(pressed)));
        taken.map_err(|error| (error.why(), error.to_string()))
    }

    /// Whether something was copied after the last text was selected, as far as it happened since a key was taken first.
    pub(crate) fn copied_last(&self) -> bool {
        self.lock().as_ref().is_some_and(|server| server.copied_last.load(Ordering::Relaxed))
    }

    fn server(&self) -> Result<Arc<Server>, NotTaken> {
        let mut server = self.lock();
        if let Some(server) = &*server {
            return Ok(server.clone());
        }
        let made = Arc::new(Server::connect()?);
        let of = made.clone();
        let named = std::thread::Builder::new().name("hotkeys".to_owned());
        named
            .spawn(move || of.listen())
            .map_err(|error| NotTaken::Server(x11rb::errors::ConnectionError::IoError(error).into()))?;
        Ok(server.insert(made).clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Server>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    fn connect() -> Result<Self, NotTaken> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots[screen].root;
        // A key that is held is down once, and not again and again.
        let detectable = xkb::PerClientFlag::DETECTABLE_AUTO_REPEAT;
        connection.xkb_use_extension(1, 0)?.reply()?;
        let (none, core) = (xkb::BoolCtrl::default(), xkb::ID::USE_CORE_KBD.into());
        connection.xkb_per_client_flags(core, detectable, detectable, none, none, none)?.reply()?;
        let clipboard = connection.intern_atom(false, b"CLIPBOARD")?.reply()?.atom;
        let server = Self { connection, root, taken: Mutex::default(), clipboard, copied_last: AtomicBool::default() };
        if let Err(error) = server.follow_selections() {
            tracing::warn!(%error, "what was copied last can't be told from what was selected last");
        }
        Ok(server)
    }

    /// Hears when text is selected or copied, not which.
    fn follow_selections(&self) -> Result<(), NotTaken> {
        self.connection.xfixes_query_version(5, 0)?.reply()?;
        for selection in [AtomEnum::PRIMARY.into(), self.clipboard] {
            let owner = xfixes::SelectionEventMask::SET_SELECTION_OWNER;
            self.connection.xfixes_select_selection_input(self.root, selection, owner)?.check()?;
        }
        Ok(())
    }

    fn take(&self, shortcut: Shortcut, pressed: Arc<dyn Fn() + Send + Sync>) -> Result<(), NotTaken> {
        let keycode = self.keycode_of(shortcut.key)?;
        let mask = mask_of(shortcut.mods);
        self.grab(keycode, mask)?;
        self.taken().push(Taken { shortcut, keycode, mask, is_down: false, pressed });
        Ok(())
    }

    fn grab(&self, keycode: Keycode, mask: u16) -> Result<(), NotTaken> {
        for locks in LOCKS {
            let asked = self.connection.grab_key(
                false,
                self.root,
                ModMask::from(mask | locks),
                keycode,
                GrabMode::ASYNC,
                GrabMode::ASYNC,
            )?;
            if let Err(error) = asked.check() {
                self.ungrab(keycode, mask);
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Letting go of what one does not have is no mistake.
    fn ungrab(&self, keycode: Keycode, mask: u16) {
        for locks in LOCKS {
            let asked = self.connection.ungrab_key(keycode, self.root, ModMask::from(mask | locks));
            if let Err(error) = asked.map(x11rb::cookie::VoidCookie::ignore_error) {
                tracing::warn!(%error, "a key could not be let go of");
            }
        }
        if let Err(error) = self.connection.flush() {
            tracing::warn!(%error, "a key could not be let go of");
        }
    }

    /// Where the keyboard in use has the key.
    fn keycode_of(&self, key: Code) -> Result<Keycode, NotTaken> {
        let wanted = keysym_of(key).ok_or(NotTaken::NoSuchKey)?;
        let (first, last) = (self.connection.setup().min_keycode, self.connection.setup().max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let each = usize::from(map.keysyms_per_keycode).max(1);
        let keys = || (first..=last).zip(map.keysyms.chunks(each));
        let plain = keys().find(|(_, symbols)| symbols.first() == Some(&wanted));
        // Digits of some layouts are reached with Shift only.
        let any = plain.or_else(|| keys().find(|(_, symbols)| symbols.contains(&wanted)));
        any.map(|(keycode, _)| keycode).ok_or(NotTaken::NoSuchKey)
    }

    /// Until the server is gone, or the program.
    fn listen(&self) {
        loop {
            match self.connection.wait_for_event() {
                Ok(Event::KeyPress(key)) => {
                    // Run when nothing is held: it may take other keys.
                    if let Some(pressed) = self.pressed(key.detail, key.state) {
                        pressed();
                    }
                }
                Ok(Event::KeyRelease(key)) => {
                    for taken in self.taken().iter_mut().filter(|taken| taken.keycode == key.detail) {
                        taken.is_down = false;
                    }
                }
                Ok(Event::MappingNotify(_)) => self.take_anew(),
                Ok(Event::XfixesSelectionNotify(changed)) => {
                    self.copied_last.store(changed.selection == self.clipboard, Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(error) => return tracing::error!(%error, "the X server hears no more keys for us"),
            }
        }
    }

    fn pressed(&self, keycode: Keycode, state: KeyButMask) -> Option<Arc<dyn Fn() + Send + Sync>> {
        let all = HELD.iter().fold(0, |all, (_, mask)| all | u16::from(*mask));
        let held = u16::from(state) & all;
        let mut taken = self.taken();
        let one = taken.iter_mut().find(|taken| taken.keycode == keycode && taken.mask == held)?;
        (!std::mem::replace(&mut one.is_down, true)).then(|| one.pressed.clone())
    }

    /// The keyboard is another one now, or another layout: the keys may lie elsewhere.
    fn take_anew(&self) {
        let before = std::mem::take(&mut *self.taken());
        for taken in before {
            let moved = self.keycode_of(taken.shortcut.key);
            if moved.as_ref().is_ok_and(|keycode| *keycode == taken.keycode) {
                self.taken().push(taken);
                continue;
            }
            self.ungrab(taken.keycode, taken.mask);
            if let Err(error) = self.take(taken.shortcut, taken.pressed) {
                tracing::warn!(%error, key = %taken.shortcut, "a key can't be had on this keyboard");
            }
        }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mask_of(held: Modifiers) -> u16 {
    HELD.iter().filter(|(modifier, _)| held.contains(*modifier)).fold(0, |all, (_, mask)| all | u16::from(*mask))
}

/// The symbol on a key, as `X11/keysymdef.h` counts them.
fn keysym_of(key: Code) -> Option<Keysym> {
    let name = key.to_string();
    let one =
        |prefix: &str| name.strip_prefix(prefix).filter(|rest| rest.len() == 1).and_then(|rest| rest.chars().next());
    if let Some(letter) = one("Key") {
        return Some(u32::from(letter.to_ascii_lowercase()));
    }
    if let Some(digit) = one("Digit") {
        return Some(u32::from(digit));
    }
    if let Some(digit) = one("Numpad").and_then(|digit| digit.to_digit(10)) {
        return Some(0xffb0 + digit);
    }
    if let Some(number) = name.strip_prefix('F').and_then(|number| number.parse::<u32>().ok()).filter(|n| *n <= 24) {
        return Some(0xffbd + number);
    }
    Some(match key {
        Code::Space => 0x20,
        Code::Quote => 0x27,
        Code::Comma => 0x2c,
        Code::Minus => 0x2d,
        Code::Period => 0x2e,
        Code::Slash => 0x2f,
        Code::Semicolon => 0x3b,
        Code::Equal => 0x3d,
        Code::BracketLeft => 0x5b,
        Code::Backslash => 0x5c,
        Code::BracketRight => 0x5d,
        Code::Backquote => 0x60,
        Code::Backspace => 0xff08,
        Code::Tab => 0xff09,
        Code::Enter => 0xff0d,
        Code::Pause => 0xff13,
        Code::ScrollLock => 0xff14,
        Code::Escape => 0xff1b,
        Code::Home => 0xff50,
        Code::ArrowLeft => 0xff51,
        Code::ArrowUp => 0xff52,
        Code::ArrowRight => 0xff53,
        Code::ArrowDown => 0xff54,
        Code::PageUp => 0xff55,
        Code::PageDown => 0xff56,
        Code::End => 0xff57,
        Code::PrintScreen => 0xff61,
        Code::Insert => 0xff63,
        Code::NumpadEnter => 0xff8d,
        Code::NumpadMultiply => 0xffaa,
        Code::NumpadAdd => 0xffab,
        Code::NumpadSubtract => 0xffad,
        Code::NumpadDecimal => 0xffae,
        Code::NumpadDivide => 0xffaf,
        Code::Delete => 0xffff,
        Code::AudioVolumeDown => 0x1008_ff11,
        Code::AudioVolumeMute => 0x1008_ff12,
        Code::AudioVolumeUp => 0x1008_ff13,
        Code::MediaPlayPause => 0x1008_ff14,
        Code::MediaStop => 0x1008_ff15,
        Code::MediaTrackPrevious => 0x1008_ff16,
        Code::MediaTrackNext => 0x1008_ff17,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> (u16, Option<Keysym>) {
        let shortcut: Shortcut = keys.parse().unwrap();
        (mask_of(shortcut.mods), keysym_of(shortcut.key))
    }

    #[test]
    fn keys_are_found_by_the_symbol_on_them_and_by_what_is_held_beside() {
        let (control, shift, alt, windows) = (1 << 2, 1, 1 << 3, 1 << 6);
        assert_eq!(read("Ctrl+Alt+D"), (control | alt, Some(u32::from('d'))));
        assert_eq!(read("Shift+Super+7"), (shift | windows, Some(u32::from('7'))));
        assert_eq!(read("F1"), (0, Some(0xffbe)));
        assert_eq!(read("Ctrl+F24"), (control, Some(0xffd5)));
        assert_eq!(read("Alt+Space"), (alt, Some(0x20)));
        assert_eq!(read("Ctrl+Num5"), (control, Some(0xffb5)));
    }

    #[test]
    fn a_key_that_no_keyboard_here_has_is_said() {
        assert_eq!(keysym_of(Code::Fn), None);
    }
}
