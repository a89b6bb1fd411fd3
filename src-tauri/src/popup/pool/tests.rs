//! Stories of a app_state with more or fewer calls at once.

use timbre_domain::history::RecordState;
use timbre_domain::interaction::Interaction;
use timbre_domain::matching::Match;
use timbre_domain::number::Country;
use timbre_domain::outbox::OutboxState;

use super::*;

fn call(id: u8, state: CallState) -> Call {
    serde_json::from_value(serde_json::json!({
        "key": format!("callmyway:main:{id}"), "endpoint": "8373456", "direction": "in",
        "party": { "kind": "withheld" }, "state": state, "detected_at": "2025-01-01T00:00:00Z",
        "connected_at": (state == CallState::Connected).then_some("2025-01-01T00:00:05Z"),
        "ended_at": null, "dial": null, "legs": [],
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

/// An answered call that is over.
fn answered_and_over(id: u8) -> Event {
    let connected = call(id, CallState::Connected);
    Event::Changed(Box::new(Call { state: CallState::Ended, ..connected }))
}

fn written(id: u8, comment: &str) -> Interaction {
    serde_json::from_value(serde_json::json!({
        "id": "01a1fc64-faa1-75a0-8c28-b63fe85d14e1", "call": key(id), "contact": null, "agent": null, "disposition": [],
        "comment": comment, "fields": {}, "follow_up": null, "charges": [], "state": "draft", "revision": 1,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z", "final_at": null,
    }))
    .unwrap()
}

struct Story {
    pool: Pool,
    now: Instant,
}

impl Story {
    /// Two warm windows, both ready.
    fn new() -> Self {
        let mut story = Self { pool: Pool::new(2), now: Instant::now() };
        assert_eq!(story.then(Event::Tick), [WindowCommand::Open(0), WindowCommand::Open(1)]);
        for slot in 0..2 {
            assert_eq!(story.then(Event::Ready(slot)), []);
        }
        story
    }

    fn then(&mut self, event: Event) -> Vec<WindowCommand> {
        self.pool.apply(event, self.now)
    }

    fn after(&mut self, wait: Duration, event: Event) -> Vec<WindowCommand> {
        self.now += wait;
        self.then(event)
    }

    /// A call comes and is on the glass.
    fn shown(&mut self, slot: Slot, id: u8) -> Vec<WindowCommand> {
        assert_eq!(self.then(show(id)), [WindowCommand::Fill(slot, card(id))]);
        assert_eq!(self.then(filled(slot, id)), [WindowCommand::Reveal(slot, 200)]);
        let mut orders = self.then(Event::Painted(slot, key(id)));
        assert_eq!(orders.remove(0), WindowCommand::Painted(key(id), Duration::ZERO));
        for order in &orders {
            if let WindowCommand::Open(slot) = order {
                assert_eq!(self.then(Event::Ready(*slot)), []);
            }
        }
        orders
    }
}

#[test]
fn a_call_is_laid_out_in_a_hidden_window_before_the_window_comes_up() {
    let mut story = Story::new();
    assert_eq!(story.then(show(1)), [WindowCommand::Fill(0, card(1))]);
    assert_eq!(story.then(filled(0, 1)), [WindowCommand::Reveal(0, 200)]);
    let ms = Duration::from_millis(30);
    assert_eq!(
        story.after(ms, Event::Painted(0, key(1))),
        [WindowCommand::Painted(key(1), ms), WindowCommand::Open(2)]
    );
    assert_eq!(story.then(Event::Painted(0, key(1))), [], "told once");
    assert_eq!(story.then(Event::Ready(2)), []);
    assert_eq!(story.pool.wakes_at(), None, "nothing to wait for");
}

#[test]
fn calls_that_come_before_the_pages_are_ready_wait_for_them() {
    let mut story = Story { pool: Pool::new(1), now: Instant::now() };
    assert_eq!(story.then(show(1)), [WindowCommand::Open(0)]);
    assert_eq!(story.then(Event::Ready(0)), [WindowCommand::Fill(0, card(1))]);
}

#[test]
fn windows_are_made_for_as_many_calls_as_overlap_and_given_back_but_for_one_more_than_wait_warm() {
    let mut story = Story { pool: Pool::new(1), now: Instant::now() };
    assert_eq!(story.then(Event::Tick), [WindowCommand::Open(0)]);
    let _ = story.then(Event::Ready(0));
    assert_eq!(story.shown(0, 1), [WindowCommand::Open(1)], "the next is made once the first is painted");
    let _ = story.then(Event::Ready(1));
    assert_eq!(story.shown(1, 2), [WindowCommand::Open(2)]);
    assert_eq!(story.then(show(3)), [WindowCommand::Fill(2, card(3))]);
    let _ = story.then(filled(2, 3));
    assert_eq!(story.then(Event::Painted(2, key(3)))[1..], [WindowCommand::Open(3)]);
    let _ = story.then(Event::Ready(3));
    assert_eq!(story.then(Event::Close(0, key(1))), [WindowCommand::Hide(0)]);
    assert_eq!(story.then(Event::Close(1, key(2))), [WindowCommand::Hide(1), WindowCommand::Discard(3)]);
    assert_eq!(
        story.then(Event::Spare(0)),
        [WindowCommand::Discard(1), WindowCommand::Discard(0)],
        "given back altogether"
    );
    assert_eq!(story.then(Event::Close(2, key(3))), [WindowCommand::Hide(2), WindowCommand::Discard(2)]);
    assert_eq!(story.then(show(4)), [WindowCommand::Open(0)], "and a call gets one all the same");
}

#[test]
fn a_window_whose_page_holds_what_could_not_be_kept_is_not_given_back_until_it_is() {
    let mut story = Story { pool: Pool::new(0), now: Instant::now() };
    let _ = story.then(show(1));
    let _ = story.then(Event::Ready(0));
    let _ = story.then(Event::Kept(0, false));
    assert_eq!(story.then(Event::Close(0, key(1))), [WindowCommand::Hide(0)]);
    assert_eq!(story.then(Event::Kept(0, true)), [WindowCommand::Discard(0)]);
}

#[test]
fn a_call_beyond_the_most_waits_in_order_and_shows_when_one_is_closed() {
    let mut story = Story::new();
    for id in 0..8 {
        for order in story.then(show(id)) {
            if let WindowCommand::Open(slot) = order {
                let _ = story.then(Event::Ready(slot));
            }
        }
    }
    assert_eq!(story.then(Event::Close(1, key(1))), [WindowCommand::Hide(1), WindowCommand::Fill(1, card(6))]);
    assert_eq!(story.then(Event::CloseWindow(0)), [WindowCommand::AskToClose(0)], "its page may have something to ask");
    assert_eq!(story.then(Event::Close(0, key(0))), [WindowCommand::Hide(0), WindowCommand::Fill(0, card(7))]);
}

#[test]
fn a_call_that_is_over_before_there_is_room_is_not_shown_any_more() {
    let mut story = Story::new();
    for id in 1..=3 {
        let _ = story.then(show(id));
    }
    assert_eq!(story.then(changed(3, CallState::Ended)), []);
    assert_eq!(story.then(Event::Close(0, key(1))), [WindowCommand::Hide(0)]);
}

#[test]
fn the_pop_up_of_a_missed_call_goes_ten_seconds_after_it_is_over_and_not_before() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    assert_eq!(
        story.then(changed(1, CallState::Ended)),
        [WindowCommand::Change(0, Box::new(call(1, CallState::Ended)))]
    );
    assert_eq!(story.pool.wakes_at(), Some(story.now + STAYS));
    assert_eq!(story.after(STAYS - Duration::from_millis(1), Event::Tick), []);
    assert_eq!(story.after(Duration::from_millis(1), Event::Tick)[0], WindowCommand::Hide(0));
}

#[test]
fn the_pop_up_of_an_answered_call_stays_until_the_agent_is_done_with_it() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(answered_and_over(1));
    assert_eq!(story.after(STAYS * 100, Event::Tick), []);
    assert_eq!(story.then(Event::Close(0, key(1)))[0], WindowCommand::Hide(0));
}

#[test]
fn a_call_that_looked_missed_and_was_answered_keeps_its_pop_up_for_its_result() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(changed(1, CallState::Ended));
    let _ = story.after(STAYS / 2, answered_and_over(1));
    assert_eq!(story.after(STAYS * 100, Event::Tick), []);
}

#[test]
fn a_pop_up_in_which_the_agent_acts_stays_and_nothing_in_it_is_exchanged() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(changed(1, CallState::Ended));
    assert_eq!(story.then(Event::Begun(0, key(1))), []);
    assert_eq!(story.then(Event::Complete(card(1))), []);
    assert_eq!(story.after(STAYS * 100, Event::Tick), []);
    let _ = story.then(changed(1, CallState::Ended));
    assert_eq!(story.after(STAYS * 100, Event::Tick), []);
    assert_eq!(story.then(Event::Close(0, key(1)))[0], WindowCommand::Hide(0));
}

