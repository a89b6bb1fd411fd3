//! Keeps what contacts are found by in step with the rules of numbers and with the country of the settings.

use std::time::Duration;

use timbre_store::IndexState;
use tokio_util::sync::CancellationToken;

use crate::runtime::core::Core;

/// After a failure, such as a full disk.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Works off what is behind, then waits for the end: the settings are read once.
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
                    tracing::info!("what contacts are found by was made anew");
                }
                return stop.cancelled().await;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "what contacts are found by can't be made anew"
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = core.clock.sleep(AGAIN_AFTER) => {}
                }
            }
        }
    }
}
