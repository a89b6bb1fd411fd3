//! Rebuilds the lookup index of contacts where the rules of numbers or the country of the settings have changed.

use std::time::Duration;

use timbre_store::IndexState;
use tokio_util::sync::CancellationToken;

use crate::runtime::core::Core;

/// After a failure, such as a full disk.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Rebuilds whatever is out of date, then waits for the stop: the settings are read once, so nothing changes meanwhile.
pub(crate) async fn run(core: Core, stop: CancellationToken) {
    let mut worked_off = false;
    loop {
        let country = core.settings.country;
        let stepped = tokio::select! {
            () = stop.cancelled() => return,
            stepped = core.stored(move |store| store.bring_index_in_step(country)) => stepped,
        };
        match stepped {
            Ok(IndexState::Behind) => worked_off = true,
            Ok(IndexState::InStep) => {
                if worked_off {
                    tracing::info!("the lookup index of contacts was rebuilt");
                }
                return stop.cancelled().await;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the lookup index of contacts can't be rebuilt"
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = core.clock.sleep(AGAIN_AFTER) => {}
                }
            }
        }
    }
}
