//! Named background work with a start and a stop, supervised: whatever ends badly is started again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbre_domain::ports::Clock;
use timbre_domain::status::ComponentStatus;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::api::event::{ComponentEvent, Event};
use crate::runtime::bus::Bus;

/// How long a component may take to finish what it has in hand.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// The first pause after a component ended badly; it doubles each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A component that ran so long is well again: the next pause is the first one.
const WELL_AFTER: Duration = Duration::from_secs(300);

tokio::task_local! {
    static CURRENT: &'static str;
}

/// What the component that this task belongs to does; nothing outside components.
#[must_use]
pub fn current() -> Option<&'static str> {
    CURRENT.try_with(|name| *name).ok()
}

/// What a component is called: what it does and, where there are several, for which account or CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    work: &'static str,
    of: Option<String>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Some(of) => write!(f, "{} ({of})", self.work),
            None => f.write_str(self.work),
        }
    }
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The components that ended badly since the start, by name.
#[derive(Clone, Default)]
pub(crate) struct Supervision(Arc<Mutex<BTreeMap<String, ComponentStatus>>>);

impl Supervision {
    /// The components that ended badly, each with when it last did and whether it is running again.
    pub(crate) fn failures(&self) -> Vec<ComponentStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn note(&self, name: &Name, change: impl FnOnce(&mut ComponentStatus)) -> Option<ComponentStatus> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let status = failures.get_mut(&name.to_string())?;
        change(status);
        Some(status.clone())
    }

    fn failed(&self, name: &Name, at: DateTime<Utc>) -> ComponentStatus {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let status = failures.entry(name.to_string()).or_insert_with(|| ComponentStatus {
            component: name.to_string(),
            failures: 0,
            failed_at: at,
            runs: false,
        });
        *status = ComponentStatus { failures: status.failures + 1, failed_at: at, runs: false, ..status.clone() };
        status.clone()
    }
}

impl Context {
    /// A part of Timbre that somebody else runs beside the engine ended badly: it is told as a component is.
    pub fn component_failed(&self, work: &'static str) {
        let at = self.core.clock.now();
        let status = self.supervision.failed(&Name { work, of: None }, at);
        self.core.bus.publish(Event::Component(ComponentEvent { at, status }));
    }

    /// The same part runs again.
    pub fn component_runs(&self, work: &'static str) {
        let at = self.core.clock.now();
        if let Some(status) = self.supervision.note(&Name { work, of: None }, |status| status.runs = true) {
            self.core.bus.publish(Event::Component(ComponentEvent { at, status }));
        }
    }
}

/// The components that run.
pub struct Components {
    clock: Arc<dyn Clock>,
    bus: Bus,
    supervision: Supervision,
    stop: CancellationToken,
    running: Vec<(Name, JoinHandle<()>)>,
}

impl Components {
    /// None yet. What ends badly is published on `bus` and kept in `supervision`.
    pub(crate) fn new(clock: Arc<dyn Clock>, bus: Bus, supervision: Supervision) -> Self {
        Self { clock, bus, supervision, stop: CancellationToken::new(), running: Vec::new() }
    }

    /// Starts one. It ends soon after its token is cancelled. Should it end badly, it is started again after a pause: an
    /// agent who sees no calls any more must not find out by missing one.
    pub fn start<F>(&mut self, work_name: &'static str, work: impl Fn(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start_named(Name { work: work_name, of: None }, work);
    }

    /// Starts one of several that do the same for another account or CRM each.
    pub(crate) fn start_for<F>(
        &mut self,
        of: &str,
        work_name: &'static str,
        work: impl Fn(CancellationToken) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start_named(Name { work: work_name, of: Some(of.to_owned()) }, work);
    }

    fn start_named<F>(&mut self, name: Name, work: impl Fn(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tracing::debug!(component = %name, "starts");
        let watch = Watch {
            name: name.clone(),
            clock: self.clock.clone(),
            bus: self.bus.clone(),
            supervision: self.supervision.clone(),
            stop: self.stop.child_token(),
        };
        self.running.push((name, tokio::spawn(watch.over(work))));
    }

    /// Asks all to stop and waits for them; one that does not is cut off and named in the log.
    pub async fn stop(self) {
        self.stop.cancel();
        let deadline = self.clock.elapsed() + STOPS_WITHIN;
        for (name, mut handle) in self.running {
            tokio::select! {
                ended = &mut handle => if let Err(error) = ended {
                    tracing::error!(component = %name, %error, "ended badly");
                },
                () = self.clock.sleep_until(deadline) => {
                    tracing::warn!(component = %name, "did not stop in time and is cut off");
                    handle.abort();
                }
            }
        }
    }
}

/// Watches over one component.
struct Watch {
    name: Name,
    clock: Arc<dyn Clock>,
    bus: Bus,
    supervision: Supervision,
    stop: CancellationToken,
}

impl Watch {
    async fn over<F>(self, work: impl Fn(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = self.clock.elapsed();
            let (clock, work) = (self.clock.clone(), work(self.stop.child_token()));
            let run = CURRENT.scope(self.name.work, async move {
                let begins = clock.elapsed();
                tracing::debug!(at_s = begins.as_secs_f64(), "begins");
                work.await;
            });
            let mut running = AbortOnDrop(tokio::spawn(run));
            match (&mut running.0).await {
                Err(error) if error.is_panic() && !self.stop.is_cancelled() => {
                    tracing::error!(component = %self.name, %error, pause_s = pause.as_secs(), "ended badly");
                    let at = self.clock.now();
                    self.publish(at, self.supervision.failed(&self.name, at));
                }
                _ => return,
            }
            if self.clock.elapsed().saturating_sub(began) >= WELL_AFTER {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            tracing::info!(component = %self.name, "is started again");
            if let Some(status) = self.supervision.note(&self.name, |status| status.runs = true) {
                self.publish(self.clock.now(), status);
            }
        }
    }

    fn publish(&self, at: DateTime<Utc>, status: ComponentStatus) {
        self.bus.publish(Event::Component(ComponentEvent { at, status }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use chrono::{DateTime, Utc};

    use super::*;

    /// A clock on which nobody waits.
    struct Impatient;

    #[async_trait]
    impl Clock for Impatient {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        async fn sleep_until(&self, _deadline: Duration) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_component_that_panics_is_started_again_and_stops_with_the_others() {
        let starts = Arc::new(AtomicU32::new(0));
        let (ready, mut is_ready) = tokio::sync::mpsc::channel(1);
        let mut components = Components::new(Arc::new(Impatient), Bus::new(), Supervision::default());
        let counted = starts.clone();
        components.start("fragile", move |stop| {
            let (ready, start) = (ready.clone(), counted.fetch_add(1, Ordering::Relaxed));
            async move {
                assert!(start >= 2, "it ends badly twice");
                ready.send(()).await.unwrap();
                stop.cancelled().await;
            }
        });
        is_ready.recv().await.unwrap();
        let [failure] = <[_; 1]>::try_from(components.supervision.failures()).unwrap();
        assert_eq!((failure.component.as_str(), failure.failures, failure.runs), ("fragile", 2, true));
        components.stop().await;
        assert_eq!(starts.load(Ordering::Relaxed), 3);
    }
}
