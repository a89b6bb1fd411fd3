//! Playing a simulated vendor by hand, as the program `timbre-simulator` does.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;

use async_trait::async_trait;

/// What a person may set on the command line. A vendor refuses the options that mean nothing to it.
#[derive(Debug, Clone, clap::Args)]
pub struct ConsoleOptions {
    /// The port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The seed of everything that is invented: the calls' ids and the working day.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A fault for the next request that fits; may be given several times. The order `fault` lists the names.
    #[arg(long)]
    pub fault: Vec<String>,
    /// The shortest time between two readings, in milliseconds, with a vendor that has such a rule.
    #[arg(long)]
    pub interval_ms: Option<u64>,
    /// Plays a working day, a call every so often.
    #[arg(long)]
    pub day: bool,
    /// The telephones of a placed call are answered and hung up after some seconds, without orders.
    #[arg(long)]
    pub by_itself: bool,
    /// Serves HTTPS, and writes the certificate of the authority made for this run to this file (PEM).
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
}

impl ConsoleOptions {
    /// Refuses options that were given and mean nothing to a vendor.
    pub(crate) fn refuse(given: &[(&str, bool)]) -> io::Result<()> {
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(invalid(format!("this vendor has no use for {option}"))),
            None => Ok(()),
        }
    }
}

/// An error about something a person typed.
pub(crate) fn invalid(message: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.to_string())
}

/// The pretty JSON of a ledger.
pub(crate) fn pretty(ledger: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(ledger).unwrap_or_else(|error| error.to_string())
}

/// A simulator that takes orders, line by line.
#[async_trait]
pub trait Console: Send + Sync {
    /// What a person needs to use the simulator: its address and what to sign in with.
    fn greeting(&self) -> Vec<String>;

    /// Carries out one line. The answer is for the person.
    fn obey(&self, line: &str) -> String;

    /// Stops the simulator and frees its port.
    async fn stop(&self);
}

/// A simulator that is starting.
pub type Starting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Console>>> + Send>>;

/// A vendor that the program can play.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// The name that `--vendor` takes.
    pub name: &'static str,
    /// Starts the simulator. It fails when the port is taken or an option does not fit.
    pub start: fn(ConsoleOptions) -> Starting,
}
