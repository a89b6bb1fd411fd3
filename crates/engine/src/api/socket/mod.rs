//! The local socket: a second process on the same data folder asks the engine that runs.
//!
//! Lines of JSON both ways. A client first says which protocol it speaks, `{"protocol":2}`, and is told the engine's,
//! `{"protocol":2,"version":"0.1.0","settings":"/…/timbre.toml"}`; both go no further where the protocols differ. Then it sends
//! `{"id":1,"command":"calls_list","input":{…}}` and gets `{"output":{"id":1,"output":…}}` or `{"error":{"id":1,"error":{…}}}`,
//! and after `{"id":1,"command":"watch"}` also every event as `{"event":{…}}`. [`command`](super::command) is the list of
//! commands. On Unix the socket lies in the data folder, which is this user's alone; on Windows it is a named pipe.

mod client;
mod server;

use std::path::Path;

use interprocess::local_socket::Name;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use timbre_domain::error::ErrorCode;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use uuid::Uuid;

pub use self::client::Client;
pub use self::server::Server;
use super::event::Event;
use crate::error::CommandError;

/// Counts up with every change that an older client or engine would not understand.
pub const PROTOCOL: u32 = 2;

/// Bytes; nobody we know sends longer lines.
const LONGEST_LINE: u64 = 1024 * 1024;

/// The request that asks for events, beside the commands.
const WATCH: &str = "watch";

/// The first line of each side.
#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    protocol: u32,
    /// Timbre's version, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    version: String,
    /// The settings file that the engine uses; nothing from a client, and from an engine without a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<String>,
}

impl Greeting {
    fn ours() -> Self {
        Self { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned(), settings: None }
    }

    /// The engine's, which also says which settings file is in use.
    fn of_engine(settings: Option<&Path>) -> Self {
        Self { settings: settings.map(|file| file.to_string_lossy().into_owned()), ..Self::ours() }
    }

    /// Refuses whoever speaks another protocol; versions before the second say nothing of it.
    fn check(line: &[u8]) -> Result<Self, CommandError> {
        match serde_json::from_slice(line) {
            Ok(greeting @ Self { protocol: PROTOCOL, .. }) => Ok(greeting),
            Ok(Self { protocol, version, .. }) => {
                let detail = format!("Timbre {version} speaks protocol {protocol}, this one {PROTOCOL}");
                Err(CommandError::new(ErrorCode::OtherVersion, detail))
            }
            Err(_) => {
                let detail = format!("the other side names no protocol; this Timbre speaks protocol {PROTOCOL}");
                Err(CommandError::new(ErrorCode::OtherVersion, detail))
            }
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Request {
    id: u64,
    command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Output { id: u64, output: Box<RawValue> },
    Error { id: u64, error: CommandError },
    Event(Box<Event>),
}

/// The next line; nothing where the other side has gone.
async fn read_line(lines: &mut (impl AsyncBufRead + Unpin), longest: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = lines.take(longest).read_until(b'\n', &mut line).await?;
    Ok((read > 0).then_some(line))
}

async fn write_line(send: &mut (impl AsyncWrite + Unpin), value: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    send.write_all(&line).await
}

/// Where the socket of a data folder lies. A Unix socket's path is limited to about a hundred bytes, so a deep folder
/// gets one in the system's folder for such things, by a name that is this folder's alone.
#[cfg(unix)]
fn socket_path(data_dir: &Path) -> std::path::PathBuf {
    let path = data_dir.join("timbre.sock");
    if path.as_os_str().len() < 100 {
        return path;
    }
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, Into::into);
    folder.join(format!("timbre-{}.sock", name_of(data_dir)))
}

/// A name that is this folder's alone, the same for every build of Timbre: programs of different versions meet there.
fn name_of(data_dir: &Path) -> String {
    let whole = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, whole.as_os_str().as_encoded_bytes()).simple().to_string()
}

#[cfg(unix)]
fn name(data_dir: &Path) -> std::io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName as _};
    socket_path(data_dir).to_fs_name::<GenericFilePath>()
}

#[cfg(windows)]
fn name(data_dir: &Path) -> std::io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName as _};
    format!("timbre-{}", name_of(data_dir)).to_ns_name::<GenericNamespaced>()
}
