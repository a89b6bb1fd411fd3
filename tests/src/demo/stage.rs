//! The stage: the vendor, the programs, and where there is no display, a virtual one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tempfile::TempDir;
use timbre_domain::contact::ContactId;
use timbre_domain::outbox::OutboxItem;
use timbre_domain::ports::Clock as _;
use timbre_engine::api::CallRecord;
use timbre_engine::api::event::Event;
use timbre_engine::contacts::lookup::LookedUp;
use timbre_engine::crm::contact_sync::SyncReport;
use timbre_simulator::crm::{Crm, DEFAULT_API_KEY};
use timbre_simulator::{RealClock, SignIn, Simulator, SimulatorConfig};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::cast::Person;
#[cfg(target_os = "linux")]
use super::desk::Desk;
#[cfg(not(target_os = "linux"))]
use super::no_desktop::Desk;
use super::pictures::Pictures;
use super::{Options, Trouble, office, paper};
use crate::hasty;

pub(super) const ENDPOINT: &str = "8373456";
/// How long anything may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Stage {
    pub(super) sim: Simulator,
    pub(super) crm: Crm,
    pub(super) clock: RealClock,
    pub(super) pictures: Pictures,
    pub(super) programs: Programs,
    watch: Watch,
    pub(super) app: Option<App>,
    _dir: TempDir,
}

/// `timbrectl watch`, and everything it has told.
pub(super) struct Watch {
    child: Child,
    events: Lines<BufReader<ChildStdout>>,
    pub(super) told: Vec<Event>,
}

pub(super) struct App {
    // Before the desk: its programs end first.
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The calls whose pop-ups were painted.
    painted: Vec<String>,
    /// The virtual desktop; nothing on a person's own.
    pub(super) desk: Option<Desk>,
}

/// How timbrectl and timbre are run.
#[derive(Clone)]
pub(super) struct Programs {
    pub(super) bin_dir: PathBuf,
    pub(super) config: PathBuf,
    pub(super) data_dir: PathBuf,
    pub(super) environment: Vec<(String, String)>,
}

