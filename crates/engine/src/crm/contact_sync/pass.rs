//! A pass: page after page of what changed, or of everything.

use timbre_domain::crm::Cursor;

use super::{Halt, Work, prepared};
use crate::api::event::SyncPhase;

impl Work {
    /// Brings what changed since the last pass; all contacts the first time.
    pub(super) async fn pass(&mut self) -> Result<(), Halt> {
        self.index_in_step().await?;
        let state = self.stored(|store, connector| store.sync_state(connector)).await?;
        let phase = if state.full_at.is_none() { SyncPhase::Full } else { SyncPhase::Changes };
        let (mut cursor, mut goes_round) = (state.cursor, GoesRound::default());
        // Somebody else brought it to its end meanwhile.
        self.amid_pass &= state.pages > 0;
        let (mut contacts, mut changed) = (state.contacts, 0);
        // Whoever wants all of them wants their telephones, too.
        let reads_again = cursor.is_some() && state.full_at.is_some();
        loop {
            // Somebody who looks at a contact does not wait for the end of a pass.
            while self.detail(true).await? {}
            let begins = !self.amid_pass;
            let asked = self.core.store.contact_pushes();
            let mut page = self.ask(self.connector().pull(cursor.as_ref(), begins)).await?;
            let (now, country, fetches) = (self.core.clock.now(), self.core.settings.country, self.abilities().fetch);
            let (next, unread, count) = (page.cursor.clone(), page.unread as u64, page.contacts.len() as u64);
            if fetches {
                let mut shown = self.crm.shown();
                page.contacts.retain(|one| {
                    let listed = |digest| shown.listed(&one.id, digest, now);
                    let as_before = !one.complete && one.digest.is_some_and(listed);
                    !(as_before && reads_again)
                });
            }
            let as_before = count - page.contacts.len() as u64;
            let saved = self
                .stored(move |store, connector| {
                    let (contacts, nameless) = prepared(page.contacts, connector, country);
                    let taken = store.save_page(connector, contacts, &page.cursor, fetches, asked, now)?;
                    Ok(taken.map(|taken| (taken, nameless)))
                })
                .await?;
            // The CRM took a contact from here since it was asked: it must not be undone by what was true before.
            let Some((taken, nameless)) = saved else { continue };
            self.crm.outbox_changed.notify_one();
            self.amid_pass = true;
            self.count(taken);
            self.report.unchanged += as_before;
            self.report.pages += 1;
            self.report.unread += unread + nameless;
            if unread + nameless > 0 {
                let records = unread + nameless;
                tracing::warn!(connector = %self.crm.name(), records, "records of contacts could not be read");
            }
            contacts += count;
            changed += taken.added + taken.changed;
            if !page.more {
                break;
            }
            if goes_round.closes(&next) {
                tracing::error!(connector = %self.crm.name(), "the pages of contacts go round in circles; the pass ends");
                break;
            }
            cursor = Some(next);
            self.tell(phase, contacts, changed, false).await?;
        }
        let now = self.core.clock.now();
        self.stored(move |store, connector| store.end_pass(connector, now)).await?;
        self.crm.shown().pass_ended();
        self.remember_shown().await?;
        self.amid_pass = false;
        self.tell(phase, contacts, changed, true).await
    }
}

/// Notices that pages come again for ever, whatever their number, without remembering them.
#[derive(Debug, Default)]
pub(super) struct GoesRound {
    marked: Option<Cursor>,
    pages: u64,
}

impl GoesRound {
    /// Whether this is where a page began before. Such a round is noticed after three rounds at most.
    pub(super) fn closes(&mut self, next: &Cursor) -> bool {
        if self.marked.as_ref() == Some(next) {
            return true;
        }
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.marked = Some(next.clone());
        }
        false
    }
}