#[test]
fn where_every_window_is_taken_a_call_takes_the_place_of_one_that_is_over_and_left_alone() {
    let mut story = Story::new();
    for id in 0..6 {
        for order in story.then(show(id)) {
            if let WindowCommand::Open(slot) = order {
                let _ = story.then(Event::Ready(slot));
            }
        }
        let _ = story.then(filled(Slot::from(id), id));
        let _ = story.then(Event::Painted(Slot::from(id), key(id)));
        for slot in 0..MOST {
            let _ = story.then(Event::Ready(slot));
            let _ = story.then(filled(slot, u8::try_from(slot).unwrap()));
        }
    }
    let _ = story.then(Event::Begun(2, key(2)));
    let _ = story.then(answered_and_over(2));
    let _ = story.after(Duration::from_secs(1), answered_and_over(4));
    let _ = story.after(Duration::from_secs(1), answered_and_over(1));
    assert_eq!(
        story.then(show(7)),
        [WindowCommand::Hide(4), WindowCommand::Fill(4, card(7))],
        "the one that ended first and in which nobody acts"
    );
    let _ = story.then(filled(4, 7));
    assert_eq!(story.then(show(8)), [WindowCommand::Hide(1), WindowCommand::Fill(1, card(8))]);
    assert_eq!(story.then(show(9)), [], "calls that go on are not pushed away");
}

