//! Parts of an answer that could not be read.

use serde::{Deserialize, Serialize};

/// A part of an answer that could not be read: counted, shown, kept for diagnosis, never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Where in the answer, such as `cdrs[3].detect_time`.
    pub place: String,
    /// What is wrong with it, in English, for the log and `doctor`.
    pub reason: String,
    /// The part itself, cut to a bounded length. It may hold people's numbers: kept in the database, never logged.
    pub raw: String,
}
