//! Places calls, one at a time, and never twice by itself.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::contact::{Contact, ContactId};
use timbre_domain::dial::{Dial, DialId, DialOrder, DialState};
use timbre_domain::endpoint::{EndpointNumber, Identity};
use timbre_domain::error::ErrorCode;
use timbre_domain::number::PhoneNumber;
use timbre_domain::tracker::CallTransition;
use uuid::Uuid;

use crate::Context;
use crate::bus::Happened;
use crate::commands::CommandError;
use crate::line::{Line, Reach};

/// How long a freshly started engine waits to hear whether the agent is in a call.
const FIRST_LOOK_WITHIN: Duration = Duration::from_secs(25);

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
}

/// Refuses a number whose contact, the chosen one or else any that has it, does not want to be called.
async fn wants_to_be_called(
    context: &Context,
    chosen: Option<ContactId>,
    number: &PhoneNumber,
) -> Result<(), CommandError> {
    let number = number.clone();
    let contacts = context
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

/// Checks a dial, registers it so that its legs are recognised, and sends it. Gives its id as soon as the vendor has
/// answered, and whether it said yes; what becomes of it is told as events.
pub(crate) async fn dial(context: &Arc<Context>, request: DialRequest) -> Result<(DialId, bool), CommandError> {
    let identity = identity(context, request.from.as_deref())?;
    let line =
        context.lines.iter().find(|line| *line.name() == identity.account).ok_or_else(|| {
            CommandError::new(ErrorCode::NotFound, format!("there is no account {}", identity.account))
        })?;
    let number = PhoneNumber::typed(&request.number, context.settings.country)
        .map_err(|error| CommandError::new(ErrorCode::BadNumber, error.to_string()).at("number"))?;
    if let Some(contact) = request.contact {
        let known = context.stored(move |store| store.contact(contact)).await?;
        if known.is_none() {
            return Err(CommandError::new(ErrorCode::NotFound, format!("there is no contact {contact}")).at("contact"));
        }
    }
    if !request.despite_do_not_call {
        wants_to_be_called(context, request.contact, &number).await?;
    }
    for line in &context.lines {
        look_first(context, line).await;
    }
    let dial = Dial {
        id: DialId(Uuid::now_v7()),
        endpoint: identity.endpoint.clone(),
        number,
        contact: request.contact,
        requested_at: context.clock.now(),
        ring_first: line.account.ring_first,
        state: DialState::Requested,
    };
    let id = dial.id;
    let order = DialOrder {
        endpoint: identity.endpoint.clone(),
        number: dial.number.dialable(context.settings.country),
        ring_first: line.account.ring_first,
    };
    {
        // One dial at a time is checked and registered, on whatever line.
        let _dialling = context.dialling.lock().await;
        let _turn = line.turn.lock().await;
        let expected = expect(context, line, dial)?;
        save_and_tell(context, line, expected).await;
    }
    let answer = line.telephony.dial(&order).await;
    if let Err(error) = &answer {
        tracing::warn!(account = %line.name(), error = error as &dyn std::error::Error, "click-to-dial");
    }
    let outcome = match &answer {
        Ok(()) => Ok(()),
        Err(error) => Err(error.code),
    };
    let _turn = line.turn.lock().await;
    let step = line.tracker().dial_answered(id, outcome, context.clock.now());
    if let Some(step) = step {
        save_and_tell(context, line, step).await;
    }
    match answer {
        Ok(()) => Ok((id, true)),
        // It is followed all the same: it may have been placed.
        Err(error) if error.code == ErrorCode::OutcomeUnknown => Ok((id, false)),
        Err(error) => Err(CommandError::new(error.code, error.detail)),
    }
}

/// Refuses while any of the agent's endpoints is in a call (seed 000, section 1: "únicamente permite una llamada activa
/// por usuario"), else registers the dial. The caller sees to it that nobody registers another in between.
fn expect(context: &Context, line: &Line, dial: Dial) -> Result<CallTransition, CommandError> {
    let now = dial.requested_at;
    let busy = || CommandError::new(ErrorCode::AlreadyInCall, "one of the agent's endpoints is in a call");
    for other in context.lines.iter().filter(|other| other.name() != line.name()) {
        if other.account.endpoints.iter().any(|endpoint| other.tracker().is_busy(endpoint, now)) {
            return Err(busy());
        }
    }
    let mut tracker = line.tracker();
    if line.account.endpoints.iter().any(|endpoint| tracker.is_busy(endpoint, now))
        || tracker.is_busy(&dial.endpoint, now)
    {
        return Err(busy());
    }
    let within = Duration::from_secs(line.account.call_appears_within_s);
    Ok(tracker.expect(dial, within))
}

/// An engine that has just started does not know yet whether the agent is in a call; and a call it remembers from before
/// may have ended meanwhile, which only a second look can tell.
async fn look_first(context: &Context, line: &Line) {
    let mut reach = line.reach.subscribe();
    let mut looks = line.looks();
    let looked = async {
        let _ = reach.wait_for(|reach| *reach != Reach::NotAskedYet).await;
        let now = context.clock.now();
        if line.account.endpoints.iter().any(|endpoint| line.tracker().is_busy(endpoint, now)) {
            let _ = looks.wait_for(|looks| *looks >= 2).await;
        }
    };
    tokio::select! {
        () = looked => {}
        () = context.clock.sleep(FIRST_LOOK_WITHIN) => {
            tracing::warn!(account = %line.name(), "dialling without knowing whether the agent is in a call");
        }
    }
}

async fn save_and_tell(context: &Arc<Context>, line: &Line, step: CallTransition) {
    let (name, tracker, now) = (line.name().clone(), line.tracker().clone(), context.clock.now());
    if let Err(error) = context.stored(move |store| store.save_transitions(&name, &tracker, &[], &[], now)).await {
        tracing::error!(error = &error as &dyn std::error::Error, "a dial could not be saved");
    }
    let answered = context.clock.elapsed();
    context.bus.happened(Happened { account: line.name().clone(), transitions: vec![step], answered });
}

fn identity(context: &Context, from: Option<&str>) -> Result<Identity, CommandError> {
    let identities = &context.settings.identities;
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
