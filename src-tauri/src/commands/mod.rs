//! What the windows' pages may ask for and are told: [`list.rs`](list.rs) declares it once. The engine carries most of it out;
//! what concerns the windows themselves is here, a file a window.

mod dial;
mod main;
mod popup;
mod setup;
mod strip;
#[cfg(test)]
mod typescript;

use serde::Serialize;
use tauri::{AppHandle, Emitter as _, WebviewWindow};
use timbre_domain::call::{Call, CallKey};
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId, PhoneKind};
use timbre_domain::crm::TestStep;
use timbre_domain::dial::{DialId, DialProgress};
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{OutboxRow, RecordState};
use timbre_domain::interaction::{Interaction, InteractionEdit};
use timbre_domain::outbox::RequestId;
use timbre_domain::popup::PopupCard;
use timbre_domain::preferences::Preferences;
use timbre_domain::refusal::Refusal;
use timbre_domain::status::{Status, WindowBootstrap};
use timbre_domain::texts::Language;
use timbre_engine::api::{Command, InteractionRef, command};
use timbre_engine::calls::dialler::DialRequest;
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_settings::edit::{AccountDraft, ConnectorDraft, IdentityDraft, SettingsForm};
use timbre_wiring::setup::{AccountCheck, KnownConnector};

use self::main::{Place, Places};
use self::setup::{Keep, Keyring, Offers};
use crate::app_state::AppState;
use crate::follow::{Changed, StripStatus};
use crate::windows::dial::DialWish;
use crate::windows::main::{Goal, LABEL as MAIN};
use crate::windows::page_is_laid_out;

/// What a page is answered.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// The page that asks: its window, and what all windows work with.
pub(crate) struct Asker {
    window: WebviewWindow,
    app_state: AppState,
}

/// What a page is told.
pub(crate) struct PageEvent<'a, T> {
    name: &'static str,
    /// The windows whose pages hear it.
    windows: &'static [&'static str],
    payload: &'a T,
}

impl<T: Serialize + Clone> PageEvent<'_, T> {
    /// Whether the page of the window with this label, such as `main` or `popup-2`, hears it.
    pub(crate) fn is_heard_by(&self, label: &str) -> bool {
        self.windows.contains(&label.split('-').next().unwrap_or_default())
    }

    /// Tells the window with this label.
    pub(crate) fn emit(self, app: &AppHandle, label: &str) -> tauri::Result<()> {
        debug_assert!(self.is_heard_by(label), "{label} does not listen to {}", self.name);
        app.emit_to(label, self.name, self.payload.clone())
    }
}

/// What carries out the commands of the shell, by their names.
mod handlers {
    pub(super) use super::page_shown;
    pub(super) use super::{dial::*, main::*, popup::*, setup::*, strip::*};
}

macro_rules! shell_command {
    (async $name:ident($($arg:ident: $type:ty),*) $output:ty) => {
        #[tauri::command]
        pub(super) async fn $name(window: WebviewWindow, app_state: State<'_, AppState>, $($arg: $type),*) -> Answer<$output> {
            handlers::$name(&Asker { window, app_state: app_state.inner().clone() }, $($arg),*).await
        }
    };
    (sync $name:ident($($arg:ident: $type:ty),*) $output:ty) => {
        #[tauri::command]
        pub(super) fn $name(window: WebviewWindow, app_state: State<'_, AppState>, $($arg: $type),*) -> Answer<$output> {
            handlers::$name(&Asker { window, app_state: app_state.inner().clone() }, $($arg),*)
        }
    };
    ($kind:ident $name:ident($($arg:ident: $type:ty),*)) => {
        shell_command! { $kind $name($($arg: $type),*) () }
    };
}

