//! What became of pop-ups, as lines of JSON on standard output: what the bench and the end-to-end tests read. Asked for
//! with `TIMBRE_PAINT_LOG=1`.

use std::io::Write;

use timbre_domain::call::CallKey;

use crate::popup::{OnPaint, PaintEvent};

/// Writes a line to standard output for each pop-up painted or taken away, and for each window that waits, where the
/// environment asks for it; nothing otherwise.
#[must_use]
pub fn from_environment() -> OnPaint {
    if std::env::var_os("TIMBRE_PAINT_LOG").is_none_or(|value| value != "1") {
        return Box::new(|key, what| tracing::debug!(key = key.map(ToString::to_string), ?what, "pop-up"));
    }
    Box::new(|key, what| {
        // Nobody reads any more: then there is nobody to tell.
        let _ = writeln!(std::io::stdout().lock(), "{}", line(key, what));
    })
}

fn line(key: Option<&CallKey>, what: PaintEvent) -> serde_json::Value {
    match what {
        PaintEvent::Warm => serde_json::json!({ "event": "popup.warm" }),
        PaintEvent::Painted(took) => {
            serde_json::json!({ "event": "popup.painted", "call_key": key, "ms": took.as_secs_f64() * 1000.0 })
        }
        PaintEvent::Hidden => serde_json::json!({ "event": "popup.hidden", "call_key": key }),
    }
}
