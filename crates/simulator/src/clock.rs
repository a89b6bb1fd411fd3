//! A clock for tests ([`ManualClock`]) and one for running the simulator by hand ([`RealClock`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use timbre_domain::ports::Clock;
use tokio::sync::{oneshot, watch};

/// A clock that stands still until [`advance`](Self::advance) moves it. Clones share one clock.
///
/// After `advance` the woken tasks still have to run. Wait for what they do (an answer, or their next sleep with
/// [`wait_for_sleepers`](Self::wait_for_sleepers)), never for wall-clock time.
#[derive(Clone)]
pub struct ManualClock {
    face: Arc<Mutex<Face>>,
    count: Arc<watch::Sender<usize>>,
}

struct Face {
    elapsed: Duration,
    wall: DateTime<Utc>,
    next_id: u64,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    /// Those of the sleepers who wait for a server's answer, and when they asked.
    asked: BTreeMap<u64, Duration>,
}

impl ManualClock {
    /// A clock whose time of day is `wall` (UTC), with an elapsed time of zero.
    #[must_use]
    pub fn starting_at(wall: DateTime<Utc>) -> Self {
        let (sleepers, asked) = (BTreeMap::new(), BTreeMap::new());
        let face = Face { elapsed: Duration::ZERO, wall, next_id: 0, sleepers, asked };
        Self { face: Arc::new(Mutex::new(face)), count: Arc::new(watch::Sender::new(0)) }
    }

    /// Moves the time on by `duration` at once and wakes the sleepers whose deadline has passed, earliest first.
    ///
    /// A woken task sees the new time even where its deadline was earlier. To let a poller poll several times, use
    /// [`advance_in_steps`](Self::advance_in_steps).
    pub fn advance(&self, duration: Duration) {
        let mut face = self.face();
        face.elapsed += duration;
        face.wall = shifted(face.wall, duration);
        let now = face.elapsed;
        while face.sleepers.first_key_value().is_some_and(|((deadline, _), _)| *deadline <= now) {
            if let Some(((_, id), wake)) = face.sleepers.pop_first() {
                face.asked.remove(&id);
                // A sleeper that was dropped between registering and now has nobody to wake.
                let _ = wake.send(());
            }
        }
        self.count.send_replace(face.sleepers.len());
    }

    /// Moves the time on by `duration`, and waits at every deadline until at least `sleepers` tasks sleep again.
    ///
    /// With `sleepers` as the number of tasks that always go back to sleep, a poller makes every one of its polls.
    pub async fn advance_in_steps(&self, duration: Duration, sleepers: usize) {
        let end = self.elapsed() + duration;
        loop {
            self.wait_for_sleepers(sleepers).await;
            let left = end.saturating_sub(self.elapsed());
            match self.next_deadline() {
                Some(deadline) if deadline <= end => self.advance(deadline.saturating_sub(self.elapsed())),
                _ => return self.advance(left),
            }
        }
    }

    /// The earliest deadline, as [`Clock::elapsed`]; `None` where no task sleeps.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.face().sleepers.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    /// The number of tasks that sleep now.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.face().sleepers.len()
    }

    /// Waits until at least `n` tasks sleep.
    pub async fn wait_for_sleepers(&self, n: usize) {
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = self.count.subscribe().wait_for(|count| *count >= n).await;
    }

    /// The deadlines of all sleeping tasks, earliest first.
    #[must_use]
    pub fn deadlines(&self) -> Vec<Duration> {
        self.face().sleepers.keys().map(|(deadline, _)| *deadline).collect()
    }

    /// When those who wait for a server's answer ([`Clock::give_up_after`]) asked it, each once.
    #[must_use]
    pub fn asked_at(&self) -> Vec<Duration> {
        self.face().asked.values().copied().collect()
    }

    /// A channel with the number of sleeping tasks, which changes when one begins or stops sleeping.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Sets the time of day, as a person may. `elapsed` does not change.
    pub fn set_wall(&self, wall: DateTime<Utc>) {
        self.face().wall = wall;
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, deadline: Duration, asked: bool) -> Option<Sleeping> {
        let mut face = self.face();
        if deadline <= face.elapsed {
            return None;
        }
        let (wake, woken) = oneshot::channel();
        let key = (deadline, face.next_id);
        face.next_id += 1;
        face.sleepers.insert(key, wake);
        if asked {
            let now = face.elapsed;
            face.asked.insert(key.1, now);
        }
        self.count.send_replace(face.sleepers.len());
        drop(face);
        Some(Sleeping { clock: self.clone(), key, woken })
    }
}

impl Default for ManualClock {
    /// A Monday morning in Costa Rica: 2026-03-02 14:00:00 UTC, 08:00:00 there.
    fn default() -> Self {
        Self::starting_at(Utc.timestamp_opt(1_772_460_000, 0).single().unwrap_or_default())
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.face().wall
    }

    fn elapsed(&self) -> Duration {
        self.face().elapsed
    }

