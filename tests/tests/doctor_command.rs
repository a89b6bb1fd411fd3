//! `timbrectl doctor` as a person and a script see it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use timbre_simulator::{Fault, RealClock, RequestKind, SignIn, Simulator, SimulatorConfig};
use timbre_tests::programs::{Watch, program};
use timbre_tests::story::ENDPOINT;

/// Passwords that no text says by chance.
const RIGHT: &str = "la-buena-9";
const WRONG: &str = "la-otra-7";

struct Desk {
    dir: tempfile::TempDir,
    config: PathBuf,
    sim: Simulator,
}

impl Desk {
    async fn new() -> Self {
        let config = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, RIGHT)],
            reading_interval: Duration::from_millis(100),
            ..SimulatorConfig::default()
        };
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("timbre.toml");
        let text = format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\nusername = \"{ENDPOINT}\"\n\
             reading_interval_ms = 100\n",
            sim.base_url()
        );
        fs::write(&config, text).unwrap();
        Self { dir, config, sim }
    }

    fn timbrectl(&self, password: &str) -> Command {
        let mut command = Command::new(program("timbrectl"));
        command.arg("--config").arg(&self.config).arg("--data-dir").arg(self.dir.path().join("data"));
        command.env("TIMBRE_SECRET_MAIN", password).env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    async fn doctor(&self, password: &str, args: &[&str]) -> Output {
        let mut command = self.timbrectl(password);
        command.arg("doctor").args(args);
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }
}

fn one_object(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn in_json<'a>(report: &'a Value, state: &str) -> Vec<&'a Value> {
    report["checks"].as_array().unwrap().iter().filter(|check| check["state"] == state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_it_asks_the_vendor_once_and_leaves_with_0_where_nothing_failed() {
    let desk = Desk::new().await;
    let output = desk.doctor(RIGHT, &["--json"]).await;
    let report = one_object(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!((&report["failed"], &report["warnings"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(desk.sim.ledger().requests_of(RequestKind::Live).count(), 1);
    let unchecked: Vec<_> = in_json(&report, "not_checked").iter().map(|check| &check["finding"]).collect();
    assert_eq!(unchecked, ["account.endpoints_never_read", "clock.no_call_seen"]);
    // A call that rings while the one question is asked is enough to check the zone by.
    desk.sim.rings("88884787", ENDPOINT);
    let report = one_object(&desk.doctor(RIGHT, &["--json"]).await);
    let found: Vec<_> = in_json(&report, "good").iter().map(|check| check["finding"].as_str().unwrap()).collect();
    assert!(found.contains(&"clock.zone_fits"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_failed_leaves_with_12_and_says_what_to_do_in_three_languages() {
    let desk = Desk::new().await;
    let output = desk.doctor(WRONG, &["--json", "--language", "en"]).await;
    assert_eq!(output.status.code(), Some(12));
    let report = one_object(&output);
    let failed = in_json(&report, "failed");
    assert_eq!((failed.len(), &failed[0]["code"], &report["failed"]), (1, &"not_authorised".into(), &1.into()));
    assert!(failed[0]["do"].as_str().unwrap().contains("IP"));
    for (language, area, sign) in [("es", "Cuenta", "✗"), ("en", "Account", "✗"), ("pt", "Conta", "✗")] {
        let output = desk.doctor(WRONG, &["--language", language]).await;
        assert_eq!(output.status.code(), Some(12));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let failed = lines.iter().position(|line| line.starts_with(sign)).unwrap();
        assert!(lines[failed].contains(area) && lines[failed].contains("main"), "{text}");
        assert!(lines[failed + 1].starts_with("    ") && lines[failed + 1].contains("IP"), "{text}");
        assert!(lines.iter().any(|line| line.starts_with("✓")), "{text}");
        for word in ["doctor.", "{", "}", WRONG, RIGHT, ENDPOINT] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_timbre_that_runs_it_asks_that_one_and_not_the_vendor() {
    let desk = Desk::new().await;
    let mut json = desk.timbrectl(RIGHT);
    json.arg("--json");
    let mut engine = Watch::start(json);
    engine.until("provider.state").await;
    desk.sim.faults().on(RequestKind::Live, usize::MAX, Fault::Http500);
    engine.until("provider.state").await;
    let output = desk.doctor("another password, which is not needed", &["--json"]).await;
    assert_eq!(output.status.code(), Some(12));
    let report = one_object(&output);
    let failed = in_json(&report, "failed");
    assert_eq!((failed.len(), &failed[0]["code"]), (1, &"vendor_failed".into()), "{report:#}");
    engine.stop().await;
    assert!(desk.sim.ledger().requests.iter().all(|request| !request.early), "one engine asks");
}
