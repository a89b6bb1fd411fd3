//! The built programs, as a person or a script would run them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use timbre_engine::api::event::Event;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout};

use crate::story::name_of;

/// How long a program may take for anything before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program of the workspace: in `TIMBRE_BIN_DIR`, else where this test was built.
///
/// # Panics
/// When it was not built; the message says how to.
#[must_use]
#[expect(clippy::panic, clippy::expect_used, reason = "a test without its program is over")]
pub fn program(name: &str) -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("a test has a path");
        // target/debug/deps/test-0123 → target/debug
        test.ancestors().nth(2).map(PathBuf::from).unwrap_or_default()
    };
    let folder = std::env::var_os("TIMBRE_BIN_DIR").map_or_else(beside, PathBuf::from);
    let path = std::path::absolute(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))).expect("a path");
    if !path.exists() {
        panic!("{} is missing: `cargo build --workspace --bins` builds it", path.display());
    }
    path
}

/// A running `timbrectl watch --json`.
pub struct Watch {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    errors: tokio::task::JoinHandle<Vec<u8>>,
    written: Vec<u8>,
}

#[expect(clippy::expect_used, clippy::panic, reason = "a test that can't run a program is over")]
impl Watch {
    /// Its process.
    ///
    /// # Panics
    /// After it has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Starts it with everything that `timbrectl` was given so far, `--json` among it.
    #[must_use]
    pub fn start(timbrectl: Command) -> Self {
        let mut command = tokio::process::Command::from(timbrectl);
        let mut child = command
            .arg("watch")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("timbrectl starts");
        let stdout = child.stdout.take().expect("its output is ours");
        let mut stderr = child.stderr.take().expect("its errors are ours");
        let errors = tokio::spawn(async move {
            let mut bytes = Vec::new();
            stderr.read_to_end(&mut bytes).await.expect("its errors can be read");
            bytes
        });
        Self { child, lines: BufReader::new(stdout).lines(), errors, written: Vec::new() }
    }

    pub async fn next(&mut self) -> Event {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("an event in time").expect("its output can be read");
        let Some(line) = line else { panic!("timbrectl watch ended") };
        self.written.extend_from_slice(line.as_bytes());
        self.written.push(b'\n');
        serde_json::from_str(&line).expect("each line is an event")
    }

    /// The next event of this name; those before it are passed over.
    pub async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await;
            if name_of(&event) == name {
                return event;
            }
        }
    }

    /// Ends it politely; gives everything it wrote on standard output and standard error.
    pub async fn stop(mut self) -> (Vec<u8>, Vec<u8>) {
        // Windows knows no polite end for a program without a window or a console.
        if cfg!(windows) {
            self.child.start_kill().expect("it runs");
        } else {
            let id = self.child.id().expect("it runs").to_string();
            assert!(Command::new("kill").arg(id).status().expect("kill").success());
        }
        while let Ok(Some(line)) = self.lines.next_line().await {
            self.written.extend_from_slice(line.as_bytes());
            self.written.push(b'\n');
        }
        let status = self.child.wait().await.expect("it ends");
        assert!(cfg!(windows) || status.success(), "a watch that is asked to end ends well: {status}");
        (self.written, self.errors.await.expect("its errors were read"))
    }
}
