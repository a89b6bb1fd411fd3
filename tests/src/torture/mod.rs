//! Torture: the real engine, `timbrectl watch`, is killed with SIGKILL while results are saved and sent to a CRM that fails
//! at random. In the end the CRM's ledger must hold every record exactly once, with the agent's words in it.
//!
//! What a kill hit is told by facts and not by intent: what the database held right after it, and what the CRM had received
//! and answered by then.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the torture tells whoever runs it how it goes")]

mod damage;
mod desk;
mod facts;
mod office;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use timbre_simulator::dice::Dice;

use crate::torture::facts::Phase;
use crate::torture::office::Office;

/// What the person asked for.
#[derive(Debug, clap::Parser)]
#[command(name = "timbre-torture")]
pub struct Options {
    /// How often the engine is killed.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub runs: u32,
    /// The same number plans the same calls, kills and faults again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where the programs are.
    #[arg(long, env = "TIMBRE_BIN_DIR", default_value = "target/debug")]
    pub bin_dir: PathBuf,
    /// Damages the database instead of killing the engine, as often as the runs say.
    #[arg(long)]
    pub damage: bool,
    /// Fewer kills in any phase than this fail the torture; a tenth of the runs where it is left out.
    #[arg(long, value_name = "N")]
    pub at_least: Option<u32>,
}

/// What went wrong before anything could be judged.
pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Kills, restarts, and judges. Succeeds when nothing was lost and nothing is there twice.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let how = if options.damage { "soak --damage --times" } else { "torture --runs" };
    let done =
        runtime.block_on(async { if options.damage { damage::run(options).await } else { torture(options).await } });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("It failed; `cargo xtask {how} {} --seed {}` plays it again.", options.runs, options.seed);
            ExitCode::FAILURE
        }
        Err(trouble) => {
            eprintln!("{trouble}\n`cargo xtask {how} {} --seed {}` plays it again.", options.runs, options.seed);
            ExitCode::FAILURE
        }
    }
}

async fn torture(options: &Options) -> Result<bool, Trouble> {
    println!("{} kills, seed {}", options.runs, options.seed);
    let mut office = Office::open(options).await?;
    let mut fell = facts::Tally::default();
    for run in 0..options.runs {
        // A run's dice are its own: what a run plans does not depend on how the ones before it went.
        let mut dice = Dice::new(options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(run));
        // What misses its aim mostly falls before the send.
        let aim = match dice.below(20) {
            0..5 => Phase::BeforeCommit,
            5..7 => Phase::BeforeSend,
            7..13 => Phase::BeforeAnswer,
            _ => Phase::BeforeReceipt,
        };
        let hit = office.run(aim, &mut dice).await.map_err(|trouble| format!("run {run}, aimed {aim:?}: {trouble}"))?;
        fell.count(hit);
        if (run + 1) % 20 == 0 {
            println!("  {:>4} kills: {fell}", run + 1);
        }
    }
    office.drain().await?;
    let verdict = office.judge().await?;
    println!("\nThe kills fell: {fell}");
    println!("{verdict}");
    let at_least = options.at_least.unwrap_or(options.runs / 10);
    let spread = fell.least() >= at_least;
    if !spread {
        println!("✘ some phase was hit fewer than {at_least} times");
    }
    Ok(verdict.holds() && spread)
}
