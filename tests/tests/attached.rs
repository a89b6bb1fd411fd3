//! timbrectl beside a Timbre that runs: it speaks to that one, in its reader's language, and says where it can't do what was
//! asked.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::event::Event;
use timbre_simulator::{Fault, RealClock, RequestKind, SignIn, Simulator, SimulatorConfig};
use timbre_tests::programs::{Watch, program};
use timbre_tests::story::ENDPOINT;

const DISPOSITIONS: &str = "[[dispositions]]\ncode = \"sale\"\nname = \"Sale\"\n";

struct Desk {
    dir: tempfile::TempDir,
    sim: Simulator,
}

impl Desk {
    async fn new() -> Self {
        let config = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, "clave")],
            reading_interval: Duration::from_millis(100),
            ..SimulatorConfig::default()
        };
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let desk = Self { dir: tempfile::tempdir().unwrap(), sim };
        for name in ["timbre.toml", "other.toml"] {
            desk.settings(name);
        }
        desk
    }

    fn settings(&self, name: &str) {
        let text = format!(
            "language = \"es\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\n\
             username = \"{ENDPOINT}\"\nreading_interval_ms = 100\n{DISPOSITIONS}",
            self.sim.base_url()
        );
        fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// With settings of this path, or none named.
    fn timbrectl(&self, config: Option<&Path>) -> Command {
        let mut command = Command::new(program("timbrectl"));
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        command.arg("--data-dir").arg(self.path("data")).env("TIMBRE_SECRET_MAIN", "clave").stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.path("nothing")).env("HOME", self.dir.path()).env("LC_ALL", "es_CR.UTF-8");
        command.current_dir(self.dir.path());
        command
    }

    async fn run(&self, config: Option<&Path>, args: &[&str]) -> Output {
        let mut command = self.timbrectl(config);
        command.args(args);
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    /// What is written on standard output by what must succeed.
    async fn says(&self, args: &[&str]) -> String {
        let output = self.run(None, args).await;
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn watch(&self) -> Watch {
        let mut command = self.timbrectl(Some(&self.path("timbre.toml")));
        command.arg("--json");
        let mut watch = Watch::start(command);
        watch.until("provider.state").await;
        watch
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_than_those_of_the_timbre_that_runs_are_refused_by_every_command_and_never_ignored() {
    let desk = Desk::new().await;
    let engine = desk.watch().await;
    let link = if cfg!(unix) { "link.toml" } else { "timbre.toml" };
    #[cfg(unix)]
    std::os::unix::fs::symlink(desk.path("timbre.toml"), desk.path(link)).unwrap();
    let others = [desk.path("other.toml"), PathBuf::from("other.toml"), desk.path("missing.toml")];
    for other in &others {
        for args in
            [&["status"][..], &["watch"], &["calls", "list"], &["doctor"], &["dial", "88884787"], &["outbox", "list"]]
        {
            let output = desk.run(Some(other), &[args, &["--json"]].concat()).await;
            let error: Value = serde_json::from_slice(&output.stderr).unwrap();
            assert_eq!(
                (output.status.code(), &error["error"]["code"]),
                (Some(3), &"other_settings".into()),
                "{args:?}"
            );
            assert!(output.stdout.is_empty(), "nothing was done");
            let detail = error["error"]["detail"].as_str().unwrap();
            assert!(
                detail.contains("timbre.toml") && !detail.contains("other.toml"),
                "it names the file in use: {detail}"
            );
        }
    }
    let said = desk.run(Some(&others[0]), &["status"]).await.stderr;
    let said = String::from_utf8(said).unwrap();
    let texts = Catalogue::of(Language::Es);
    assert!(said.contains(&texts.what(timbre_domain::error::ErrorCode::OtherSettings)), "{said}");
    for same in [desk.path("timbre.toml"), PathBuf::from("timbre.toml"), desk.path(link)] {
        assert!(desk.run(Some(&same), &["status"]).await.status.success(), "{same:?} is the same file");
    }
    assert!(desk.run(None, &["status"]).await.status.success(), "without --config it is the running one's");
    engine.stop().await;
    assert!(
        desk.run(Some(&others[0]), &["calls", "list"]).await.status.success(),
        "once nobody runs, any file will do"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_begins_says_first_how_everything_is_and_hears_the_rest() {
    let desk = Desk::new().await;
    // Nobody speaks for a whole second here; a record of none would be asked for again.
    let spoken_for = Fault::fields(&[("duration", "\"18\"")]);
    desk.sim.faults().on(RequestKind::Cdr, usize::MAX, spoken_for);
    let mut engine = desk.watch().await;
    let call = desk.sim.rings("8888-4787", ENDPOINT);
    engine.until("call.detected").await;
    call.answer();
    engine.until("call.connected").await;
    let mut watches = Vec::new();
    for _ in 0..2 {
        let mut command = desk.timbrectl(None);
        command.arg("--json");
        let mut second = Watch::start(command);
        let Event::Status(present) = second.next().await else { panic!("first it says how everything is") };
        assert_eq!(present.status.accounts.len(), 1);
        assert_eq!(present.status.calls.len(), 1, "the call that goes on");
        assert_eq!(present.status.calls[0].number_written, "8888 4787");
        watches.push(second);
    }
    let words = spoken(&desk).await;
    let texts = Catalogue::of(Language::Es);
    assert!(words[0].contains("8888 4787") && words[0].contains(texts.text("state.connected")), "{words:?}");
    assert!(words[1].contains("main: ") && words[1].contains(texts.text("status.account.answers")), "{words:?}");
    call.hang_up();
    engine.until("call.ended").await;
    for mut watch in watches {
        watch.until("call.ended").await;
        watch.stop().await;
    }
    engine.until("call.recorded").await;
    let pending = texts.fill("status.pending", &[("count", "1")]);
    assert!(spoken(&desk).await.contains(&pending), "and what is to be done");
    engine.stop().await;
}

/// The first lines of a watch for people.
async fn spoken(desk: &Desk) -> Vec<String> {
    let mut command = desk.timbrectl(None);
    command.arg("watch").stdout(Stdio::piped());
    tokio::task::spawn_blocking(move || {
        use std::io::{BufRead as _, BufReader};
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = lines.take(2).collect::<Result<Vec<_>, _>>().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        lines
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_listed_with_names_and_what_came_of_the_calls() {
    let desk = Desk::new().await;
    let mut engine = desk.watch().await;
    desk.says(&["contacts", "add", "--name", "Ana Mora", "--company", "Café", "--phone", "8888-4787"]).await;
    let call = desk.sim.rings("8888-4787", ENDPOINT);
    engine.until("popup").await;
    call.answer();
    engine.until("call.connected").await;
    call.hang_up();
    engine.until("call.ended").await;
    desk.says(&["interactions", "add", "--call", "last", "--disposition", "sale", "--comment", "Compró dos"]).await;
    let line = desk.says(&["calls", "list"]).await;
    for part in ["Ana Mora (Café)", "8888 4787", "Sale Compró dos"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let listed: Value = serde_json::from_str(&desk.says(&["calls", "list", "--json"]).await).unwrap();
    let call = &listed["calls"][0];
    assert_eq!((&call["name"], &call["company"]), (&"Ana Mora".into(), &"Café".into()));
    assert_eq!(call["result"]["disposition"], serde_json::json!(["Sale"]));
    assert!(call["key"].as_str().unwrap().starts_with("callmyway:main:"), "and with all there was before: {call}");
    assert!(desk.says(&["interactions", "list"]).await.contains("Ana Mora"), "results say whom they are with");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_is_like_is_told_in_the_readers_language_whatever_the_engine_speaks() {
    let desk = Desk::new().await;
    let mut engine = desk.watch().await;
    let mut readers = Vec::new();
    for (language, name) in [(Language::En, "en"), (Language::Pt, "pt"), (Language::Es, "es")] {
        let mut command = desk.timbrectl(None);
        command.args(["--json", "--language", name, "watch"]).stdout(Stdio::piped());
        readers.push((language, command.spawn().unwrap()));
    }
    // Each has begun when it has said how everything is.
    let mut lines = Vec::new();
    for (language, child) in &mut readers {
        use std::io::{BufRead as _, BufReader};
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        assert!(first.contains("\"status\""), "{first}");
        lines.push((*language, reader));
    }
    desk.sim.stop().await;
    engine.until("provider.state").await;
    for (language, reader) in &mut lines {
        use std::io::BufRead as _;
        let mut line = String::new();
        let told = loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == "provider.state" && event["state"] == "failing" {
                break event;
            }
        };
        let code: timbre_domain::error::ErrorCode = serde_json::from_value(told["code"].clone()).unwrap();
        let texts = Catalogue::of(*language);
        assert_eq!(told["what"], texts.what(code), "{language:?}");
        assert_eq!(told["do"], texts.what_to_do(code), "{language:?}");
    }
    for (_, mut child) in readers {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_read_spanish_are_told_where_a_fault_is_in_spanish_and_that_the_detail_is_english() {
    let desk = Desk::new().await;
    let engine = desk.watch().await;
    let said = String::from_utf8(desk.run(None, &["contacts", "lookup", "Ana"]).await.stderr).unwrap();
    assert!(said.contains("Dónde: número") && said.contains("Detalle técnico (en inglés): number: "), "{said}");
    let said =
        String::from_utf8(desk.run(None, &["--language", "en", "contacts", "lookup", "Ana"]).await.stderr).unwrap();
    assert!(said.contains("\n  number: ") && !said.contains("Where"), "{said}");
    engine.stop().await;
    fs::write(desk.path("other.toml"), "language = \"es\"\ncolour = \"red\"\n").unwrap();
    let said = desk.run(Some(&desk.path("other.toml")), &["--language", "pt", "config", "check"]).await.stderr;
    let said = String::from_utf8(said).unwrap();
    let texts = Catalogue::of(Language::Pt);
    assert!(said.contains("Onde: ") && said.contains("other.toml:2:1"), "{said}");
    assert!(said.contains(texts.text("fault.unknown_key.what")) && said.contains("colour"), "{said}");
}
