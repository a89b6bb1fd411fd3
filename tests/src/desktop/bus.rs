//! The session bus of the virtual desktop.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::MatchRule;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{DynamicType, OwnedValue, Type as Signature};

use super::{COMES_UP_WITHIN, VirtualDesktop};

/// Nothing is started by the bus but what lies in `services`: whether there is a Secret Service or somebody who shows
/// notifications must not depend on what is installed.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:runtime=yes</listen>
  <auth>EXTERNAL</auth>
  <servicedir>services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- How long whoever asks for a service that does not come has to wait; as on a real session bus. -->
  <limit name="service_start_timeout">120000</limit>
</busconfig>
"#;

/// How long a program on the bus may take for an answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Writes what the bus is to be like; gives the file.
pub(super) fn configuration(home: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(home.join("bus/services"))?;
    let file = home.join("bus/bus.conf");
    fs::write(&file, CONFIGURATION)?;
    Ok(file)
}

/// A place on the desktop's session bus, from which to ask the programs there.
#[derive(Debug)]
pub struct Bus {
    connection: Connection,
    /// A signal of anybody came. Behind a lock so that a test's threads can share the bus.
    signals: Mutex<Receiver<()>>,
}

impl VirtualDesktop {
    /// A place on the session bus.
    ///
    /// # Errors
    /// When the bus does not answer.
    pub fn bus(&self) -> io::Result<Bus> {
        let connection = self.bus_builder()?.build().map_err(io::Error::other)?;
        let any = MatchRule::builder().msg_type(Type::Signal).build();
        let heard = MessageIterator::for_match_rule(any, &connection, Some(64)).map_err(io::Error::other)?;
        let (sender, signals) = sync_channel(1);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            // One that waits to be heard is as good as several.
            for _ in heard {
                if let Err(std::sync::mpsc::TrySendError::Disconnected(())) = sender.try_send(()) {
                    return;
                }
            }
        })?;
        Ok(Bus { connection, signals: Mutex::new(signals) })
    }

    pub(super) fn bus_builder(&self) -> io::Result<Builder<'static>> {
        let address = self.env.iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS");
        let address = address.ok_or_else(|| io::Error::other("no session bus"))?.1.clone();
        let builder = Builder::address(address.as_str()).map_err(io::Error::other)?;
        Ok(builder.method_timeout(ANSWERS_WITHIN))
    }

    /// Lets the bus start a service when somebody asks for it, with this command.
    pub(super) fn offer(&self, bus: &Bus, service: &str, command: &str) -> io::Result<()> {
        let file = self.home.join("bus/services").join(format!("{service}.service"));
        fs::write(file, format!("[D-BUS Service]\nName={service}\nExec={command}\n"))?;
        bus.ask_bus("ReloadConfig", &())
    }

    /// Lets the bus start an installed service as the system would.
    pub(super) fn offer_installed(&self, bus: &Bus, service: &str) -> io::Result<()> {
        let file = Path::new("/usr/share/dbus-1/services").join(format!("{service}.service"));
        let definition = fs::read_to_string(file)?;
        let command = definition.lines().find_map(|line| line.strip_prefix("Exec="));
        self.offer(bus, service, command.ok_or_else(|| io::Error::other("a service without a command"))?)
    }
}

impl Bus {
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether somebody has this name.
    ///
    /// # Errors
    /// When the bus does not answer.
    pub fn has(&self, name: &str) -> io::Result<bool> {
        self.ask_bus("NameHasOwner", &(name,))
    }

    /// The process behind a name.
    ///
    /// # Errors
    /// When nobody has the name.
    pub fn pid_of(&self, name: &str) -> io::Result<u32> {
        self.ask_bus("GetConnectionUnixProcessID", &(name,))
    }

    fn ask_bus<A: Serialize + DynamicType, R: DeserializeOwned + Signature>(
        &self,
        method: &str,
        arguments: &A,
    ) -> io::Result<R> {
        let who = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        self.ask(who, "org.freedesktop.DBus", method, arguments)
    }

    /// Asks an object, which is a name and a path, and waits for its answer.
    ///
    /// # Errors
    /// When it refuses, or does not answer in 20 seconds.
    pub fn ask<A: Serialize + DynamicType, R: DeserializeOwned + Signature>(
        &self,
        (name, path): (&str, &str),
        interface: &str,
        method: &str,
        arguments: &A,
    ) -> io::Result<R> {
        let answer = self.connection.call_method(Some(name), path, Some(interface), method, arguments);
        let answer = answer.map_err(|error| io::Error::other(format!("{interface}.{method}: {error}")))?;
        answer.body().deserialize().map_err(io::Error::other)
    }

    /// The properties of an object.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn properties(&self, object: (&str, &str), interface: &str) -> io::Result<HashMap<String, OwnedValue>> {
        self.ask(object, "org.freedesktop.DBus.Properties", "GetAll", &(interface,))
    }

    /// Waits until somebody has this name.
    ///
    /// # Errors
    /// When nobody takes it in time.
    pub fn wait_for(&self, name: &str) -> io::Result<()> {
        self.wait_until(COMES_UP_WITHIN, || self.has(name).ok().filter(|has| *has).map(drop))
            .map_err(|error| io::Error::new(error.kind(), format!("nobody has the name {name} on the bus")))
    }

    /// Waits until something brings an answer; asked anew whenever somebody on the bus tells something, and ten times a
    /// second for what tells nobody.
    ///
    /// # Errors
    /// When no answer comes in time.
    pub fn wait_until<T>(&self, within: Duration, mut asked: impl FnMut() -> Option<T>) -> io::Result<T> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(answer) = asked() {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let signals = self.signals.lock().map_err(|_| io::Error::other("a thread of the test has panicked"))?;
            if signals.recv_timeout(Duration::from_millis(100)) == Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
            {
                return Err(io::Error::other("the bus has gone"));
            }
        }
    }
}
