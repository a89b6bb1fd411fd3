//! The command line of `timbrectl`; its comments are the help.

mod contacts;
mod crm;
mod interactions;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};
use timbre_domain::call::AccountName;
use timbre_domain::contact::ContactId;
use timbre_domain::secret::SecretName;
use timbre_domain::texts::Language;

pub(crate) use contacts::{Contacts, Details, Import};
pub(crate) use crm::{Connector, Outbox};
pub(crate) use interactions::{Add, CallMeant, Interactions, Said, call};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it failed, for a reason not listed here
  2  the command line is wrong, or what it names does not want to be called
  3  the settings file or a connector's file is wrong
  4  there is no such thing (account, identity, contact, call, result)
  5  the vendor or the CRM can't be reached or fails; trying later may help
  6  the vendor or the CRM refuses us, or the password is missing
  7  the agent is in a call: nothing was dialled
  8  the dial was accepted, but no call appeared
  9  the data folder or the database can't be used
 10  it is not known whether the call was placed
 11  the file of contacts can't be used; the message names row and column
 12  doctor found something that needs a person
 13  the result lacks something that its disposition requires, or the CRM refuses it
130  interrupted

Environment:
  TIMBRE_SECRET_<NAME>  the password of the account or key of the connector NAME, on machines without a keyring
                        (capitals, _ for -)
  TIMBRE_LOG            what is logged to standard error, such as timbre_engine=debug";

/// Timbre with no window: watch calls, dial, look into the history.
#[derive(Debug, Parser)]
#[command(name = "timbrectl", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// The settings file to read.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder, which holds the database and the logs.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// JSON on standard output instead of text for people.
    #[arg(long, global = true, action = ArgAction::SetTrue)]
    pub(crate) json: bool,
    /// The language of texts: es, en or pt. The settings file's where it is left out.
    #[arg(long, global = true, value_parser = language)]
    pub(crate) language: Option<Language>,
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Follow the calls; with --json one object a line.
    Watch,
    /// Place a call and follow it to its end.
    Dial(Dial),
    /// The history of calls.
    #[command(subcommand)]
    Calls(Calls),
    /// The endpoints that belong to the accounts.
    #[command(subcommand)]
    Endpoints(Endpoints),
    /// The contacts of this Timbre.
    #[command(subcommand)]
    Contacts(Contacts),
    /// What came of the calls.
    #[command(subcommand)]
    Interactions(Interactions),
    /// What is on its way to the CRMs.
    #[command(subcommand)]
    Outbox(Outbox),
    /// The CRMs of the settings file.
    #[command(subcommand)]
    Connector(Connector),
    /// Which endpoints belong to which agent.
    #[command(subcommand)]
    Agents(Agents),
    /// What the settings file says.
    #[command(subcommand)]
    Config(Config),
    /// Passwords of accounts and keys of CRMs in the keyring.
    #[command(subcommand)]
    Secret(Secret),
    /// Look at everything: database, disk, clock, accounts. Says what is wrong and what to do about it.
    Doctor,
    /// How everything is, as far as the running Timbre knows without asking anybody.
    Status,
    /// Back the database up now, and list the backups. By itself it is done every hour.
    Backup,
    /// What could not be read of the vendors' answers, for diagnosis.
    Unread(OfAccount),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Dial {
    /// The number, as people write it.
    pub(crate) number: String,
    /// The identity to call as: its label or its endpoint.
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// The contact that is called.
    #[arg(long, value_name = "ID")]
    pub(crate) contact: Option<ContactId>,
    /// More about the call for vendors that take it, such as --data Email=ana@example.com; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) data: Vec<(String, String)>,
    /// Return as soon as the vendor has accepted the call.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Call even a contact who does not want to be called.
    #[arg(long)]
    pub(crate) despite_do_not_call: bool,
    /// Call although the vendor still shows a call that began hours ago.
    #[arg(long)]
    pub(crate) despite_stale_call: bool,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct OfAccount {
    /// Only the account of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<AccountName>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Calls {
    /// Calls, the newest first.
    List {
        /// From this time on: 2026-11-20 or 2026-11-20T08:00:00-06:00.
        #[arg(long, value_name = "TIME", value_parser = crate::ask::time)]
        from: Option<chrono::DateTime<chrono::Utc>>,
        /// Only what began before this time.
        #[arg(long, value_name = "TIME", value_parser = crate::ask::time)]
        to: Option<chrono::DateTime<chrono::Utc>>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
    /// Read the vendor's record: the last 24 hours, or a stretch of time.
    Sync {
        #[command(flatten)]
        of: OfAccount,
        /// From this time on.
        #[arg(long, value_name = "TIME", requires = "to", value_parser = crate::ask::time)]
        from: Option<chrono::DateTime<chrono::Utc>>,
        /// Only what began before this time.
        #[arg(long, value_name = "TIME", requires = "from", value_parser = crate::ask::time)]
        to: Option<chrono::DateTime<chrono::Utc>>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Endpoints {
    /// Endpoints as they were last read.
    List(OfAccount),
    /// Read them from the vendor.
    Sync(OfAccount),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// List all agents by name.
    List,
    /// Add an agent or replace their endpoints.
    Set {
        /// The agent's name, as colleagues know it.
        name: String,
        /// An endpoint of an account, written ACCOUNT/ENDPOINT.
        #[arg(long = "endpoint", value_name = "ACCOUNT/ENDPOINT", value_parser = crate::ask::agent_endpoint)]
        endpoints: Vec<(AccountName, timbre_domain::endpoint::EndpointNumber)>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print a commented example.
    Example {
        /// The vendor whose account it shows.
        #[arg(long)]
        vendor: Option<String>,
    },
    /// Check the settings file; names the line that is wrong.
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Store an account's password or a CRM's key in the keyring; it is asked for, or read from standard input.
    Set {
        /// The account's or the connector's name; NAME-client is the client secret of a connector.
        name: SecretName,
    },
    /// Remove an account's password or a CRM's key from the keyring.
    Forget {
        /// The account's or the connector's name; NAME-client is the client secret of a connector.
        name: SecretName,
    },
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "es" => Ok(Language::Es),
        "en" => Ok(Language::En),
        "pt" => Ok(Language::Pt),
        _ => Err("es, en or pt".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