macro_rules! windows {
    (
        windows { $($window:ident $label:literal [$($more:literal),*] $about:literal;)* }
        engine { $([$($for_engine:ident),+] $engine:ident: $command:ident;)* }
        shell { $([$($for_shell:ident),+] $kind:ident fn $shell:ident($($arg:ident: $type:ty),* $(,)?) $(-> $output:ty)?;)* }
        events { $([$($told:ident),+] $event:ident: $payload:ty;)* }
    ) => {
        /// The functions that Tauri calls.
        mod invoked {
            use tauri::State;

            use super::*;

            $(
                #[tauri::command]
                pub(super) async fn $engine(
                    app_state: State<'_, AppState>,
                    input: command::$command,
                ) -> Answer<<command::$command as Command>::Output> {
                    app_state.execute(input).await
                }
            )*
            $(shell_command! { $kind $shell($($arg: $type),*) $($output)? })*
        }

        $(
            // A name that is another command's would answer pages with what they did not ask for.
            const _: () = assert!(is_same(stringify!($engine), <command::$command as Command>::NAME));
        )*

        pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$(invoked::$engine,)* $(invoked::$shell),*]
        }

        /// One function an event, each with its payload.
        pub(crate) mod events {
            use super::*;

            $(
                pub(crate) fn $event(payload: &$payload) -> PageEvent<'_, $payload> {
                    PageEvent { name: stringify!($event), windows: &[$(stringify!($told)),+], payload }
                }
            )*
        }

        #[cfg(test)]
        mod declared {
            use super::typescript::{Command as Declared, Event};
            use super::*;

            pub(super) fn commands() -> Vec<Declared> {
                vec![
                    $(
                        Declared::of::<<command::$command as Command>::Output>(
                            stringify!($engine),
                            &[$(stringify!($for_engine)),+],
                        )
                        .takes::<command::$command>("input"),
                    )*
                    $(
                        Declared::of::<output!($($output)?)>(stringify!($shell), &[$(stringify!($for_shell)),+])
                            $(.takes::<$type>(stringify!($arg)))*,
                    )*
                ]
            }

            pub(super) fn events() -> Vec<Event> {
                vec![$(Event::of::<$payload>(stringify!($event), &[$(stringify!($told)),+])),*]
            }

            pub(super) const WINDOWS: &[&str] = &[$(stringify!($window)),*];
        }
    };
}

#[cfg(test)]
macro_rules! output {
    () => {
        ()
    };
    ($output:ty) => {
        $output
    };
}

/// Whether two names are one, for the compiler.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

include!("list.rs");

/// The page has laid out what it shows first: its window comes up.
fn page_shown(asker: &Asker) -> Answer<()> {
    page_is_laid_out(&asker.window);
    Ok(())
}

/// The records of a call have come further.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct CallRecords {
    pub(crate) call_key: CallKey,
    pub(crate) records: Vec<RecordState>,
}

/// A result as it is kept now, and how far its records are.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Saved {
    pub(crate) interaction: Interaction,
    pub(crate) records: Vec<RecordState>,
    /// The call's card with the contact that the save made; nothing where it made none.
    pub(crate) card: Option<PopupCard>,
}

/// Keeps what an agent wrote of a call.
async fn save(
    app_state: &AppState,
    call_key: CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Answer<Saved> {
    let named = caller.is_some() && edit.finish;
    let save = SaveInteraction { which: InteractionRef::Call(call_key.clone()), edit, caller };
    let interaction = app_state.execute(command::InteractionsSave(save)).await?.interaction;
    let records = app_state.execute(command::CallRecords { call: call_key.clone() }).await?;
    let card = match named {
        true => Some(app_state.execute(command::CallCard { call: call_key }).await?),
        false => None,
    };
    Ok(Saved { interaction, records, card })
}

async fn choose(app_state: &AppState, call: CallKey, contact: ContactId) -> Answer<PopupCard> {
    app_state.execute(command::CallAttach { call, contact }).await
}

/// A new contact with a call's number.
async fn add_contact(app_state: &AppState, call: CallKey, name: String, company: String) -> Answer<PopupCard> {
    let card = app_state.execute(command::CallCard { call: call.clone() }).await?;
    let number = card.call.party.number().map(|number| number.dials().to_owned());
    let add_phones = number.into_iter().map(|number| (number, PhoneKind::Other)).collect();
    let edit = ContactEdit { name: Some(name), company: Some(company), add_phones, ..ContactEdit::default() };
    let contact = app_state.execute(command::ContactsAdd(edit)).await?;
    choose(app_state, call, contact.id).await
}

/// What a person says of a contact takes the place of what stands there, and goes to the CRMs.
async fn edit_contact(app_state: &AppState, id: ContactId, edit: ContactEdit) -> Answer<Contact> {
    let contact = app_state.execute(command::ContactsEdit { id, edit }).await?;
    app_state.tell(MAIN, events::main_changed(&Changed::Contacts));
    Ok(contact)
}

/// Places a call. `despite` are the refusals that the agent was told of, and insists.
async fn place_call(
    app_state: &AppState,
    number: String,
    from: Option<String>,
    contact: Option<ContactId>,
    despite: &[ErrorCode],
) -> Answer<DialId> {
    let known = |label: &String| app_state.bootstrap().identities.iter().any(|identity| identity.label == *label);
    // The one that was chosen once may be gone from the settings meanwhile.
    let from = from.or_else(|| app_state.preferences().identity.filter(known));
    let insists = |code| despite.contains(&code);
    let (despite_do_not_call, despite_stale_call) = (insists(ErrorCode::DoNotCall), insists(ErrorCode::StaleCall));
    let request =
        DialRequest { number, from, contact, despite_do_not_call, despite_stale_call, ..DialRequest::default() };
    Ok(app_state.execute(command::Dial(request)).await?.dial_id)
}
