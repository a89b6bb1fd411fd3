//! A pass because a person asks for it, now and to its end.

use std::sync::Arc;

use timbre_domain::crm::Verdict;
use timbre_domain::error::ErrorCode;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::Problem;
use timbre_store::Store;

use super::{Halt, SyncReport, Work};
use crate::Context;
use crate::crm::connector::{ConnectorHandle, ConnectorHealth, our_problem, problem};
use crate::error::CommandError;

/// Brings the contacts of one CRM, or of all whose contacts are brought here. `full` brings all of them again and looks for
/// what was deleted. What could not be done is said in the reports; it is an error where nothing could.
pub(crate) async fn now(
    context: &Arc<Context>,
    connector: Option<&ConnectorName>,
    full: bool,
) -> Result<Vec<SyncReport>, CommandError> {
    let crms = match connector {
        Some(name) => vec![context.crm(name)?],
        None => context.connectors.iter().filter(|crm| crm.settings.sync_contacts).cloned().collect(),
    };
    let able: Vec<_> = crms.into_iter().filter(|crm| crm.connector.about().abilities.pull).collect();
    if able.is_empty() {
        let detail = "no CRM gives its contacts: its file does not say how, or the settings do not want them";
        return Err(CommandError::new(ErrorCode::NotAble, detail).at("connector"));
    }
    let mut reports = Vec::with_capacity(able.len());
    for crm in able {
        reports.push(bring(context, &crm, full).await?);
    }
    match reports.iter().find_map(|report| report.problem.clone()) {
        Some(why) if reports.iter().all(|report| report.problem.is_some()) => {
            let mut detail =
                "the contacts could not all be brought; the next time it goes on where it stopped".to_owned();
            if !why.words.is_empty() {
                detail = format!("{detail} (the CRM says: {})", why.words);
            }
            Err(CommandError::new(why.code, detail).at("connector"))
        }
        _ => Ok(reports),
    }
}

async fn bring(context: &Arc<Context>, crm: &Arc<ConnectorHandle>, full: bool) -> Result<SyncReport, CommandError> {
    let began = context.core.clock.elapsed();
    let turn = crm.syncing.lock().await;
    let mut work = Work::new(context.core.clone(), crm.clone());
    match work.all(full, context.follows).await {
        Ok(()) => {}
        Err(Halt::Store(error)) => return Err(error.into()),
        Err(Halt::NotReady) => work.report.problem = Some(why_not(context, crm)),
        Err(Halt::Crm(error)) => {
            let why = problem(&error, context.core.clock.now());
            // No record of ours was refused, but the reading of theirs.
            let code = if why.code == ErrorCode::Refused { ErrorCode::NotAuthorised } else { why.code };
            work.report.problem = Some(Problem { code, ..why });
        }
    }
    drop(turn);
    // Whoever goes on in the background may have been waiting for nothing but this.
    crm.details_wanted.notify_one();
    let name = crm.name().clone();
    work.report.details_left = context.core.stored(move |store| store.details_left(&name)).await?;
    let took = context.core.clock.elapsed().saturating_sub(began);
    work.report.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(work.report)
}

fn why_not(context: &Context, crm: &ConnectorHandle) -> Problem {
    match crm.condition() {
        ConnectorHealth::Waits { why, .. } | ConnectorHealth::Stopped { why } => why,
        // It has become ready this moment.
        ConnectorHealth::Ready => our_problem(ErrorCode::Busy, "", context.core.clock.now()),
    }
}

impl Work {
    async fn all(&mut self, full: bool, follows: bool) -> Result<(), Halt> {
        if full {
            self.stored(Store::forget_cursor).await?;
        }
        self.pass().await?;
        if full && self.finds_deletions() {
            // One that goes on may have seen long ago what is gone since.
            self.stored(Store::begin_reconciliation).await?;
            while self.deletions_step().await? {}
        }
        // Nobody else would, where nothing goes on in the background.
        while !follows && self.detail_of_many().await? {}
        Ok(())
    }

    /// A person waits: one contact that the CRM stumbles over is left to the next time.
    async fn detail_of_many(&mut self) -> Result<bool, Halt> {
        match self.detail(false).await {
            Err(Halt::Crm(error)) if matches!(error.verdict, Verdict::SearchFirst { .. }) => {
                self.crm.ready(&self.core).await;
                Ok(true)
            }
            other => other,
        }
    }
}
