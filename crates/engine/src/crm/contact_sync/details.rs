//! Details: contacts whose telephones the CRM's lists leave out, fetched one by one.

use timbre_domain::crm::{CrmError, RemoteContact, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_store::Gone;

use super::{Halt, Work};
use crate::api::event::SyncPhase;

/// What became of a contact that was asked for.
pub(super) enum Fetched {
    /// It is here as it is there.
    Here,
    /// The CRM has it no more.
    Gone,
    /// It can't be asked for: this one record is the trouble.
    Unread,
}

/// How often a contact is asked for whose answer fails, before the others get their turn.
const TRIES: u32 = 3;

fn of_one_record(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::VendorFailed | ErrorCode::Unreadable | ErrorCode::TooLarge)
}

impl Work {
    /// Fetches the next contact, one that somebody looks at first. Whether there was one.
    pub(super) async fn detail(&mut self, urgent_only: bool) -> Result<bool, Halt> {
        let next = self.stored(|store, connector| store.next_detail(connector)).await?;
        let Some(detail) = next.filter(|detail| detail.urgent || !urgent_only) else { return Ok(false) };
        let id = detail.id;
        let settles_in = self.crm.shown().settles_in(&id, self.core.clock.now());
        if let Some(rest) = settles_in.filter(|_| !detail.urgent) {
            tokio::select! {
                // Somebody looks at another one.
                () = self.crm.details_wanted.notified() => return Ok(true),
                () = self.core.clock.sleep(rest.to_std().unwrap_or_default()) => {}
            }
        }
        match self.fetch(&id).await? {
            Fetched::Here => self.report.details_fetched += 1,
            Fetched::Gone => {}
            Fetched::Unread => {
                self.stored(move |store, connector| store.detail_done(connector, &id)).await?;
            }
        }
        let next = self.stored(|store, connector| store.next_detail(connector)).await?;
        self.details += 1;
        self.tell(SyncPhase::Details, self.details, 0, next.is_none()).await?;
        if next.is_none() {
            self.details = 0;
            self.remember_shown().await?;
        }
        Ok(true)
    }

    /// Asks for one contact, and does what follows from the answer.
    pub(super) async fn fetch(&mut self, id: &str) -> Result<Fetched, Halt> {
        loop {
            let asked = self.core.store.contact_pushes();
            let asked_at = self.core.clock.now();
            let answer: Result<Option<RemoteContact>, Halt> = self.ask(self.connector().fetch(id)).await;
            match answer {
                Ok(Some(record)) => {
                    if self.save_fetched(id, record, asked).await? {
                        self.crm.shown().fetched(id, asked_at);
                        return Ok(Fetched::Here);
                    }
                }
                Ok(None) => {
                    self.gone(id).await?;
                    return Ok(Fetched::Gone);
                }
                Err(Halt::Crm(error)) if self.is_hopeless(id, &error) => {
                    self.report.unread += 1;
                    return Ok(Fetched::Unread);
                }
                Err(halt) => return Err(halt),
            }
        }
    }

    /// The CRM said that it has a contact no more.
    async fn gone(&mut self, id: &str) -> Result<(), Halt> {
        let (id, now) = (id.to_owned(), self.core.clock.now());
        match self.stored(move |store, connector| store.contact_gone(connector, &id, now)).await? {
            Gone::Removed => self.report.removed += 1,
            Gone::Kept => self.report.kept += 1,
            Gone::NotHere => return Ok(()),
        }
        self.crm.outbox_changed.notify_one();
        self.gone += 1;
        Ok(())
    }

    /// Whether a record is to be left alone, so that the others get their turn.
    fn is_hopeless(&mut self, id: &str, error: &CrmError) -> bool {
        let tries = match error.verdict {
            Verdict::Park => 1,
            Verdict::SearchFirst { tries } => tries,
            // One record that it stumbles over each time must not keep the others from coming.
            Verdict::BackOff if of_one_record(error.code) => TRIES,
            Verdict::Stop | Verdict::Wait(_) | Verdict::BackOff => return false,
        };
        let before = self.failing_detail.take().filter(|(failing, _)| failing == id).map_or(0, |(_, times)| times);
        let failed = before + 1;
        self.failing_detail = Some((id.to_owned(), failed));
        failed >= tries
    }
}
