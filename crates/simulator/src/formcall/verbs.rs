//! What agents, customers, visitors and the account's administrator do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::call::{Call, CallOutcome, CallState, Origin};
use super::form_call::FormCall;
use super::number::CustomerNumber;
use super::order::CallOrder;
use super::shared::Shared;

impl FormCall {
    /// All calls, in the order they were placed.
    #[must_use]
    pub fn calls(&self) -> Vec<CallHandle> {
        (0..self.shared.state().calls.len()).map(|call| self.handle(call)).collect()
    }

    /// The call with this uuid.
    #[must_use]
    pub fn call(&self, uuid: &str) -> Option<CallHandle> {
        let call = self.shared.state().calls.iter().position(|call| call.uuid == uuid)?;
        Some(self.handle(call))
    }

    /// The newest call that is not over.
    #[must_use]
    pub fn newest_live_call(&self) -> Option<CallHandle> {
        self.calls().into_iter().rev().find(|call| call.state() != CallState::Over)
    }

    /// A visitor asks for a call in the popup on a web site. Nothing is checked. The list shows such calls among those
    /// that requests ordered, without the customer's number.
    pub fn visitor_asks_for_call(
        &self,
        popup_uuid: &str,
        country_code: &str,
        areacode: &str,
        phonenumber: &str,
    ) -> CallHandle {
        let number = CustomerNumber {
            country_code: country_code.to_owned(),
            areacode: areacode.to_owned(),
            phonenumber: phonenumber.to_owned(),
        };
        let order = CallOrder { popup_uuid: popup_uuid.to_owned(), number, adicional: BTreeMap::new() };
        let call = self.shared.place(&mut self.shared.state(), order, Origin::Visitor);
        self.shared.announce();
        self.handle(call)
    }

    /// The popup's service hours begin: the calls kept for it are placed now. `false` where there is no such popup.
    pub fn open_popup(&self, popup_uuid: &str) -> bool {
        self.shared.set_in_service(popup_uuid, true)
    }

    /// The popup's service hours end. `false` where there is no such popup.
    pub fn close_popup(&self, popup_uuid: &str) -> bool {
        self.shared.set_in_service(popup_uuid, false)
    }

    /// A new security token is made in the panel; the old one is invalid from now on.
    pub fn replace_security_token(&self, token: &str) {
        token.clone_into(&mut self.shared.state().security_token);
    }

    fn handle(&self, call: usize) -> CallHandle {
        CallHandle { shared: self.shared.clone(), call }
    }
}

/// A call. Clones are the same call. A verb returns `false`, and changes nothing, where it does not fit the call's state.
#[derive(Clone)]
pub struct CallHandle {
    shared: Arc<Shared>,
    call: usize,
}

impl CallHandle {
    /// The vendor's id: 32 hexadecimal digits.
    #[must_use]
    pub fn uuid(&self) -> String {
        self.look(|call, _| call.uuid.clone())
    }

    /// The order that it carries out.
    #[must_use]
    pub fn order(&self) -> CallOrder {
        self.look(|call, _| call.order.clone())
    }

    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> CallState {
        self.look(Call::state)
    }

    /// What became of it, where that is known.
    #[must_use]
    pub fn outcome(&self) -> Option<CallOutcome> {
        self.look(Call::outcome)
    }

    /// The agent answers; from now on the customer's telephone rings.
    pub fn agent_answers(&self) -> bool {
        self.change(&[CallState::AgentRings], Call::agent_answers)
    }

    /// The agent does not answer, so the call is over.
    pub fn agent_does_not_answer(&self) -> bool {
        self.change(&[CallState::AgentRings], |call, now| call.end(now, CallOutcome::AgentNoAnswer))
    }

    /// The customer answers; from now on both sides talk.
    pub fn customer_answers(&self) -> bool {
        self.change(&[CallState::CustomerRings], Call::customer_answers)
    }

    /// The customer does not answer, so the call is over.
    pub fn customer_does_not_answer(&self) -> bool {
        self.change(&[CallState::CustomerRings], |call, now| call.end(now, CallOutcome::NoAnswer))
    }

    /// The customer's line is busy, so the call is over.
    pub fn customer_is_busy(&self) -> bool {
        self.change(&[CallState::CustomerRings], |call, now| call.end(now, CallOutcome::Busy))
    }

    /// Somebody ends the call, in whatever state it is.
    pub fn hang_up(&self) -> bool {
        use CallState::{AgentRings, CustomerRings, Enqueued, Talking};
        self.change(&[Enqueued, AgentRings, CustomerRings, Talking], |call, now| {
            call.end(now, CallOutcome::Cancelled);
        })
    }

    fn look<T>(&self, see: impl FnOnce(&Call, Duration) -> T) -> T {
        let now = self.shared.now();
        see(&self.shared.state().calls[self.call], now)
    }

    fn change(&self, fits: &[CallState], change: impl FnOnce(&mut Call, Duration)) -> bool {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let call = &mut state.calls[self.call];
        let fits = fits.contains(&call.state(now));
        if fits {
            change(call, now);
        }
        fits
    }
}
