//! Which call stands in which window: a few warm windows, filled again and again, and more where more calls overlap.
//! Pure, so that its stories need no desktop and no waiting.

mod messages;
mod rest;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use timbre_domain::call::{Call, CallKey, CallState};
use timbre_domain::popup::PopupCard;

pub use self::messages::{Event, Slot, WindowCommand};

/// How long the pop-up of a call that nobody answered stays when it is over. One that was answered stays until the agent
/// is done with it.
pub const STAYS: Duration = Duration::from_secs(10);

/// How long the pop-up of a call whose result is saved, and with the CRM where there is one, stays for it to be seen.
pub const STAYS_SAVED: Duration = Duration::from_secs(5);

/// The same where the CRM has not got it yet. It is kept, and the outbox tells how far it comes.
pub const STAYS_UNSENT: Duration = Duration::from_secs(10);

/// How soon a pop-up is looked at again that would have gone if neither the pointer nor the keyboard had been in it.
pub const LOOKS_AGAIN: Duration = Duration::from_secs(2);

/// How long a window may take to lay a call out before it is taken for broken and loaded anew. A hundred times what
/// it takes on a slow machine.
pub const FILLS_WITHIN: Duration = Duration::from_secs(2);

/// How long a page may take to load before its window is made anew.
pub const LOADS_WITHIN: Duration = Duration::from_secs(15);

/// How long a window that was put away is kept at least: its page may still be saving what the agent wrote.
pub const SETTLES: Duration = Duration::from_secs(5);

/// How many calls can be on the glass at once; the next wait.
pub const MOST: usize = 6;

#[derive(Debug, Clone)]
struct Asked {
    card: Box<PopupCard>,
    at: Instant,
    /// The agent asked for it, and gets the keyboard with it.
    by_agent: bool,
}

#[derive(Debug)]
struct Shown {
    asked: Asked,
    /// When the page was told; none once it has laid the call out.
    told_at: Option<Instant>,
    painted: bool,
    /// When it goes by itself, and how long it stays then.
    goes: Option<(Instant, Duration)>,
    /// The height that its page needs.
    height: Option<u32>,
    /// The result is saved, and nothing was typed since.
    saved: bool,
    /// When its call was over.
    ended_at: Option<Instant>,
    /// The agent acts: nothing is exchanged and nobody takes its place.
    begun: bool,
}

#[derive(Debug)]
struct Window {
    ready: bool,
    /// When it was made, or its page loaded anew.
    loads_since: Instant,
    /// Until when it is kept, hidden.
    settles_until: Option<Instant>,
    /// Its page still holds what could not be kept.
    unsaved: bool,
    shown: Option<Shown>,
}

impl Window {
    fn made(now: Instant) -> Self {
        Self { ready: false, loads_since: now, settles_until: None, unsaved: false, shown: None }
    }

    fn shows(&self, key: &CallKey) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.asked.card.call.key == *key)
    }
}

/// The windows, what they show, and who waits for one.
#[derive(Debug)]
pub struct Pool {
    /// By slot; nothing where there is no window.
    windows: Vec<Option<Window>>,
    waiting: VecDeque<Asked>,
    /// Calls that go on and whose pop-up the agent closed, with when it was asked for.
    closed: Vec<(CallKey, Instant)>,
    spare: usize,
}

impl Pool {
    /// A pool that keeps so many windows warm beside those that show a call; none is there yet: a first
    /// [`Event::Tick`] asks for them.
    #[must_use]
    pub fn new(spare: usize) -> Self {
        let windows = (0..MOST).map(|_| None).collect();
        Self { windows, waiting: VecDeque::new(), closed: Vec::new(), spare }
    }

