//! Contacts of this Timbre. Comes in: files of contacts. Goes out: contacts in the database, and the index that finds them.

pub mod import;
pub(crate) mod index;
