//! What others ask of the engine and hear from it. Comes in: commands, from windows, the command line and the local socket.
//! Goes out: their results, and events.
//!
//! [`command`] is the list: each command with its input, its result and its name. `handlers` carries them out.

pub mod command;
pub mod event;
mod handlers;
mod provider_state;
pub mod socket;

pub use self::command::Command;
pub use crate::error::CommandError;
pub use timbre_store::{
    Agent, CallFilter, CallRecord, CaseEntry, CaseFile, ImportRecord, InteractionFilter, InteractionRef, KeptContact,
    KeptUnread, MergeNote, MergedBy, OutboxCounts, OutboxFilter, Undone, WhyKept,
};
