//! Notifications: a stand-in for the daemon that shows them. It keeps what it is told, does what a person would do with
//! it, and refuses what the Desktop Notifications Specification does not allow.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::fdo;
use zbus::zvariant::OwnedValue;

use super::{VirtualDesktop, markup};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// How long a program may take from its notification to listening for clicks on it.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

/// A notification as it was told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The number the daemon gave it.
    pub id: u32,
    pub app: String,
    /// The title. Plain text.
    pub summary: String,
    /// The text as it was sent: markup.
    pub body: String,
    /// The text as a person reads it.
    pub text: String,
    /// Keys and what stands on their buttons, in the order of the buttons. `default` is a click on the whole.
    pub actions: Vec<(String, String)>,
    /// The number of the earlier one whose place it took; 0 for a new one.
    pub replaces: u32,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: u8,
    /// `im.received` and the like; empty where none was told.
    pub category: String,
    /// After how many milliseconds it may go; -1 leaves that to the daemon, 0 is never.
    pub expires_ms: i32,
    /// Whether it stays when one of its actions was chosen.
    pub resident: bool,
    /// Why it is gone; nothing while it can be seen.
    pub closed: Option<Closed>,
}

/// Why a notification went, by the numbers of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Closed {
    /// Its time was over.
    Expired = 1,
    /// A person put it away, or chose an action.
    ByPerson = 2,
    /// The program took it back.
    ByProgram = 3,
}

/// The stand-in; nobody shows notifications any more when it goes.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    told: Arc<Told>,
}

#[derive(Debug, Default)]
struct Told {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    last_id: u32,
    /// Each one told, also those whose place another took.
    all: Vec<Notification>,
    refused: Vec<String>,
}

impl Told {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is done under the lock that could leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The one with this number that can be seen.
    fn open(&mut self, id: u32) -> Option<&mut Notification> {
        self.all.iter_mut().rev().find(|one| one.id == id && one.closed.is_none())
    }
}

struct Daemon {
    told: Arc<Told>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app_name: String,
        replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expire_timeout: i32,
    ) -> fdo::Result<u32> {
        let mut state = self.told.state();
        let read = || {
            if summary.trim().is_empty() {
                return Err("the summary is empty".to_owned());
            }
            if !actions.len().is_multiple_of(2) {
                return Err(format!("the actions {actions:?} are not pairs"));
            }
            if summary.chars().any(char::is_control) {
                return Err(format!("the summary {summary:?} has control characters"));
            }
            markup::read(&body).map_err(|why| format!("the body {body:?} is not well-formed: {why}"))
        };
        let text = match read() {
            Ok(text) => text,
            Err(why) => {
                state.refused.push(why.clone());
                self.told.changed.notify_all();
                return Err(fdo::Error::InvalidArgs(why));
            }
        };
        let word = |name: &str| hints.get(name).and_then(|value| <&str>::try_from(value).ok()).unwrap_or_default();
        let flag = |name: &str| hints.get(name).is_some_and(|value| bool::try_from(value).is_ok_and(|flag| flag));
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        let category = word("category").to_owned();
        if let Some(earlier) = state.open(replaces_id) {
            earlier.closed = Some(Closed::ByProgram);
        }
        let id = if replaces_id == 0 { state.last_id + 1 } else { replaces_id };
        state.last_id = state.last_id.max(id);
        let (pairs, resident) = (actions.chunks_exact(2), flag("resident"));
        state.all.push(Notification {
            id,
            app: app_name,
            summary,
            body,
            text,
            actions: pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            replaces: replaces_id,
            urgency: urgency.unwrap_or(1),
            category,
            expires_ms: expire_timeout,
            resident,
            closed: None,
        });
        self.told.changed.notify_all();
        Ok(id)
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: zbus::object_server::SignalEmitter<'_>,
        id: u32,
    ) -> fdo::Result<()> {
        match self.told.state().open(id) {
            Some(open) => open.closed = Some(Closed::ByProgram),
            // The specification's answer to a number that is not on the screen any more: an error without a text.
            None => return Err(fdo::Error::Failed(String::new())),
        }
        self.told.changed.notify_all();
        Self::notification_closed(&emitter, id, Closed::ByProgram as u32).await?;
        Ok(())
    }

    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["body", "body-markup", "actions"]
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("Test desktop", "Timbre", "1", "1.2")
    }

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}

impl VirtualDesktop {
    /// From now on notifications are taken by the stand-in.
    ///
    /// # Errors
    /// When the bus does not answer, or somebody shows notifications already.
    pub fn start_notifications(&self) -> io::Result<Notifications> {
        let told = Arc::<Told>::default();
        let daemon = Daemon { told: told.clone() };
        let builder = self.bus_builder()?.serve_at(PATH, daemon).and_then(|builder| builder.name(NAME));
        let connection = builder.and_then(zbus::blocking::connection::Builder::build).map_err(io::Error::other)?;
        Ok(Notifications { connection, told })
    }
}

