//! What the outside world must provide. The engine knows these traits and no adapter.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::call::Call;
use crate::crm::{
    ConnectorAbout, ConnectorTest, ContactPage, CrmError, CrmUser, Cursor, IdPage, Receipt, RecordRequest,
    RemoteContact, TestStep,
};
use crate::error::PortError;
use crate::interchange::{ContactReader, ContactWriter, ExportShape, FileError, FileFormat, FileLayout, ReadOptions};
use crate::notice::Notice;
use crate::number::PhoneNumber;
use crate::outbox::RecordKind;
use crate::popup::PopupCard;
use crate::secret::SecretName;

/// Time, as a thing that is passed in.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time of day, UTC. A person may set it back.
    fn now(&self) -> DateTime<Utc>;

    /// Time since an arbitrary start; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits until [`Self::elapsed`] reaches `deadline`; at once where it has already.
    async fn sleep_until(&self, deadline: Duration);

    /// Waits for so long on the clock of [`Self::elapsed`].
    async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.elapsed() + duration).await;
    }

    /// The same for whoever waits for a server's answer, and no longer than that. A clock that stands still for tests can
    /// tell it from a sleep: while an answer is on its way, its time must not go on.
    async fn give_up_after(&self, within: Duration) {
        self.sleep(within).await;
    }
}

/// What shows pop-ups: windows, or a line on standard output.
pub trait Shell: Send + Sync + 'static {
    /// A call is to be shown. Must not block and must not take the focus.
    fn show_popup(&self, card: &PopupCard);

    /// The caller of a call that is shown became known: the pop-up is completed, unless the agent has begun to act.
    fn complete_popup(&self, card: &PopupCard);

    /// A call was answered, ended, or is active again.
    fn call_changed(&self, call: &Call);

    /// Shows a notice with the system's notifications. A shell that has none ignores it.
    fn notify(&self, notice: &Notice) {
        let _ = notice;
    }

    /// What a notice said turned out to be wrong: it is taken away where it still stands.
    fn withdraw(&self, notice: &Notice) {
        let _ = notice;
    }
}

/// A shell that shows nothing, for an engine without windows.
pub struct Headless;

impl Shell for Headless {
    fn show_popup(&self, _card: &PopupCard) {}

    fn complete_popup(&self, _card: &PopupCard) {}

    fn call_changed(&self, _call: &Call) {}
}

/// Where secrets are kept: the operating system's keyring, or the environment on machines without one.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The secret of this name: a password, a token, an API key.
    ///
    /// # Errors
    /// [`SecretMissing`](crate::error::ErrorCode::SecretMissing) or
    /// [`KeyringUnavailable`](crate::error::ErrorCode::KeyringUnavailable).
    async fn password(&self, name: &SecretName) -> Result<SecretString, PortError>;

    /// Keeps a secret that a vendor gave in exchange for the one we had, such as a refresh token.
    ///
    /// # Errors
    /// [`KeyringUnavailable`](crate::error::ErrorCode::KeyringUnavailable).
    async fn keep(&self, name: &SecretName, secret: SecretString) -> Result<(), PortError>;
}

/// One CRM. Every call keeps the connector's limits by itself: it may wait before it sends, and looking up a caller goes
/// first. An error says with its [`Verdict`](crate::crm::Verdict) what is to be done about it.
#[async_trait]
pub trait CrmConnector: Send + Sync {
    /// What it is and can do.
    fn about(&self) -> &ConnectorAbout;

    /// Signs in and says who will own our records. A refused sign-in fails with [`Verdict::Stop`](crate::crm::Verdict::Stop).
    async fn sign_in(&self) -> Result<CrmUser, CrmError>;

    /// A page of contacts that changed, from the beginning without a cursor. A pass that begins reads the last moments
    /// before its cursor again: what was being stored then may show only now.
    async fn pull(&self, cursor: Option<&Cursor>, pass_begins: bool) -> Result<ContactPage, CrmError>;

    /// A page of the ids of all contacts, from the beginning without a cursor.
    async fn ids(&self, cursor: Option<&Cursor>) -> Result<IdPage, CrmError>;

    /// One contact with everything; nothing where the CRM has it no more.
    async fn fetch(&self, id: &str) -> Result<Option<RemoteContact>, CrmError>;

    /// The contacts that may have this number; some may merely end alike.
    async fn find(&self, number: &PhoneNumber) -> Result<Vec<RemoteContact>, CrmError>;

    /// The record with this order's request id, where the CRM has it.
    async fn search(&self, order: &RecordRequest) -> Result<Option<Receipt>, CrmError>;

    /// Creates the record, or amends it where the order knows its id.
    async fn submit(&self, order: &RecordRequest) -> Result<Receipt, CrmError>;

    /// Where a record opens in the browser.
    fn opens_at(&self, kind: RecordKind, remote_id: &str) -> Option<String>;

    /// Tries everything out, for its administrator.
    async fn test(&self, test: &ConnectorTest) -> Vec<TestStep>;
}

/// Remembers when a scope of a vendor's limit was last used, so that a restart keeps the limit. Neither method holds up the
/// thread that polls it.
#[async_trait]
pub trait ThrottleMemory: Send + Sync {
    /// When the scope was last used, UTC.
    async fn last_used(&self, scope: &str) -> Option<DateTime<Utc>>;

    /// The scope is about to be used: once this returns, a restart knows of it. Times are kept in the order in which they
    /// come. A future that is dropped may still have its time kept.
    async fn remember(&self, scope: &str, at: DateTime<Utc>);
}

/// The disk a folder lies on.
pub trait Disk: Send + Sync {
    /// How much of it this user may still fill, bytes.
    ///
    /// # Errors
    /// When the system does not say.
    fn free(&self, folder: &Path) -> std::io::Result<u64>;
}

/// Files of contacts, in whatever format.
pub trait ContactFiles: Send + Sync {
    /// Looks into a file: its format, encoding and columns, and what these are taken for.
    ///
    /// # Errors
    /// When the file can't be read, or holds no contacts in any format we know; it names the place.
    fn inspect(&self, path: &Path, options: &ReadOptions) -> Result<FileLayout, FileError>;

    /// Reads the rows of a file by a layout that [`Self::inspect`] gave.
    ///
    /// # Errors
    /// When the file can't be read.
    fn read(&self, path: &Path, layout: &FileLayout) -> Result<Box<dyn ContactReader>, FileError>;

    /// Writes contacts to a file, replacing it in one step once all are written. CSV begins with a byte order mark,
    /// which spreadsheets need to read accents.
    ///
    /// # Errors
    /// When the file can't be written.
    fn write(&self, path: &Path, format: FileFormat, shape: &ExportShape) -> Result<Box<dyn ContactWriter>, FileError>;
}
