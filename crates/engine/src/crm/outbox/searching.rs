//! No record is created twice: what may be in the CRM already is searched for first, and what can't be searched for is held.

use std::collections::BTreeSet;

use timbre_domain::crm::{RecordRequest, Verdict};
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::{OutboxItem, Problem, RequestId};

use super::{LOOKED_AT_AGAIN_AFTER, SendStep, Sender, kinds};
use crate::crm::connector::{our_problem, problem};

impl Sender {
    /// Whether a record may be created: it is not there, as far as the CRM can tell, and it could be told if it were. What
    /// becomes of it otherwise is done.
    pub(super) async fn may_be_created(&mut self, item: &OutboxItem, order: &RecordRequest, by_hand: bool) -> bool {
        let (kind, begun) = (item.kind, item.begun_at.is_some());
        let held = self.crm.kinds().held_for(kind, self.core.clock.elapsed());
        if let Some((why, rest)) = held.filter(|(_, rest)| !by_hand && !rest.is_zero()) {
            self.hold(item, why, rest).await;
            return false;
        }
        if !begun && self.crm.kinds().search_works(kind) {
            return true;
        }
        // What is begun is searched for itself; else any search of this kind shows whether one works.
        let (asked, of_witness) = if begun { (order.clone(), false) } else { self.crm.proof_of(kind, order) };
        match self.crm.connector.search(&asked).await {
            Ok(None) if of_witness => {
                let why = our_problem(ErrorCode::Unsearchable, "", self.core.clock.now());
                self.crm.search_refused(&self.core, kind, why.clone(), None).await;
                self.hold(item, why, kinds::SEARCHED_AGAIN_AFTER).await;
                false
            }
            Ok(Some(receipt)) if !of_witness => {
                self.crm.search_answered(&self.core, kind).await;
                let echoed = self.crm.kinds().echoed(kind);
                self.crm.id_is_kept(&self.core, kind, echoed).await;
                self.sent(item.id, receipt).await;
                false
            }
            Ok(_) if begun && self.crm.doubts(item) => {
                self.crm.search_answered(&self.core, kind).await;
                self.park(item, our_problem(ErrorCode::Unsearchable, "", self.core.clock.now())).await;
                false
            }
            Ok(_) => {
                self.crm.search_answered(&self.core, kind).await;
                if begun {
                    let id = item.id;
                    self.until_stored(move |store| store.outbox_not_there(id)).await;
                    if let Some(why) = item.problem.clone().filter(|why| why.last_try) {
                        // It is known now that nothing is there.
                        let why = Problem { code: ErrorCode::VendorFailed, last_try: false, ..why };
                        self.park(item, why).await;
                        return false;
                    }
                }
                true
            }
            Err(error) if error.verdict == Verdict::Park => {
                let now = self.core.clock.now();
                tracing::warn!(
                    connector = %self.crm.name(), kind = kind.as_str(), error = &error as &dyn std::error::Error,
                    "records of this kind can't be searched for"
                );
                self.crm.answered(&self.core);
                let why = Problem { code: ErrorCode::Unsearchable, ..problem(&error, now) };
                self.crm.search_refused(&self.core, kind, why.clone(), None).await;
                if begun {
                    self.park(item, why).await;
                } else {
                    self.hold(item, why, kinds::SEARCHED_AGAIN_AFTER).await;
                }
                false
            }
            Err(error) => {
                let tried = if begun { SendStep::Searching } else { SendStep::Proving };
                self.failed(item, &error, tried).await;
                false
            }
        }
    }

    /// What an earlier run held is tried again: an administrator may have mended the CRM, and a restart is what people try.
    pub(super) async fn tries_held_records(&self) {
        let (name, now) = (self.crm.name().clone(), self.core.clock.now());
        if let Err(error) = self.core.stored(move |store| store.outbox_unhold_waiting(&name, now)).await {
            // Each record's own time comes within minutes.
            tracing::error!(error = &error as &dyn std::error::Error, "held records could not be freed");
        }
    }

