//! The simulators by hand: the program prints where they listen and takes orders on standard input until Ctrl-C.
#![expect(clippy::print_stdout, reason = "a program for the terminal: what it prints is its purpose")]

use std::io::BufRead;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use timbre_simulator::callmyway::console::VENDOR as DEFAULT_VENDOR;
use timbre_simulator::console::{Console, ConsoleOptions, Vendor};
use timbre_simulator::crm;
use timbre_simulator::formcall::console::VENDOR as FORMCALL;
use tokio::sync::mpsc;

const VENDORS: [Vendor; 2] = [DEFAULT_VENDOR, FORMCALL];

/// A vendor of telephony on loopback, and an EspoCRM beside it where it is asked for.
#[derive(Debug, Parser)]
#[command(name = "timbre-simulator", version)]
struct Arguments {
    /// The vendor to simulate.
    #[arg(long, default_value = DEFAULT_VENDOR.name, value_parser = PossibleValuesParser::new(VENDORS.map(|vendor| vendor.name)))]
    vendor: String,
    #[command(flatten)]
    options: ConsoleOptions,
    /// Starts a CRM too, on this port on 127.0.0.1; 0 lets the system choose.
    #[arg(long)]
    crm_port: Option<u16>,
    /// The number of invented contacts in the CRM.
    #[arg(long, default_value_t = 200)]
    crm_contacts: usize,
}

/// The simulators of this run.
struct Simulators {
    vendor: Box<dyn Console>,
    crm: Option<Box<dyn Console>>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Simulators::start(Arguments::parse()).await {
        Ok(simulators) => {
            simulators.run().await;
            ExitCode::SUCCESS
        }
        Err(message) => {
            println!("{message}");
            ExitCode::FAILURE
        }
    }
}

impl Simulators {
    async fn start(arguments: Arguments) -> Result<Self, String> {
        let seed = arguments.options.seed;
        let chosen = VENDORS.into_iter().find(|vendor| vendor.name == arguments.vendor).unwrap_or(DEFAULT_VENDOR);
        let vendor =
            (chosen.start)(arguments.options).await.map_err(|error| format!("the simulator cannot start: {error}"))?;
        let crm = match arguments.crm_port {
            Some(port) => Some(
                crm::console::start(port, arguments.crm_contacts, seed)
                    .await
                    .map_err(|error| format!("the CRM cannot start: {error}"))?,
            ),
            None => None,
        };
        Ok(Self { vendor, crm })
    }

    /// Takes orders until Ctrl-C. When standard input is closed, the simulators go on without orders.
    async fn run(self) {
        for console in [Some(&self.vendor), self.crm.as_ref()].into_iter().flatten() {
            console.greeting().iter().for_each(|line| println!("{line}"));
        }
        let mut lines = lines_of_standard_input();
        loop {
            tokio::select! {
                line = lines.recv() => match line {
                    Some(line) => println!("{}", self.obey(&line)),
                    None => {
                        let _ = tokio::signal::ctrl_c().await;
                        break;
                    }
                },
                _ = tokio::signal::ctrl_c() => break,
            }
        }
        self.vendor.stop().await;
        if let Some(crm) = self.crm {
            crm.stop().await;
        }
    }

    fn obey(&self, line: &str) -> String {
        if line.split_whitespace().next() != Some("crm") {
            return self.vendor.obey(line);
        }
        match &self.crm {
            Some(crm) => crm.obey(line),
            None => "no CRM: start with --crm-port".to_owned(),
        }
    }
}

/// Reads in a thread of its own: reading standard input cannot be interrupted, and must not keep the program from
/// ending.
fn lines_of_standard_input() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
