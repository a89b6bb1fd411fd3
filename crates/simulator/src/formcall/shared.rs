//! The state that the server, the verbs and the handles share.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::ports::Clock;

use super::call::{Call, Origin};
use super::config::{FormCallConfig, Popup};
use super::error::ErrorCode;
use super::fault::{Fault, Faults};
use super::ledger::{CallEntry, Ledger, RequestEntry, RequestOutcome, TokenCheck};
use super::order::CallOrder;
use crate::dice::Dice;
use crate::host;
use crate::moment::Moment;
use crate::vendor_time::VendorTime;

pub(crate) type Shared = host::Shared<FormCallConfig, Faults, State>;

pub(crate) struct State {
    pub(crate) time: VendorTime,
    pub(crate) security_token: String,
    pub(crate) popups: Vec<Popup>,
    pub(crate) calls: Vec<Call>,
    pub(crate) requests: Vec<RequestEntry>,
    pending: Vec<(CallOrder, Origin)>,
    /// The accepted orders that the spam filter counts: E.164 and when.
    accepted: Vec<(String, Duration)>,
    dice: Dice,
}

impl Shared {
    pub(crate) fn new(config: FormCallConfig, clock: Arc<dyn Clock>) -> Self {
        let state = State {
            time: VendorTime::starting_now(&*clock, config.clock_ahead),
            security_token: config.security_token.clone(),
            popups: config.popups.clone(),
            calls: Vec::new(),
            requests: Vec::new(),
            pending: Vec::new(),
            accepted: Vec::new(),
            dice: Dice::new(config.seed),
        };
        Self::with(config, clock, state)
    }

    pub(crate) fn check_token(&self, token: Option<&str>) -> TokenCheck {
        match token {
            None | Some("") => TokenCheck::Missing,
            Some(token) if token == self.state().security_token => TokenCheck::Right,
            Some(_) => TokenCheck::Wrong,
        }
    }

    /// Decides about an order in the documented form: refused, kept or placed.
    pub(crate) fn accept(&self, order: CallOrder, origin: Origin, fault: Option<&Fault>) -> RequestOutcome {
        let now = self.now();
        let mut state = self.state();
        let popup = match state.check(&self.config, &order, now) {
            Ok(popup) => popup,
            Err(error) => return RequestOutcome::Refused(error),
        };
        if fault == Some(&Fault::OriginationFailed) {
            return RequestOutcome::Refused(ErrorCode::CallOriginationFailed);
        }
        state.accepted.extend(order.number.e164().map(|number| (number, now)));
        if !popup.in_service {
            state.pending.push((order, origin));
            return RequestOutcome::Pending;
        }
        let call = self.place(&mut state, order, origin);
        let call = &mut state.calls[call];
        if let Some(Fault::ListedLate(delay)) = fault {
            call.listed += *delay;
        }
        RequestOutcome::Placed(call.uuid.clone())
    }

    /// Places a call without any check; returns its place in the list of calls.
    pub(crate) fn place(&self, state: &mut State, order: CallOrder, origin: Origin) -> usize {
        let now = self.now();
        let uuid = state.uuid();
        let agent_rings = now + self.config.queue_delay;
        let mut call = Call::new(uuid, order, origin, now, agent_rings, self.config.automatic);
        call.listed += self.config.listed_after;
        state.calls.push(call);
        state.calls.len() - 1
    }

    /// Opens or closes a popup; one that opens places the calls that were kept for it. `false` where there is none.
    pub(crate) fn set_in_service(&self, popup_uuid: &str, in_service: bool) -> bool {
        let mut state = self.state();
        let Some(popup) = state.popups.iter_mut().find(|popup| popup.uuid == popup_uuid) else { return false };
        popup.in_service = in_service;
        if in_service {
            let pending = std::mem::take(&mut state.pending);
            for (order, origin) in pending {
                if order.popup_uuid == popup_uuid {
                    self.place(&mut state, order, origin);
                } else {
                    state.pending.push((order, origin));
                }
            }
        }
        drop(state);
        self.announce();
        true
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let now = self.now();
        let state = self.state();
        Ledger {
            requests: state.requests.clone(),
            calls: state.calls.iter().map(|call| call_entry(call, &state.time, now)).collect(),
            pending: state.pending.iter().map(|(order, _)| order.clone()).collect(),
        }
    }
}

impl State {
    /// The popup of an order that can be accepted. The order of the checks is not documented.
    fn check(&self, config: &FormCallConfig, order: &CallOrder, now: Duration) -> Result<Popup, ErrorCode> {
        let popup = self.popups.iter().find(|popup| popup.uuid == order.popup_uuid).ok_or(ErrorCode::PopupNotFound)?;
        let number = order.number.e164()?;
        if !popup.in_service && !popup.keeps_pending {
            return Err(ErrorCode::PopupNotInServiceHours);
        }
        if let Some(filter) = config.spam_filter {
            let recent = |accepted: &Duration| now.saturating_sub(*accepted) < filter.window;
            let same = self.accepted.iter().filter(|(other, accepted)| *other == number && recent(accepted)).count();
            if same >= filter.calls {
                return Err(ErrorCode::CallOriginationFailed);
            }
        }
        Ok(popup.clone())
    }

    /// A new id of 32 hexadecimal digits, as in the document's example.
    fn uuid(&mut self) -> String {
        (0..4).map(|_| format!("{:08x}", self.dice.below(1 << 32))).collect()
    }
}

fn call_entry(call: &Call, time: &VendorTime, now: Duration) -> CallEntry {
    let at = |elapsed: Duration| Moment { elapsed, wall: time.at(elapsed) };
    CallEntry {
        uuid: call.uuid.clone(),
        order: call.order.clone(),
        origin: call.origin,
        placed: at(call.placed),
        agent_rang: call.agent_rang(now).map(at),
        agent_answered: call.agent_answered(now).map(at),
        customer_answered: call.customer_answered(now).map(at),
        ended: call.ended(now).map(at),
        outcome: call.outcome(now),
    }
}
