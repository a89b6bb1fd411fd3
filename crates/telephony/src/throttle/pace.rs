//! When the next question may be sent: pure arithmetic on durations of one monotonic clock.

use std::collections::VecDeque;
use std::time::Duration;

use timbre_domain::observation::Pace;
use timbre_transport::queue::Pacing;

/// Added to the vendor's distance, so that a question that travels a little faster than the one before it does not
/// arrive too early.
pub(super) const MARGIN: Duration = Duration::from_millis(20);
/// The longest distance that lagging answers lead to.
const SLOWEST: Duration = Duration::from_secs(30);
/// How many answers the idea of an ordinary answer is taken from.
const REMEMBERED: usize = 32;
/// How many ordinary answers in a row it takes to speed up again.
const STEADY: u32 = 5;
/// A few answers that lag may be a hiccup: so long as there are no more of them in a row, the distance stays within twice the
/// vendor's rule, or short calls would be missed for it.
const HICCUP: u32 = 4;
/// How much longer than ordinary an answer may take before it lags.
const PATIENCE: Duration = Duration::from_millis(750);

/// The pace of one scope of a vendor's limit.
#[derive(Debug, Clone)]
pub(super) struct Pacer {
    rule: Duration,
    interval: Duration,
    last_sent: Option<Duration>,
    /// What a restart left to wait, or the vendor asked us to.
    not_before: Duration,
    in_flight: u32,
    answers: VecDeque<Duration>,
    steady: u32,
    /// How many answers in a row have lagged.
    lagging: u32,
}

impl Pacer {
    /// A pace that keeps `rule` between two questions.
    #[must_use]
    pub(super) fn new(rule: Duration) -> Self {
        Self {
            rule,
            interval: rule,
            last_sent: None,
            not_before: Duration::ZERO,
            in_flight: 0,
            answers: VecDeque::new(),
            steady: 0,
            lagging: 0,
        }
    }

    /// Continues from before a restart: the last question was sent `ago`. `None` for a time that lies in the future
    /// because the clock was set back: then the whole distance is waited.
    pub(super) fn continue_from(&mut self, now: Duration, ago: Option<Duration>) {
        self.not_before = now + (self.interval + MARGIN).saturating_sub(ago.unwrap_or_default());
    }

    /// Nothing is sent before this moment.
    pub(super) fn wait_until(&mut self, until: Duration) {
        self.not_before = self.not_before.max(until);
    }

