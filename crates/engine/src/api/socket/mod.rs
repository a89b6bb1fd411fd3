//! The local socket: a second process on the same data folder asks the engine that runs.
//!
//! Lines of JSON both ways. A client first says which protocol it speaks, `{"protocol":2}`, and is told the engine's,
//! `{"protocol":2,"version":"0.1.0","settings":"/…/timbre.toml"}`; both go no further where the protocols differ. Then it sends
//! `{"id":1,"command":"calls_list","input":{…}}` and gets `{"output":{"id":1,"output":…}}` or `{"error":{"id":1,"error":{…}}}`,
//! and after `{"id":1,"command":"watch"}` also every event as `{"event":{…}}`. [`command`](super::command) is the list of
//! commands. On Unix the socket lies in the data folder, on Windows it is a named pipe; `place.rs` says who may be at its ends.

mod client;
mod place;
mod server;

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use timbre_domain::error::ErrorCode;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

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

/// Reads a line as a client's request, and carries nothing out.
///
/// # Errors
/// What is wrong with it, as the client would be told.
pub fn understand(line: &[u8]) -> Result<(), CommandError> {
    let request: Request = serde_json::from_slice(line).map_err(malformed)?;
    match request.command.as_str() {
        WATCH => Ok(()),
        name => super::command::check(name, request.input.as_deref().unwrap_or(RawValue::NULL)),
    }
}

fn malformed(error: serde_json::Error) -> CommandError {
    let detail = format!("Timbre {} does not understand this line: {error}", env!("CARGO_PKG_VERSION"));
    CommandError::new(ErrorCode::BadRequest, detail)
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
