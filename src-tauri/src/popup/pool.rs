//! Which call stands in which window: a few warm windows, filled again and again. Pure, so that its stories need no
//! desktop and no waiting.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use timbre_domain::call::{Call, CallKey, CallState};
use timbre_domain::popup::PopupCard;

/// How long a pop-up stays when its call is over.
pub const STAYS: Duration = Duration::from_secs(10);

/// How long a window may take to lay a call out before it is taken for broken and loaded anew. A hundred times what
/// it takes on a slow machine.
pub const FILLS_WITHIN: Duration = Duration::from_secs(2);

/// A window of the pool, by its place in it.
pub type Slot = usize;

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A call is to be shown.
    Show(Box<PopupCard>),
    /// More is known of who is on the other side of a call.
    Complete(Box<PopupCard>),
    /// Something about a call changed.
    Changed(Box<Call>),
    /// The window's page listens.
    Ready(Slot),
    /// The page laid the call out and needs this height, in logical pixels.
    Filled(Slot, CallKey, u32),
    /// The page was painted.
    Painted(Slot, CallKey),
    /// The agent closed the call's pop-up.
    Close(Slot, CallKey),
    /// The window itself was asked to close.
    CloseWindow(Slot),
    /// Time went on.
    Tick,
}

/// What is to be done to the windows.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Lay the call out in the hidden window.
    Fill(Slot, Box<PopupCard>),
    /// Tell the page what changed.
    Change(Slot, Box<Call>),
    /// Bring the window up at this height, in logical pixels.
    Reveal(Slot, u32),
    /// Take the window away and let it forget the call.
    Hide(Slot),
    /// The page does not answer: load it anew.
    Reload(Slot),
    /// A pop-up was on the glass this long after it was asked for.
    Painted(CallKey, Duration),
}

#[derive(Debug, Clone)]
struct Asked {
    card: Box<PopupCard>,
    at: Instant,
}

#[derive(Debug)]
struct Shown {
    asked: Asked,
    /// When the page was told; none once it has laid the call out.
    told_at: Option<Instant>,
    painted: bool,
    ended_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Window {
    ready: bool,
    shown: Option<Shown>,
}

impl Window {
    fn shows(&self, key: &CallKey) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.asked.card.call.key == *key)
    }
}

/// The windows, what they show, and who waits for one.
#[derive(Debug)]
pub struct Pool {
    windows: Vec<Window>,
    waiting: VecDeque<Asked>,
}

