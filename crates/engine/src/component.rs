//! Named background work with a start and a stop.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::ports::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a component may take to finish what it has in hand.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// A component that ended badly is left alone for so long.
const STARTS_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A task that goes with whoever waits for it.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The components that run.
pub struct Components {
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    running: Vec<(&'static str, JoinHandle<()>)>,
}

impl Components {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, stop: CancellationToken::new(), running: Vec::new() }
    }

    /// Starts one. It ends soon after its token is cancelled. Should it end badly, it is started again: an agent who
    /// sees no calls any more must not find out by missing one.
    pub fn start<F>(&mut self, name: &'static str, work: impl Fn(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tracing::debug!(component = name, "starts");
        let (clock, stop) = (self.clock.clone(), self.stop.child_token());
        let watched = async move {
            loop {
                let mut running = AbortOnDrop(tokio::spawn(work(stop.child_token())));
                match (&mut running.0).await {
                    Err(error) if error.is_panic() && !stop.is_cancelled() => {
                        tracing::error!(component = name, %error, "ended badly and is started again");
                        clock.sleep(STARTS_AGAIN_AFTER).await;
                    }
                    _ => return,
                }
            }
        };
        self.running.push((name, tokio::spawn(watched)));
    }

    /// Starts one that can't be started twice, for what it holds.
    pub fn start_once<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tracing::debug!(component = name, "starts");
        self.running.push((name, tokio::spawn(work(self.stop.child_token()))));
    }

    /// Asks all to stop and waits for them; one that does not is cut off and named in the log.
    pub async fn stop(self) {
        self.stop.cancel();
        let deadline = self.clock.elapsed() + STOPS_WITHIN;
        for (name, mut handle) in self.running {
            tokio::select! {
                ended = &mut handle => if let Err(error) = ended {
                    tracing::error!(component = name, %error, "ended badly");
                },
                () = self.clock.sleep_until(deadline) => {
                    tracing::warn!(component = name, "did not stop in time and is cut off");
                    handle.abort();
                }
            }
        }
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
        let mut components = Components::new(Arc::new(Impatient));
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
        components.stop().await;
        assert_eq!(starts.load(Ordering::Relaxed), 3);
    }
}
