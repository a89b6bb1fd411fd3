//! Logs: one line an event, to standard error or a file, never with a secret.
//!
//! `TIMBRE_LOG` sets what is logged (such as `timbre_engine=debug`); errors alone are logged without it.

use std::io::{self, Write};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::secrets::SharedRedactor;

/// Sends what is logged to `out`. Called again, it changes nothing.
pub fn start<W: Write + Send + 'static>(redactor: SharedRedactor, out: W) {
    let filter = EnvFilter::try_from_env("TIMBRE_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    let writer = Redacted { redactor, out: Mutex::new(out) };
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer).try_init();
    if let Err(error) = logging {
        tracing::debug!(%error, "logging was already set up");
    }
}

struct Redacted<W> {
    redactor: SharedRedactor,
    out: Mutex<W>,
}

/// One event; it is written whole, so a secret can't hide across two writes.
pub struct Line<'a, W: Write> {
    of: &'a Redacted<W>,
    bytes: Vec<u8>,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for Line<'_, W> {
    fn drop(&mut self) {
        let clean = self.of.redactor.clean(&String::from_utf8_lossy(&self.bytes));
        let mut out = self.of.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // There is nowhere to say that a log can't be written.
        let _ = out.write_all(clean.as_bytes()).and_then(|()| out.flush());
    }
}

impl<'a, W: Write + Send + 'static> MakeWriter<'a> for Redacted<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { of: self, bytes: Vec::new() }
    }
}
