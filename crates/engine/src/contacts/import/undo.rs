//! Taking an import back.

use timbre_domain::error::ErrorCode;
use timbre_store::{CannotUndo, Undone};
use uuid::Uuid;

use crate::Context;
use crate::error::CommandError;

impl Context {
    /// Takes back what an import changed.
    pub(crate) async fn undo_import(&self, import: Uuid) -> Result<Undone, CommandError> {
        // Not while another one is under way: it may be at the same contacts.
        let _turn = self.importing.clone().lock_owned().await;
        let now = self.core.clock.now();
        let undone = self.core.stored(move |store| store.undo_import(import, now)).await?;
        let undone = undone.map_err(|why| {
            let (code, detail) = match why {
                CannotUndo::Unknown => (ErrorCode::NotFound, format!("there is no import {import}")),
                CannotUndo::Already => (ErrorCode::BadRequest, format!("import {import} was taken back before")),
                CannotUndo::NothingKept => (
                    ErrorCode::BadRequest,
                    format!("import {import} changed nothing, or is too long ago: the last 20 can be taken back"),
                ),
            };
            CommandError::new(code, detail).at("import")
        })?;
        self.database.back_up.notify_one();
        Ok(undone)
    }
}
