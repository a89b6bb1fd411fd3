//! Contacts of this Timbre. Comes in: files of contacts, and what people type of them. Goes out: contacts in the database,
//! the index that finds them, and files.

pub(crate) mod change;
pub mod edit;
pub(crate) mod export;
pub mod import;
pub(crate) mod index;
pub mod lookup;
