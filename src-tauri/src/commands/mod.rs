//! What the windows' pages may ask for, one line each: the engine does it, and each window's capability file says which
//! of these it may use.

pub(crate) mod dial;
pub(crate) mod main;
pub(crate) mod popup;
pub(crate) mod setup;
pub(crate) mod strip;

use serde::Serialize;
use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId, PhoneKind};
use timbre_domain::error::ErrorCode;
use timbre_domain::history::RecordState;
use timbre_domain::interaction::{Interaction, InteractionEdit};
use timbre_domain::popup::PopupCard;
use timbre_domain::refusal::Refusal;
use timbre_engine::api::commands::{Command, CommandError, ContactEdit, InteractionRef, Reply, SaveInteraction};
use timbre_engine::calls::dialler::DialRequest;

use crate::desk::Desk;

/// What a page is answered.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// Has the engine do something and takes what is wanted out of its reply.
macro_rules! ask {
    ($desk:expr, $command:expr, $reply:pat => $wanted:expr) => {
        match $desk.execute($command).await? {
            $reply => Ok($wanted),
            _ => Err($crate::commands::astray(&$desk)),
        }
    };
}
pub(crate) use ask;

/// The engine answered another question: a mistake of ours.
pub(crate) fn astray(desk: &Desk) -> Refusal {
    desk.refusal(CommandError::new(ErrorCode::BadRequest, "an answer to another question"))
}

/// A result as it is kept now, and how far its records are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Saved {
    pub(crate) interaction: Interaction,
    pub(crate) records: Vec<RecordState>,
    /// The call's card with the contact that the save made; nothing where it made none.
    pub(crate) card: Option<PopupCard>,
}

/// Keeps what an agent wrote of a call.
async fn save(desk: &Desk, call_key: CallKey, edit: InteractionEdit, caller: Option<TypedCaller>) -> Answer<Saved> {
    let named = caller.is_some() && edit.finish;
    let save = SaveInteraction { which: InteractionRef::Call(call_key.clone()), edit, caller };
    let interaction =
        ask!(desk, Command::InteractionsSave(Box::new(save)), Reply::Interaction(saved) => saved.interaction)?;
    let records = ask!(desk, Command::Records { call: call_key.clone() }, Reply::Records { records } => records)?;
    let card = match named {
        true => Some(ask!(desk, Command::Card { call: call_key }, Reply::Card(card) => *card)?),
        false => None,
    };
    Ok(Saved { interaction, records, card })
}

async fn choose(desk: &Desk, call: CallKey, contact: ContactId) -> Answer<PopupCard> {
    ask!(desk, Command::Attach { call, contact }, Reply::Card(card) => *card)
}

/// A new contact with a call's number.
async fn add_contact(desk: &Desk, call: CallKey, name: String, company: String) -> Answer<PopupCard> {
    let card = ask!(desk, Command::Card { call: call.clone() }, Reply::Card(card) => *card)?;
    let number = card.call.party.number().map(|number| number.e164().unwrap_or(number.raw()).to_owned());
    let add_phones = number.into_iter().map(|number| (number, PhoneKind::Other)).collect();
    let edit = ContactEdit { name: Some(name), company: Some(company), add_phones, ..ContactEdit::default() };
    let contact = ask!(desk, Command::ContactsAdd(edit), Reply::Contact { contact } => contact)?;
    choose(desk, call, contact.id).await
}

/// What a person says of a contact takes the place of what stands there, and goes to the CRMs.
async fn edit_contact(desk: &Desk, id: ContactId, edit: ContactEdit) -> Answer<Contact> {
    let contact = ask!(desk, Command::ContactsEdit { id, edit }, Reply::Contact { contact } => contact)?;
    desk.emit_to(crate::windows::main::LABEL, "main-changed", &"contacts");
    Ok(contact)
}

/// How many contacts a search brings.
const FOUND: usize = 20;

async fn search(desk: &Desk, text: String) -> Answer<Vec<timbre_domain::contact::Contact>> {
    ask!(desk, Command::ContactsSearch { text, limit: FOUND }, Reply::Contacts { contacts } => contacts)
}

async fn place_call(
    desk: &Desk,
    number: String,
    from: Option<String>,
    contact: Option<ContactId>,
    despite_do_not_call: bool,
) -> Answer<String> {
    let known = |label: &String| desk.hello().identities.iter().any(|identity| identity.label == *label);
    // The one that was chosen once may be gone from the settings meanwhile.
    let from = from.or_else(|| desk.preferences().identity.filter(known));
    let request = DialRequest { number, from, contact, despite_do_not_call, ..DialRequest::default() };
    ask!(desk, Command::Dial(request), Reply::Dial { dial_id, .. } => dial_id.to_string())
}