#[test]
fn a_call_that_goes_on_again_keeps_its_pop_up() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(changed(1, CallState::Ended));
    let _ = story.then(changed(1, CallState::Connected));
    assert_eq!(story.after(STAYS * 2, Event::Tick), []);
}

#[test]
fn a_call_shown_again_stays_in_its_own_window() {
    let mut story = Story::new();
    for (slot, id) in [(0, 1), (1, 2)] {
        let _ = story.shown(slot, id);
    }
    let _ = story.then(Event::Close(0, key(1)));
    assert_eq!(story.then(show(2)), [WindowCommand::Fill(1, card(2))]);
}

#[test]
fn what_is_learnt_later_completes_the_pop_up_and_never_opens_one_that_was_closed() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    assert_eq!(story.then(Event::Complete(card(1))), [WindowCommand::Fill(0, card(1))]);
    let _ = story.then(Event::Close(0, key(1)));
    assert_eq!(story.then(Event::Complete(card(1))), []);
}

#[test]
fn the_hotkey_brings_the_keyboard_to_the_newest_pop_up_and_a_click_to_its_own() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    story.now += Duration::from_secs(1);
    let _ = story.shown(1, 2);
    assert_eq!(story.then(Event::FocusNewest), [WindowCommand::Focus(1)]);
    assert_eq!(story.then(Event::Focus(0)), [WindowCommand::Focus(0)]);
    let _ = story.then(changed(2, CallState::Ended));
    let _ = story.then(Event::Close(1, key(2)));
    assert_eq!(story.then(Event::FocusNewest), [WindowCommand::Focus(0)]);
    assert_eq!(story.then(Event::Focus(1)), [], "a hidden window never gets the keyboard");
}

#[test]
fn a_page_that_does_not_answer_is_loaded_anew_and_its_call_shown_in_another_window() {
    let mut story = Story::new();
    let _ = story.then(show(1));
    assert_eq!(
        story.after(FILLS_WITHIN, Event::Tick),
        [WindowCommand::Hide(0), WindowCommand::Reload(0), WindowCommand::Fill(1, card(1))]
    );
    assert_eq!(story.then(filled(0, 1)), [], "too late");
}

#[test]
fn a_page_that_starts_over_begins_where_the_agent_was() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let written = written(1, "dijo que sí");
    assert_eq!(story.then(Event::Wrote(0, Box::new(written.clone()))), []);
    let again = PopupCard { interaction: Some(written), ..*card(1) };
    assert_eq!(story.then(Event::Ready(0)), [WindowCommand::Fill(0, Box::new(again))]);
}

