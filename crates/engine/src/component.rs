//! Named background work with a start and a stop.

use std::sync::Arc;
use std::time::Duration;

use timbre_domain::ports::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a component may take to finish what it has in hand.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

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

    /// Starts one. It ends soon after its token is cancelled.
    pub fn start<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
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
