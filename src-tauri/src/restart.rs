//! What the shell itself keeps running beside the engine: whatever ends badly is begun again, and is told as the engine's own
//! components are. Timbre must not go on without pop-ups and say nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::app_state::AppState;

/// Long enough to be seen in the log as two, short enough for the next call.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// Does work on this thread until it ends by itself. After each panic `failed` is called, and then the work begins again.
pub(crate) fn on_thread(failed: impl Fn(), work: impl Fn()) {
    while catch_unwind(AssertUnwindSafe(&work)).is_err() {
        failed();
    }
}

/// The same for work of the event loop, which `work` gives anew each time. Dropped, the work ends too.
pub(crate) async fn as_task<F>(app_state: &AppState, name: &'static str, mut work: impl FnMut() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let mut running = JoinSet::new();
        running.spawn(work());
        match running.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                app_state.component_failed(name);
                app_state.clock().sleep(PAUSE).await;
                app_state.component_runs(name);
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_panics_is_begun_again_until_it_ends_by_itself() {
        let (begun, failed) = (Cell::new(0), Cell::new(0));
        on_thread(
            || failed.set(failed.get() + 1),
            || {
                begun.set(begun.get() + 1);
                assert!(begun.get() > 2, "ends badly twice");
            },
        );
        assert_eq!((begun.get(), failed.get()), (3, 2));
    }
}
