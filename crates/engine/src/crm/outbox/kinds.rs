//! Whether a CRM finds records of a kind by their request id.
//!
//! A record whose creation got no answer is found by its request id or not at all, so that none is created before a search
//! for its kind was answered, and the first one of a kind is looked for once it is there. Where a search is refused, or does
//! not find what is there, records of the kind are held until one works.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::crm::{ConnectorName, RecordRequest, TestStep};
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::{OutboxItem, Problem, RecordKind};

use crate::api::event::{Event, KindEvent, KindState};
use crate::crm::connector::{ConnectorHandle, our_problem};
use crate::runtime::core::Core;

/// A search that was refused is tried again after so long.
pub(super) const SEARCHED_AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

/// What is known of the kinds of record of one CRM.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Kinds(BTreeMap<RecordKind, Known>);

/// What is known of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    /// When a record was last found by its request id, or answered with it.
    proven_at: Option<DateTime<Utc>>,
    /// Until this moment records may have been stored without their request id: a search that finds none of these proves
    /// nothing.
    doubted_until: Option<DateTime<Utc>>,
    #[serde(skip)]
    search: Search,
    /// Answered in this run with the request id where it belongs.
    #[serde(skip)]
    echoed: bool,
    /// Why the id is also written into a text: it was not kept where it belongs.
    #[serde(skip)]
    not_kept: Option<Problem>,
}

#[derive(Debug, Clone, Default)]
enum Search {
    #[default]
    Untried,
    Works,
    Refused {
        why: Problem,
        /// When it is tried again, on the monotonic clock.
        again_at: Duration,
        /// A record that the CRM has and a search missed: when a search finds it, searching works again.
        witness: Option<Box<RecordRequest>>,
    },
}

impl Kinds {
    /// Whether a search for this kind was answered in this run.
    pub(super) fn search_works(&self, kind: RecordKind) -> bool {
        self.0.get(&kind).is_some_and(|known| matches!(known.search, Search::Works))
    }

    /// Why records of this kind are held, and for how long nothing is asked.
    pub(super) fn held_for(&self, kind: RecordKind, now: Duration) -> Option<(Problem, Duration)> {
        match &self.0.get(&kind)?.search {
            Search::Refused { why, again_at, .. } => Some((why.clone(), again_at.saturating_sub(now))),
            _ => None,
        }
    }

    fn witness(&self, kind: RecordKind) -> Option<RecordRequest> {
        match &self.0.get(&kind)?.search {
            Search::Refused { witness: Some(witness), .. } => Some((**witness).clone()),
            _ => None,
        }
    }

    /// Whether the CRM answered in this run with the id in its own field.
    pub(super) fn echoed(&self, kind: RecordKind) -> bool {
        self.0.get(&kind).is_some_and(|known| known.echoed)
    }

    /// Whether a record of this kind was ever found by its request id.
    pub(super) fn proven(&self, kind: RecordKind) -> bool {
        self.0.get(&kind).is_some_and(|known| known.proven_at.is_some())
    }

    /// Whether an item may be there although a search does not find it.
    fn doubts(&self, item: &OutboxItem, echoes: bool) -> bool {
        let Some(begun) = item.begun_at else { return false };
        let known = self.0.get(&item.kind);
        let proven = self.proven(item.kind);
        known.and_then(|known| known.doubted_until).is_some_and(|until| begun <= until) || !(proven || echoes)
    }

    /// The kinds that are held, and why.
    pub(crate) fn held(&self) -> Vec<(RecordKind, Problem)> {
        let refused = |known: &Known| match &known.search {
            Search::Refused { why, .. } => Some(why.clone()),
            _ => None,
        };
        self.0.iter().filter_map(|(kind, known)| Some((*kind, refused(known)?))).collect()
    }

    /// The kinds whose request id does not stay where it belongs, and is found in a text instead.
    pub(crate) fn not_kept(&self) -> Vec<(RecordKind, Problem)> {
        self.0.iter().filter_map(|(kind, known)| Some((*kind, known.not_kept.clone()?))).collect()
    }
}

/// How the name of the setting begins that remembers them.
pub(crate) fn setting_of(connector: &ConnectorName) -> String {
    format!("outbox.kinds.{connector}")
}

impl ConnectorHandle {
    /// The order that shows whether a search for this kind works: the item's own, unless a record is there already that was
    /// not found.
    pub(super) fn proof_of(&self, kind: RecordKind, own: &RecordRequest) -> (RecordRequest, bool) {
        self.kinds().witness(kind).map_or_else(|| (own.clone(), false), |witness| (witness, true))
    }

    pub(super) fn doubts(&self, item: &OutboxItem) -> bool {
        let echoes = self.connector.about().abilities.echoes.contains(&item.kind);
        self.kinds().doubts(item, echoes)
    }