#[test]
fn a_window_that_can_t_be_made_or_whose_page_never_comes_keeps_no_call_waiting() {
    let mut story = Story { pool: Pool::new(1), now: Instant::now() };
    assert_eq!(story.then(Event::Tick), [WindowCommand::Open(0)]);
    assert_eq!(story.then(Event::Failed(0)), [WindowCommand::Open(0)]);
    assert_eq!(story.then(show(1)), [], "it waits for the page");
    assert_eq!(story.pool.wakes_at(), Some(story.now + LOADS_WITHIN));
    assert_eq!(story.after(LOADS_WITHIN, Event::Tick), [WindowCommand::Discard(0), WindowCommand::Open(0)]);
    assert_eq!(story.then(Event::Ready(0)), [WindowCommand::Fill(0, card(1))]);
}

#[test]
fn a_window_in_which_the_agent_wrote_is_kept_for_a_moment_when_it_is_put_away() {
    let mut story = Story { pool: Pool::new(0), now: Instant::now() };
    let _ = story.then(show(1));
    let _ = story.then(Event::Ready(0));
    let _ = story.then(filled(0, 1));
    let _ = story.then(Event::Begun(0, key(1)));
    assert_eq!(story.then(Event::Close(0, key(1))), [WindowCommand::Hide(0)], "its page may still be saving");
    assert_eq!(story.after(SETTLES, Event::Tick), [WindowCommand::Discard(0)]);
}

#[test]
fn a_page_that_starts_over_gets_its_call_again() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    assert_eq!(story.then(Event::Ready(0)), [WindowCommand::Fill(0, card(1))]);
    assert_eq!(story.then(filled(0, 1)), [WindowCommand::Reveal(0, 200)]);
    assert_eq!(story.then(Event::Painted(0, key(1))), [], "told once");
}

#[test]
fn news_of_a_call_that_is_not_shown_changes_nothing() {
    let mut story = Story::new();
    let _ = story.then(show(1));
    assert_eq!(story.then(changed(9, CallState::Ended)), []);
    assert_eq!(story.then(Event::Records(key(9), Vec::new())), []);
    assert_eq!(story.then(Event::Close(0, key(9))), []);
    assert_eq!(story.then(Event::Painted(7, key(1))), []);
}

#[test]
fn the_hotkey_brings_back_the_newest_call_s_pop_up_where_the_agent_closed_it_or_where_none_came() {
    let mut story = Story::new();
    assert_eq!(story.then(Event::FocusNewest), [WindowCommand::Fetch(None)], "the newest call there is");
    let _ = story.shown(0, 1);
    story.now += Duration::from_secs(1);
    let _ = story.shown(1, 2);
    let _ = story.then(Event::Close(1, key(2)));
    assert_eq!(
        story.then(Event::FocusNewest),
        [WindowCommand::Fetch(Some(key(2)))],
        "it goes on, and came after the one shown"
    );
    assert_eq!(story.then(Event::Reopen(card(2))), [WindowCommand::Fill(1, card(2))]);
    assert_eq!(
        story.then(filled(1, 2)),
        [WindowCommand::Reveal(1, 200), WindowCommand::Focus(1)],
        "the agent asked for it"
    );
    assert_eq!(story.then(filled(1, 2)), [WindowCommand::Reveal(1, 200)], "the keyboard comes once");
    assert_eq!(story.then(Event::FocusNewest), [WindowCommand::Focus(1)]);
    assert_eq!(story.then(Event::Reopen(card(1))), [WindowCommand::Focus(0)], "what is shown is not shown twice");

    let _ = story.then(Event::Close(1, key(2)));
    let _ = story.then(changed(2, CallState::Ended));
    assert_eq!(
        story.then(Event::FocusNewest),
        [WindowCommand::Focus(0)],
        "what waits for a result comes before what is over"
    );
    let _ = story.then(Event::Close(0, key(1)));
    assert_eq!(story.then(show(1))[0], WindowCommand::Fill(0, card(1)), "it came by itself again");
    let _ = story.then(Event::Close(0, key(1)));
    assert_eq!(story.then(Event::FocusNewest), [WindowCommand::Fetch(Some(key(1)))]);
}

/// A final result of a call, and how far its records are.
fn records(states: &[OutboxState]) -> Vec<RecordState> {
    let record = |state: &OutboxState| RecordState {
        connector: "crm".parse().unwrap(),
        state: *state,
        waits: None,
        at: chrono::DateTime::UNIX_EPOCH,
    };
    states.iter().map(record).collect()
}

fn used(id: u8, used: bool) -> Event {
    Event::Used(0, key(id), used)
}