impl Programs {
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin_dir.join(program));
        command.arg("--config").arg(&self.config).arg("--data-dir").arg(&self.data_dir);
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Waits until an engine on the data folder answers commands.
    pub(super) async fn answers(&self) -> Result<(), Trouble> {
        let clock = RealClock::new();
        while !self.data_dir.join("timbre.sock").exists() {
            if clock.elapsed() > PATIENCE {
                return Err("Timbre did not start".into());
            }
            clock.sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Runs `timbrectl` and reads what it answers under this name; under none, the whole answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, args: &[&str], name: &str) -> Result<T, Trouble> {
        let output = self.command("timbrectl").arg("--json").args(args).output().await?;
        if !output.status.success() {
            return Err(format!("timbrectl {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into());
        }
        let mut answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok(serde_json::from_value(if name.is_empty() { answer } else { answer[name].take() })?)
    }
}

impl Stage {
    pub(super) async fn set(options: &Options) -> Result<Self, Trouble> {
        let password = format!("clave-{}", options.seed);
        let config = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, &password)],
            endpoints: vec![("43715".to_owned(), ENDPOINT.to_owned())],
            reading_interval: options.reading_interval(),
            seed: options.seed,
            ..SimulatorConfig::default()
        };
        let clock = RealClock::new();
        let sim = Simulator::start(config, Arc::new(clock.clone())).await?;
        let crm = Crm::start(office::config(options.seed), Arc::new(clock.clone())).await?;
        let dir = tempfile::tempdir()?;
        let settings = dir.path().join("timbre.toml");
        // The CRM's time is as hasty as the vendor's clock.
        let hasty = hasty::espocrm(&[("timeout_s", "4"), ("settles_within_s", "5")])?;
        std::fs::write(dir.path().join("espocrm.toml"), hasty)?;
        let crm_url = crm.base_url();
        std::fs::write(&settings, settings_of(options, &sim.base_url(), crm_url.trim_end_matches("api/v1/"))?)?;
        let mut programs = Programs {
            bin_dir: std::path::absolute(&options.bin_dir)?,
            config: settings,
            data_dir: dir.path().join("data"),
            environment: vec![
                ("TIMBRE_SECRET_DEMO".to_owned(), password),
                ("TIMBRE_SECRET_CRM".to_owned(), DEFAULT_API_KEY.to_owned()),
            ],
        };
        let mut pictures = Pictures::into(std::path::absolute(&options.out)?, clock.clone());
        let app = if options.headless {
            None
        } else {
            Some(App::open(&mut programs, &mut pictures, dir.path(), options).await?)
        };
        let watch = Watch::start(&programs, app.is_some()).await?;
        let mut stage = Self { sim, crm, clock, pictures, programs, watch, app, _dir: dir };
        stage.until("the vendor answers", |event| matches!(event, Event::Provider(_)).then_some(())).await.or_else(
            |trouble| {
                // A listener that came after the first answer hears of no change.
                if stage.app.is_some() { Ok(()) } else { Err(trouble) }
            },
        )?;
        Ok(stage)
    }

    /// Brings the CRM's contacts here; gives how many there are.
    pub(super) async fn sync(&self) -> Result<u64, Trouble> {
        let reports: Vec<SyncReport> = self.programs.ask(&["contacts", "sync"], "reports").await?;
        Ok(reports.iter().map(|report| report.added + report.unchanged).sum())
    }

    /// Our id of a contact who came from the CRM.
    pub(super) async fn contact(&self, person: &Person) -> Result<ContactId, Trouble> {
        let found: LookedUp = self.programs.ask(&["contacts", "lookup", &person.number], "").await?;
        let found = found.contacts.into_iter().find(|found| found.contact.name == person.name);
        Ok(found.ok_or("a contact did not come from the CRM")?.contact.id)
    }

    /// Saves what came of a call, as the agent would.
    pub(super) async fn save(&self, args: &[String]) -> Result<(), Trouble> {
        let args: Vec<&str> = ["interactions", "add"].into_iter().chain(args.iter().map(String::as_str)).collect();
        self.programs.ask::<serde_json::Value>(&args, "").await.map(drop)
    }

    /// What is in the outbox, sent or not.
    pub(super) async fn outbox(&self) -> Result<Vec<OutboxItem>, Trouble> {
        self.programs.ask(&["outbox", "list", "--all", "--limit", "1000"], "items").await
    }

    /// Dials as a person at a second window would.
    pub(super) fn dial(&self, number: &str, contact: ContactId) -> Result<Child, Trouble> {
        let contact = contact.to_string();
        let mut dial = self.programs.command("timbrectl");
        Ok(dial.args(["dial", number, "--contact", &contact]).stdout(Stdio::null()).spawn()?)
    }

    pub(super) async fn history(&self) -> Result<Vec<CallRecord>, Trouble> {
        self.programs.ask(&["calls", "list"], "calls").await
    }

    /// The next event for which `is` gives something; everything before it is kept.
    pub(super) async fn until<T>(&mut self, what: &str, is: impl Fn(&Event) -> Option<T>) -> Result<T, Trouble> {
        let patience =
            if what == "the vendor answers" && self.app.is_some() { Duration::from_secs(1) } else { PATIENCE };
        self.watch.until_within(patience, what, is).await
    }

    /// Everything told so far.
    pub(super) fn told(&self) -> &[Event] {
        &self.watch.told
    }

    /// Waits until the pop-ups of these calls are painted.
    pub(super) async fn painted(&mut self, callids: &[String]) -> Result<(), Trouble> {
        match &mut self.app {
            Some(app) => app.painted(callids).await,
            None => Ok(()),
        }
    }

    /// Takes a picture of the screen; where somebody watches their own, they get time to look.
    pub(super) async fn situation(&mut self, name: &str) -> Result<(), Trouble> {
        match &self.app {
            Some(App { desk: Some(desk), .. }) => self.pictures.take(desk, name).await?,
            Some(_) => self.clock.sleep(Duration::from_secs(3)).await,
            None => {}
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    pub(super) fn desk(&mut self) -> Result<&mut Desk, Trouble> {
        self.app.as_mut().and_then(|app| app.desk.as_mut()).ok_or_else(|| "there is no virtual desktop".into())
    }

    /// What was told, for finding out what went wrong.
    pub(super) fn dump(&self) {
        for event in &self.watch.told {
            eprintln!("{}", serde_json::to_string(event).unwrap_or_default());
        }
    }

    pub(super) async fn strike(mut self) -> Result<(), Trouble> {
        self.watch.end().await?;
        if let Some(app) = &mut self.app {
            app.end().await?;
        }
        self.sim.stop().await;
        self.crm.stop().await;
        Ok(())
    }
}

impl App {
    /// Opens the windows where there is a display, else on a virtual one.
    async fn open(
        programs: &mut Programs,
        pictures: &mut Pictures,
        dir: &Path,
        options: &Options,
    ) -> Result<Self, Trouble> {
        let desk = Self::desktop(programs, pictures, dir, options)?;
        #[cfg(target_os = "linux")]
        let desk = match desk {
            Some(mut desk) => {
                let profile = dir.join("first-run");
                super::first_run::play(&mut desk, programs, pictures, &profile, options).await?;
                Some(desk)
            }
            None => None,
        };
        Self::begin(programs, desk)
    }

    /// A virtual desktop where there is no display; nothing on a person's own.
    pub(super) fn desktop(
        programs: &mut Programs,
        pictures: &mut Pictures,
        dir: &Path,
        options: &Options,
    ) -> Result<Option<Desk>, Trouble> {
        if options.on_virtual_display() {
            let desk = Desk::open(&dir.join("desktop"), options.dark)?;
            programs.environment.extend(desk.env().iter().cloned());
            // The narrator's clock, and that of the country whose numbers these are.
            programs.environment.push(("TZ".to_owned(), "America/Costa_Rica".to_owned()));
            pictures.clear()?;
            return Ok(Some(desk));
        }
        if options.dark {
            programs.environment.push(("GTK_THEME".to_owned(), "Adwaita:dark".to_owned()));
        }
        Ok(None)
    }

    pub(super) fn begin(programs: &Programs, desk: Option<Desk>) -> Result<Self, Trouble> {
        let mut timbre = programs.command("timbre");
        if desk.is_some() {
            // As after a log-in: the agent's desk is empty, and Timbre in the tray.
            timbre.arg("--background");
        }
        let mut child = timbre.env("TIMBRE_PAINT_LOG", "1").stdout(Stdio::piped()).spawn()?;
        let lines = lines(&mut child)?;
        Ok(Self { child, lines, painted: Vec::new(), desk })
    }

    /// Waits until the pop-ups of these calls are painted.
    pub(super) async fn painted(&mut self, callids: &[String]) -> Result<(), Trouble> {
        let missing = |app: &Self| callids.iter().any(|callid| !app.painted.iter().any(|key| key.ends_with(callid)));
        while missing(self) {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.map_err(|_| "no pop-up was painted")??;
            let line: serde_json::Value = serde_json::from_str(&line.ok_or("timbre ended")?)?;
            if line["event"] == "popup.painted" {
                self.painted.push(line["call_key"].as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(())
    }

    /// Ends Timbre, and waits for it.
    pub(super) async fn end(&mut self) -> Result<(), Trouble> {
        Ok(end(&mut self.child).await?)
    }

    /// Its process; nothing once it has ended.
    #[cfg(target_os = "linux")]
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

fn settings_of(options: &Options, base_url: &str, crm_url: &str) -> Result<String, Trouble> {
    let language = serde_json::to_value(options.language)?;
    let of_the_day =
        if options.on_virtual_display() { paper::settings(options.language) } else { office::dispositions() };
    Ok(format!(
        "language = {language}\nagent = \"Ana Agente\"\n[[accounts]]\nname = \"demo\"\nprovider = \"callmyway\"\nbase_url = \"{base_url}\"\n\
         username = \"{ENDPOINT}\"\ncurrency = \"CRC\"\nreading_interval_ms = {}\n{}{of_the_day}",
        options.reading_interval().as_millis(),
        office::settings(crm_url, options.real_time),
    ))
}

impl Watch {
    /// Starts `timbrectl watch`: as the engine, or as a listener of the windows' engine as soon as that can be reached.
    pub(super) async fn start(programs: &Programs, listens: bool) -> Result<Self, Trouble> {
        if listens {
            // The command is answered by the windows' engine once it holds the data folder and its socket is there.
            programs.answers().await?;
        }
        let mut child = programs.command("timbrectl").args(["--json", "watch"]).stdout(Stdio::piped()).spawn()?;
        let events = lines(&mut child)?;
        Ok(Self { child, events, told: Vec::new() })
    }

    /// The next event for which `is` gives something; everything before it is kept.
    pub(super) async fn until<T>(&mut self, what: &str, is: impl Fn(&Event) -> Option<T>) -> Result<T, Trouble> {
        self.until_within(PATIENCE, what, is).await
    }

    async fn until_within<T>(
        &mut self,
        patience: Duration,
        what: &str,
        is: impl Fn(&Event) -> Option<T>,
    ) -> Result<T, Trouble> {
        let waiting = async {
            loop {
                let event = self.next_event().await?;
                if let Some(found) = is(&event) {
                    return Ok(found);
                }
            }
        };
        match tokio::time::timeout(patience, waiting).await {
            Ok(found) => found,
            Err(_) => Err(format!("waited {} s in vain: {what}", patience.as_secs()).into()),
        }
    }

    async fn next_event(&mut self) -> Result<Event, Trouble> {
        let line = self.events.next_line().await?.ok_or("timbrectl watch ended")?;
        let event: Event = serde_json::from_str(&line)?;
        self.told.push(event.clone());
        Ok(event)
    }

    /// Ends it, and waits for it.
    pub(super) async fn end(&mut self) -> Result<(), Trouble> {
        Ok(end(&mut self.child).await?)
    }
}

fn lines(child: &mut Child) -> io::Result<Lines<BufReader<ChildStdout>>> {
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
    Ok(BufReader::new(stdout).lines())
}

/// Asks a program to end, and waits for it.
pub(super) async fn end(child: &mut Child) -> io::Result<()> {
    if let Some(id) = child.id() {
        std::process::Command::new("kill").arg(id.to_string()).status()?;
        if tokio::time::timeout(Duration::from_secs(10), child.wait()).await.is_err() {
            child.kill().await?;
            return Err(io::Error::other("a program did not end when it was asked to"));
        }
    }
    Ok(())
}
