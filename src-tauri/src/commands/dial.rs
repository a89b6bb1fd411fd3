//! What the dial window's page may ask for.

use tauri::Manager;
use timbre_domain::contact::ContactId;
use timbre_domain::dial::DialId;
use timbre_domain::error::ErrorCode;
use timbre_domain::preferences::Preferences;
use timbre_domain::status::WindowBootstrap;

use super::{Answer, Asker, events};
use crate::preferences;
use crate::windows::dial;

/// The page listens; answers what it must know, and is told what it came up for.
pub(crate) fn dial_ready(asker: &Asker) -> Answer<WindowBootstrap> {
    let Asker { window, app_state } = asker;
    app_state.tell(dial::LABEL, events::status_changed(&app_state.status()));
    if let Some(wish) = window.state::<dial::Waiting>().page_listens() {
        app_state.tell(dial::LABEL, events::dial_wish(&wish));
    }
    Ok(app_state.bootstrap())
}

/// From now on calls are made as this identity.
pub(crate) async fn dial_choose_identity(asker: &Asker, label: String) -> Answer<()> {
    let Asker { app_state, .. } = asker;
    let chosen = Preferences { identity: Some(label), ..app_state.preferences() };
    preferences::choose(app_state, chosen).await
}

pub(crate) async fn dial_dial(
    asker: &Asker,
    number: String,
    from: Option<String>,
    contact: Option<ContactId>,
    despite: Vec<ErrorCode>,
) -> Answer<DialId> {
    let Asker { app_state, .. } = asker;
    super::place_call(app_state, number, from, contact, &despite).await
}

/// The window's content is this high.
pub(crate) fn dial_height(asker: &Asker, height: u32) -> Answer<()> {
    let Asker { window, .. } = asker;
    if let Err(error) = dial::fit(window, height) {
        tracing::warn!(%error, "the dial window keeps its height");
    }
    Ok(())
}

/// The agent is done.
pub(crate) fn dial_close(asker: &Asker) -> Answer<()> {
    let Asker { window, app_state } = asker;
    dial::put_away(app_state, window);
    Ok(())
}
