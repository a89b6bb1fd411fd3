//! The local socket: a second process on the same data folder asks the engine that runs.
//!
//! Lines of JSON both ways. A client sends `{"id":1,"command":{…}}` and gets `{"id":1,"reply":{…}}` or
//! `{"id":1,"error":{…}}`; after `{"id":1,"watch":true}` it also gets every event as `{"told":{…}}`. On Unix the socket
//! lies in the data folder, which is this user's alone; on Windows it is a named pipe of this user's.

use std::path::Path;
use std::sync::Arc;

use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use interprocess::local_socket::{ListenerOptions, Name};
use serde::{Deserialize, Serialize};
use timbre_domain::error::ErrorCode;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::Context;
use crate::api::commands::{Command, CommandError, Reply};
use crate::api::event::Event;

/// Longer lines come from nobody we know.
const LINE_AT_MOST: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Request {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
    #[serde(default)]
    watch: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    Reply { id: u64, reply: Box<Reply> },
    Error { id: u64, error: CommandError },
    Watching { id: u64, watching: bool },
    Told { told: Box<Event> },
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

/// The listening end; it stops when it is dropped or told to.
pub struct Server {
    stop: CancellationToken,
    connections: TaskTracker,
    #[cfg(unix)]
    path: std::path::PathBuf,
}

impl Server {
    /// Listens for this engine. The held data folder makes sure that a socket left by a dead process is nobody's.
    ///
    /// # Errors
    /// When the socket can't be made.
    pub fn start(context: Arc<Context>, data_dir: &Path) -> std::io::Result<Self> {
        #[cfg(unix)]
        let path = socket_path(data_dir);
        #[cfg(unix)]
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = ListenerOptions::new().name(name(data_dir)?).create_tokio()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        connections.spawn(accept(context, listener, stop.clone(), connections.clone()));
        Ok(Self {
            stop,
            connections,
            #[cfg(unix)]
            path,
        })
    }

    /// Stops listening and ends every connection.
    pub async fn stop(self) {
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
        #[cfg(unix)]
        // Left behind it is nobody's; the next start removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(context: Arc<Context>, listener: Listener, stop: CancellationToken, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                let (context, stop) = (context.clone(), stop.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        served = serve(context, stream) => if let Err(error) = served {
                            tracing::debug!(%error, "a local client went away");
                        }
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a local client could not be taken");
                // Out of file handles, most likely: let some go before trying again.
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn serve(context: Arc<Context>, stream: Stream) -> std::io::Result<()> {
    let (receive, mut send) = tokio::io::split(stream);
    let (answers, mut outgoing) = mpsc::channel::<Answer>(256);
    let writing = async move {
        while let Some(answer) = outgoing.recv().await {
            let mut line = serde_json::to_vec(&answer)?;
            line.push(b'\n');
            send.write_all(&line).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let reading = async move {
        let mut lines = BufReader::new(receive);
        // Dropped with the connection, and what still runs with it.
        let mut requests = tokio::task::JoinSet::new();
        loop {
            while requests.try_join_next().is_some() {}
            let mut line = Vec::new();
            if (&mut lines).take(LINE_AT_MOST).read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let request: Request = match serde_json::from_slice(&line) {
                Ok(request) => request,
                Err(error) => {
                    let error = CommandError::new(ErrorCode::BadRequest, error.to_string());
                    let _ = answers.send(Answer::Error { id: 0, error }).await;
                    return Ok(());
                }
            };
            // Each request runs by itself: a long sync must not keep a dial waiting. They end with the connection.
            let (context, answers) = (context.clone(), answers.clone());
            requests.spawn(async move { answer(&context, request, &answers).await });
        }
    };
    tokio::select! {
        done = writing => done,
        done = reading => done,
    }
}

async fn answer(context: &Arc<Context>, request: Request, answers: &mpsc::Sender<Answer>) {
    let id = request.id;
    if request.watch {
        let mut events = context.subscribe();
        if answers.send(Answer::Watching { id, watching: true }).await.is_err() {
            return;
        }
        loop {
            let event = tokio::select! {
                () = answers.closed() => return,
                event = events.recv() => event,
            };
            let told = match event {
                Ok(event) => Answer::Told { told: Box::new(event) },
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "a local client reads too slowly and missed events");
                    continue;
                }
                Err(RecvError::Closed) => return,
            };
            if answers.send(told).await.is_err() {
                return;
            }
        }
    }
    let answered = match request.command {
        Some(command) => match context.execute(command).await {
            Ok(reply) => Answer::Reply { id, reply: Box::new(reply) },
            Err(error) => Answer::Error { id, error },
        },
        None => Answer::Error { id, error: CommandError::new(ErrorCode::BadRequest, "neither a command nor a watch") },
    };
    let _ = answers.send(answered).await;
}

/// The asking end.
pub struct Client {
    lines: BufReader<ReadHalf<Stream>>,
    send: WriteHalf<Stream>,
    next_id: u64,
    told: std::collections::VecDeque<Event>,
}

impl Client {
    /// Connects to the engine that runs on a data folder.
    ///
    /// # Errors
    /// When none does.
    pub async fn connect(data_dir: &Path) -> std::io::Result<Self> {
        let stream = Stream::connect(name(data_dir)?).await?;
        let (receive, send) = tokio::io::split(stream);
        Ok(Self { lines: BufReader::new(receive), send, next_id: 1, told: std::collections::VecDeque::new() })
    }

    /// Has a command done.
    ///
    /// # Errors
    /// The engine's error, or [`ErrorCode::Stopping`] when it went away.
    pub async fn execute(&mut self, command: Command) -> Result<Reply, CommandError> {
        let id = self.send(Some(command), false).await.map_err(gone)?;
        loop {
            match self.receive().await.map_err(gone)? {
                Answer::Reply { id: of, reply } if of == id => return Ok(*reply),
                Answer::Error { id: of, error } if of == id || of == 0 => return Err(error),
                Answer::Told { told } => self.told.push_back(*told),
                Answer::Reply { .. } | Answer::Error { .. } | Answer::Watching { .. } => {}
            }
        }
    }

    /// Has a command done that takes long, and hands on the events meanwhile, once [`Self::watch`] was called.
    ///
    /// # Errors
    /// The engine's error, or [`ErrorCode::Stopping`] when it went away.
    pub async fn execute_telling(
        &mut self,
        command: Command,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Reply, CommandError> {
        let id = self.send(Some(command), false).await.map_err(gone)?;
        loop {
            match self.receive().await.map_err(gone)? {
                Answer::Reply { id: of, reply } if of == id => return Ok(*reply),
                Answer::Error { id: of, error } if of == id || of == 0 => return Err(error),
                Answer::Told { told } => tell(*told),
                Answer::Reply { .. } | Answer::Error { .. } | Answer::Watching { .. } => {}
            }
        }
    }

    /// Asks for events; once this returns, none is missed.
    ///
    /// # Errors
    /// When the engine went away.
    pub async fn watch(&mut self) -> std::io::Result<()> {
        let id = self.send(None, true).await?;
        loop {
            match self.receive().await? {
                Answer::Watching { id: of, .. } if of == id => return Ok(()),
                Answer::Told { told } => self.told.push_back(*told),
                Answer::Reply { .. } | Answer::Error { .. } | Answer::Watching { .. } => {}
            }
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// When the engine went away.
    pub async fn next_event(&mut self) -> std::io::Result<Event> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Ok(event);
            }
            if let Answer::Told { told } = self.receive().await? {
                return Ok(*told);
            }
        }
    }

    async fn send(&mut self, command: Option<Command>, watch: bool) -> std::io::Result<u64> {
        let id = self.next_id;
        self.next_id += 1;
        let mut line = serde_json::to_vec(&Request { id, command, watch })?;
        line.push(b'\n');
        self.send.write_all(&line).await?;
        Ok(id)
    }

    async fn receive(&mut self) -> std::io::Result<Answer> {
        let mut line = Vec::new();
        if self.lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_slice(&line)?)
    }
}

fn gone(error: std::io::Error) -> CommandError {
    CommandError::new(ErrorCode::Stopping, format!("the running Timbre went away: {error}"))
}
