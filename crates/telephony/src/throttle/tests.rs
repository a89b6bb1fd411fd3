//! Who goes when, and what a slow disk, a restart or a dropped question change about it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use timbre_simulator::ManualClock;
use tokio::sync::Semaphore;

use super::*;

const RULE: Duration = Duration::from_secs(4);
const SLOT: Duration = Duration::from_millis(4_020);

/// Remembers as fast as a test lets it.
struct Memory {
    used: Mutex<HashMap<String, DateTime<Utc>>>,
    /// How many more writes the disk takes.
    writes: Semaphore,
    /// How many more times it says that something is written.
    answers: Semaphore,
}

impl Default for Memory {
    fn default() -> Self {
        let without_end = || Semaphore::new(Semaphore::MAX_PERMITS);
        Self { used: Mutex::default(), writes: without_end(), answers: without_end() }
    }
}

#[async_trait]
impl ThrottleMemory for Memory {
    async fn last_used(&self, scope: &str) -> Option<DateTime<Utc>> {
        self.used.lock().unwrap().get(scope).copied()
    }

    async fn remember(&self, scope: &str, at: DateTime<Utc>) {
        self.writes.acquire().await.unwrap().forget();
        self.used.lock().unwrap().insert(scope.to_owned(), at);
        self.answers.acquire().await.unwrap().forget();
    }
}

struct Line {
    clock: ManualClock,
    memory: Arc<Memory>,
    throttle: Arc<Throttle>,
    order: Arc<Mutex<Vec<&'static str>>>,
}

impl Line {
    fn new() -> Self {
        Self::with(Memory::default())
    }

    fn with(memory: Memory) -> Self {
        let (clock, memory) = (ManualClock::default(), Arc::new(memory));
        let throttle = Throttles::new(Arc::new(clock.clone()), memory.clone()).of("scope", RULE);
        Self { clock, memory, throttle, order: Arc::default() }
    }

    /// The same after a restart: what is remembered is all that is left.
    fn restarted(self) -> Self {
        let throttle = Throttles::new(Arc::new(self.clock.clone()), self.memory.clone()).of("scope", RULE);
        Self { throttle, ..self }
    }

    /// Somebody who asks once, and is answered at once.
    fn asks(&self, name: &'static str, lane: Lane) -> tokio::task::JoinHandle<()> {
        let (throttle, order) = (self.throttle.clone(), self.order.clone());
        tokio::spawn(async move {
            let permit = throttle.acquire(lane).await;
            order.lock().unwrap().push(name);
            permit.answered();
        })
    }

    async fn settle(&self) {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
    }

    async fn slots(&self, n: u32) {
        for _ in 0..n {
            self.settle().await;
            self.clock.advance(SLOT);
        }
        self.settle().await;
    }

