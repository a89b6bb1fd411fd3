//! The answering end of the local socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use serde_json::value::RawValue;
use tokio::io::BufReader;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::place::{self, is_ours};
use super::{Answer, Greeting, LONGEST_LINE, Request, WATCH, malformed, read_line, write_line};
use crate::Context;

/// How many answers wait for a client that reads slowly.
const WAITING_ANSWERS: usize = 256;
/// How many requests of one client are worked on at a time. One that asks on and reads nothing is not listened to meanwhile.
const REQUESTS_AT_A_TIME: usize = 64;
/// How long nobody is taken in after that failed: some file must be closed first.
const TAKES_IN_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often it is logged that nobody can be taken in.
const SAYS_SO_EVERY: Duration = Duration::from_secs(60);

/// The listening end; it stops when it is dropped or told to.
pub struct Server {
    stop: CancellationToken,
    connections: TaskTracker,
    /// The socket, or the file that says where it is.
    file: PathBuf,
}

impl Server {
    /// Listens for this engine.
    ///
    /// # Errors
    /// When the socket can't be made.
    pub fn start(context: Arc<Context>, data_dir: &Path) -> std::io::Result<Self> {
        let (name, file) = place::make(data_dir)?;
        let listener = ListenerOptions::new().name(name).create_tokio()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        }
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        connections.spawn(accept(context, listener, stop.clone(), connections.clone()));
        Ok(Self { stop, connections, file })
    }

    /// Stops listening and ends every connection.
    pub async fn stop(self) {
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
        // Left behind it is nobody's; the next start replaces it.
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(context: Arc<Context>, listener: Listener, stop: CancellationToken, connections: TaskTracker) {
    let mut said: Option<Duration> = None;
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
            // Out of file handles, most likely: it fails again at once until some are let go.
            Err(error) => {
                let now = context.core.clock.elapsed();
                if said.is_none_or(|said| now.saturating_sub(said) >= SAYS_SO_EVERY) {
                    tracing::warn!(%error, "a local client could not be taken in");
                    said = Some(now);
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = context.core.clock.sleep(TAKES_IN_AGAIN_AFTER) => {}
                }
            }
        }
    }
}

async fn serve(context: Arc<Context>, stream: Stream) -> std::io::Result<()> {
    is_ours(&stream)?;
    let (receive, mut send) = tokio::io::split(stream);
    let mut lines = BufReader::new(receive);
    let Some(first) = read_line(&mut lines, LONGEST_LINE).await? else { return Ok(()) };
    write_line(&mut send, &Greeting::of_engine(context.core.settings.file.as_deref())).await?;
    if let Err(error) = Greeting::check(&first) {
        return write_line(&mut send, &Answer::Error { id: 0, error }).await;
    }
    let (answers, mut outgoing) = mpsc::channel::<Answer>(WAITING_ANSWERS);
    let writing = async move {
        while let Some(answer) = outgoing.recv().await {
            write_line(&mut send, &answer).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    let reading = async move {
        // Dropped with the connection, and what still runs with it.
        let mut requests = tokio::task::JoinSet::new();
        loop {
            while requests.try_join_next().is_some() {}
            if requests.len() >= REQUESTS_AT_A_TIME {
                requests.join_next().await;
                continue;
            }
            let Some(line) = read_line(&mut lines, LONGEST_LINE).await? else { return Ok(()) };
            let request: Request = match serde_json::from_slice(&line) {
                Ok(request) => request,
                Err(error) => {
                    // Whoever asked may be gone.
                    let _ = answers.send(Answer::Error { id: 0, error: malformed(error) }).await;
                    // What follows in a line that was cut is no request either.
                    if line.ends_with(b"\n") { continue } else { return Ok(()) }
                }
            };
            // Each request runs by itself: a long sync must not keep a dial waiting. They end with the connection.
            let (context, answers) = (context.clone(), answers.clone());
            requests.spawn(async move { answer(&context, request, &answers).await });
        }
    };
    tokio::pin!(writing);
    let read = tokio::select! {
        done = &mut writing => return done,
        done = reading => done,
    };
    // What was answered already still goes out.
    writing.await.and(read)
}

async fn answer(context: &Arc<Context>, request: Request, answers: &mpsc::Sender<Answer>) {
    let Request { id, command, input } = request;
    if command == WATCH {
        return watch(context, id, answers).await;
    }
    let answered = match context.dispatch(&command, input.as_deref().unwrap_or(RawValue::NULL)).await {
        Ok(output) => Answer::Output { id, output },
        Err(error) => Answer::Error { id, error },
    };
    // Whoever asked may be gone.
    let _ = answers.send(answered).await;
}

/// Sends every event from now on, until the client goes.
async fn watch(context: &Context, id: u64, answers: &mpsc::Sender<Answer>) {
    let mut events = context.subscribe();
    if answers.send(Answer::Output { id, output: RawValue::NULL.to_owned() }).await.is_err() {
        return;
    }
    loop {
        let event = tokio::select! {
            () = answers.closed() => return,
            event = events.recv() => event,
        };
        let told = match event {
            Ok(event) => Answer::Event(Box::new(event)),
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