    /// The question in flight has an answer that says nothing about the vendor's ordinary pace.
    pub(super) fn released(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The question in flight broke off or was given up at `now`. It may have arrived only moments ago, so the distance
    /// counts from here.
    pub(super) fn gave_up(&mut self, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.last_sent = self.last_sent.max(Some(now));
    }

    /// The answer came. One that took longer than answers ordinarily do may belong to a question that was under way long
    /// and arrived late: the next must not follow close behind it, so the distance counts from the latest moment at which it
    /// can have arrived. One that took much longer is a vendor that holds us back: we slow down, and speed up again after a
    /// run of ordinary ones. Returns whether the distance changed.
    pub(super) fn answered(&mut self, now: Duration, took: Duration) -> bool {
        self.in_flight = self.in_flight.saturating_sub(1);
        let before = self.interval;
        let ordinary = self.ordinary().unwrap_or(took);
        let lags = took > ordinary * 3 + PATIENCE;
        self.last_sent = self.last_sent.max(Some(now.saturating_sub(ordinary)));
        if lags {
            self.steady = 0;
            self.lagging += 1;
            let slowest = if self.lagging > HICCUP { SLOWEST.max(self.rule) } else { self.rule * 2 };
            self.interval = (self.interval * 3 / 2).min(slowest.max(self.interval));
        } else {
            self.lagging = 0;
            self.steady += 1;
            if self.steady >= STEADY {
                self.steady = 0;
                self.interval = (self.interval * 2 / 3).max(self.rule);
            }
        }
        if self.answers.len() == REMEMBERED {
            self.answers.pop_front();
        }
        self.answers.push_back(took);
        self.interval != before
    }

    /// How the vendor keeps up, after an answer that took so long.
    #[must_use]
    pub(super) fn pace(&self, took: Duration) -> Pace {
        Pace { took, interval: self.interval, slowed: self.interval > self.rule }
    }

    /// What the network and the vendor need when nothing is held back: the fastest of the last answers.
    fn ordinary(&self) -> Option<Duration> {
        self.answers.iter().min().copied()
    }
}

impl Pacing for Pacer {
    fn due(&self) -> Duration {
        self.last_sent.map_or(self.not_before, |last| self.not_before.max(last + self.interval + MARGIN))
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    /// One question at a time: none is sent while another waits for its answer.
    fn is_held(&self) -> bool {
        self.in_flight > 0
    }

    fn sent(&mut self, now: Duration) {
        self.last_sent = Some(now);
        self.in_flight += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Duration = Duration::from_secs(4);

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// The first moment at which the next question may be sent; `None` while one is in flight.
    fn next_slot(pacer: &Pacer, now: Duration) -> Option<Duration> {
        (!pacer.is_held()).then(|| now.max(pacer.due()))
    }

    #[test]
    fn the_next_slot_counts_from_the_question_and_not_from_its_answer() {
        let mut pacer = Pacer::new(RULE);
        let mut now = ms(100);
        for n in 0..1_000u64 {
            let slot = next_slot(&pacer, now).unwrap();
            assert_eq!(slot, ms(100) + (RULE + MARGIN) * u32::try_from(n).unwrap(), "no drift");
            pacer.sent(slot);
            pacer.answered(slot + ms(300), ms(300));
            now = slot + ms(300);
        }
    }

    #[test]
    fn nothing_is_sent_while_an_answer_is_outstanding() {
        let mut pacer = Pacer::new(RULE);
        pacer.sent(ms(0));
        assert_eq!(next_slot(&pacer, ms(60_000)), None);
        pacer.gave_up(ms(10_000));
        assert_eq!(next_slot(&pacer, ms(60_000)), Some(ms(60_000)));
        assert_eq!(next_slot(&pacer, ms(10_000)), Some(ms(14_020)), "it may have arrived just before it broke off");
    }

    #[test]
    fn lagging_answers_slow_us_down_and_ordinary_ones_speed_us_up_again() {
        let mut pacer = Pacer::new(RULE);
        pacer.answered(ms(0), ms(80));
        assert!(!pacer.answered(ms(0), ms(120)), "a little slower is the network");
        assert!(pacer.answered(ms(0), ms(4_100)));
        assert!(pacer.pace(ms(0)).slowed);
        assert_eq!(pacer.interval(), ms(6_000));
        for _ in 0..4 {
            assert!(!pacer.answered(ms(0), ms(90)));
        }
        assert!(pacer.answered(ms(0), ms(90)));
        assert_eq!(pacer.interval(), RULE);
        assert!(!pacer.pace(ms(0)).slowed);
    }

    #[test]
    fn a_few_lagging_answers_never_slow_us_beyond_twice_the_rule_and_many_do() {
        let mut pacer = Pacer::new(RULE);
        pacer.answered(ms(0), ms(80));
        for _ in 0..HICCUP {
            pacer.answered(ms(0), ms(9_000));
            assert!(pacer.interval() <= RULE * 2);
        }
        for _ in 0..8 {
            pacer.answered(ms(0), ms(9_000));
        }
        assert_eq!(pacer.interval(), SLOWEST, "a vendor that goes on holding us back is left alone");
    }

    #[test]
    fn nothing_is_sent_before_the_vendor_wants_to_be_asked_again() {
        let mut pacer = Pacer::new(RULE);
        pacer.sent(ms(0));
        pacer.wait_until(ms(20_000));
        pacer.released();
        assert_eq!(next_slot(&pacer, ms(100)), Some(ms(20_000)));
        pacer.wait_until(ms(5_000));
        assert_eq!(next_slot(&pacer, ms(100)), Some(ms(20_000)), "the longest of several waits holds");
    }

    #[test]
    fn a_slow_network_is_not_mistaken_for_a_vendor_that_holds_back() {
        let mut pacer = Pacer::new(RULE);
        for _ in 0..40 {
            assert!(!pacer.answered(ms(0), ms(1_800)));
        }
    }

    #[test]
    fn it_never_gets_slower_than_half_a_minute() {
        let mut pacer = Pacer::new(RULE);
        pacer.answered(ms(0), ms(50));
        for _ in 0..50 {
            pacer.answered(ms(0), ms(9_000));
            pacer.answered(ms(0), ms(50));
        }
        assert!(pacer.interval() <= SLOWEST);
    }

    #[test]
    fn a_restart_keeps_the_distance() {
        for (now, ago, slot) in
            [(ms(0), 1_000, 3_020), (ms(50), 0, 4_070), (ms(0), 3_999, 21), (ms(9_000), 1_000, 12_020)]
        {
            let mut pacer = Pacer::new(RULE);
            pacer.continue_from(now, Some(ms(ago)));
            assert_eq!(next_slot(&pacer, now), Some(ms(slot)), "sent {ago} ms ago at {now:?}");
        }
        let mut pacer = Pacer::new(RULE);
        pacer.continue_from(ms(5), Some(ms(60_000)));
        assert_eq!(next_slot(&pacer, ms(5)), Some(ms(5)), "long ago is no reason to wait");
        let mut pacer = Pacer::new(RULE);
        pacer.continue_from(ms(5), None);
        assert_eq!(next_slot(&pacer, ms(5)), Some(ms(4_025)), "a clock that was set back waits once, not for an hour");
    }

    proptest! {
        #[test]
        fn two_questions_never_arrive_closer_than_the_rule_however_long_each_is_under_way(
            there in 0u64..200,
            back in 0u64..200,
            late in prop::collection::vec((0u64..6_000, 0u64..6_000), 1..60),
        ) {
            let mut pacer = Pacer::new(RULE);
            let mut now = ms(0);
            let mut last: Option<Duration> = None;
            // The first is answered as fast as can be: what is ordinary is known from it.
            for (late_there, late_back) in std::iter::once((0, 0)).chain(late) {
                let sent = next_slot(&pacer, now).unwrap();
                pacer.sent(sent);
                let arrived = sent + ms(there + late_there);
                if let Some(last) = last {
                    prop_assert!(arrived >= last + RULE, "{arrived:?} is too close behind {last:?}");
                }
                last = Some(arrived);
                now = arrived + ms(back + late_back);
                pacer.answered(now, now - sent);
            }
        }

        #[test]
        fn two_questions_are_never_closer_than_the_rule(steps in prop::collection::vec((0u64..9_000, 0u64..12_000, any::<bool>()), 1..60)) {
            let mut pacer = Pacer::new(RULE);
            let mut now = ms(0);
            let mut last: Option<Duration> = None;
            for (idle, took, fails) in steps {
                now += ms(idle);
                let slot = next_slot(&pacer, now).unwrap();
                if let Some(last) = last {
                    prop_assert!(slot >= last + RULE + MARGIN);
                }
                pacer.sent(slot);
                last = Some(slot);
                if fails { pacer.gave_up(slot + ms(took)) } else { pacer.answered(slot + ms(took), ms(took)); }
                now = slot + ms(took);
            }
        }
    }
}
