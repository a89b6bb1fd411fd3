//! Places calls, one at a time, and never twice by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::dial::{Dial, DialId, DialOrder, DialProgress, DialRules, DialState, Placed};
use timbre_domain::endpoint::{EndpointNumber, Identity};
use timbre_domain::error::{ErrorCode, PortError, Said};
use timbre_domain::number::PhoneNumber;
use timbre_domain::tracker::{Busy, CallTransition};
use uuid::Uuid;

use crate::Context;
use crate::calls::placed_calls;
use crate::calls::session::{self, AccountSession, PollStatus};
use crate::error::CommandError;
use crate::runtime::bus::TransitionBatch;

/// How long a freshly started engine waits to hear whether the agent is in a call.
const FIRST_POLL_WITHIN: Duration = Duration::from_secs(25);

/// What is to be dialled.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DialRequest {
    /// As a person typed it.
    pub number: String,
    /// The label or the endpoint of an identity; the first one where it is left out.
    #[serde(default)]
    pub from: Option<String>,
    /// The contact, where one was chosen.
    #[serde(default)]
    pub contact: Option<ContactId>,
    /// Call even a contact who does not want to be called.
    #[serde(default)]
    pub despite_do_not_call: bool,
    /// Call although the vendor still shows a call that began long ago.
    #[serde(default)]
    pub despite_stale_call: bool,
    /// More about the call for vendors that take it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
}

/// A dial that was sent; its progress is told as events.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Dialled {
    /// It names the dial in events.
    pub dial_id: DialId,
    /// Whether the vendor said that it took the order; else nobody knows, and it is followed all the same.
    pub accepted: bool,
    /// What the vendor said instead, where it said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// The extension that stood behind the number and that the vendor does not dial: the agent asks for it or keys it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The code before the number that hides or shows the caller: no vendor dials it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id_code: Option<String>,
}

/// Refuses a number whose contact, the chosen one or else any that has it, does not want to be called.
async fn wants_to_be_called(
    context: &Context,
    chosen: Option<ContactId>,
    number: &PhoneNumber,
) -> Result<(), CommandError> {
    let number = number.clone();
    let contacts = context
        .core
        .stored(move |store| match chosen {
            Some(chosen) => Ok(store.contact(chosen)?.into_iter().collect()),
            None => store.contacts_by_number(&number),
        })
        .await?;
    match contacts.iter().find(|contact: &&Contact| contact.do_not_call) {
        Some(contact) => {
            Err(CommandError::new(ErrorCode::DoNotCall, format!("contact {} is marked so", contact.id)).at("number"))
        }
        None => Ok(()),
    }
}

/// Places a call. It goes on to its end whoever stops waiting for it: a dial that was registered and never sent would keep the
/// agent's telephone from dialling.
pub(crate) async fn dial(context: &Arc<Context>, request: DialRequest) -> Result<Dialled, CommandError> {
    let context = context.clone();
    let placing = tokio::spawn(async move { place(&context, request).await });
    match placing.await {
        Ok(placed) => placed,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(CommandError::new(ErrorCode::Stopping, "Timbre stopped while it dialled")),
        },
    }
}

/// Checks a dial, registers it so that its legs are recognised, and sends it. Gives its id as soon as the vendor has
/// answered, and whether it said yes; what becomes of it is told as events.
async fn place(context: &Arc<Context>, request: DialRequest) -> Result<Dialled, CommandError> {
    let identity = identity(context, request.from.as_deref())?;
    let session = session::of_account(&context.sessions, &identity.account)
        .ok_or_else(|| CommandError::new(ErrorCode::NotFound, format!("there is no account {}", identity.account)))?;
    let Some(dialling) = &session.session.dial else {
        let detail = format!("the vendor of account {} places no calls", identity.account);
        return Err(CommandError::new(ErrorCode::NotAble, detail).at("from"));
    };
    let number = PhoneNumber::typed(&request.number, context.core.settings.country)
        .map_err(|error| CommandError::new(ErrorCode::BadNumber, error.to_string()).at("number"))?;
    let contact = match request.contact {
        None => None,
        Some(id) => Some(context.core.stored(move |store| store.contact(id)).await?.ok_or_else(|| {
            CommandError::new(ErrorCode::NotFound, format!("there is no contact {id}")).at("contact")
        })?),
    };
    if !request.despite_do_not_call {
        wants_to_be_called(context, request.contact, &number).await?;
    }
    let rules = &session.session.dial_rules;
    if rules.one_call_per_agent {
        for session in &context.sessions {
            poll_first(context, session).await;
        }
    }
    let dial = Dial {
        id: DialId(Uuid::now_v7()),
        endpoint: identity.endpoint.clone(),
        number,
        contact: request.contact,
        requested_at: context.core.clock.now(),
        ring_first: rules.ring_first,
        state: DialState::Requested,
    };
    let id = dial.id;
    let extension = dial.number.extension().filter(|_| !rules.takes_extension);
    let caller_id_code = dial.number.caller_id_code();
    let order = DialOrder {
        endpoint: identity.endpoint.clone(),
        number: dial.number.clone(),
        ring_first: rules.ring_first,
        extra: extra(rules, contact.as_ref(), &request.extra),
    };
    {
        // One dial at a time is checked and registered, on whatever account.
        let _dialling = context.dialling.lock().await;
        let turn = session.turn.lock().await;
        let step = follow(context, session, dial, request.despite_stale_call)?;
        save_and_publish(context, session, step).await;
        drop(turn);
    }
    let answer = context.core.kept(session.name(), dialling.dial(&order).await).await;
    if let Err(error) = &answer {
        tracing::warn!(account = %session.name(), error = error as &dyn std::error::Error, "the call was not placed");
    }
    let outcome = answer.as_ref().map_err(|error| error.code);
    {
        let _turn = session.turn.lock().await;
        let said = answer.as_ref().err().and_then(|error| error.said.clone());
        let step = session.tracker().dial_answered(id, outcome, said, context.core.clock.now());
        if let Some(step) = step {
            let step = with_reason(step, answer.as_ref().err());
            save_and_publish(context, session, step).await;
        }
    }
    if let Ok(Placed { external_id: Some(external_id), .. }) = &answer {
        placed_calls::begun(&context.ingest(), session, &order, external_id).await;
    }
    session.dialled.notify_one();
    match answer {
        Ok(_) => Ok(Dialled { dial_id: id, accepted: true, said: None, extension, caller_id_code }),
        // It is followed all the same: it may have been placed.
        Err(error) if error.code == ErrorCode::OutcomeUnknown => {
            Ok(Dialled { dial_id: id, accepted: false, said: error.said, extension, caller_id_code })
        }
        Err(error) => Err(error.into()),
    }
}

