//! Where the keyboard was before a pop-up took it, and how it goes back there.

#[cfg(not(target_os = "linux"))]
use tauri::WebviewWindow;

#[cfg(target_os = "linux")]
pub(super) use self::x11::Keyboard;

#[cfg(target_os = "linux")]
mod x11 {
    use tauri::WebviewWindow;
    use x11rb::CURRENT_TIME;
    use x11rb::connection::Connection as _;
    use x11rb::errors::ReplyOrIdError;
    use x11rb::protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus, MapState, Window,
    };
    use x11rb::rust_connection::RustConnection;

    /// A person asked for it, and not the program: no window manager refuses that.
    const BY_A_PERSON: u32 = 2;

    /// The server is asked for the first time when a pop-up takes the keyboard.
    #[derive(Default)]
    pub(crate) struct Keyboard {
        server: Option<(RustConnection, Window)>,
        before: Option<Window>,
    }

    impl Keyboard {
        /// A pop-up is about to take it.
        pub(crate) fn remember(&mut self) {
            self.before = self.active().unwrap_or_else(|error| {
                tracing::info!(%error, "nobody knows who has the keyboard");
                None
            });
        }

        /// The pop-up needs it no more. One that does not have it keeps its hands off.
        pub(crate) fn give_back(&mut self, window: &WebviewWindow) -> tauri::Result<()> {
            if !window.is_focused()? {
                return Ok(());
            }
            if let Err(error) = self.hand_over() {
                tracing::warn!(%error, "the keyboard stays in a pop-up");
            }
            // A click brings it again.
            window.set_focusable(false)
        }

        fn server(&mut self) -> Result<&(RustConnection, Window), Box<dyn std::error::Error>> {
            if self.server.is_none() {
                let (connection, screen) = x11rb::connect(None)?;
                let root = connection.setup().roots[screen].root;
                self.server = Some((connection, root));
            }
            self.server.as_ref().ok_or_else(|| "no X server".into())
        }

        /// The window that the window manager says has it.
        fn active(&mut self) -> Result<Option<Window>, Box<dyn std::error::Error>> {
            let (connection, root) = self.server()?;
            let name = connection.intern_atom(false, b"_NET_ACTIVE_WINDOW")?.reply()?.atom;
            let told = connection.get_property(false, *root, name, AtomEnum::WINDOW, 0, 1)?.reply()?;
            Ok(told.value32().and_then(|mut windows| windows.next()).filter(|window| *window != x11rb::NONE))
        }

        fn hand_over(&mut self) -> Result<(), Box<dyn std::error::Error>> {
            let before = self.before.take();
            let (connection, root) = self.server()?;
            match before.filter(|window| is_seen(connection, *window)) {
                Some(window) => {
                    let name = connection.intern_atom(false, b"_NET_ACTIVE_WINDOW")?.reply()?.atom;
                    let wish = ClientMessageEvent::new(32, window, name, [BY_A_PERSON, CURRENT_TIME, 0, 0, 0]);
                    let heard_by = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
                    connection.send_event(false, *root, heard_by, wish)?.check()?;
                }
                // To nobody: what is typed blindly must not stand in a result.
                None => connection.set_input_focus(InputFocus::POINTER_ROOT, *root, CURRENT_TIME)?.check()?,
            }
            Ok(())
        }
    }

    /// Whether it is still there, and not put away meanwhile.
    fn is_seen(connection: &RustConnection, window: Window) -> bool {
        let asked = connection.get_window_attributes(window).map_err(ReplyOrIdError::from);
        let told = asked.and_then(|asked| asked.reply().map_err(ReplyOrIdError::from));
        told.is_ok_and(|told| told.map_state == MapState::VIEWABLE)
    }
}

/// These systems give it to the window below when one that has it goes.
#[cfg(not(target_os = "linux"))]
#[derive(Default)]
pub(super) struct Keyboard;

#[cfg(not(target_os = "linux"))]
impl Keyboard {
    /// A pop-up is about to take it.
    pub(super) fn remember(&mut self) {}

    /// The pop-up needs it no more: it goes, and comes back without it.
    pub(super) fn give_back(&mut self, window: &WebviewWindow) -> tauri::Result<()> {
        if !window.is_focused()? {
            return Ok(());
        }
        window.hide()?;
        window.set_focusable(false)?;
        window.show()
    }
}
