//! Where secrets are kept: the Secret Service of gnome-keyring, with its files in the desktop's home.

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::Stdio;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

use super::{Bus, COMES_UP_WITHIN, VirtualDesktop};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
/// Of the keyring, not of anybody.
const PASSWORD: &str = "test";

/// In what state the keyring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// It gives and takes secrets: the person has signed in with a password.
    Unlocked,
    /// It runs, and would ask for its password: the person has signed in by a fingerprint.
    Locked,
    /// It is installed, and the bus starts it as soon as somebody asks, but it never comes up: who asks waits two minutes
    /// for an error. When it is brought up after all, they are answered.
    Asleep,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What the person reads in a list of secrets.
    pub label: String,
    /// By what it is found.
    pub attributes: HashMap<String, String>,
    pub secret: Vec<u8>,
}

/// The service, asked as another program would. It goes with the desktop.
#[derive(Debug)]
pub struct SecretService {
    bus: Bus,
}

impl VirtualDesktop {
    /// Brings the Secret Service up. Without this there is none: who asks is refused at once.
    ///
    /// # Errors
    /// When it does not come up (Debian: gnome-keyring).
    pub fn start_secret_service(&mut self, keyring: Keyring) -> io::Result<SecretService> {
        let service = SecretService { bus: self.bus()? };
        if keyring == Keyring::Asleep {
            self.offer(&service.bus, NAME, "/bin/sleep 600")?;
            return Ok(service);
        }
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut daemon = daemon.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let stdin = daemon.stdin.take();
        self.children.push(daemon);
        if let Some(mut stdin) = stdin {
            stdin.write_all(PASSWORD.as_bytes())?;
        }
        service.bus.wait_for(NAME)?;
        service.bus.wait_until(COMES_UP_WITHIN, || service.default_collection().ok())?;
        if keyring == Keyring::Locked {
            service.lock()?;
        }
        Ok(service)
    }
}

impl SecretService {
    fn ask<A: Serialize + DynamicType, R: DeserializeOwned + Type>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &A,
    ) -> io::Result<R> {
        self.bus.ask((NAME, path), interface, method, arguments)
    }

    fn default_collection(&self) -> io::Result<OwnedObjectPath> {
        let path: OwnedObjectPath = self.ask(PATH, SERVICE, "ReadAlias", &("default",))?;
        if path.as_str() == "/" { Err(io::Error::other("no keyring is the default one")) } else { Ok(path) }
    }

    fn session(&self) -> io::Result<OwnedObjectPath> {
        let (_, session): (OwnedValue, OwnedObjectPath) =
            self.ask(PATH, SERVICE, "OpenSession", &("plain", Value::from("")))?;
        Ok(session)
    }

    /// Everything that is stored, whoever stored it.
    ///
    /// # Errors
    /// When the service does not answer or is locked.
    pub fn stored(&self) -> io::Result<Vec<Stored>> {
        let (session, collection) = (self.session()?, self.default_collection()?);
        let mut about = self.bus.properties((NAME, &collection), COLLECTION)?;
        let items = about.remove("Items").ok_or_else(|| io::Error::other("a keyring without a list of items"))?;
        let items: Vec<OwnedObjectPath> = items.try_into().map_err(io::Error::other)?;
        items.iter().map(|item| self.item(item, &session)).collect()
    }

    /// What is stored with these attributes, and perhaps with more.
    ///
    /// # Errors
    /// When the service does not answer or is locked.
    pub fn stored_with(&self, attributes: &[(&str, &str)]) -> io::Result<Vec<Stored>> {
        let fits = |one: &Stored| {
            attributes.iter().all(|(name, value)| one.attributes.get(*name).is_some_and(|its| its == value))
        };
        Ok(self.stored()?.into_iter().filter(fits).collect())
    }

    fn item(&self, path: &OwnedObjectPath, session: &OwnedObjectPath) -> io::Result<Stored> {
        let mut about = self.bus.properties((NAME, path), ITEM)?;
        let mut property = |name: &str| about.remove(name).ok_or_else(|| io::Error::other(format!("no {name}")));
        let label = property("Label")?.try_into().map_err(io::Error::other)?;
        let attributes = property("Attributes")?.try_into().map_err(io::Error::other)?;
        type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);
        let (secret,): (Secret,) = self.ask(path, ITEM, "GetSecret", &(session,))?;
        Ok(Stored { label, attributes, secret: secret.2 })
    }

    /// Locks the keyring, as after a long absence.
    ///
    /// # Errors
    /// When the service does not do it.
    pub fn lock(&self) -> io::Result<()> {
        let collection = self.default_collection()?;
        let (locked, _): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.ask(PATH, SERVICE, "Lock", &([&collection].as_slice(),))?;
        if locked.contains(&collection) { Ok(()) } else { Err(io::Error::other("it stays unlocked")) }
    }

    /// Unlocks the keyring, as a person does who is asked for its password.
    ///
    /// # Errors
    /// When the service does not do it.
    pub fn unlock(&self) -> io::Result<()> {
        let (session, collection) = (self.session()?, self.default_collection()?);
        let password = (&session, Vec::<u8>::new(), PASSWORD.as_bytes(), "text/plain");
        let interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
        self.ask(PATH, interface, "UnlockWithMasterPassword", &(&collection, password))
    }
}
