//! Deletions: which contacts the CRM still has. A list says nothing of what is gone, so all ids are asked for now and then.
//!
//! It goes step by step, and makes way for a pass that is due. Where a CRM can't be asked for one contact, nothing is ever
//! removed: what a list did not show may be there all the same.

use std::time::Duration;

use timbre_domain::crm::IdPage;
use timbre_store::Reconciliation;

use super::pass::{EndlessPages, digest_of};
use super::{Halt, Work, until};
use crate::api::event::SyncPhase;

/// Contacts asked for in one step.
const CONFIRMED_AT_A_TIME: usize = 20;

impl Work {
    pub(super) fn finds_deletions(&self) -> bool {
        self.abilities().ids && self.abilities().fetch
    }

    /// How long until it is to be asked which contacts the CRM still has; zero while that goes on. Nothing where it can't
    /// tell, or before all contacts are here.
    pub(super) async fn deletions_in(&self) -> Result<Option<Duration>, Halt> {
        if !self.finds_deletions() {
            return Ok(None);
        }
        let state = self.stored(|store, connector| store.sync_state(connector)).await?;
        let Some(full_at) = state.full_at else { return Ok(None) };
        if state.reconciliation.is_some() {
            return Ok(Some(Duration::ZERO));
        }
        let last = state.reconciled_at.map_or(full_at, |at| at.max(full_at));
        Ok(Some(until(self.core.clock.now(), last, self.crm.settings.reconcile_every)))
    }

    /// One step further. `false` at the end.
    pub(super) async fn deletions_step(&mut self) -> Result<bool, Halt> {
        let state = self.stored(|store, connector| store.sync_state(connector)).await?;
        match state.reconciliation {
            None => {
                self.id_pages = EndlessPages::default();
                self.stored(|store, connector| store.begin_reconciliation(connector)).await?;
                Ok(true)
            }
            Some(Reconciliation::Listing(cursor)) => {
                let page = self.ask(self.connector().ids(cursor.as_ref())).await?;
                let mut more = page.more;
                let shown = digest_of(page.ids.iter().map(String::as_str));
                self.id_pages.counts(page.ids.len() as u64, page.counted);
                if more && let Some(why) = self.id_pages.notices(&page.cursor, shown) {
                    tracing::error!(connector = %self.crm.name(), why, "the pages of ids never end; the listing does");
                    self.report.endless_pages = true;
                    more = false;
                }
                let page = IdPage { more, ..page };
                self.ids += page.ids.len() as u64;
                self.stored(move |store, connector| store.saw_ids(connector, &page)).await?;
                self.tell(SyncPhase::Deletions, self.ids, self.gone, false).await?;
                Ok(true)
            }
            Some(Reconciliation::Confirming(after)) => self.confirm(after).await,
        }
    }

    /// Asks for some of those that were not shown, one by one.
    async fn confirm(&mut self, after: Option<String>) -> Result<bool, Halt> {
        let mut missing = self.stored(move |store, connector| store.missing(connector, after.as_deref())).await?;
        if missing.ids.len() > CONFIRMED_AT_A_TIME {
            missing.ids.truncate(CONFIRMED_AT_A_TIME);
            missing.up_to = missing.ids.last().cloned();
        }
        for id in &missing.ids {
            self.fetch(id).await?;
        }
        let Some(up_to) = missing.up_to else {
            let now = self.core.clock.now();
            self.stored(move |store, connector| store.end_reconciliation(connector, now)).await?;
            self.tell(SyncPhase::Deletions, self.ids, self.gone, true).await?;
            (self.ids, self.gone) = (0, 0);
            return Ok(false);
        };
        let how_far = Reconciliation::Confirming(Some(up_to));
        self.stored(move |store, connector| store.reconciled_to(connector, &how_far)).await?;
        Ok(true)
    }
}