    /// Takes in what happened at `now`, and tells what is to be done.
    #[must_use]
    pub fn apply(&mut self, event: Event, now: Instant) -> Vec<WindowCommand> {
        let mut orders = Vec::new();
        match event {
            Event::Show(card) => self.show(Asked { card, at: now, by_agent: false }, now, &mut orders),
            Event::Complete(card) => self.complete(*card, now, &mut orders),
            Event::Changed(call) => self.changed(*call, now, &mut orders),
            Event::Chosen(slot, card) => {
                if let Some(shown) = self.shown_in(slot, &card.call.key) {
                    let call = shown.asked.card.call.clone();
                    *shown.asked.card = PopupCard { call, ..*card };
                }
            }
            Event::Wrote(slot, written) => {
                if let Some(key) = &written.call
                    && let Some(shown) = self.shown_in(slot, key)
                {
                    // A page that has to start over begins where the agent was.
                    shown.saved = rest::is_saved(&written);
                    shown.asked.card.interaction = Some(*written);
                    shown.reckon(now);
                }
            }
            Event::Saved(slot, key) => {
                if let Some(shown) = self.shown_in(slot, &key) {
                    shown.saved = true;
                    shown.reckon(now);
                    // The agent is done with it: what is typed next is meant for the window she came from.
                    orders.push(WindowCommand::GiveBack(slot));
                }
            }
            Event::Failed(slot) => {
                if let Some(window) = self.windows.get_mut(slot) {
                    *window = None;
                }
            }
            Event::Records(key, records) => {
                if let Some(slot) = self.slot_of(&key) {
                    if let Some(shown) = self.shown_in(slot, &key) {
                        shown.asked.card.records.clone_from(&records);
                        shown.reckon(now);
                    }
                    orders.push(WindowCommand::Records(slot, key, records));
                }
            }
            Event::Ready(slot) => self.ready(slot, now, &mut orders),
            Event::Filled(slot, key, height) => self.filled(slot, &key, height, &mut orders),
            Event::Painted(slot, key) => self.painted(slot, key, now, &mut orders),
            Event::Begun(slot, key) => {
                if let Some(shown) = self.shown_in(slot, &key) {
                    shown.begun = true;
                    shown.reckon(now);
                }
            }
            Event::Kept(slot, kept) => {
                if let Some(window) = self.window(slot) {
                    window.unsaved = !kept;
                }
            }
            Event::Focus(slot) => {
                if self.window(slot).is_some_and(|window| window.shown.is_some()) {
                    orders.push(WindowCommand::Focus(slot));
                }
            }
            Event::FocusNewest => orders.push(self.newest()),
            Event::Reopen(card) => self.reopen(card, now, &mut orders),
            Event::Used(slot, key, used) => {
                let goes = |shown: &mut Shown| shown.saved && shown.goes.is_some();
                if !used && self.shown_in(slot, &key).is_some_and(goes) {
                    self.hide(slot, now, &mut orders);
                }
            }
            Event::Rescaled => {
                let heights = self.windows.iter().enumerate();
                let stand = heights.filter_map(|(slot, window)| Some((slot, window.as_ref()?.shown.as_ref()?.height?)));
                orders.extend(stand.map(|(slot, height)| WindowCommand::Reveal(slot, height)));
            }
            Event::Close(slot, key) => {
                if let Some(shown) = self.shown_in(slot, &key) {
                    let (over, at) = (shown.ended_at.is_some(), shown.asked.at);
                    if !over {
                        self.closed.push((key, at));
                    }
                    self.hide(slot, now, &mut orders);
                }
            }
            Event::CloseWindow(slot) => {
                if self.window(slot).is_some_and(|window| window.shown.is_some()) {
                    orders.push(WindowCommand::AskToClose(slot));
                }
            }
            Event::Spare(spare) => self.spare = spare,
            Event::Tick => {}
        }
        self.expire(now, &mut orders);
        self.make_room(now, &mut orders);
        self.fill_free(now, &mut orders);
        self.keep_warm(now, &mut orders);
        orders
    }