    /// Records that were parked because they could not be searched for are searched for from time to time, and at the start:
    /// what is found is sent, what is certainly not there goes, and what a search can't tell stays for a person.
    pub(super) async fn searches_parked(&mut self) {
        let now = self.core.clock.elapsed();
        if self.parked_from > now {
            return;
        }
        self.parked_from = now + kinds::SEARCHED_AGAIN_AFTER;
        let name = self.crm.name().clone();
        let parked = self.core.stored(move |store| store.outbox_unsearchable(&name)).await.unwrap_or_default();
        let mut refused = BTreeSet::new();
        for id in parked {
            let Some(dispatch) = self.read(id).await else { continue };
            let kind = dispatch.item.kind;
            let Some(order) = self.order(&dispatch).filter(|_| !refused.contains(&kind)) else { continue };
            let (asked, of_witness) = self.crm.proof_of(kind, &order);
            match self.crm.connector.search(&asked).await {
                Ok(None) if of_witness => drop(refused.insert(kind)),
                Ok(found) => {
                    // Where records of the kind were held, this one goes with them.
                    self.crm.search_answered(&self.core, kind).await;
                    match found.filter(|_| !of_witness) {
                        Some(receipt) => self.sent(id, receipt).await,
                        None if of_witness || self.crm.doubts(&dispatch.item) => {}
                        None => {
                            let now = self.core.clock.now();
                            let item = self.until_stored(move |store| store.outbox_retry(id, false, now)).await;
                            if let Some(item) = item {
                                self.crm.enqueued(&self.core, &item);
                            }
                        }
                    }
                }
                Err(error) if error.verdict == Verdict::Park => {
                    refused.insert(kind);
                    let why = Problem { code: ErrorCode::Unsearchable, ..problem(&error, self.core.clock.now()) };
                    self.crm.search_refused(&self.core, kind, why, None).await;
                }
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "a parked record was not searched for");
                    self.parked_from = self.core.clock.elapsed() + LOOKED_AT_AGAIN_AFTER.to_std().unwrap_or_default();
                    return;
                }
            }
        }
    }

    /// Whether the new record can be found again, for those that come after it.
    pub(super) async fn prove(&self, order: &RecordRequest, kept: Option<bool>) {
        let kind = order.content.kind();
        if kept == Some(true) {
            return self.crm.id_is_kept(&self.core, kind, true).await;
        }
        let proven = self.crm.kinds().proven(kind);
        if kept.is_none() && proven {
            return;
        }
        if kept == Some(false) {
            let why = our_problem(ErrorCode::Unsearchable, "", self.core.clock.now());
            self.crm.id_is_not_kept(&self.core, kind, why).await;
        }
        match self.crm.connector.search(order).await {
            Ok(Some(_)) => self.crm.id_is_kept(&self.core, kind, false).await,
            Ok(None) => {
                let why = our_problem(ErrorCode::Unsearchable, "", self.core.clock.now());
                self.crm.search_refused(&self.core, kind, why, Some(order.clone())).await;
            }
            Err(error) if error.verdict == Verdict::Park => {
                let why = Problem { code: ErrorCode::Unsearchable, ..problem(&error, self.core.clock.now()) };
                self.crm.search_refused(&self.core, kind, why, Some(order.clone())).await;
            }
            // Nothing is known; the next record shows it.
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a new record was not searched for")
            }
        }
    }

    /// A record was refused: where the CRM has its contact no more, that is why, and what hangs on it goes without it. One
    /// that was gone and is there again a moment later is told once more.
    pub(super) async fn look_for_contact(&mut self, remote_id: String, refused: RequestId, code: ErrorCode) {
        if !self.crm.connector.about().abilities.fetch {
            return;
        }
        let found = self.crm.connector.fetch(&remote_id).await;
        match found {
            Ok(None) => {
                let (name, now) = (self.crm.name().clone(), self.core.clock.now());
                self.until_stored(move |store| store.contact_gone(&name, &remote_id, now).map(drop)).await;
            }
            Ok(Some(_)) if code == ErrorCode::NotFound && self.back_already.insert(refused) => {
                let now = self.core.clock.now();
                let item = self.until_stored(move |store| store.outbox_retry(refused, false, now)).await;
                if let Some(item) = item {
                    self.crm.enqueued(&self.core, &item);
                }
            }
            Ok(Some(_)) => {}
            // The next look for deletions shows it.
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "a contact was not looked for"),
        }
    }
}
