//! How everything is. Comes in: what polls, CRMs, disk, database and components were like. Goes out: the status that the tray
//! shows, `doctor`'s findings, and notices for an agent who looks elsewhere.

pub mod database;
pub mod doctor;
pub(crate) mod notices;
pub(crate) mod status;
