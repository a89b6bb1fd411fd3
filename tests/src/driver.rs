//! Drives an engine on a clock that a story moves: time stands still while anybody works, and then goes on to the next moment
//! that somebody waits for.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use timbre_domain::ports::Clock as _;
use timbre_engine::api::event::Event;
use timbre_engine::api::{Command, OutboxFilter, command};
use timbre_engine::{CommandError, Context};
use timbre_simulator::ManualClock;
use timbre_wiring::Running;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::watch;

/// A story that needs more steps than this to see something will never see it.
pub(crate) const STEPS: usize = 2_000;

/// The servers that the engine speaks to, and whatever else shows that somebody is at work.
pub(crate) trait Servers {
    /// Resolves when something happens at a server.
    async fn news(&mut self);

    /// Whether an answer is on its way that needs no time. One that never comes, or is slow, needs time to go on.
    fn is_answering(&mut self, clock: &ManualClock) -> bool;

    /// What the servers saw, for a story that waits in vain.
    fn seen(&self) -> String;
}

/// Whether somebody waits for an answer that no server holds back: it is on its way, or its question is. `held` are the
/// moments at which the questions came that are answered only when time goes on, or never.
pub(crate) fn is_on_its_way(clock: &ManualClock, mut held: Vec<Duration>) -> bool {
    // Time stands still while a question is on its way, so that it comes at the moment at which it was asked.
    clock.asked_at().into_iter().any(|asked| match held.iter().position(|held| *held == asked) {
        Some(at) => {
            held.swap_remove(at);
            false
        }
        None => true,
    })
}

/// An engine on a clock that a story moves.
pub struct Driver {
    /// The time, for the engine and its servers alike.
    pub clock: ManualClock,
    /// Everything told so far.
    pub told: Vec<Event>,
    /// How many of them a story has already waited for.
    seen: usize,
    running: Option<Running>,
    events: Option<Receiver<Event>>,
}

impl Driver {
    pub(crate) fn on(clock: ManualClock) -> Self {
        Self { clock, told: Vec::new(), seen: 0, running: None, events: None }
    }

    /// The engine that is driven from now on.
    /// The running engine, for whatever speaks to it beside the story.
    ///
    /// # Panics
    /// Before the start and after the stop.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a story knows whether its engine runs")]
    pub fn context(&self) -> Arc<Context> {
        self.running.as_ref().expect("the engine runs").context()
    }

    pub(crate) fn take(&mut self, mut running: Running) {
        self.events = Some(running.take_first_events());
        self.running = Some(running);
    }

    #[expect(clippy::expect_used, reason = "an engine that does not stop cleanly fails every story")]
    pub(crate) async fn stop(&mut self, servers: &mut impl Servers) {
        self.collect();
        let Some(running) = self.running.take() else { return };
        // Whoever waits for an answer is given a moment to finish, so that time must go on.
        self.during(servers, running.stop()).await.expect("the engine stops cleanly");
    }

    /// Has the engine do something. Commands may wait for their turn under a limit, so time goes on meanwhile.
    pub(crate) async fn execute<C: Command>(
        &self,
        servers: &mut impl Servers,
        command: C,
    ) -> Result<C::Output, CommandError> {
        self.during(servers, self.running().context().execute(command)).await
    }

    /// The same for a command that waits for what comes of it: time goes on in small steps, and everybody who works meanwhile
    /// gets further in each.
    pub(crate) async fn execute_closely<C: Command>(
        &self,
        servers: &mut impl Servers,
        command: C,
    ) -> Result<C::Output, CommandError> {
        const STEP: Duration = Duration::from_millis(100);
        let context = self.running().context();
        let doing = context.execute(command);
        tokio::pin!(doing);
        loop {
            let deadline = tokio::select! {
                biased;
                done = &mut doing => return done,
                deadline = self.idle(servers) => deadline,
            };
            // Whoever writes to the database or speaks to the CRM is seen by no clock: each look takes as long as theirs.
            for _ in 0..20 {
                let looks = context.execute(command::OutboxList(OutboxFilter::default()));
                tokio::select! {
                    biased;
                    done = &mut doing => return done,
                    _ = looks => {}
                }
            }
            self.advance_to(deadline.min(self.clock.elapsed() + STEP));
        }
    }

    /// Lets time go on until an event is told for which `is` gives something. It looks at what was told after the event that
    /// was waited for last.
    #[expect(clippy::panic, reason = "what a story waits for in vain fails it")]
    pub(crate) async fn until<T>(
        &mut self,
        servers: &mut impl Servers,
        what: &str,
        is: impl Fn(&Event) -> Option<T>,
    ) -> T {
        for _ in 0..STEPS {
            self.collect();
            while let Some(event) = self.told.get(self.seen) {
                self.seen += 1;
                if let Some(found) = is(event) {
                    return found;
                }
            }
            self.step(servers).await;
        }
        panic!("never told by {:?}: {what}\n{:#?}\n{}", self.clock.elapsed(), self.told, servers.seen());
    }

    /// One deadline further, or one event if that comes first.
    pub(crate) async fn step(&mut self, servers: &mut impl Servers) {
        let deadline = self.idle(servers).await;
        let told = self.told.len();
        self.collect();
        if self.told.len() == told {
            self.advance_to(deadline);
        }
    }

    /// Resolves when everybody waits for time to go on, with the next moment somebody waits for.
    ///
    /// Nothing sleeps here: it looks again whenever a sleeper, a server or the database has moved.
    pub(crate) async fn idle(&self, servers: &mut impl Servers) -> Duration {
        let mut storing = self.running.as_ref().map(|running| running.context().storing());
        let mut sleepers = self.clock.changes();
        loop {
            sleepers.mark_unchanged();
            // Whoever was woken a moment ago goes first.
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            // Time stands still while something is written: a slow disk is no reason to be late.
            let stores = storing.as_mut().is_some_and(|storing| *storing.borrow_and_update() > 0);
            if !stores
                && !servers.is_answering(&self.clock)
                && let Some(deadline) = self.clock.next_deadline()
            {
                return deadline;
            }
            tokio::select! {
                _ = sleepers.changed() => {}
                () = servers.news() => {}
                () = next_write(storing.as_mut()) => {}
            }
        }
    }

    /// Takes what was told without waiting.
    pub fn collect(&mut self) {
        let Some(events) = &mut self.events else { return };
        loop {
            match events.try_recv() {
                Ok(event) => self.told.push(event),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    #[expect(clippy::expect_used, reason = "a story asks a running engine")]
    fn running(&self) -> &Running {
        self.running.as_ref().expect("the engine runs")
    }

    /// Lets time go on until something is done.
    async fn during<T>(&self, servers: &mut impl Servers, doing: impl Future<Output = T>) -> T {
        tokio::pin!(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                deadline = self.idle(servers) => self.advance_to(deadline),
            }
        }
    }

    pub(crate) fn advance_to(&self, deadline: Duration) {
        self.clock.advance(deadline.saturating_sub(self.clock.elapsed()));
    }
}

async fn next_write(storing: Option<&mut watch::Receiver<usize>>) {
    match storing {
        // The engine that wrote is gone, and nobody waits for it.
        Some(storing) => drop(storing.changed().await),
        None => std::future::pending().await,
    }
}
