//! The simulator by hand: prints where it listens and takes orders on standard input until Ctrl-C.
#![expect(clippy::print_stdout, reason = "a program for the terminal: what it prints is its purpose")]

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use timbre_simulator::crm::{
    Access, ApiUser, Crm, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, FieldKind, Role,
};
use timbre_simulator::{CallHandle, DayPlan, Fault, RealClock, Simulator, SimulatorConfig, WorkingDay};
use tokio::sync::mpsc;

/// A CallMyWay on loopback, and an EspoCRM beside it where it is asked for.
#[derive(Debug, Parser)]
#[command(name = "timbre-simulator", version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// What callids and the day are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often readings may come, in milliseconds.
    #[arg(long, default_value_t = 4000)]
    interval_ms: u64,
    /// A fault for the next request that it can befall; may be given several times. See `fault` below.
    #[arg(long)]
    fault: Vec<Fault>,
    /// Plays a working day, a call every so often.
    #[arg(long)]
    day: bool,
    /// Starts a CRM too, on this port on 127.0.0.1; 0 lets the system choose.
    #[arg(long)]
    crm_port: Option<u16>,
    /// How many invented contacts the CRM has.
    #[arg(long, default_value_t = 200)]
    crm_contacts: usize,
}

const HELP: &str = "\
ring NUMBER             somebody calls (any spelling)
ring withheld           somebody calls and hides the number
out NUMBER              the agent dials on the handset
answer                  the newest call that rings is answered
hangup                  the newest call is over
fault NAME              the next request meets this fault
ledger                  what really happened, as JSON
crm                     the calls, tasks and notes stored in the CRM, as JSON
crm down                the CRM cuts all connections
crm up                  the CRM answers again
help                    this";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = SimulatorConfig {
        port: arguments.port,
        seed: arguments.seed,
        reading_interval: Duration::from_millis(arguments.interval_ms),
        ..SimulatorConfig::default()
    };
    let simulator = match Simulator::start(config, Arc::new(RealClock::new())).await {
        Ok(simulator) => simulator,
        Err(error) => {
            println!("cannot listen: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", simulator.base_url());
    for sign_in in &simulator.config().sign_ins {
        // Invented for the simulator, so there is nothing to hide.
        println!("sign-in {} {}", sign_in.username, sign_in.password);
    }
    let crm = match arguments.crm_port {
        Some(port) => match start_crm(port, arguments.crm_contacts, arguments.seed).await {
            Ok(crm) => Some(crm),
            Err(error) => {
                println!("the CRM cannot listen: {error}");
                return ExitCode::FAILURE;
            }
        },
        None => None,
    };
    for fault in arguments.fault {
        simulator.faults().next(fault);
    }
    if arguments.day {
        let longest_pause = Duration::from_secs(40);
        let plan = DayPlan { longest_pause, longest_talk: Duration::from_secs(90), ..DayPlan::default() };
        let calls = WorkingDay::generate(arguments.seed, &plan).play_on(&simulator).len();
        println!("a day of {calls} calls begins");
    }
    let mut lines = lines_of_standard_input();
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => println!("{}", obey(&simulator, crm.as_ref(), &line)),
                // Standard input is closed: go on until Ctrl-C.
                None => {
                    let _ = tokio::signal::ctrl_c().await;
                    break;
                }
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    simulator.stop().await;
    if let Some(crm) = crm {
        crm.stop().await;
    }
    ExitCode::SUCCESS
}

async fn start_crm(port: u16, contacts: usize, seed: u64) -> std::io::Result<Crm> {
    // As the example of the settings file expects it: fields for the request id and the disposition, charges of their own.
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE).with("CCharge", Access::WRITE);
    let number = |name: &str| CustomField { name: name.to_owned(), kind: FieldKind::Number, required: false };
    let config = CrmConfig {
        port,
        seed,
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [(
            "Call".to_owned(),
            vec![CustomField::text("cCtiRequestId"), CustomField::text("cDisposition")],
        )]
        .into(),
        custom_entities: vec![CustomEntity {
            name: "CCharge".to_owned(),
            fields: vec![number("amount"), CustomField::text("amountCurrency")],
        }],
        ..CrmConfig::default()
    };
    let crm = Crm::start(config, Arc::new(RealClock::new())).await?;
    crm.populate(contacts, seed);
    // The connector adds the path of the interface.
    println!("crm {}", crm.base_url().trim_end_matches("api/v1/"));
    // Invented for the simulator, so there is nothing to hide.
    println!("crm key {DEFAULT_API_KEY}");
    println!("type `crm` to see the calls, tasks and notes stored there, `crm down` and `crm up` to cut it off");
    Ok(crm)
}

/// A thread of its own: reading standard input cannot be interrupted, and must not keep the program from ending.
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

/// Does what a line says; the answer is for the person.
fn obey(simulator: &Simulator, crm: Option<&Crm>, line: &str) -> String {
    let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let rest = rest.trim();
    let endpoint = simulator.config().endpoints.first().map(|(_, number)| number.clone()).unwrap_or_default();
    match (verb, rest) {
        ("ring", "") => "which number?".to_owned(),
        ("ring", who) if who.ends_with("withheld") => told("rings", &simulator.rings("anonymous", &endpoint)),
        ("ring", number) => told("rings", &simulator.rings(number, &endpoint)),
        ("out", "") => "which number?".to_owned(),
        ("out", number) => told("calls out", &simulator.calls_out(&endpoint, number)),
        ("answer", _) => match simulator.live_calls().into_iter().rev().find(|call| !call.is_answered()) {
            Some(call) if call.answer() => told("answered", &call),
            _ => "nothing rings".to_owned(),
        },
        ("hangup", _) => match simulator.live_calls().pop() {
            Some(call) if call.hang_up() => told("over", &call),
            _ => "no call goes on".to_owned(),
        },
        ("fault", name) => match name.parse::<Fault>() {
            Ok(fault) => {
                simulator.faults().next(fault);
                "ordered".to_owned()
            }
            Err(unknown) => unknown.to_string(),
        },
        ("ledger", _) => serde_json::to_string_pretty(&simulator.ledger()).unwrap_or_else(|error| error.to_string()),
        ("crm", order) => match crm {
            Some(crm) => obey_crm(crm, order),
            None => "no CRM: start with --crm-port".to_owned(),
        },
        ("", _) => String::new(),
        _ => HELP.to_owned(),
    }
}

fn obey_crm(crm: &Crm, order: &str) -> String {
    match order {
        "" => {
            let stored: Vec<_> = ["Call", "Task", "Note"].into_iter().flat_map(|entity| crm.records(entity)).collect();
            serde_json::to_string_pretty(&stored).unwrap_or_else(|error| error.to_string())
        }
        "down" => {
            crm.go_down();
            "down".to_owned()
        }
        "up" => {
            crm.come_up();
            "up".to_owned()
        }
        _ => HELP.to_owned(),
    }
}

fn told(what: &str, call: &CallHandle) -> String {
    format!("{what}: {} ({})", call.party(), call.callid())
}