    /// A search for this kind was answered, and found what is known to be there.
    pub(crate) async fn search_answered(&self, core: &Core, kind: RecordKind) {
        let before = {
            let mut kinds = self.kinds();
            std::mem::replace(&mut kinds.0.entry(kind).or_default().search, Search::Works)
        };
        if matches!(before, Search::Refused { .. }) {
            self.frees(core, kind).await;
        }
    }

    /// A search for this kind was refused, or did not find what is there.
    pub(crate) async fn search_refused(
        &self,
        core: &Core,
        kind: RecordKind,
        why: Problem,
        witness: Option<RecordRequest>,
    ) {
        let again_at = core.clock.elapsed() + SEARCHED_AGAIN_AFTER;
        let now = core.clock.now();
        let before = {
            let mut kinds = self.kinds();
            let known = kinds.0.entry(kind).or_default();
            known.doubted_until = Some(now);
            let witness = witness.map(Box::new).or(match &mut known.search {
                Search::Refused { witness, .. } => witness.take(),
                _ => None,
            });
            std::mem::replace(&mut known.search, Search::Refused { why: why.clone(), again_at, witness })
        };
        self.remembers_kinds(core).await;
        if !matches!(before, Search::Refused { .. }) {
            self.tells_of(core, kind, KindState::Held, Some(why));
        }
    }

    /// What a trial of the CRM showed of searches: a kind whose search was refused is held, one whose search worked goes.
    /// A kind that was held because a search did not find what is there goes once a trial has found its own record.
    pub(crate) async fn learns_of_kinds(&self, core: &Core, steps: &[TestStep]) {
        for kind in self.connector.about().abilities.records.clone() {
            let name = format!("records.{}.search", kind.as_str());
            let created = format!("records.{}.create", kind.as_str());
            let searches: Vec<_> = steps.iter().filter(|step| step.step == name && step.status.is_some()).collect();
            let refused = searches.iter().find(|step| {
                step.problem.is_some() && step.status.is_some_and(|status| !matches!(status, 401 | 408 | 429 | 500..))
            });
            if let Some(step) = refused {
                // What stands in brackets is what the CRM said.
                let said = step.problem.as_deref().and_then(|text| Some(text.split_once('(')?.1.trim_end_matches(')')));
                let words = said.unwrap_or_default();
                let why = our_problem(ErrorCode::Unsearchable, words, core.clock.now());
                self.search_refused(core, kind, why, None).await;
                continue;
            }
            // A search that went wrong otherwise shows nothing.
            let worked = !searches.is_empty() && searches.iter().all(|step| step.problem.is_none());
            let found_own = steps.iter().any(|step| step.step == created);
            let witnessed = self.kinds().witness(kind).is_some();
            if worked && (found_own || !witnessed) {
                self.search_answered(core, kind).await;
            }
        }
    }

    /// The answer to a creation showed the id where it belongs, or a search found the new record.
    pub(super) async fn id_is_kept(&self, core: &Core, kind: RecordKind, echoed: bool) {
        let now = core.clock.now();
        let news = {
            let mut kinds = self.kinds();
            let known = kinds.0.entry(kind).or_default();
            let first = known.proven_at.is_none();
            (known.proven_at, known.echoed) = (Some(now), echoed);
            if echoed {
                known.not_kept = None;
            }
            first
        };
        if news {
            self.remembers_kinds(core).await;
        }
    }

    /// The answer to a creation showed that the id is not where it belongs.
    pub(super) async fn id_is_not_kept(&self, core: &Core, kind: RecordKind, why: Problem) {
        let now = core.clock.now();
        let news = {
            let mut kinds = self.kinds();
            let known = kinds.0.entry(kind).or_default();
            known.echoed = false;
            known.not_kept.replace(why.clone()).is_none()
        };
        if news {
            tracing::warn!(connector = %self.name(), kind = kind.as_str(), at = %now, "the CRM does not keep request ids");
            self.tells_of(core, kind, KindState::IdNotKept, Some(why));
        }
    }

    /// What was held goes.
    async fn frees(&self, core: &Core, kind: RecordKind) {
        let (name, now) = (self.name().clone(), core.clock.now());
        if let Err(error) = core.stored(move |store| store.outbox_unhold(&name, kind, now)).await {
            // Each item's own time comes within minutes.
            tracing::error!(error = &error as &dyn std::error::Error, "what was held could not be freed");
        }
        self.outbox_changed.notify_one();
        self.tells_of(core, kind, KindState::Free, None);
    }

    fn tells_of(&self, core: &Core, kind: RecordKind, state: KindState, why: Option<Problem>) {
        let at = core.clock.now();
        core.bus.publish(Event::Kind(KindEvent { at, connector: self.name().clone(), kind, state, why }));
    }

    async fn remembers_kinds(&self, core: &Core) {
        let (name, kinds) = (setting_of(self.name()), self.kinds().clone());
        if let Err(error) = core.stored(move |store| store.set_setting(&name, &kinds)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "what is known of kinds could not be saved");
        }
    }
}
