//! The sync: `timbrectl contacts sync` brings a CRM's contacts here in a process of its own, beside a bare client that sends
//! the very same requests and keeps nothing.

mod cache;
mod pull;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use timbre_engine::crm::contact_sync::SyncReport;
use timbre_simulator::RealClock;
use timbre_simulator::crm::{Crm, CrmConfig, DEFAULT_API_KEY, Outcome, RequestEntry};
use timbre_tests::hasty;
use timbre_tests::programs::program;

use crate::figures::{Report, Unit, grouped};
use crate::memory::{self, MEMORY, Ran};
use crate::{Failure, VENDOR, scratch};
use cache::Contacts;
use pull::{Plan, Pulled};

pub(crate) use pull::pull;

/// Times each way is measured, in turn.
const ROUNDS: usize = 3;
/// What the contacts are invented from.
const SEED: u64 = 7;
/// Requests a second: the most that a connector's file can say. Its own ten would be all that is measured.
const PER_SECOND: u32 = 1_000;
/// What that makes the least between the beginnings of two requests.
const DISTANCE: Duration = Duration::from_millis(1);

const OURS: &str = "timbrectl contacts sync, start to end (per_second = 1000)";
const BARE: &str = "yardstick: bare reqwest client, the same requests";
const PACED: &str = "yardstick: the same, a millisecond between requests";

/// What the CRM's lists show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lists {
    Whole,
    /// The first telephone: every contact is asked for by itself.
    Partial,
}

#[derive(Deserialize)]
struct Synced {
    reports: Vec<SyncReport>,
}

/// What was measured, round by round.
#[derive(Default)]
struct Rounds {
    ours: Vec<Ran>,
    bare: Vec<Ran>,
    /// The yardstick with the connector's distance between requests, where that is what most of the time goes to.
    paced: Vec<Ran>,
    /// What went wrong, for a person.
    wrong: Vec<String>,
    requests: usize,
}

pub(crate) async fn measure(lists: Lists, count: usize) -> Result<Report, Failure> {
    let loads = lists == Lists::Whole;
    let config = CrmConfig { phone_list_loader: loads, email_list_loader: loads, ..CrmConfig::default() };
    let crm = Crm::start(config, Arc::new(RealClock::new())).await?;
    crm.populate(count, SEED);
    // The CRM answers on the runtime's threads; who waits for programs stays off them.
    let rounds = tokio::task::spawn_blocking(move || rounds(&crm, lists, count)).await??;
    told(lists, count, &rounds)
}

fn rounds(crm: &Crm, lists: Lists, count: usize) -> Result<Rounds, Failure> {
    let dir = scratch()?;
    let desk = Desk::new(dir.path(), crm, lists)?;
    let there = Contacts::at(crm)?;
    if there.len() != count {
        return Err(format!("the CRM has {} contacts instead of {count}", there.len()).into());
    }
    let mut rounds = Rounds::default();
    // The first sync's requests are everybody's.
    let mut plan: Option<Plan> = None;
    for round in 0..ROUNDS {
        let yardsticks = |rounds: &mut Rounds, plan: &Plan| {
            rounds.bare.push(pulled(&desk, crm, plan, &mut rounds.wrong)?);
            if lists == Lists::Partial {
                let plan = Plan { distance: DISTANCE, ..plan.clone() };
                rounds.paced.push(pulled(&desk, crm, &plan, &mut rounds.wrong)?);
            }
            Ok::<_, Failure>(())
        };
        // Who comes second is not always the same.
        let yardsticks_first = round % 2 == 1;
        if let Some(plan) = plan.as_ref().filter(|_| yardsticks_first) {
            yardsticks(&mut rounds, plan)?;
        }
        let ran = desk.sync()?;
        let plan = match &plan {
            Some(plan) => {
                asked(crm, plan, "a later sync", &mut rounds.wrong);
                plan
            }
            None => {
                let expected = Pulled { rows: count, records: if lists == Lists::Partial { count } else { 0 } };
                let (root, requests) = (crm.base_url(), requests(crm));
                plan.insert(Plan { root, requests, distance: Duration::ZERO, expected })
            }
        };
        rounds.wrong.extend(report_of(&ran)?.and_then(|report| wrong_in(&report, lists, count)));
        rounds.wrong.extend(there.other_than(&Contacts::in_folder(&desk.data)?));
        rounds.ours.push(ran);
        rounds.requests = plan.requests.len();
        if !yardsticks_first {
            yardsticks(&mut rounds, plan)?;
        }
    }
    Ok(rounds)
}

/// The bare client's turn.
fn pulled(desk: &Desk, crm: &Crm, plan: &Plan, wrong: &mut Vec<String>) -> Result<Ran, Failure> {
    let ran = desk.pull(plan)?;
    let pulled: Pulled = serde_json::from_str(&ran.output)?;
    if pulled != plan.expected {
        wrong.push(format!("the yardstick pulled {pulled:?} instead of {:?}", plan.expected));
    }
    asked(crm, plan, "the yardstick", wrong);
    Ok(ran)
}

/// Looks whether the newest requests to the CRM are those of the plan, all of them and no others in between.
fn asked(crm: &Crm, plan: &Plan, who: &str, wrong: &mut Vec<String>) {
    let all = requests(crm);
    let last = all.len().saturating_sub(plan.requests.len());
    if !all.len().is_multiple_of(plan.requests.len()) || all[last..] != plan.requests {
        wrong.push(format!("{who} did not send the first sync's requests"));
    }
}