    async fn sleep_until(&self, deadline: Duration) {
        if let Some(sleeping) = self.register(deadline, false) {
            sleeping.wakes().await;
        }
    }

    async fn give_up_after(&self, within: Duration) {
        if let Some(sleeping) = self.register(self.elapsed() + within, true) {
            sleeping.wakes().await;
        }
    }
}

/// A sleeping task. Dropping its future removes it from the clock.
struct Sleeping {
    clock: ManualClock,
    key: (Duration, u64),
    woken: oneshot::Receiver<()>,
}

impl Sleeping {
    async fn wakes(mut self) {
        // The sender is dropped only after it has sent.
        let _ = (&mut self.woken).await;
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        let mut face = self.clock.face();
        face.asked.remove(&self.key.1);
        if face.sleepers.remove(&self.key).is_some() {
            self.clock.count.send_replace(face.sleepers.len());
        }
    }
}

fn shifted(wall: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    wall.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The computer's clock, for running the simulator by hand.
#[derive(Debug, Clone)]
pub struct RealClock {
    started: Instant,
}

impl RealClock {
    /// A clock with an elapsed time of zero.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for RealClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for RealClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock for use by hand: somebody has to ask the computer"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep_until(&self, deadline: Duration) {
        tokio::time::sleep_until(tokio::time::Instant::from_std(self.started + deadline)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sleeper(clock: &ManualClock, seconds: u32, order: &Arc<Mutex<Vec<u32>>>) -> tokio::task::JoinHandle<()> {
        let (clock, order) = (clock.clone(), order.clone());
        tokio::spawn(async move {
            clock.sleep(SECOND * seconds).await;
            order.lock().unwrap().push(seconds);
        })
    }

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_deadlines_and_not_before() {
        let clock = ManualClock::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = [3, 1, 2, 9].into_iter().map(|seconds| sleeper(&clock, seconds, &order)).collect();
        clock.wait_for_sleepers(4).await;
        assert_eq!(clock.next_deadline(), Some(SECOND));
        clock.advance(SECOND * 5);
        for task in tasks.into_iter().take(3) {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
        assert_eq!(clock.next_deadline(), Some(SECOND * 9));
    }

    #[tokio::test]
    async fn a_dropped_sleep_is_forgotten() {
        let clock = ManualClock::default();
        let order = Arc::default();
        let task = sleeper(&clock, 5, &order);
        clock.wait_for_sleepers(1).await;
        task.abort();
        assert!(task.await.is_err());
        assert_eq!((clock.sleepers(), clock.next_deadline()), (0, None));
    }

    #[tokio::test]
    async fn who_awaits_an_answer_is_told_from_who_sleeps_as_long() {
        let clock = ManualClock::default();
        let sleeping = sleeper(&clock, 20, &Arc::<Mutex<Vec<u32>>>::default());
        clock.wait_for_sleepers(1).await;
        assert!(clock.asked_at().is_empty());
        let asks = |clock: ManualClock| tokio::spawn(async move { clock.give_up_after(SECOND * 20).await });
        let first = asks(clock.clone());
        clock.wait_for_sleepers(2).await;
        clock.advance(SECOND * 5);
        let second = asks(clock.clone());
        clock.wait_for_sleepers(3).await;
        assert_eq!(clock.asked_at(), [Duration::ZERO, SECOND * 5]);
        // One gives up, and the other has its answer.
        clock.advance(SECOND * 15);
        first.await.unwrap();
        assert_eq!(clock.asked_at(), [SECOND * 5]);
        second.abort();
        assert!(second.await.is_err());
        assert!(clock.asked_at().is_empty());
        sleeping.await.unwrap();
    }

    #[tokio::test]
    async fn setting_the_wall_clock_back_leaves_elapsed_alone() {
        let clock = ManualClock::default();
        clock.advance(SECOND * 10);
        let back = clock.now() - TimeDelta::hours(2);
        clock.set_wall(back);
        clock.advance(SECOND);
        assert_eq!((clock.now(), clock.elapsed()), (back + TimeDelta::seconds(1), SECOND * 11));
    }

    #[tokio::test]
    async fn advancing_in_steps_lets_a_poller_take_every_turn() {
        let clock = ManualClock::default();
        let turns = Arc::new(Mutex::new(Vec::new()));
        let (polling, seen) = (clock.clone(), turns.clone());
        let task = tokio::spawn(async move {
            loop {
                polling.sleep(SECOND * 4).await;
                seen.lock().unwrap().push(polling.elapsed().as_secs());
            }
        });
        clock.advance_in_steps(SECOND * 13, 1).await;
        assert_eq!(*turns.lock().unwrap(), [4, 8, 12]);
        assert_eq!(clock.elapsed(), SECOND * 13);
        task.abort();
    }

    #[tokio::test]
    async fn the_real_clock_goes_forward() {
        let clock = RealClock::new();
        let before = clock.elapsed();
        clock.sleep_until(before).await;
        assert!(clock.elapsed() >= before);
    }
}
