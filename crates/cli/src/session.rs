//! The engine a command speaks to: the one that runs on the data folder, else one of our own.

use std::path::PathBuf;
use std::sync::Arc;

use timbre_domain::ports::Headless;
use timbre_engine::api::Command;
use timbre_engine::api::event::Event;
use timbre_engine::api::socket::Client;
use timbre_platform::folders;
use timbre_platform::secrets::SharedRedactor;
use timbre_wiring::{Options, Running, StartError};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::args::Args;
use crate::exit::Failure;

pub(crate) enum Session {
    /// An engine that was running.
    Running(Client),
    Own(Box<Running>, Receiver<Event>),
}

impl Session {
    /// `follow` says whether an engine of our own watches the calls.
    pub(crate) async fn open(args: &Args, redactor: SharedRedactor, follow: bool) -> Result<Self, Failure> {
        let data_dir: PathBuf =
            args.data_dir.clone().or_else(folders::data_dir).ok_or(Failure::from(StartError::NoFolder))?;
        if let Some(client) = Client::connect(&data_dir).await? {
            // An engine that runs does not read the settings anew for whoever asks it.
            if let Some(config) = &args.config {
                client.uses_settings(config)?;
            }
            return Ok(Self::Running(client));
        }
        let options =
            Options { config: args.config.clone(), data_dir: Some(data_dir), redactor, commands_only: !follow };
        // The `popup` events say what a pop-up would show.
        let mut running = timbre_wiring::start(&options, Arc::new(Headless)).await?;
        let events = running.take_first_events();
        Ok(Self::Own(Box::new(running), events))
    }

    /// Whether nobody was there and an engine of our own answers, which sends nothing once the command is done.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::Own(..))
    }

    pub(crate) async fn execute<C: Command>(&mut self, command: C) -> Result<C::Output, Failure> {
        Ok(match self {
            Self::Running(client) => client.execute(command).await?,
            Self::Own(running, _) => running.context().execute(command).await?,
        })
    }

    /// Has a command done that takes long, and hands on what is told meanwhile.
    pub(crate) async fn execute_telling<C: Command>(
        &mut self,
        command: C,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<C::Output, Failure> {
        match self {
            Self::Running(client) => {
                client.watch().await?;
                Ok(client.execute_telling(command, tell).await?)
            }
            Self::Own(running, events) => {
                let context = running.context();
                let work = context.execute(command);
                tokio::pin!(work);
                loop {
                    tokio::select! {
                        done = &mut work => return Ok(done?),
                        Ok(event) = events.recv() => tell(event),
                    }
                }
            }
        }
    }

    /// Asks for events; none is missed from here on.
    pub(crate) async fn watch(&mut self) -> Result<(), Failure> {
        match self {
            Self::Running(client) => Ok(client.watch().await?),
            Self::Own(..) => Ok(()),
        }
    }

    pub(crate) async fn next_event(&mut self) -> Result<Event, Failure> {
        match self {
            Self::Running(client) => Ok(client.next_event().await?),
            Self::Own(_, events) => loop {
                match events.recv().await {
                    Ok(event) => return Ok(event),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "events came faster than they could be written");
                    }
                    Err(RecvError::Closed) => return Err(Failure::internal("the engine stopped".into())),
                }
            },
        }
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Own(running, _) => running.stop().await.map_err(|error| StartError::from(error).into()),
        }
    }
}
