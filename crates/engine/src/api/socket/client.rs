//! The asking end of the local socket.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use interprocess::local_socket::tokio::{Stream, prelude::*};
use serde_json::value::{RawValue, to_raw_value};
use timbre_domain::error::ErrorCode;
use tokio::io::{BufReader, ReadHalf, WriteHalf};

use super::place::{find, is_ours};
use super::{Answer, Greeting, Request, WATCH, read_line, write_line};
use crate::api::event::Event;
use crate::api::{Command, CommandError};

/// A connection to the engine that runs on a data folder.
pub struct Client {
    lines: BufReader<ReadHalf<Stream>>,
    send: WriteHalf<Stream>,
    next_id: u64,
    /// Events that came while an answer was awaited.
    events: VecDeque<Event>,
    /// The engine's settings file.
    settings: Option<String>,
}

impl Client {
    /// Connects to the engine that runs on a data folder; nothing where none does.
    ///
    /// # Errors
    /// [`ErrorCode::OtherVersion`] where the engine speaks another protocol, [`ErrorCode::Stopping`] where it went away,
    /// [`ErrorCode::OtherUser`] where another user is at the other end.
    pub async fn connect(data_dir: &Path) -> Result<Option<Self>, CommandError> {
        let other_user = |error: io::Error| CommandError::new(ErrorCode::OtherUser, error.to_string());
        let name = match find(data_dir) {
            Ok(name) => name,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(other_user(error)),
            Err(_) => return Ok(None),
        };
        let Ok(stream) = Stream::connect(name).await else { return Ok(None) };
        // Nothing is said to somebody else.
        is_ours(&stream).map_err(other_user)?;
        let (receive, send) = tokio::io::split(stream);
        let mut client =
            Self { lines: BufReader::new(receive), send, next_id: 1, events: VecDeque::new(), settings: None };
        write_line(&mut client.send, &Greeting::ours()).await.map_err(gone)?;
        let first = client.line().await.map_err(gone)?;
        client.settings = Greeting::check(&first)?.settings;
        Ok(Some(client))
    }

    /// Refuses an engine that does not use this settings file.
    ///
    /// # Errors
    /// [`ErrorCode::OtherSettings`], with the file that it uses.
    pub fn uses_settings(&self, file: &Path) -> Result<(), CommandError> {
        let asked = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        match &self.settings {
            Some(used) if *used == asked.to_string_lossy() => Ok(()),
            used => {
                let used = used.as_deref().unwrap_or("-");
                Err(CommandError::new(ErrorCode::OtherSettings, used).at("config"))
            }
        }
    }

    /// Has a command carried out.
    ///
    /// # Errors
    /// The engine's error, or [`ErrorCode::Stopping`] where it went away.
    pub async fn execute<C: Command>(&mut self, command: C) -> Result<C::Output, CommandError> {
        let mut events = std::mem::take(&mut self.events);
        let answered = self.execute_telling(command, &mut |event| events.push_back(event)).await;
        self.events = events;
        answered
    }

    /// Has a command carried out that takes long, and hands on the events meanwhile, once [`Self::watch`] was called.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn execute_telling<C: Command>(
        &mut self,
        command: C,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<C::Output, CommandError> {
        let unreadable = |error: serde_json::Error| CommandError::new(ErrorCode::BadRequest, error.to_string());
        let output = self.ask(C::NAME, Some(to_raw_value(&command).map_err(unreadable)?), tell).await?;
        serde_json::from_str(output.get()).map_err(unreadable)
    }

    /// Asks for events; once this returns, none is missed.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn watch(&mut self) -> Result<(), CommandError> {
        let mut events = std::mem::take(&mut self.events);
        let answered = self.ask(WATCH, None, &mut |event| events.push_back(event)).await;
        self.events = events;
        answered.map(drop)
    }

    /// The next event.
    ///
    /// # Errors
    /// [`ErrorCode::Stopping`] where the engine went away.
    pub async fn next_event(&mut self) -> Result<Event, CommandError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if let Answer::Event(event) = self.receive().await.map_err(gone)? {
                return Ok(*event);
            }
        }
    }

    async fn ask(
        &mut self,
        command: &str,
        input: Option<Box<RawValue>>,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Box<RawValue>, CommandError> {
        let id = self.next_id;
        self.next_id += 1;
        let request = Request { id, command: command.to_owned(), input };
        write_line(&mut self.send, &request).await.map_err(gone)?;
        loop {
            match self.receive().await.map_err(gone)? {
                Answer::Output { id: of, output } if of == id => return Ok(output),
                Answer::Error { id: of, error } if of == id || of == 0 => return Err(error),
                Answer::Event(event) => tell(*event),
                Answer::Output { .. } | Answer::Error { .. } => {}
            }
        }
    }

    async fn receive(&mut self) -> std::io::Result<Answer> {
        Ok(serde_json::from_slice(&self.line().await?)?)
    }

    async fn line(&mut self) -> std::io::Result<Vec<u8>> {
        read_line(&mut self.lines, u64::MAX).await?.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

fn gone(error: std::io::Error) -> CommandError {
    CommandError::new(ErrorCode::Stopping, format!("the running Timbre went away: {error}"))
}
