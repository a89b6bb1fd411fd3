//! `timbrectl outbox` and `timbrectl connector` on the command line.

use clap::Subcommand;
use timbre_domain::crm::ConnectorName;
use timbre_domain::outbox::{OutboxState, RequestId};

#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// What is on its way to the CRMs, the oldest first: why it waits, and what to do.
    List {
        /// Only to this CRM.
        #[arg(long, value_name = "NAME")]
        connector: Option<ConnectorName>,
        /// Only in this state: waiting, sending, parked, done or discarded; may be given several times.
        #[arg(long = "state", value_name = "STATE", value_parser = state)]
        states: Vec<OutboxState>,
        /// Also what is done or discarded.
        #[arg(long, conflicts_with = "states")]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
    /// Try records again, now.
    Retry {
        /// The ids of the records, as `outbox list` shows them.
        #[arg(required_unless_present = "parked", conflicts_with = "parked")]
        ids: Vec<RequestId>,
        /// All that are parked.
        #[arg(long)]
        parked: bool,
        /// Only those to this CRM.
        #[arg(long, value_name = "NAME", requires = "parked", conflicts_with = "ids")]
        connector: Option<ConnectorName>,
        /// Create it although the CRM takes it for one that it has already.
        #[arg(long, conflicts_with = "parked")]
        despite_duplicate: bool,
        /// Create it although the CRM may have it from an earlier try and can't be asked: you have looked there.
        #[arg(long, conflicts_with = "parked")]
        unsearched: bool,
    },
    /// Never send these records.
    Discard {
        /// The ids of the records, as `outbox list` shows them.
        #[arg(required = true)]
        ids: Vec<RequestId>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Connector {
    /// The CRMs: how they are and what they can do.
    List,
    /// Try a CRM out, step by step.
    Test {
        /// The CRM's name in the settings file.
        name: ConnectorName,
        /// The number that is looked for; one that nobody has where it is left out.
        #[arg(long, value_name = "NUMBER")]
        number: Option<String>,
        /// Also create a record of each kind, find it, change it and remove it again; what can't be removed is named.
        #[arg(long)]
        write: bool,
        /// Send nothing: show what would be sent.
        #[arg(long)]
        dry_run: bool,
    },
    /// The sign-in with a CRM is right now: go on.
    Resume {
        /// The CRM's name in the settings file.
        name: ConnectorName,
    },
}

fn state(text: &str) -> Result<OutboxState, String> {
    match text {
        "waiting" => Ok(OutboxState::Waiting),
        "sending" => Ok(OutboxState::Sending),
        "parked" => Ok(OutboxState::Parked),
        "done" => Ok(OutboxState::Done),
        "discarded" => Ok(OutboxState::Discarded),
        _ => Err("waiting, sending, parked, done or discarded".into()),
    }
}
