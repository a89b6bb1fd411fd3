//! timbrectl: Timbre's engine with no window, for administrators, scripts and tests.

mod args;
mod ask;
mod calls;
mod config;
mod connector;
mod contacts;
mod dial;
mod doctor;
mod exit;
mod interactions;
mod outbox;
mod print;
mod secret;
mod session;
mod status;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use timbre_platform::logs;
use timbre_platform::secrets::SharedRedactor;

use crate::args::{Args, What};
use crate::exit::Failure;
use crate::print::Printer;

fn main() -> ExitCode {
    timbre_platform::dumps::switch_off();
    let args = Args::parse();
    let redactor = SharedRedactor::default();
    logs::start(redactor.clone(), std::io::stderr());
    let printer = Printer::new(&args, redactor.clone());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer.failed(&Failure::internal(format!("no runtime: {error}"))),
    };
    let done = runtime.block_on(run(&args, &printer, redactor));
    // A keyring or a resolver that never answers must not keep the process.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => printer.failed(&failure),
    }
}

async fn run(args: &Args, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    match &args.what {
        What::Watch => watch::run(args, printer, redactor).await,
        What::Dial(dial) => dial::run(args, dial, printer, redactor).await,
        What::Config(config) => config::run(args, config, printer),
        What::Secret(secret) => secret::run(args, secret, printer, redactor).await,
        What::Contacts(what) => contacts::run(args, what, printer, redactor).await,
        What::Interactions(what) => interactions::run(args, what, printer, redactor).await,
        What::Outbox(what) => outbox::run(args, what, printer, redactor).await,
        What::Connector(what) => connector::run(args, what, printer, redactor).await,
        What::Doctor => doctor::run(args, printer, redactor).await,
        What::Calls(what) => calls::run(args, what, printer, redactor).await,
        What::Endpoints(what) => ask::endpoints(args, what, printer, redactor).await,
        What::Agents(what) => ask::agents(args, what, printer, redactor).await,
        What::Unread(of) => ask::unread(args, of, printer, redactor).await,
        What::Status => status::run(args, printer, redactor).await,
        What::Backup => status::back_up(args, printer, redactor).await,
    }
}