impl Notifications {
    /// Everything told so far, in order; a replaced one and the one that took its place are both there.
    #[must_use]
    pub fn all(&self) -> Vec<Notification> {
        self.told.state().all.clone()
    }

    /// Those a person can see now.
    #[must_use]
    pub fn shown(&self) -> Vec<Notification> {
        self.all().into_iter().filter(|one| one.closed.is_none()).collect()
    }

    /// Why notifications were refused; a good program leaves this empty.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.told.state().refused.clone()
    }

    /// Waits until one is to be seen that fits.
    ///
    /// # Errors
    /// When none comes in time; the error says what came instead, and what was refused.
    pub fn wait_for(&self, within: Duration, fits: impl Fn(&Notification) -> bool) -> io::Result<Notification> {
        self.wait_until(within, |all| all.iter().find(|one| one.closed.is_none() && fits(one)).cloned())
    }

    /// Waits until this one is gone, and says why it went.
    ///
    /// # Errors
    /// When it does not go in time, or was never there.
    pub fn wait_until_closed(&self, id: u32, within: Duration) -> io::Result<Closed> {
        self.wait_until(within, |all| all.iter().rev().find(|one| one.id == id)?.closed)
    }

    fn wait_until<T>(&self, within: Duration, found: impl Fn(&[Notification]) -> Option<T>) -> io::Result<T> {
        let deadline = Instant::now() + within;
        let mut state = self.told.state();
        loop {
            if let Some(found) = found(&state.all) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let (told, refused) = (&state.all, &state.refused);
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("told were {told:#?}\nrefused were {refused:#?}"),
                ));
            }
            state = self.told.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Clicks a button of a notification, or the notification itself with `default`. It goes then, unless it is to stay.
    ///
    /// # Errors
    /// When it can't be seen, or has no such action.
    pub fn invoke(&self, id: u32, action: &str) -> io::Result<()> {
        self.can_be_clicked(id, action)?;
        self.wait_until_somebody_listens()?;
        let mut state = self.told.state();
        let open = state.open(id).ok_or_else(|| no_such_notification(id))?;
        let goes = !open.resident;
        // Before the program hears of it: it may then want to take back what is gone already.
        open.closed = goes.then_some(Closed::ByPerson);
        drop(state);
        self.tell("ActionInvoked", &(id, action))?;
        if goes { self.tell_closed(id, Closed::ByPerson) } else { Ok(()) }
    }

    fn can_be_clicked(&self, id: u32, action: &str) -> io::Result<()> {
        let mut state = self.told.state();
        let open = state.open(id).ok_or_else(|| no_such_notification(id))?;
        if open.actions.iter().any(|(key, _)| key == action) {
            Ok(())
        } else {
            Err(io::Error::other(format!("{action} is none of {:?}", open.actions)))
        }
    }

    /// A program hears of a click only once it listens, which it begins to when it has told its notification: no person is
    /// as quick as this stand-in could be.
    fn wait_until_somebody_listens(&self) -> io::Result<()> {
        let deadline = Instant::now() + LISTENS_WITHIN;
        loop {
            let answer = self
                .connection
                .call_method(
                    Some("org.freedesktop.DBus"),
                    "/org/freedesktop/DBus",
                    Some("org.freedesktop.DBus.Debug.Stats"),
                    "GetAllMatchRules",
                    &(),
                )
                .map_err(io::Error::other)?;
            let rules: HashMap<String, Vec<String>> = answer.body().deserialize().map_err(io::Error::other)?;
            if rules.values().flatten().any(|rule| rule.contains("interface='org.freedesktop.Notifications'")) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody listens for clicks on notifications"));
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Takes a notification away.
    ///
    /// # Errors
    /// When it can't be seen.
    pub fn close(&self, id: u32, why: Closed) -> io::Result<()> {
        let mut state = self.told.state();
        let open = state.open(id).ok_or_else(|| no_such_notification(id))?;
        open.closed = Some(why);
        drop(state);
        self.tell_closed(id, why)
    }

    fn tell_closed(&self, id: u32, why: Closed) -> io::Result<()> {
        self.told.changed.notify_all();
        self.tell("NotificationClosed", &(id, why as u32))
    }

    fn tell<B: serde::Serialize + zbus::zvariant::DynamicType>(&self, signal: &str, body: &B) -> io::Result<()> {
        self.connection.emit_signal(None::<&str>, PATH, NAME, signal, body).map_err(io::Error::other)
    }
}

fn no_such_notification(id: u32) -> io::Error {
    io::Error::other(format!("no notification {id} to be seen"))
}
