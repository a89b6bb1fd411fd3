//! The log: a file a day in the data folder, a week of them. It holds no names, no numbers and no secrets: what is logged
//! anywhere in Timbre is codes, counts and places (`TIMBRE_LOG` says how much).

use std::io::{self, Write};
use std::path::Path;

use timbre_platform::logs;
use timbre_platform::secrets::SharedRedactor;
use tracing_appender::rolling::{RollingFileAppender, Rotation};

/// Files that are kept: a week.
const KEPT: usize = 7;

/// Logs into the data folder, and to standard error too where somebody looks at it.
pub(crate) fn start(redactor: SharedRedactor, data_dir: Option<&Path>) {
    let rolling = data_dir.map(|dir| dir.join("logs")).and_then(|folder| {
        // What keeps the log from being written keeps nothing else.
        make(&folder).ok()?;
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("timbre")
            .filename_suffix("log")
            .max_log_files(KEPT)
            .build(folder)
            .ok()
    });
    logs::start(redactor, Both { rolling });
}

/// The log may be the first to need the data folder, which is the person's alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

struct Both {
    rolling: Option<RollingFileAppender>,
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(rolling) = &mut self.rolling {
            // A full disk must not keep the line from standard error.
            let _ = rolling.write_all(bytes);
        }
        io::stderr().write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(rolling) = &mut self.rolling {
            let _ = rolling.flush();
        }
        io::stderr().flush()
    }
}
