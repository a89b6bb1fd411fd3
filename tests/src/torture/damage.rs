//! The database is damaged, again and again: pages overwritten with random bytes, the file emptied, the file cut; half of the
//! times after a clean end, half while the engine runs. Whatever an agent was told is saved must be there after the next
//! start, and in the end the CRM's ledger must hold every record exactly once.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use timbre_simulator::dice::Dice;

use super::office::Office;
use super::{Options, Trouble};

const PAGE: u64 = 4096;

/// What is done to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hurt {
    /// Some pages get random bytes.
    Pages,
    /// Nothing is left in it.
    Emptied,
    /// Its end is missing.
    CutShort,
}

/// How the trials went.
#[derive(Debug, Default)]
struct Tally {
    trials: u32,
    while_running: u32,
    /// The start set the file aside.
    healed: u32,
    /// Nobody saw damage: what was hit held nothing, or was written anew before anybody read it.
    unseen: u32,
    /// Of these, damage after a clean end.
    unseen_after_end: u32,
    /// The agent was told that a result could not be saved, and saved it again.
    refused: u32,
    /// Said while the engine still ran.
    told_while_running: u32,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trials, while_running, healed, unseen, unseen_after_end: _, refused, told_while_running } = self;
        write!(
            f,
            "{trials} trials, {while_running} while running: healed {healed}, \
             nothing to heal {unseen}; told while running {told_while_running}; results refused and saved again {refused}"
        )
    }
}

/// Damages, restarts, and judges. `options.runs` times pages, a fifth as often each of the others.
pub(super) async fn run(options: &Options) -> Result<bool, Trouble> {
    let others = options.runs.div_ceil(5);
    let plan = [(Hurt::Pages, options.runs), (Hurt::Emptied, others), (Hurt::CutShort, others)];
    println!("{} trials with pages, {others} emptied, {others} cut short, seed {}", options.runs, options.seed);
    let mut office = Office::open(options).await?;
    let mut all_whole = true;
    for (hurt, times) in plan {
        let mut tally = Tally::default();
        for trial in 0..times {
            let seed = options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(trial) ^ ((hurt as u64) << 32);
            let mut dice = Dice::new(seed);
            let one = one_trial(&mut office, hurt, trial % 2 == 1, &mut dice, &mut tally);
            one.await.map_err(|trouble| format!("{hurt:?}, trial {trial}: {trouble}"))?;
        }
        println!("  {hurt:?}: {tally}");
        // What was hit may have been a free page, and a running engine may write again all that was cut off; a file that is
        // shorter than its clean end left it never goes unseen.
        all_whole &= hurt == Hurt::Pages || tally.unseen_after_end == 0;
    }
    office.drain().await?;
    let verdict = office.judge().await?;
    println!("{verdict}");
    Ok(verdict.holds() && all_whole)
}

async fn one_trial(
    office: &mut Office,
    hurt: Hurt,
    while_running: bool,
    dice: &mut Dice,
    tally: &mut Tally,
) -> Result<(), Trouble> {
    tally.trials += 1;
    if dice.below(4) == 0 {
        office.back_up().await?;
    }
    // Some results are on their way when the damage comes, some are in the CRM.
    office.types_a_contact().await?;
    let first = office.writes_a_result(dice).await?;
    if !office.save(&first).await {
        return Err("a result is refused before there is any damage".into());
    }
    let database = office.database();
    let mut again = Vec::new();
    if while_running {
        tally.while_running += 1;
        damage(&database, hurt, dice)?;
        if let Ok(second) = office.writes_a_result(dice).await
            && !office.save(&second).await
        {
            tally.refused += 1;
            again.push(second);
        }
        tally.told_while_running += u32::from(office.is_told_of_damage().await);
        if dice.below(2) == 0 { office.kills() } else { office.ends_cleanly().await? }
    } else {
        office.ends_cleanly().await?;
        damage(&database, hurt, dice)?;
    }
    let before = set_aside(database.parent().ok_or("no data folder")?)?;
    office.starts().await?;
    let healed = set_aside(database.parent().ok_or("no data folder")?)? > before;
    if healed {
        tally.healed += 1;
    } else {
        tally.unseen += 1;
        tally.unseen_after_end += u32::from(!while_running);
    }
    if !office.is_whole().await? {
        return Err("the database is damaged after the start".into());
    }
    for result in again {
        office.saves(&result).await.map_err(|why| format!("a result is refused after the start: {why}"))?;
    }
    office.everything_saved_is_there().await
}

/// Damages the database file; at least its first hundred bytes were written.
fn damage(database: &Path, hurt: Hurt, dice: &mut Dice) -> Result<(), Trouble> {
    let mut file = OpenOptions::new().write(true).open(database)?;
    let len = file.metadata()?.len();
    match hurt {
        Hurt::Emptied => file.set_len(0)?,
        Hurt::CutShort => file.set_len(dice.below(len.max(2) - 1) + 1)?,
        Hurt::Pages => {
            for _ in 0..=dice.below(6) {
                let page = dice.below((len / PAGE).max(1));
                let random: Vec<u8> = (0..PAGE / 8).flat_map(|_| dice.below(u64::MAX).to_le_bytes()).collect();
                file.seek(SeekFrom::Start(page * PAGE))?;
                file.write_all(&random)?;
            }
        }
    }
    Ok(())
}

/// How many damaged databases were set aside.
pub(super) fn set_aside(folder: &Path) -> Result<usize, Trouble> {
    let names = fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names
        .filter(|name| name.starts_with("timbre.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .count())
}
