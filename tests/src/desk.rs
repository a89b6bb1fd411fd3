//! timbrectl at a desk, as a script meets it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use timbre_simulator::{RealClock, SignIn, Simulator, SimulatorConfig};

use crate::programs::program;
use crate::story::ENDPOINT;

/// A desk: settings, a data folder, and a vendor that is asked every tenth of a second.
pub struct Desk {
    pub dir: tempfile::TempDir,
    pub config: PathBuf,
    pub sim: Simulator,
}

#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
impl Desk {
    /// A desk with nothing in its data folder.
    pub async fn new() -> Self {
        let config = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, "clave")],
            reading_interval: Duration::from_millis(100),
            ..SimulatorConfig::default()
        };
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("timbre.toml");
        let desk = Self { dir, config, sim };
        desk.settings("");
        desk
    }

    /// Writes the settings file, with more lines of the account.
    pub fn settings(&self, more: &str) {
        let text = format!(
            "language = \"en\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\n\
             username = \"{ENDPOINT}\"\nreading_interval_ms = 100\ncall_appears_within_s = 1\n{more}",
            self.sim.base_url()
        );
        fs::write(&self.config, text).unwrap();
    }

    /// The program, with settings, data folder, password and `--json`.
    #[must_use]
    pub fn timbrectl(&self) -> Command {
        let mut command = self.timbrectl_for_people();
        command.arg("--json");
        command
    }

    /// The same without `--json`.
    #[must_use]
    pub fn timbrectl_for_people(&self) -> Command {
        self.timbrectl_at(&self.config, &self.dir.path().join("data"))
    }

    /// The program of somebody else with the same vendor, who has other settings of the account.
    #[must_use]
    pub fn timbrectl_of(&self, colleague: &str, more: &str) -> Command {
        let folder = self.dir.path().join(colleague);
        fs::create_dir_all(&folder).unwrap();
        let config = folder.join("timbre.toml");
        fs::write(&config, format!("{}{more}", fs::read_to_string(&self.config).unwrap())).unwrap();
        let mut command = self.timbrectl_at(&config, &folder.join("data"));
        command.arg("--json");
        command
    }

    fn timbrectl_at(&self, config: &Path, data_dir: &Path) -> Command {
        let mut command = Command::new(program("timbrectl"));
        command.arg("--config").arg(config).arg("--data-dir").arg(data_dir);
        command.env("TIMBRE_SECRET_MAIN", "clave").stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub async fn run(&self, args: &[&str]) -> Output {
        let mut command = self.timbrectl();
        command.args(args);
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    /// Runs what must fail; gives its exit code and its error.
    pub async fn fails(&self, args: &[&str]) -> (i32, Value) {
        let output = self.run(args).await;
        assert!(output.stdout.is_empty() || args[0] == "dial", "{args:?} wrote to standard output");
        let text = String::from_utf8(output.stderr).unwrap();
        let error = text.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or(Value::Null);
        (output.status.code().unwrap(), error["error"].clone())
    }

    /// Runs what must succeed; gives what it wrote.
    pub async fn succeeds(&self, args: &[&str]) -> Value {
        let output = self.run(args).await;
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
