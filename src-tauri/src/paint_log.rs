//! How long pop-ups took to be painted, as lines of JSON on standard output: what the bench and the end-to-end tests
//! read. Asked for with `TIMBRE_PAINT_LOG=1`.

use std::io::Write;
use std::time::Duration;

use timbre_domain::call::CallKey;

use crate::popup::OnPainted;

/// Writes a line a pop-up to standard output where the environment asks for it; nothing otherwise.
#[must_use]
pub fn from_environment() -> OnPainted {
    if std::env::var_os("TIMBRE_PAINT_LOG").is_none_or(|value| value != "1") {
        return Box::new(|key, took| tracing::debug!(%key, ?took, "pop-up painted"));
    }
    Box::new(|key, took| {
        // Nobody reads any more: then there is nobody to tell.
        let _ = writeln!(std::io::stdout().lock(), "{}", line(key, took));
    })
}

fn line(key: &CallKey, took: Duration) -> serde_json::Value {
    serde_json::json!({ "event": "popup.painted", "call_key": key, "ms": took.as_secs_f64() * 1000.0 })
}
