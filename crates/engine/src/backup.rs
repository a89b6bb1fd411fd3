//! Copies the database to the backup beside it: soon after the start, then once a day.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Context;

/// The start is for getting ready; the copy can wait.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Backs up until it is told to stop.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let mut pause = FIRST_AFTER;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = context.clock.sleep(pause) => {}
        }
        match context.stored(timbre_store::Store::back_up).await {
            Ok(()) => tracing::info!("the database was backed up"),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database could not be backed up")
            }
        }
        pause = EVERY;
    }
}