/// A call was answered, is over, and its result saved, with its records so far; the keyboard went back.
fn saved(states: &[OutboxState]) -> Story {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(Event::Begun(0, key(1)));
    let _ = story.then(answered_and_over(1));
    let _ = story.then(Event::Records(key(1), records(states)));
    assert_eq!(story.then(Event::Saved(0, key(1))), [WindowCommand::GiveBack(0)]);
    story
}

#[test]
fn a_pop_up_whose_result_is_saved_goes_soon_and_the_sooner_if_it_is_sent() {
    use OutboxState::{Discarded, Done, Parked, Sending, Waiting};

    let cases: [(&[OutboxState], Option<Duration>); 7] = [
        (&[], Some(STAYS_SAVED)),
        (&[Done], Some(STAYS_SAVED)),
        (&[Done, Discarded], Some(STAYS_SAVED)),
        (&[Waiting], Some(STAYS_UNSENT)),
        (&[Done, Sending], Some(STAYS_UNSENT)),
        (&[Parked], None),
        (&[Parked, Waiting], None),
    ];
    for (states, stays) in cases {
        let mut story = saved(states);
        assert_eq!(story.pool.wakes_at(), stays.map(|stays| story.now + stays), "{states:?}");
        let Some(stays) = stays else { continue };
        assert_eq!(story.after(stays - Duration::from_millis(1), Event::Tick), []);
        let asks = [WindowCommand::AskWhetherUsed(0, key(1))];
        assert_eq!(story.after(Duration::from_millis(1), Event::Tick), asks);
        assert_eq!(story.then(used(1, false)), [WindowCommand::Hide(0)], "{states:?}");
    }
}

#[test]
fn it_goes_a_moment_after_it_is_sent_however_long_that_took() {
    let mut story = saved(&[OutboxState::Waiting]);
    let _ = story.after(Duration::from_secs(8), Event::Records(key(1), records(&[OutboxState::Done])));
    assert_eq!(story.pool.wakes_at(), Some(story.now + STAYS_SAVED));
}

#[test]
fn it_stays_while_the_pointer_or_the_keyboard_is_in_it_and_while_its_call_goes_on_or_more_is_typed() {
    let mut story = saved(&[]);
    for pause in [STAYS_SAVED, LOOKS_AGAIN, LOOKS_AGAIN] {
        assert_eq!(story.after(pause, Event::Tick), [WindowCommand::AskWhetherUsed(0, key(1))]);
        assert_eq!(story.then(used(1, true)), []);
    }
    let _ = story.then(Event::Wrote(0, Box::new(written(1, "more"))));
    assert_eq!(story.pool.wakes_at(), None, "what was typed after the save is not sent: it stays");
    assert_eq!(story.then(used(1, false)), [], "an answer that comes late");
    assert_eq!(story.then(Event::Saved(0, key(1))), [WindowCommand::GiveBack(0)]);
    assert_eq!(story.pool.wakes_at(), Some(story.now + STAYS_SAVED));

    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(changed(1, CallState::Connected));
    let _ = story.then(Event::Saved(0, key(1)));
    assert_eq!(story.after(STAYS_SAVED * 100, Event::Tick), [], "the call goes on");
    let _ = story.then(answered_and_over(1));
    assert_eq!(story.pool.wakes_at(), Some(story.now + STAYS_SAVED));
}

#[test]
fn a_call_that_finds_every_window_taken_gets_that_of_a_result_which_is_saved() {
    let mut story = Story { pool: Pool::new(1), now: Instant::now() };
    for id in 1..=6 {
        let slot = usize::from(id) - 1;
        let _ = story.then(show(id));
        let _ = story.then(Event::Ready(slot));
        let _ = story.then(filled(slot, id));
        let _ = story.then(Event::Painted(slot, key(id)));
        let _ = story.then(Event::Begun(slot, key(id)));
        let _ = story.then(answered_and_over(id));
    }
    assert_eq!(story.then(show(7)), [], "in each of them is something to write");
    assert_eq!(story.then(Event::Saved(3, key(4)))[..2], [WindowCommand::GiveBack(3), WindowCommand::Hide(3)]);
}

#[test]
fn windows_that_stand_get_a_new_size_when_the_text_of_every_program_does() {
    let mut story = Story::new();
    let _ = story.shown(0, 1);
    let _ = story.then(show(2));
    assert_eq!(
        story.then(Event::Rescaled),
        [WindowCommand::Reveal(0, 200)],
        "the one that is being filled comes up right"
    );
}
