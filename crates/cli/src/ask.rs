//! The commands that ask one thing and print what came of it.

use chrono::{DateTime, Local, NaiveDate, TimeZone as _, Utc};
use serde_json::json;
use timbre_domain::call::AccountName;
use timbre_domain::endpoint::EndpointNumber;
use timbre_engine::api::Agent;
use timbre_engine::api::Command;
use timbre_engine::api::command::{AgentsList, AgentsSet, EndpointsList, EndpointsSync, UnreadList};
use timbre_platform::secrets::SharedRedactor;

use crate::args::{Agents, Args, Endpoints, OfAccount};
use crate::exit::Failure;
use crate::print::Printer;
use crate::session::Session;

/// Has one command carried out, and closes what was opened for it.
pub(crate) async fn once<C: Command>(args: &Args, redactor: SharedRedactor, command: C) -> Result<C::Output, Failure> {
    let mut session = Session::open(args, redactor, false).await?;
    let answered = session.execute(command).await;
    session.close().await?;
    answered
}

pub(crate) async fn endpoints(
    args: &Args,
    what: &Endpoints,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    written(match what {
        Endpoints::List(of) => {
            let endpoints = once(args, redactor, EndpointsList { account: of.account.clone() }).await?;
            printer.reply("endpoints", &json!({"endpoints": endpoints}), || printer.endpoints(&endpoints))
        }
        Endpoints::Sync(of) => {
            printer.synced(once(args, redactor, EndpointsSync { account: of.account.clone() }).await?)
        }
    })
}

pub(crate) async fn agents(
    args: &Args,
    what: &Agents,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    written(match what {
        Agents::List => {
            let agents = once(args, redactor, AgentsList).await?;
            printer.reply("agents", &json!({"agents": agents}), || printer.agents(&agents))
        }
        Agents::Set { name, endpoints } => {
            once(args, redactor, AgentsSet(Agent { name: name.clone(), endpoints: endpoints.clone() })).await?;
            printer.changed()
        }
    })
}

pub(crate) async fn unread(
    args: &Args,
    of: &OfAccount,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    let parts = once(args, redactor, UnreadList { account: of.account.clone() }).await?;
    written(printer.reply("unread", &json!({"parts": parts}), || printer.unread(&parts)))
}

/// A closed standard output is the reader's business; any other failure to write is ours.
pub(crate) fn written(written: std::io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::internal(format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A time on the command line: RFC 3339, or a day, which begins at midnight here.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "a day like 2026-11-20 or a time like 2026-11-20T08:00:00-06:00")?;
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    match Local.from_local_datetime(&midnight).earliest() {
        Some(time) => Ok(time.to_utc()),
        None => Err("this day has no midnight here: give a time".into()),
    }
}

/// An agent's endpoint on the command line: `ACCOUNT/ENDPOINT`.
pub(crate) fn agent_endpoint(text: &str) -> Result<(AccountName, EndpointNumber), String> {
    let (account, endpoint) = text.split_once('/').ok_or("ACCOUNT/ENDPOINT")?;
    let account = account.parse().map_err(|error: timbre_domain::call::BadAccountName| error.to_string())?;
    Ok((account, EndpointNumber::new(endpoint).ok_or("the endpoint is empty")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_a_whole_time_and_nothing_else() {
        assert_eq!(time("2026-11-20T08:00:00-06:00"), Ok("2026-11-20T14:00:00Z".parse().unwrap()));
        assert!(time("2026-11-20").is_ok());
        for text in ["", "yesterday", "2026-13-01", "20/11/2026", "2026-11-20 08:00"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_agents_endpoint_names_its_account() {
        assert!(agent_endpoint("main/8373456").is_ok());
        for text in ["8373456", "main/", "/8373456", "Main/1"] {
            assert!(agent_endpoint(text).is_err(), "{text}");
        }
    }
}
