//! What Timbre is about, as pure data and pure decisions.
//!
//! Read in this order, the modules tell one call's way: a vendor's answer becomes [`observation`]s, [`attribution`]
//! says whose call each one is, the [`tracker`] turns them into transitions that happen exactly once, [`matching`]
//! finds who is on the other side, and [`popup`] decides what is shown. What came of the call is an [`interaction`], with the
//! [`caller`] it was with and a
//! [`disposition`] of the organisation's; the [`outbox`] brings it to a [`crm`]. [`dial`] is the way out, [`cdr`] what the
//! vendor says afterwards. [`status`], [`notice`] and [`history`] are what windows, tray and notifications tell of all that,
//! [`preferences`] what each agent chooses. A [`vendor`] describes itself and opens a [`session`] for an account, with a port
//! for each thing it can do; [`ports`] are the rest of what the outside world must provide. [`name`], [`charge`] and
//! [`record`] are small types that several of these share.
//!
//! Nothing here does I/O, reads a clock, or needs an async runtime.

#![warn(missing_docs)]

mod as_text;
pub mod attribution;
pub mod call;
pub mod caller;
pub mod cdr;
pub mod charge;
pub mod contact;
pub mod crm;
pub mod dial;
pub mod dial_link;
pub mod disposition;
pub mod draft;
pub mod endpoint;
pub mod error;
pub mod history;
pub mod identity;
pub mod interaction;
pub mod interchange;
pub mod matching;
pub mod name;
pub mod normalize;
pub mod notice;
pub mod number;
pub mod observation;
pub mod outbox;
pub mod popup;
pub mod ports;
pub mod preferences;
pub mod proxy;
pub mod record;
pub mod redact;
pub mod refusal;
pub mod search;
pub mod secret;
pub mod session;
pub mod status;
pub mod texts;
pub mod tracker;
pub mod unread;
pub mod vendor;