    fn order(&self) -> Vec<&'static str> {
        self.order.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn one_goes_a_slot_and_live_calls_go_first() {
    let line = Line::new();
    line.asks("first", Lane::Background);
    line.settle().await;
    line.asks("history", Lane::Background);
    line.asks("endpoints", Lane::Background);
    line.asks("live", Lane::Regular);
    line.settle().await;
    assert_eq!(line.order(), ["first"]);
    line.slots(1).await;
    assert_eq!(line.order(), ["first", "live"]);
    line.slots(2).await;
    assert_eq!(line.order(), ["first", "live", "history", "endpoints"]);
}

#[tokio::test]
async fn a_poller_that_always_asks_again_does_not_starve_the_rest() {
    let line = Line::new();
    let (throttle, order) = (line.throttle.clone(), line.order.clone());
    let poller = tokio::spawn(async move {
        loop {
            let permit = throttle.acquire(Lane::Regular).await;
            order.lock().unwrap().push("live");
            permit.answered();
        }
    });
    line.settle().await;
    line.asks("history", Lane::Background);
    line.asks("endpoints", Lane::Background);
    line.slots(12).await;
    let order = line.order();
    assert_eq!(order.iter().position(|name| *name == "history"), Some(5), "{order:?}");
    assert_eq!(order.iter().position(|name| *name == "endpoints"), Some(6), "{order:?}");
    assert_eq!(order.iter().filter(|name| **name == "live").count(), 11);
    poller.abort();
}

#[tokio::test]
async fn whoever_gives_up_waiting_holds_nobody_up() {
    let line = Line::new();
    line.asks("first", Lane::Regular);
    line.settle().await;
    let gives_up = line.asks("gives up", Lane::Regular);
    line.settle().await;
    line.asks("patient", Lane::Background);
    line.settle().await;
    gives_up.abort();
    line.slots(1).await;
    assert_eq!(line.order(), ["first", "patient"]);
}

#[tokio::test]
async fn nobody_goes_while_an_answer_is_outstanding_and_a_question_that_is_dropped_frees_the_slot() {
    let line = Line::new();
    let outstanding = line.throttle.acquire(Lane::Regular).await;
    line.asks("next", Lane::Regular);
    line.slots(5).await;
    assert!(line.order().is_empty());
    drop(outstanding);
    line.settle().await;
    assert!(line.order().is_empty(), "it may have arrived just before it was dropped");
    line.slots(1).await;
    assert_eq!(line.order(), ["next"]);
}

#[tokio::test]
async fn what_was_asked_before_a_restart_counts() {
    let line = Line::new();
    line.asks("before", Lane::Regular);
    line.settle().await;
    line.clock.advance(Duration::from_secs(1));
    let restarted = line.restarted();
    restarted.asks("after", Lane::Regular);
    restarted.settle().await;
    assert_eq!(restarted.order(), ["before"]);
    restarted.clock.advance(Duration::from_millis(3_019));
    restarted.settle().await;
    assert_eq!(restarted.order(), ["before"]);
    restarted.clock.advance(Duration::from_millis(1));
    restarted.settle().await;
    assert_eq!(restarted.order(), ["before", "after"]);
}

#[tokio::test]
async fn a_slow_disk_holds_up_nothing_but_the_question_and_the_distance_counts_from_when_it_leaves() {
    let line = Line::with(Memory { writes: Semaphore::new(0), ..Memory::default() });
    line.asks("first", Lane::Regular);
    // That this goes on at all shows that the thread is free.
    line.settle().await;
    assert!(line.order().is_empty(), "first remembered, then sent");
    line.clock.advance(Duration::from_secs(3));
    line.memory.writes.add_permits(2);
    line.settle().await;
    assert_eq!(line.order(), ["first"]);
    line.asks("next", Lane::Regular);
    line.settle().await;
    line.clock.advance(SLOT - Duration::from_millis(1));
    line.settle().await;
    assert_eq!(line.order(), ["first"]);
    line.clock.advance(Duration::from_millis(1));
    line.settle().await;
    assert_eq!(line.order(), ["first", "next"]);
}

#[tokio::test]
async fn a_question_that_comes_while_another_is_remembered_does_not_go_in_the_same_slot() {
    let line = Line::with(Memory { writes: Semaphore::new(0), ..Memory::default() });
    line.asks("history", Lane::Background);
    line.settle().await;
    line.asks("live", Lane::Regular);
    line.settle().await;
    line.memory.writes.add_permits(10);
    line.settle().await;
    assert_eq!(line.order(), ["history"]);
    line.slots(1).await;
    assert_eq!(line.order(), ["history", "live"]);
}

#[tokio::test]
async fn a_process_that_dies_between_remembering_and_sending_keeps_the_limit_after_its_restart() {
    let line = Line::with(Memory { answers: Semaphore::new(0), ..Memory::default() });
    let dies = line.asks("dies", Lane::Regular);
    line.settle().await;
    assert!(line.order().is_empty() && line.memory.used.lock().unwrap().contains_key("scope"));
    dies.abort();
    let line = line.restarted();
    line.memory.answers.add_permits(1);
    line.asks("after", Lane::Regular);
    line.clock.advance(SLOT - Duration::from_millis(1));
    line.settle().await;
    assert!(line.order().is_empty());
    line.clock.advance(Duration::from_millis(1));
    line.settle().await;
    assert_eq!(line.order(), ["after"]);
}

#[tokio::test]
async fn a_question_that_is_dropped_while_it_is_remembered_leaves_its_slot_to_the_next() {
    let line = Line::with(Memory { writes: Semaphore::new(0), ..Memory::default() });
    let dropped = line.asks("dropped", Lane::Regular);
    line.settle().await;
    line.asks("next", Lane::Background);
    line.settle().await;
    dropped.abort();
    line.memory.writes.add_permits(1);
    line.settle().await;
    assert_eq!(line.order(), ["next"]);
}
