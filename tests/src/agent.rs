//! What an agent does in a story, and what the CRM has of it afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a test may stop at the first surprise"
)]

use std::time::Duration;

use serde_json::Value;
use timbre_domain::call::CallKey;
use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::outbox::{OutboxItem, OutboxState, RequestId, Retried, RetryHow};
use timbre_engine::CommandError;
use timbre_engine::api::event::{Event, RecordedEvent};
use timbre_engine::api::{InteractionRef, OutboxFilter, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::calls::results::SavedInteraction;
use timbre_engine::contacts::edit::ContactEdit;

use timbre_simulator::CallHandle;

use crate::story::{ENDPOINT, Story};

pub const MINUTE: Duration = Duration::from_secs(60);

/// A call that rings, and has been seen.
pub async fn ringing(story: &mut Story, number: &str) -> (CallKey, CallHandle) {
    let call = story.sim.rings(number, ENDPOINT);
    let detected = |event: &Event| match event {
        Event::Detected(call) => Some(call.call_key.clone()),
        _ => None,
    };
    (story.until("the call", detected).await, call)
}

/// A call that comes, is answered or not, and ends.
pub async fn call(story: &mut Story, number: &str, talk: Option<Duration>) -> CallKey {
    let (key, call) = ringing(story, number).await;
    if let Some(talk) = talk {
        call.answer();
        let polls = usize::try_from(talk.as_secs() / 4).unwrap();
        story.polls(polls.max(1)).await;
    }
    call.hang_up();
    story.until("its end", |event| matches!(event, Event::Ended(ended) if ended.call_key == key).then_some(())).await;
    key
}

/// Lets time go on until the vendor's record has told of a call.
pub async fn recorded(story: &mut Story, key: &CallKey) -> RecordedEvent {
    let of = |event: &Event| match event {
        Event::Recorded(recorded) if recorded.call_key == *key => Some(recorded.clone()),
        _ => None,
    };
    story.until("its record", of).await
}

/// The agent finishes what came of a call; it may be refused.
pub async fn try_save(
    story: &mut Story,
    call: &CallKey,
    edit: InteractionEdit,
) -> Result<SavedInteraction, CommandError> {
    let save = SaveInteraction {
        which: InteractionRef::Call(call.clone()),
        edit: InteractionEdit { finish: true, ..edit },
        caller: None,
    };
    story.execute(command::InteractionsSave(save)).await
}

/// The agent finishes what came of a call, with this comment.
pub async fn save(story: &mut Story, call: &CallKey, comment: &str) -> SavedInteraction {
    let edit = InteractionEdit { comment: Some(comment.to_owned()), ..InteractionEdit::default() };
    try_save(story, call, edit).await.unwrap()
}

/// Everything in the outbox, whatever its state.
pub async fn outbox(story: &mut Story) -> Vec<OutboxItem> {
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
    let filter = OutboxFilter { states: vec![Waiting, Sending, Parked, Done, Discarded], ..OutboxFilter::default() };
    story.execute(command::OutboxList(filter)).await.unwrap()
}

/// Lets time go on until everything is where it can get to by itself.
pub async fn settled(story: &mut Story) -> Vec<OutboxItem> {
    for _ in 0..400 {
        let items = outbox(story).await;
        let on_its_way = |item: &OutboxItem| matches!(item.state, OutboxState::Waiting | OutboxState::Sending);
        if !items.iter().any(on_its_way) {
            return items;
        }
        story.polls(1).await;
    }
    panic!("still on its way: {:#?}", outbox(story).await);
}

/// What the CRM has of an entity.
pub fn records(story: &Story, entity: &str) -> Vec<Value> {
    story.crm().records(entity)
}

/// The only record of an entity.
pub fn one(story: &Story, entity: &str) -> Value {
    let mut all = records(story, entity);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// A contact typed here.
pub async fn contact(story: &mut Story, name: &str, number: &str) -> ContactId {
    let edit = ContactEdit {
        name: Some(name.to_owned()),
        phones: Some(vec![(number.to_owned(), PhoneKind::Mobile)]),
        ..ContactEdit::default()
    };
    story.execute(command::ContactsAdd(edit)).await.unwrap().id
}

/// The agent tries a record again and waits for what comes of it.
pub async fn retry(story: &mut Story, id: RequestId, how: RetryHow) -> Retried {
    let command = command::OutboxRetry { id, how: RetryHow { wait: true, ..how } };
    story.execute_closely(command).await.unwrap()
}
