//! What the CRM's ledger says in the end.

use std::fmt;

use serde_json::Value;
use timbre_domain::call::CallKey;
use timbre_simulator::crm::Ledger;

use super::Trouble;
use super::facts::{Remains, names};

/// What must be in the CRM.
pub(super) enum Expected {
    Contacts(usize),
    /// A call with the agent's words, and perhaps a task.
    Result {
        key: CallKey,
        comment: String,
        follow_up: bool,
    },
}

impl Expected {
    pub(super) fn contacts(count: usize) -> Self {
        Self::Contacts(count)
    }

    pub(super) fn result(key: CallKey, comment: String, follow_up: bool) -> Self {
        Self::Result { key, comment, follow_up }
    }
}

#[derive(Default)]
pub(super) struct Verdict {
    calls: usize,
    tasks: usize,
    contacts: usize,
    requests: usize,
    wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn holds(&self) -> bool {
        self.wrong.is_empty() && self.calls > 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for wrong in self.wrong.iter().take(20) {
            writeln!(f, "✘ {wrong}")?;
        }
        write!(
            f,
            "{} the CRM's ledger has {} calls, {} tasks and {} contacts after {} requests: {}",
            if self.holds() { "✔" } else { "✘" },
            self.calls,
            self.tasks,
            self.contacts,
            self.requests,
            if self.holds() { "none lost, none twice".to_owned() } else { format!("{} faults", self.wrong.len()) }
        )
    }
}

pub(super) fn judge(expected: &[Expected], remains: &Remains, ledger: &Ledger) -> Result<Verdict, Trouble> {
    let of = |entity: &str| ledger.records.get(entity).map(Vec::as_slice).unwrap_or_default();
    let mut verdict = Verdict {
        calls: of("Call").len(),
        tasks: of("Task").len(),
        contacts: of("Contact").len(),
        requests: ledger.log.requests.len(),
        wrong: Vec::new(),
    };
    let (mut calls, mut tasks) = (0, 0);
    for one in expected {
        match one {
            Expected::Contacts(count) => {
                if of("Contact").len() != *count {
                    verdict.wrong.push(format!("{} contacts instead of {count}", of("Contact").len()));
                }
            }
            Expected::Result { key, comment, follow_up } => {
                calls += 1;
                tasks += usize::from(*follow_up);
                let rows = remains.rows(&key.to_string())?;
                let once = |kind: &str, entity: &str, wrong: &mut Vec<String>| {
                    let Some(row) = rows.iter().find(|row| row.kind == kind) else {
                        wrong.push(format!("{key}: the outbox has no {kind}"));
                        return;
                    };
                    let there: Vec<&Value> = of(entity).iter().filter(|record| names(record, &row.id)).collect();
                    match there.as_slice() {
                        [record] if names(record, first_words(comment)) => {}
                        [_] => wrong.push(format!("{key}: its {entity} is there without the agent's words")),
                        [] => wrong.push(format!("{key}: its {entity} is lost ({})", row.state)),
                        several => wrong.push(format!("{key}: its {entity} is there {} times", several.len())),
                    }
                };
                once("call", "Call", &mut verdict.wrong);
                if *follow_up {
                    once("follow_up", "Task", &mut verdict.wrong);
                }
            }
        }
    }
    for (entity, there, wanted) in [("calls", verdict.calls, calls), ("tasks", verdict.tasks, tasks)] {
        if there != wanted {
            verdict.wrong.push(format!("the CRM has {there} {entity} instead of {wanted}"));
        }
    }
    Ok(verdict)
}

/// The whole comment: a connector may add to it, and leave nothing out.
fn first_words(comment: &str) -> &str {
    comment.trim()
}