/// What the CRM was asked so far and answered well.
fn requests(crm: &Crm) -> Vec<String> {
    let answered = |request: &&RequestEntry| request.method == "GET" && request.outcome == Outcome::Status(200);
    let target = |request: &RequestEntry| match request.query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{query}", request.path),
    };
    crm.with_log(|log| log.requests.iter().filter(answered).map(target).collect())
}

fn report_of(ran: &Ran) -> Result<Option<SyncReport>, Failure> {
    let mut reports = serde_json::from_str::<Synced>(&ran.output)?.reports;
    Ok(reports.pop())
}

/// What is wrong with a sync by its own account.
fn wrong_in(report: &SyncReport, lists: Lists, count: usize) -> Option<String> {
    let details = if lists == Lists::Partial { count as u64 } else { 0 };
    let complete = report.added == count as u64
        && report.details_fetched == details
        && (report.unread, report.details_left) == (0, 0)
        && report.problem.is_none();
    (!complete).then(|| format!("a sync did not bring {count} contacts: {report:?}"))
}

fn told(lists: Lists, count: usize, rounds: &Rounds) -> Result<Report, Failure> {
    let number = grouped(count as u64);
    let mut report = Report::new(match lists {
        Lists::Whole => format!("Sync of {number} contacts from a CRM whose lists show all"),
        Lists::Partial => {
            format!("Sync of {number} contacts from a CRM whose lists leave telephones out: each is fetched by itself")
        }
    });
    let ways = [(OURS, &rounds.ours), (BARE, &rounds.bare), (PACED, &rounds.paced)];
    let ways: Vec<_> = ways.into_iter().filter(|(_, runs)| !runs.is_empty()).collect();
    for (name, runs) in &ways {
        report.figure_in(Unit::S, name, runs.iter().map(|ran| ran.seconds * 1e3).collect(), None);
    }
    report.compare(OURS, BARE);
    report.compare(OURS, PACED);
    for (name, _) in &ways {
        report.rate(name, count as u64, "contacts");
    }
    report.rate(OURS, rounds.requests as u64, "requests");
    report.fact(
        "what the yardstick does",
        format!(
            "the first sync's {} requests, one after the other, each answer read as JSON and dropped; it stores nothing, and \
             like timbrectl it shares the machine with the simulated CRM",
            grouped(rounds.requests as u64)
        ),
        rounds.requests > 0,
    );
    let kept =
        format!("{number} with the same ids, names, companies, telephones and addresses, after each of {ROUNDS}");
    let kept = if rounds.wrong.is_empty() { kept } else { rounds.wrong.join("; ") };
    report.fact("contacts here are exactly those there", kept, rounds.wrong.is_empty() && rounds.ours.len() == ROUNDS);
    for (name, runs) in &ways {
        if let Some(least) = runs.iter().filter_map(|ran| ran.processor).min_by(f64::total_cmp) {
            report.fact("processor's time", format!("{least:.2} s: {name}"), true);
        }
    }
    for (name, runs) in &ways {
        let limit = (*name == OURS).then_some(MEMORY);
        memory::fact(&mut report, &format!("peak memory, {name}"), runs.iter().filter_map(|ran| ran.peak).max(), limit);
    }
    Ok(report)
}

/// The folder of a sync.
struct Desk {
    dir: PathBuf,
    data: PathBuf,
}

impl Desk {
    fn new(dir: &Path, crm: &Crm, lists: Lists) -> Result<Self, Failure> {
        let connector = dir.join("espocrm.toml");
        fs::write(&connector, hasty::espocrm(&[("per_second", &PER_SECOND.to_string())])?)?;
        let base_url = crm.base_url();
        let connector = format!(
            "[[connectors]]\nname = \"{}\"\nfile = '{}'\nbase_url = \"{}\"\n[connectors.settings]\nphones_in_lists = {}\n",
            cache::CONNECTOR,
            connector.display(),
            base_url.trim_end_matches("api/v1/"),
            lists == Lists::Whole,
        );
        fs::write(dir.join("timbre.toml"), format!("{VENDOR}{connector}"))?;
        Ok(Self { dir: dir.to_owned(), data: dir.join("data") })
    }

    /// All contacts, into an empty folder.
    fn sync(&self) -> Result<Ran, Failure> {
        if self.data.exists() {
            fs::remove_dir_all(&self.data)?;
        }
        let mut command = Command::new(program("timbrectl"));
        command.arg("--config").arg(self.dir.join("timbre.toml")).arg("--data-dir").arg(&self.data);
        command.args(["--json", "contacts", "sync"]).env("TIMBRE_SECRET_CRM", DEFAULT_API_KEY);
        command.env_remove("TIMBRE_LOG").stdin(Stdio::null());
        memory::run(&mut command, &self.dir)
    }

    /// This program again, as the bare client: a process of its own, as timbrectl is.
    fn pull(&self, plan: &Plan) -> Result<Ran, Failure> {
        let file = self.dir.join("plan.json");
        fs::write(&file, serde_json::to_vec(plan)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        memory::run(command.arg("--pull").arg(file).stdin(Stdio::null()), &self.dir)
    }
}
