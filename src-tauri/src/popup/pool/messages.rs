//! What the pool hears and what it has done to the windows.

use std::time::Duration;

use timbre_domain::call::{Call, CallKey};
use timbre_domain::history::RecordState;
use timbre_domain::interaction::Interaction;
use timbre_domain::popup::PopupCard;

/// A window of the pool, by its place in it.
pub type Slot = usize;

/// What happened to a call, or in a window.
#[derive(Debug, Clone)]
pub enum Event {
    /// A call is to be shown.
    Show(Box<PopupCard>),
    /// More is known of who is on the other side of a call.
    Complete(Box<PopupCard>),
    /// Something about a call changed.
    Changed(Box<Call>),
    /// The agent said who it is: what the window shows from now on.
    Chosen(Slot, Box<PopupCard>),
    /// What the agent wrote of a call is kept so.
    Wrote(Slot, Box<Interaction>),
    /// The agent saved the call's result: the page closes its form.
    Saved(Slot, CallKey),
    /// The records of a call have come further.
    Records(CallKey, Vec<RecordState>),
    /// The window could not be made.
    Failed(Slot),
    /// The window's page listens.
    Ready(Slot),
    /// The page laid the call out and needs this height, in logical pixels.
    Filled(Slot, CallKey, u32),
    /// The page was painted.
    Painted(Slot, CallKey),
    /// The agent has begun to act on the call.
    Begun(Slot, CallKey),
    /// Whether what the agent wrote in this window could be kept.
    Kept(Slot, bool),
    /// The agent clicked where the keyboard is needed.
    Focus(Slot),
    /// The agent asks for the newest call's pop-up, by hotkey or in the tray.
    FocusNewest,
    /// The pop-up that the agent asked for and that is not on the glass.
    Reopen(Box<PopupCard>),
    /// Whether the pointer or the keyboard is in the call's pop-up.
    Used(Slot, CallKey, bool),
    /// The text of every program is of another size now, and the pop-ups' windows must be.
    Rescaled,
    /// The agent closed the call's pop-up.
    Close(Slot, CallKey),
    /// The window itself was asked to close.
    CloseWindow(Slot),
    /// So many windows wait warm from now on, beside those that show a call.
    Spare(usize),
    /// Time has gone on: what is due is done.
    Tick,
}

/// What is to be done to the windows.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowCommand {
    /// Make the window, hidden; its page says when it is ready.
    Open(Slot),
    /// Give the window and its memory back.
    Discard(Slot),
    /// Lay the call out in the hidden window; or, where it shows the call already, fill in what is known now.
    Fill(Slot, Box<PopupCard>),
    /// Tell the page what changed.
    Change(Slot, Box<Call>),
    /// Tell the page how far the call's records are.
    Records(Slot, CallKey, Vec<RecordState>),
    /// Bring the window up at this height, in logical pixels.
    Reveal(Slot, u32),
    /// Give the window the keyboard.
    Focus(Slot),
    /// Give the keyboard back to whoever had it before the window.
    GiveBack(Slot),
    /// Say whether the pointer or the keyboard is in the window.
    AskWhetherUsed(Slot, CallKey),
    /// Bring what is known of this call, or of the newest, to show it again.
    Fetch(Option<CallKey>),
    /// Ask the page to close its call as the agent would: it keeps what is typed, and asks where it can't.
    AskToClose(Slot),
    /// Take the window away and let it forget the call.
    Hide(Slot),
    /// The page does not answer: load it anew.
    Reload(Slot),
    /// A pop-up was on the glass this long after it was asked for.
    Painted(CallKey, Duration),
}