impl Pool {
    /// A pool of so many windows, none of them ready.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { windows: (0..size).map(|_| Window::default()).collect(), waiting: VecDeque::new() }
    }

    /// Takes in what happened at `now`, and tells what is to be done.
    #[must_use]
    pub fn apply(&mut self, event: Event, now: Instant) -> Vec<Order> {
        let mut orders = Vec::new();
        match event {
            Event::Show(card) => self.show(Asked { card, at: now }, now, &mut orders),
            Event::Complete(card) => self.complete(*card, now, &mut orders),
            Event::Changed(call) => self.changed(*call, now, &mut orders),
            Event::Ready(slot) => self.ready(slot, now, &mut orders),
            Event::Filled(slot, key, height) => self.filled(slot, &key, height, &mut orders),
            Event::Painted(slot, key) => self.painted(slot, key, now, &mut orders),
            Event::Close(slot, key) => {
                if self.windows.get(slot).is_some_and(|window| window.shows(&key)) {
                    self.hide(slot, &mut orders);
                }
            }
            Event::CloseWindow(slot) => self.hide(slot, &mut orders),
            Event::Tick => {}
        }
        self.expire(now, &mut orders);
        self.make_room(&mut orders);
        self.fill_free(now, &mut orders);
        orders
    }

    /// When [`Event::Tick`] is due, if nothing else happens.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        self.windows
            .iter()
            .filter_map(|window| window.shown.as_ref())
            .flat_map(|shown| [shown.ended_at.map(|at| at + STAYS), shown.told_at.map(|at| at + FILLS_WITHIN)])
            .flatten()
            .min()
    }

    fn show(&mut self, asked: Asked, now: Instant, orders: &mut Vec<Order>) {
        let key = &asked.card.call.key;
        // A call that is shown already stays in its window; it may know more now.
        if let Some(slot) = self.windows.iter().position(|window| window.shows(key)) {
            self.fill(slot, asked, now, orders);
        } else {
            self.waiting.retain(|waiting| waiting.card.call.key != *key);
            self.waiting.push_back(asked);
        }
    }

    /// A pop-up that was closed meanwhile stays closed; how far the call has come is known better here.
    fn complete(&mut self, card: PopupCard, now: Instant, orders: &mut Vec<Order>) {
        let known = |asked: &Asked| PopupCard { call: asked.card.call.clone(), ..card.clone() };
        if let Some(slot) = self.windows.iter().position(|window| window.shows(&card.call.key))
            && let Some(shown) = &self.windows[slot].shown
        {
            let asked = Asked { card: Box::new(known(&shown.asked)), at: shown.asked.at };
            self.fill(slot, asked, now, orders);
        }
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.card.call.key == card.call.key) {
            *waiting.card = known(waiting);
        }
    }

    fn changed(&mut self, call: Call, now: Instant, orders: &mut Vec<Order>) {
        let over = call.state == CallState::Ended;
        for (slot, window) in self.windows.iter_mut().enumerate() {
            if let Some(shown) = window.shown.as_mut().filter(|shown| shown.asked.card.call.key == call.key) {
                shown.ended_at = over.then(|| shown.ended_at.unwrap_or(now));
                shown.asked.card.call = call.clone();
                orders.push(Order::Change(slot, Box::new(call.clone())));
            }
        }
        // A call that is over before there was room for it is for the history.
        self.waiting.retain(|waiting| !(over && waiting.card.call.key == call.key));
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.card.call.key == call.key) {
            waiting.card.call = call.clone();
        }
    }

    fn ready(&mut self, slot: Slot, now: Instant, orders: &mut Vec<Order>) {
        let Some(window) = self.windows.get_mut(slot) else { return };
        window.ready = true;
        // A page that started over has forgotten its call.
        if let Some(Shown { asked, painted, .. }) = window.shown.take() {
            self.fill(slot, asked, now, orders);
            // How long the first painting took has been told.
            self.windows[slot].shown.iter_mut().for_each(|shown| shown.painted = painted);
        }
    }

    fn filled(&mut self, slot: Slot, key: &CallKey, height: u32, orders: &mut Vec<Order>) {
        let shown = self.windows.get_mut(slot).filter(|window| window.shows(key)).and_then(|w| w.shown.as_mut());
        if let Some(shown) = shown {
            shown.told_at = None;
            orders.push(Order::Reveal(slot, height));
        }
    }

    fn painted(&mut self, slot: Slot, key: CallKey, now: Instant, orders: &mut Vec<Order>) {
        let shown = self.windows.get_mut(slot).filter(|window| window.shows(&key)).and_then(|w| w.shown.as_mut());
        if let Some(shown) = shown.filter(|shown| !shown.painted) {
            shown.painted = true;
            orders.push(Order::Painted(key, now.duration_since(shown.asked.at)));
        }
    }

    fn hide(&mut self, slot: Slot, orders: &mut Vec<Order>) {
        if self.windows.get_mut(slot).and_then(|window| window.shown.take()).is_some() {
            orders.push(Order::Hide(slot));
        }
    }

    fn expire(&mut self, now: Instant, orders: &mut Vec<Order>) {
        for slot in 0..self.windows.len() {
            let Some(shown) = &self.windows[slot].shown else { continue };
            if shown.ended_at.is_some_and(|at| now >= at + STAYS) {
                self.hide(slot, orders);
            } else if shown.told_at.is_some_and(|at| now >= at + FILLS_WITHIN) {
                // Another window may be free: the call must not wait for this one.
                let asked = shown.asked.clone();
                self.hide(slot, orders);
                self.windows[slot].ready = false;
                self.waiting.push_front(asked);
                orders.push(Order::Reload(slot));
            }
        }
    }

    /// A call that waits does not wait for one that is over: those that ended first go first.
    fn make_room(&mut self, orders: &mut Vec<Order>) {
        let free = self.windows.iter().filter(|window| window.ready && window.shown.is_none()).count();
        let ended_at = |window: &Window| window.shown.as_ref().and_then(|shown| shown.ended_at);
        let mut over: Vec<(Instant, Slot)> =
            self.windows.iter().enumerate().filter_map(|(slot, window)| Some((ended_at(window)?, slot))).collect();
        over.sort_unstable();
        for (_, slot) in over.into_iter().take(self.waiting.len().saturating_sub(free)) {
            self.hide(slot, orders);
        }
    }

    fn fill_free(&mut self, now: Instant, orders: &mut Vec<Order>) {
        while let Some(slot) = self.windows.iter().position(|window| window.ready && window.shown.is_none()) {
            let Some(asked) = self.waiting.pop_front() else { return };
            self.fill(slot, asked, now, orders);
        }
    }

    fn fill(&mut self, slot: Slot, asked: Asked, now: Instant, orders: &mut Vec<Order>) {
        orders.push(Order::Fill(slot, asked.card.clone()));
        let ended_at = (asked.card.call.state == CallState::Ended).then_some(now);
        self.windows[slot].shown = Some(Shown { asked, told_at: Some(now), painted: false, ended_at });
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::matching::Match;
    use timbre_domain::number::Country;

    use super::*;

    fn call(id: u8, state: CallState) -> Call {
        serde_json::from_value(serde_json::json!({
            "key": format!("callmyway:main:{id}"), "endpoint": "8373456", "direction": "in",
            "party": { "kind": "withheld" }, "state": state, "detected_at": "2025-01-01T00:00:00Z",
            "connected_at": null, "ended_at": null, "dial": null, "legs": [],
        }))
        .unwrap()
    }

    fn card(id: u8) -> Box<PopupCard> {
        let call = call(id, CallState::Ringing);
        let at = call.detected_at;
        Box::new(PopupCard::new(call, Match::Withheld, at, Country::CR))
    }

    fn key(id: u8) -> CallKey {
        call(id, CallState::Ringing).key
    }

    fn show(id: u8) -> Event {
        Event::Show(card(id))
    }

    fn filled(slot: Slot, id: u8) -> Event {
        Event::Filled(slot, key(id), 200)
    }

    fn changed(id: u8, state: CallState) -> Event {
        Event::Changed(Box::new(call(id, state)))
    }

    struct Story {
        pool: Pool,
        now: Instant,
    }

    impl Story {
        /// Two windows, both ready.
        fn new() -> Self {
            let mut story = Self { pool: Pool::new(2), now: Instant::now() };
            for slot in 0..2 {
                assert_eq!(story.then(Event::Ready(slot)), []);
            }
            story
        }

        fn then(&mut self, event: Event) -> Vec<Order> {
            self.pool.apply(event, self.now)
        }

        fn after(&mut self, wait: Duration, event: Event) -> Vec<Order> {
            self.now += wait;
            self.then(event)
        }
    }

    #[test]
    fn a_call_is_laid_out_in_a_hidden_window_before_the_window_comes_up() {
        let mut story = Story::new();
        assert_eq!(story.then(show(1)), [Order::Fill(0, card(1))]);
        assert_eq!(story.then(filled(0, 1)), [Order::Reveal(0, 200)]);
        let ms = Duration::from_millis(30);
        assert_eq!(story.after(ms, Event::Painted(0, key(1))), [Order::Painted(key(1), ms)]);
        assert_eq!(story.then(Event::Painted(0, key(1))), [], "told once");
        assert_eq!(story.pool.wakes_at(), None, "nothing to wait for");
    }

    #[test]
    fn calls_that_come_before_the_pages_are_ready_wait_for_them() {
        let mut story = Story { pool: Pool::new(2), now: Instant::now() };
        assert_eq!(story.then(show(1)), []);
        assert_eq!(story.then(Event::Ready(1)), [Order::Fill(1, card(1))]);
    }

    #[test]
    fn a_call_beyond_the_pool_waits_in_order_and_shows_when_one_is_closed() {
        let mut story = Story::new();
        for id in 1..=2 {
            let slot = Slot::from(id - 1);
            assert_eq!(story.then(show(id)), [Order::Fill(slot, card(id))]);
            let _ = story.then(filled(slot, id));
        }
        assert_eq!(story.then(show(3)), []);
        assert_eq!(story.then(show(4)), []);
        assert_eq!(story.then(Event::Close(1, key(2))), [Order::Hide(1), Order::Fill(1, card(3))]);
        assert_eq!(story.then(Event::CloseWindow(0)), [Order::Hide(0), Order::Fill(0, card(4))]);
    }

    #[test]
    fn a_call_that_is_over_before_there_is_room_is_not_shown_any_more() {
        let mut story = Story::new();
        for id in 1..=3 {
            let _ = story.then(show(id));
        }
        assert_eq!(story.then(changed(3, CallState::Ended)), []);
        assert_eq!(story.then(Event::Close(0, key(1))), [Order::Hide(0)]);
    }

    #[test]
    fn a_pop_up_goes_ten_seconds_after_its_call_is_over_and_not_before() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        let _ = story.then(filled(0, 1));
        assert_eq!(story.then(changed(1, CallState::Ended)), [Order::Change(0, Box::new(call(1, CallState::Ended)))]);
        assert_eq!(story.pool.wakes_at(), Some(story.now + STAYS));
        assert_eq!(story.after(STAYS - Duration::from_millis(1), Event::Tick), []);
        assert_eq!(story.after(Duration::from_millis(1), Event::Tick), [Order::Hide(0)]);
    }

    #[test]
    fn a_call_does_not_wait_for_one_that_is_over() {
        let mut story = Story::new();
        for id in 1..=2 {
            let _ = story.then(show(id));
            let _ = story.then(filled(Slot::from(id - 1), id));
        }
        let _ = story.then(changed(2, CallState::Ended));
        let _ = story.after(Duration::from_secs(1), changed(1, CallState::Ended));
        assert_eq!(
            story.then(show(3)),
            [Order::Hide(1), Order::Fill(1, card(3))],
            "the one that ended first goes first"
        );
        let _ = story.then(filled(1, 3));
        assert_eq!(story.then(show(4)), [Order::Hide(0), Order::Fill(0, card(4))]);
        let _ = story.then(filled(0, 4));
        assert_eq!(story.then(show(5)), [], "two calls that go on are not pushed away");
        let over = call(4, CallState::Ended);
        assert_eq!(
            story.then(changed(4, CallState::Ended)),
            [Order::Change(0, Box::new(over)), Order::Hide(0), Order::Fill(0, card(5))]
        );
    }

    #[test]
    fn a_call_that_goes_on_again_keeps_its_pop_up() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        let _ = story.then(filled(0, 1));
        let _ = story.then(changed(1, CallState::Ended));
        let _ = story.then(changed(1, CallState::Connected));
        assert_eq!(story.after(STAYS * 2, Event::Tick), []);
    }

    #[test]
    fn a_call_shown_again_stays_in_its_own_window() {
        let mut story = Story::new();
        for id in 1..=2 {
            let _ = story.then(show(id));
            let _ = story.then(filled(Slot::from(id - 1), id));
        }
        let _ = story.then(Event::Close(0, key(1)));
        assert_eq!(story.then(show(2)), [Order::Fill(1, card(2))]);
    }

    #[test]
    fn what_is_learnt_later_completes_the_pop_up_and_never_opens_one_that_was_closed() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        let _ = story.then(filled(0, 1));
        assert_eq!(story.then(Event::Complete(card(1))), [Order::Fill(0, card(1))]);
        let _ = story.then(Event::Close(0, key(1)));
        assert_eq!(story.then(Event::Complete(card(1))), []);
    }

    #[test]
    fn a_page_that_does_not_answer_is_loaded_anew_and_its_call_shown_in_another_window() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        assert_eq!(story.after(FILLS_WITHIN, Event::Tick), [Order::Hide(0), Order::Reload(0), Order::Fill(1, card(1))]);
        assert_eq!(story.then(filled(0, 1)), [], "too late");
    }

    #[test]
    fn a_page_that_starts_over_gets_its_call_again() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        let _ = story.then(filled(0, 1));
        let _ = story.then(Event::Painted(0, key(1)));
        assert_eq!(story.then(Event::Ready(0)), [Order::Fill(0, card(1))]);
        assert_eq!(story.then(filled(0, 1)), [Order::Reveal(0, 200)]);
        assert_eq!(story.then(Event::Painted(0, key(1))), [], "told once");
    }

    #[test]
    fn news_of_a_call_that_is_not_shown_changes_nothing() {
        let mut story = Story::new();
        let _ = story.then(show(1));
        assert_eq!(story.then(changed(9, CallState::Ended)), []);
        assert_eq!(story.then(Event::Close(0, key(9))), []);
        assert_eq!(story.then(Event::Painted(7, key(1))), []);
    }
}
