//! A pass: page after page of what changed, or of everything.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use timbre_domain::crm::Cursor;

use super::{Halt, Work, prepared};
use crate::api::event::SyncPhase;

impl Work {
    /// Brings what changed since the last pass; all contacts the first time.
    pub(super) async fn pass(&mut self) -> Result<(), Halt> {
        self.index_in_step().await?;
        let state = self.stored(|store, connector| store.sync_state(connector)).await?;
        let phase = if state.full_at.is_none() { SyncPhase::Full } else { SyncPhase::Changes };
        let (mut cursor, mut guard) = (state.cursor, EndlessPages::default());
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
            let shown = digest_of(page.contacts.iter().map(|one| one.id.as_str()));
            let counted = page.counted;
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
            guard.counts(count, counted);
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
            if let Some(why) = guard.notices(&next, shown) {
                tracing::error!(connector = %self.crm.name(), why, "the pages of contacts never end; the pass does");
                self.report.endless_pages = true;
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

/// What may change while a pass goes on, and so comes once more, beyond twice what the CRM counts.
const LEEWAY: u64 = 1_000;

/// Notices pages that never end: they begin where one began before, whatever their number; they show what one showed before, for
/// a CRM that pays no heed to the place that it is asked for; or they bring far more than the CRM counts.
#[derive(Debug, Default)]
pub(super) struct EndlessPages {
    marked: Option<(Cursor, Option<u64>)>,
    pages: u64,
    records: u64,
    /// What the CRM said with the first page of which it said anything, and what came before that.
    counted: Option<u64>,
}

impl EndlessPages {
    /// Takes in a page of so many records, and what the CRM says is to come with it.
    pub(super) fn counts(&mut self, records: u64, counted: Option<u64>) {
        if self.counted.is_none() {
            self.counted = counted.map(|counted| counted.saturating_add(self.records));
        }
        self.records += records;
    }

    /// Why no further page is to be asked for, said for the log. A round of pages is noticed after three rounds at most.
    pub(super) fn notices(&mut self, next: &Cursor, shown: Option<u64>) -> Option<&'static str> {
        if let Some((cursor, before)) = &self.marked {
            if cursor == next {
                return Some("a page would begin where one began before");
            }
            if shown.is_some() && shown == *before {
                return Some("a page shows what one showed before");
            }
        }
        if self.counted.is_some_and(|counted| self.records > counted.saturating_mul(2).saturating_add(LEEWAY)) {
            return Some("there is more than twice what the CRM counts");
        }
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.marked = Some((next.clone(), shown));
        }
        None
    }
}

/// A number for the ids on a page, in their order; nothing for an empty page.
pub(super) fn digest_of<'a>(ids: impl Iterator<Item = &'a str>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut any = false;
    for id in ids {
        any = true;
        id.hash(&mut hasher);
    }
    any.then(|| hasher.finish())
}
