//! What a pop-up's page may ask for.

use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::ContactId;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::popup::PopupCard;
use timbre_domain::status::WindowBootstrap;
use timbre_engine::api::command;
use timbre_engine::contacts::edit::ContactEdit;

use super::{Answer, Asker, Saved};
use crate::popup::pool::Event;
use crate::windows::main::{self, Goal};

/// The pop-up's page listens; answers what it must know.
pub(crate) fn popup_ready(asker: &Asker) -> Answer<WindowBootstrap> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, Event::Ready);
    Ok(app_state.bootstrap())
}

/// The page laid the call out and needs this height, in CSS pixels.
pub(crate) fn popup_filled(asker: &Asker, call_key: CallKey, height: u32) -> Answer<()> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, |slot| Event::Filled(slot, call_key, height));
    Ok(())
}

/// The call is on the glass.
pub(crate) fn popup_painted(asker: &Asker, call_key: CallKey) -> Answer<()> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, |slot| Event::Painted(slot, call_key));
    Ok(())
}

/// The agent clicked where the keyboard is needed.
pub(crate) fn popup_focus(asker: &Asker) -> Answer<()> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, Event::Focus);
    Ok(())
}

/// The agent has begun to act on the call.
pub(crate) fn popup_begun(asker: &Asker, call_key: CallKey) -> Answer<()> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, |slot| Event::Begun(slot, call_key));
    Ok(())
}

/// The agent is done with the pop-up.
pub(crate) fn popup_close(asker: &Asker, call_key: CallKey) -> Answer<()> {
    let Asker { window, app_state } = asker;
    app_state.post_of(window, |slot| Event::Close(slot, call_key));
    Ok(())
}

/// Keeps what the agent wrote.
pub(crate) async fn popup_save(
    asker: &Asker,
    call_key: CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Answer<Saved> {
    let Asker { window, app_state } = asker;
    let finishes = edit.finish;
    let saved = super::save(app_state, call_key.clone(), edit, caller).await;
    // What is refused for what it says is the agent's to mend, or to leave; anything else may pass, and is tried again.
    let kept = saved.as_ref().map_or_else(|refusal| refusal.place.is_some(), |_| true);
    app_state.post_of(window, |slot| Event::Kept(slot, kept));
    if let Ok(saved) = &saved {
        if let Some(card) = &saved.card {
            app_state.post_of(window, |slot| Event::Chosen(slot, Box::new(card.clone())));
        }
        app_state.post_of(window, |slot| Event::Wrote(slot, Box::new(saved.interaction.clone())));
        app_state.post(Event::Records(call_key.clone(), saved.records.clone()));
        if finishes {
            app_state.post_of(window, |slot| Event::Saved(slot, call_key));
        }
    }
    saved
}

/// The agent said who it is.
pub(crate) async fn popup_choose(asker: &Asker, call_key: CallKey, contact: ContactId) -> Answer<PopupCard> {
    let Asker { window, app_state } = asker;
    let card = super::choose(app_state, call_key, contact).await?;
    app_state.post_of(window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// A new contact with this call's number.
pub(crate) async fn popup_add_contact(
    asker: &Asker,
    call_key: CallKey,
    name: String,
    company: String,
) -> Answer<PopupCard> {
    let Asker { window, app_state } = asker;
    let card = super::add_contact(app_state, call_key, name, company).await?;
    app_state.post_of(window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// Another name, company, telephones or addresses of the contact shown; answers the call's card with it.
pub(crate) async fn popup_edit_contact(
    asker: &Asker,
    call_key: CallKey,
    contact: ContactId,
    edit: ContactEdit,
) -> Answer<PopupCard> {
    let Asker { window, app_state } = asker;
    super::edit_contact(app_state, contact, edit).await?;
    let card = app_state.execute(command::CallCard { call: call_key }).await?;
    app_state.post_of(window, |slot| Event::Chosen(slot, Box::new(card.clone())));
    Ok(card)
}

/// Dials a number shown in the pop-up.
pub(crate) async fn popup_dial(
    asker: &Asker,
    number: String,
    contact: Option<ContactId>,
    despite: Vec<ErrorCode>,
) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    super::place_call(app_state, number, None, contact, &despite).await.map(drop)
}

/// Opens the contact's case file in the main window.
pub(crate) fn popup_open_contact(asker: &Asker, contact: ContactId) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    main::open(app_state, Goal { contact: Some(contact), ..Goal::default() });
    Ok(())
}

/// The page has kept what it could; what is typed and could not be kept, as it was typed.
pub(crate) fn popup_left(asker: &Asker, left: Vec<String>) -> Answer<()> {
    asker.app_state.page_left(asker.window.label(), left);
    Ok(())
}