    /// When [`Event::Tick`] is due, if nothing else happens.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        let of_window = |window: &Window| {
            let loads = (!window.ready).then(|| window.loads_since + LOADS_WITHIN);
            let shown = window.shown.as_ref();
            let fills = shown.and_then(|shown| shown.told_at).map(|at| at + FILLS_WITHIN);
            [loads, window.settles_until, fills, shown.and_then(|shown| shown.goes).map(|(at, _)| at)]
        };
        self.windows.iter().flatten().flat_map(of_window).flatten().min()
    }

    fn window(&mut self, slot: Slot) -> Option<&mut Window> {
        self.windows.get_mut(slot)?.as_mut()
    }

    fn shown_in(&mut self, slot: Slot, key: &CallKey) -> Option<&mut Shown> {
        self.window(slot).filter(|window| window.shows(key))?.shown.as_mut()
    }

    fn slot_of(&self, key: &CallKey) -> Option<Slot> {
        self.windows.iter().position(|window| window.as_ref().is_some_and(|window| window.shows(key)))
    }

    /// The keyboard for the pop-up that came last. One that the agent closed while its call went on comes back for that;
    /// where there is none at all, the newest call's does, whoever closed it or if it never came.
    fn newest(&self) -> WindowCommand {
        let shown = |window: &Option<Window>| window.as_ref()?.shown.as_ref().map(|shown| shown.asked.at);
        let all = self.windows.iter().enumerate().filter_map(|(slot, window)| Some((shown(window)?, slot)));
        let closed = self.closed.iter().max_by_key(|(_, at)| *at);
        match (all.max(), closed) {
            (Some((shown, slot)), closed) if closed.is_none_or(|(_, at)| *at < shown) => WindowCommand::Focus(slot),
            (_, closed) => WindowCommand::Fetch(closed.map(|(key, _)| key.clone())),
        }
    }

    /// Shows a pop-up that the agent asked for.
    fn reopen(&mut self, card: Box<PopupCard>, now: Instant, orders: &mut Vec<WindowCommand>) {
        match self.slot_of(&card.call.key) {
            Some(slot) => orders.push(WindowCommand::Focus(slot)),
            None => self.show(Asked { card, at: now, by_agent: true }, now, orders),
        }
    }

    fn show(&mut self, asked: Asked, now: Instant, orders: &mut Vec<WindowCommand>) {
        let key = &asked.card.call.key;
        self.closed.retain(|(closed, _)| closed != key);
        // A call that is shown already stays in its window; it may know more now.
        if let Some(slot) = self.slot_of(key) {
            self.fill(slot, asked, now, orders);
        } else {
            self.waiting.retain(|waiting| waiting.card.call.key != *key);
            self.waiting.push_back(asked);
        }
    }

    /// A pop-up that was closed meanwhile stays closed, and one in which the agent acts stays as it is; how far the call
    /// has come is known better here.
    fn complete(&mut self, card: PopupCard, now: Instant, orders: &mut Vec<WindowCommand>) {
        let known = |asked: &Asked| PopupCard { call: asked.card.call.clone(), ..card.clone() };
        if let Some(slot) = self.slot_of(&card.call.key)
            && let Some(Window { shown: Some(shown), .. }) = self.window(slot)
        {
            let asked = Asked { card: Box::new(known(&shown.asked)), ..shown.asked };
            if !shown.begun {
                self.fill(slot, asked, now, orders);
            }
        }
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.card.call.key == card.call.key) {
            *waiting.card = known(waiting);
        }
    }

    fn changed(&mut self, call: Call, now: Instant, orders: &mut Vec<WindowCommand>) {
        let over = call.state == CallState::Ended;
        if let Some(slot) = self.slot_of(&call.key)
            && let Some(Window { shown: Some(shown), .. }) = self.window(slot)
        {
            shown.ended_at = over.then(|| shown.ended_at.unwrap_or(now));
            shown.asked.card.call = call.clone();
            shown.reckon(now);
            orders.push(WindowCommand::Change(slot, Box::new(call.clone())));
        }
        // A call that is over before there was room for it is for the history.
        self.closed.retain(|(closed, _)| !over || *closed != call.key);
        self.waiting.retain(|waiting| !(over && waiting.card.call.key == call.key));
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.card.call.key == call.key) {
            waiting.card.call = call.clone();
        }
    }

    fn ready(&mut self, slot: Slot, now: Instant, orders: &mut Vec<WindowCommand>) {
        let Some(window) = self.window(slot) else { return };
        window.ready = true;
        // A page that started over has forgotten its call.
        if let Some(Shown { asked, painted, begun, saved, .. }) = window.shown.take() {
            self.fill(slot, asked, now, orders);
            if let Some(Window { shown: Some(shown), .. }) = self.window(slot) {
                // How long the first painting took has been told.
                shown.painted = painted;
                (shown.begun, shown.saved) = (begun, saved);
                shown.reckon(now);
            }
        }
    }

    fn filled(&mut self, slot: Slot, key: &CallKey, height: u32, orders: &mut Vec<WindowCommand>) {
        if let Some(shown) = self.shown_in(slot, key) {
            shown.told_at = None;
            shown.height = Some(height);
            orders.push(WindowCommand::Reveal(slot, height));
            if std::mem::take(&mut shown.asked.by_agent) {
                orders.push(WindowCommand::Focus(slot));
            }
        }
    }

    fn painted(&mut self, slot: Slot, key: CallKey, now: Instant, orders: &mut Vec<WindowCommand>) {
        if let Some(shown) = self.shown_in(slot, &key).filter(|shown| !shown.painted) {
            shown.painted = true;
            orders.push(WindowCommand::Painted(key, now.duration_since(shown.asked.at)));
        }
    }

    fn hide(&mut self, slot: Slot, now: Instant, orders: &mut Vec<WindowCommand>) {
        let Some(window) = self.window(slot) else { return };
        if let Some(shown) = window.shown.take() {
            window.settles_until = shown.begun.then(|| now + SETTLES);
            orders.push(WindowCommand::Hide(slot));
        }
    }

    fn expire(&mut self, now: Instant, orders: &mut Vec<WindowCommand>) {
        for slot in 0..self.windows.len() {
            let Some(window) = self.window(slot) else { continue };
            window.settles_until = window.settles_until.filter(|until| now < *until);
            if !window.ready && now >= window.loads_since + LOADS_WITHIN {
                // Its page never came: a call that waits must not wait for it.
                self.windows[slot] = None;
                orders.push(WindowCommand::Discard(slot));
                continue;
            }
            let Some(shown) = &mut window.shown else { continue };
            if let Some((at, stays)) = shown.goes.filter(|(at, _)| now >= *at) {
                if shown.saved {
                    // It goes if the answer is that nobody is in it.
                    shown.goes = Some((at.max(now) + LOOKS_AGAIN, stays));
                    orders.push(WindowCommand::AskWhetherUsed(slot, shown.asked.card.call.key.clone()));
                } else {
                    self.hide(slot, now, orders);
                }
            } else if shown.told_at.is_some_and(|at| now >= at + FILLS_WITHIN) {
                // Another window may be free: the call must not wait for this one.
                let asked = shown.asked.clone();
                window.ready = false;
                window.loads_since = now;
                self.hide(slot, now, orders);
                self.waiting.push_front(asked);
                orders.push(WindowCommand::Reload(slot));
            }
        }
    }

    /// Where every window is taken, a call does not wait for one that is over and that the agent left alone: those that
    /// ended first go first. What is to be written of them is among the pending results.
    fn make_room(&mut self, now: Instant, orders: &mut Vec<WindowCommand>) {
        let free = self.windows.iter().filter(|window| window.as_ref().is_none_or(|one| one.shown.is_none())).count();
        let over = |window: &Option<Window>| {
            let shown = window.as_ref()?.shown.as_ref()?;
            shown.ended_at.filter(|_| shown.is_done())
        };
        let mut over: Vec<(Instant, Slot)> =
            self.windows.iter().enumerate().filter_map(|(slot, window)| Some((over(window)?, slot))).collect();
        over.sort_unstable();
        for (_, slot) in over.into_iter().take(self.waiting.len().saturating_sub(free)) {
            self.hide(slot, now, orders);
        }
    }

    fn fill_free(&mut self, now: Instant, orders: &mut Vec<WindowCommand>) {
        let free = |window: &Option<Window>| window.as_ref().is_some_and(|one| one.ready && one.shown.is_none());
        while let Some(slot) = self.windows.iter().position(free) {
            let Some(asked) = self.waiting.pop_front() else { return };
            self.fill(slot, asked, now, orders);
        }
    }

    fn fill(&mut self, slot: Slot, asked: Asked, now: Instant, orders: &mut Vec<WindowCommand>) {
        let Some(window) = self.window(slot) else { return };
        orders.push(WindowCommand::Fill(slot, asked.card.clone()));
        let call = &asked.card.call;
        let before = window.shown.take();
        let ended_at =
            (call.state == CallState::Ended).then(|| before.as_ref().and_then(|shown| shown.ended_at).unwrap_or(now));
        let saved = asked.card.interaction.as_ref().is_some_and(rest::is_saved);
        let (painted, goes) = before.map_or((false, None), |shown| (shown.painted, shown.goes));
        let mut shown = Shown { asked, told_at: Some(now), painted, goes, height: None, saved, ended_at, begun: false };
        shown.reckon(now);
        window.shown = Some(shown);
    }

    /// Opens windows for calls that wait and for those to come, and gives back what is too many. While a call is about to
    /// be painted nothing is begun for later ones.
    fn keep_warm(&mut self, now: Instant, orders: &mut Vec<WindowCommand>) {
        let busy = self.windows.iter().flatten().any(|one| one.shown.as_ref().is_some_and(|shown| !shown.painted));
        let idle = |window: &&Window| window.shown.is_none();
        let spare = self.windows.iter().flatten().filter(idle).count();
        let wanted = if busy { self.waiting.len() } else { self.waiting.len().max(self.spare) };
        for _ in spare..wanted {
            let Some(slot) = self.windows.iter().position(Option::is_none) else { break };
            self.windows[slot] = Some(Window::made(now));
            orders.push(WindowCommand::Open(slot));
        }
        // One more than is wanted may stay: else every call would end with a window given back and one made anew.
        let most = if self.spare == 0 { self.waiting.len() } else { (self.spare + 1).max(self.waiting.len()) };
        for _ in most..spare {
            // A page that still holds what could not be kept tries on, hidden.
            let goes = |one: &Window| one.shown.is_none() && !one.unsaved && one.settles_until.is_none();
            let last = self.windows.iter().rposition(|one| one.as_ref().is_some_and(goes));
            let Some(slot) = last else { break };
            self.windows[slot] = None;
            orders.push(WindowCommand::Discard(slot));
        }
    }
}

#[cfg(test)]
mod tests;