/// What a vendor that takes more data is told of the contact, and what the caller of this dial adds.
fn extra(rules: &DialRules, contact: Option<&Contact>, more: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    if rules.extra_fields.is_empty() {
        return BTreeMap::new();
    }
    let of_contact = rules.extra_fields.iter().filter_map(|(name, detail)| Some((*name, detail.of(contact?)?)));
    let mut extra: BTreeMap<_, _> = of_contact.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    extra.extend(more.clone());
    extra
}

fn with_reason(step: CallTransition, error: Option<&PortError>) -> CallTransition {
    match step {
        CallTransition::Dial(progress) => {
            CallTransition::Dial(DialProgress { reason: error.and_then(|error| error.reason.clone()), ..progress })
        }
        step => step,
    }
}

/// Refuses a dial of an agent who is in a call, where the vendor allows one call at a time, and while another dial of the same
/// endpoint is on its way; else registers it. A call that the vendor has shown for hours may be none: who knows better dials
/// `despite_stale`. The caller sees to it that nobody registers another in between.
fn follow(
    context: &Context,
    session: &AccountSession,
    dial: Dial,
    despite_stale: bool,
) -> Result<CallTransition, CommandError> {
    let now = dial.requested_at;
    let one_call = session.session.dial_rules.one_call_per_agent;
    if one_call {
        let agent = session.served().agent_of(&dial.endpoint);
        let busy = context.sessions.iter().map(|other| other.busy(agent.as_deref(), &dial.endpoint, now)).max();
        match busy.unwrap_or_default() {
            Busy::InCall => {
                return Err(CommandError::new(ErrorCode::AlreadyInCall, "one of the agent's endpoints is in a call"));
            }
            Busy::StaleCall if !despite_stale => {
                let detail = "the vendor shows a call of the agent's that began long ago";
                return Err(CommandError::new(ErrorCode::StaleCall, detail));
            }
            Busy::StaleCall | Busy::Free => {}
        }
    } else if session
        .tracker()
        .waiting_dials()
        .any(|dial_of| dial_of.endpoint == dial.endpoint && !dial_of.state.is_final())
    {
        return Err(CommandError::new(ErrorCode::DialUnderWay, "another dial of this endpoint is on its way"));
    }
    Ok(session.tracker().follow(dial, session.account.call_appears_within))
}

/// An engine that has just started does not know yet whether the agent is in a call; and a call it remembers from before
/// may have ended meanwhile, which only a second poll can tell.
async fn poll_first(context: &Context, session: &AccountSession) {
    if session.session.live_calls.is_none() {
        return;
    }
    let mut status = session.status.subscribe();
    let mut polls = session.polls();
    let polled = async {
        let _ = status.wait_for(|status| *status != PollStatus::NotAskedYet).await;
        let now = context.core.clock.now();
        if session.served().numbers().any(|endpoint| session.tracker().busy(endpoint, now) != Busy::Free) {
            let _ = polls.wait_for(|polls| *polls >= 2).await;
        }
    };
    tokio::select! {
        () = polled => {}
        () = context.core.clock.sleep(FIRST_POLL_WITHIN) => {
            tracing::warn!(account = %session.name(), "dialling without knowing whether the agent is in a call");
        }
    }
}

async fn save_and_publish(context: &Arc<Context>, session: &AccountSession, step: CallTransition) {
    let (name, tracker, now) = (session.name().clone(), session.tracker().clone(), context.core.clock.now());
    if let Err(error) = context.core.stored(move |store| store.save_transitions(&name, &tracker, &[], &[], now)).await {
        tracing::error!(error = &error as &dyn std::error::Error, "a dial could not be saved");
    }
    let observed = context.core.clock.elapsed();
    context.core.bus.transitions(TransitionBatch {
        account: session.name().clone(),
        transitions: vec![step],
        observed,
    });
}

fn identity(context: &Context, from: Option<&str>) -> Result<Identity, CommandError> {
    let identities = &context.core.settings.identities;
    let found = match from {
        None => identities.first(),
        Some(from) => identities.iter().find(|identity| identity.label == from).or_else(|| {
            identities.iter().find(|identity| EndpointNumber::new(from).as_ref() == Some(&identity.endpoint))
        }),
    };
    found.cloned().ok_or_else(|| {
        let known: Vec<_> = identities.iter().map(|identity| identity.label.as_str()).collect();
        CommandError::new(ErrorCode::NotFound, format!("no such identity; there are: {}", known.join(", "))).at("from")
    })
}
