//! A story: the real engine, the real store and the real adapter against the simulator, on one clock that a test moves.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timbre_domain::call::CallKey;
use timbre_domain::ports::Clock;
use timbre_engine::CommandError;
use timbre_engine::api::Command;
use timbre_engine::api::event::Event;
use timbre_settings::Settings;
use timbre_simulator::clock::ManualClock;
use timbre_simulator::crm::{Crm, CrmConfig, DEFAULT_API_KEY, Outcome, RequestEntry};
use timbre_simulator::ledger::{RequestEntry as VendorRequest, RequestOutcome};
use timbre_simulator::{Fault, Ledger, RequestKind, Simulator, SimulatorConfig};
use timbre_wiring::{Machine, Serves};
use tokio::sync::watch;

use crate::driver::{Driver, STEPS, Servers, is_on_its_way};
use crate::fakes::{FixedPassword, RememberingShell, StoryDisk};

/// The simulator's first endpoint and sign-in.
pub const ENDPOINT: &str = "8373456";
/// The password of that sign-in.
pub const PASSWORD: &str = "secreto";

/// The engine with a vendor, and a CRM where there is one.
pub struct Story {
    driver: Driver,
    /// The simulated vendor, on the story's clock.
    pub sim: Simulator,
    /// The CRM, where the story has one.
    pub crm: Option<Arc<Crm>>,
    /// The shell that the engine shows its pop-ups on.
    pub shell: Arc<RememberingShell>,
    /// The disk under the engine's files.
    pub disk: Arc<StoryDisk>,
    /// Whose calls are followed.
    pub serves: Serves,
    /// The engine's clock, where it is to be another than the story's own.
    pub engine_clock: Arc<dyn Clock>,
    settings: String,
    password: Option<String>,
    dir: TempDir,
    looks: Option<watch::Receiver<u64>>,
    asked_before: usize,
}

impl Deref for Story {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.driver
    }
}

impl DerefMut for Story {
    fn deref_mut(&mut self) -> &mut Driver {
        &mut self.driver
    }
}

impl Story {
    /// The engine and the vendor as they come.
    pub async fn begin() -> Self {
        Self::with(SimulatorConfig::default(), "").await
    }

    /// A vendor of a kind, and lines added to the account's settings.
    pub async fn with(config: SimulatorConfig, account_settings: &str) -> Self {
        let mut story = Self::prepared(config, account_settings).await;
        story.start().await;
        story
    }

    /// The same, with the engine not started yet.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn prepared(config: SimulatorConfig, account_settings: &str) -> Self {
        let clock = ManualClock::default();
        let sim = Simulator::start(config, Arc::new(clock.clone())).await.expect("the simulator starts");
        let settings = format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\nusername = \"{ENDPOINT}\"\n{account_settings}",
            sim.base_url()
        );
        Self {
            driver: Driver::on(clock.clone()),
            sim,
            crm: None,
            shell: Arc::default(),
            disk: Arc::default(),
            serves: Serves::default(),
            engine_clock: Arc::new(clock),
            settings,
            password: Some(PASSWORD.to_owned()),
            dir: tempfile::tempdir().expect("a folder of its own"),
            looks: None,
            asked_before: 0,
        }
    }

    /// The same with a CRM, named `crm`, and lines added to its section of the settings; the engine not started yet.
    pub async fn prepared_with_crm(config: CrmConfig, connector_settings: &str) -> Self {
        Self::prepared(SimulatorConfig::default(), "").await.with_crm(config, connector_settings).await
    }

    /// Adds a CRM, named `crm`, and lines to its section of the settings, before the start.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn with_crm(mut self, mut config: CrmConfig, connector_settings: &str) -> Self {
        if let Some(connector) = config.api_keys.remove(DEFAULT_API_KEY) {
            config.api_keys.insert(PASSWORD.to_owned(), connector);
        }
        let crm = Crm::start(config, Arc::new(self.clock.clone())).await.expect("the CRM starts");
        self.settings.push_str(&format!(
            "[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"{}\"\n{connector_settings}",
            crm.base_url().trim_end_matches("api/v1/")
        ));
        self.crm = Some(Arc::new(crm));
        self
    }

    /// The CRM.
    ///
    /// # Panics
    /// In a story without one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a story knows whether it has one")]
    pub fn crm(&self) -> Arc<Crm> {
        self.crm.clone().expect("the story has a CRM")
    }

    /// The engine signs in with this password; with none, there is none in the keyring.
    #[must_use]
    pub fn password(mut self, password: Option<&str>) -> Self {
        self.password = password.map(str::to_owned);
        self
    }

    /// Another vendor takes the place of this one, as after an outage; it knows nothing of the calls before.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn replace_vendor(&mut self, config: SimulatorConfig) {
        self.sim = Simulator::start(config, Arc::new(self.clock.clone())).await.expect("the simulator starts again");
        self.asked_before = 0;
    }

    /// Adds lines to the account's settings, before the start.
    pub fn add_setting(&mut self, lines: &str) {
        self.settings.push_str(lines);
    }

    /// Changes the settings' text, before a start.
    pub fn change_settings(&mut self, change: impl FnOnce(&str) -> String) {
        self.settings = change(&self.settings);
    }

    /// Stops the engine, lets time go on without it, as with a closed lid, and starts it again a minute before a moment.
    /// The engine's start is over then, and it has just read the vendor's live calls, whatever came before.
    ///
    /// # Panics
    /// When it is later already.
    pub async fn resume_at(&mut self, moment: Duration) {
        const BEFORE: Duration = Duration::from_secs(60);
        self.stop().await;
        assert!(
            self.clock.elapsed() + BEFORE <= moment,
            "it is {:?} already, and not {moment:?}",
            self.clock.elapsed()
        );
        self.advance_to(moment - BEFORE);
        self.start().await;
        self.polls(10).await;
        let before = live_questions(&self.sim.ledger());
        self.advance_to(moment);
        self.polls_after(before, 1).await;
    }

    /// Where the engine's files are.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    #[must_use]
    pub fn settings_text(&self) -> &str {
        &self.settings
    }

    /// The settings as they are written now.
    ///
    /// # Panics
    /// When they are wrong.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub fn settings(&self) -> Settings {
        Settings::parse(&self.settings, timbre_wiring::vendors()).expect("the story's settings are right")
    }

    /// Starts the engine, for the first time or again on the same files.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn start(&mut self) {
        let settings = self.settings();
        let secrets = Arc::new(FixedPassword(self.password.clone()));
        let clock = self.engine_clock.clone();
        let machine =
            Machine { clock, secrets, shell: self.shell.clone(), disk: self.disk.clone(), serves: self.serves.clone() };
        let running =
            timbre_wiring::start_on(settings, &self.data_dir(), machine, true).await.expect("the engine starts");
        self.looks = running.context().sessions().first().map(|session| session.polls());
        self.asked_before = live_questions(&self.sim.ledger());
        self.driver.take(running);
    }

    /// Stops the engine, and lets it finish what it is about to send.
    pub async fn stop(&mut self) {
        let (driver, mut servers) = self.parts();
        driver.stop(&mut servers).await;
    }

    /// Has the engine do something.
    ///
    /// # Errors
    /// The engine's.
    pub async fn execute<C: Command>(&mut self, command: C) -> Result<C::Output, CommandError> {
        let (driver, mut servers) = self.parts();
        driver.execute(&mut servers, command).await
    }

    /// The same for a command that waits for what comes of it: time goes on in small steps.
    ///
    /// # Errors
    /// The engine's.
    pub async fn execute_closely<C: Command>(&mut self, command: C) -> Result<C::Output, CommandError> {
        let (driver, mut servers) = self.parts();
        driver.execute_closely(&mut servers, command).await
    }

    /// Lets time go on until an event is told for which `is` gives something. It looks at what was told after the event
    /// the story waited for last.
    ///
    /// # Panics
    /// When it is never told.
    pub async fn until<T>(&mut self, what: &str, is: impl Fn(&Event) -> Option<T>) -> T {
        let (driver, mut servers) = self.parts();
        driver.until(&mut servers, what, is).await
    }

    /// Lets the vendor be asked `n` more times for the live calls, and everything that follows from it happen.
    ///
    /// # Panics
    /// When it is not asked.
    pub async fn polls(&mut self, n: usize) {
        self.polls_after(live_questions(&self.sim.ledger()), n).await;
    }

    /// The same, counted from so many questions on.
    #[expect(clippy::panic, reason = "what a story waits for in vain fails it")]
    async fn polls_after(&mut self, before: usize, n: usize) {
        let enough = before + n;
        for _ in 0..STEPS {
            let asked = live_questions(&self.sim.ledger());
            let (driver, mut servers) = self.parts();
            if asked >= enough {
                // The answer to the last one is worked off when the engine sleeps again.
                driver.idle(&mut servers).await;
                driver.collect();
                return;
            }
            driver.step(&mut servers).await;
        }
        panic!("the vendor was not asked {n} more times");
    }

    fn parts(&mut self) -> (&mut Driver, VendorAndCrm<'_>) {
        let (sim, crm, looks) = (&self.sim, self.crm.as_deref(), self.looks.clone());
        (&mut self.driver, VendorAndCrm { sim, crm, looks, asked_before: self.asked_before })
    }

    /// How often an event of this name was told.
    pub fn count(&self, name: &str) -> usize {
        self.told.iter().filter(|event| name_of(event) == name).count()
    }
}

/// The servers of a story, and the poller that works off their answers.
struct VendorAndCrm<'a> {
    sim: &'a Simulator,
    crm: Option<&'a Crm>,
    looks: Option<watch::Receiver<u64>>,
    /// How many live questions the vendor had got before the engine started.
    asked_before: usize,
}

impl Servers for VendorAndCrm<'_> {
    async fn news(&mut self) {
        let (mut looked, mut crm_looked) = (false, false);
        tokio::select! {
            () = news_of(self.crm, || std::mem::replace(&mut crm_looked, true)) => {}
            () = self.sim.wait_until(|_| std::mem::replace(&mut looked, true)) => {}
            () = next_look(self.looks.as_mut()) => {}
        }
    }

    /// A question or an answer on its way, a CRM at work, or an answer that is not worked off yet.
    fn is_answering(&mut self, clock: &ManualClock) -> bool {
        let now = clock.elapsed();
        let ledger = self.sim.ledger();
        let held =
            ledger.requests.iter().filter(|request| is_held(request, now)).map(|request| request.arrival.elapsed);
        let (works, held_at_crm) =
            self.crm.map_or((false, Vec::new()), |crm| crm.with_log(|log| at_the_crm(&log.requests, now)));
        if works || is_on_its_way(clock, held.chain(held_at_crm).collect()) {
            return true;
        }
        if ledger.requests_of(RequestKind::Live).last().is_some_and(|last| is_held(last, now)) {
            return false;
        }
        let worked_off = self.looks.as_mut().map_or(u64::MAX, |looks| *looks.borrow_and_update());
        let asked = live_questions(&ledger) - self.asked_before;
        worked_off < asked as u64
    }

    fn seen(&self) -> String {
        format!("{:#?}", self.sim.ledger())
    }
}

/// Whether the vendor answers a question only when time goes on, or never.
fn is_held(request: &VendorRequest, now: Duration) -> bool {
    let stalls = match request.fault {
        Some(Fault::Hang) => true,
        Some(Fault::Slow(delay)) => request.release.elapsed + delay > now,
        _ => false,
    };
    matches!(request.outcome, RequestOutcome::Open) && (stalls || request.release.elapsed > now)
}

/// Whether the CRM is at work on a request, in no time; and when those came that wait for time to go on.
fn at_the_crm(requests: &[RequestEntry], now: Duration) -> (bool, Vec<Duration>) {
    use timbre_simulator::crm::Fault::{HangAfterStoring, HangBeforeStoring, Slow, StoredLate};
    let stalls = |request: &&RequestEntry| match request.fault {
        Some(HangAfterStoring | HangBeforeStoring | StoredLate(_)) => true,
        Some(Slow(delay)) => request.arrived.elapsed + delay > now,
        _ => false,
    };
    let open = requests.iter().rev().take(50).filter(|request| request.outcome == Outcome::Open);
    let (held, working): (Vec<_>, Vec<_>) = open.partition(stalls);
    (
        working.iter().any(|request| request.arrived.elapsed == now),
        held.iter().map(|request| request.arrived.elapsed).collect(),
    )
}

async fn news_of(crm: Option<&Crm>, mut enough: impl FnMut() -> bool) {
    match crm {
        Some(crm) => crm.wait_until(|_| enough()).await,
        None => std::future::pending().await,
    }
}

async fn next_look(looks: Option<&mut watch::Receiver<u64>>) {
    if let Some(looks) = looks
        && looks.changed().await.is_ok()
    {
        return;
    }
    // There is no engine that could look.
    std::future::pending().await
}

fn live_questions(ledger: &Ledger) -> usize {
    ledger.requests_of(RequestKind::Live).count()
}

/// An event's name, as it stands in its JSON.
pub fn name_of(event: &Event) -> &'static str {
    match event {
        Event::Detected(_) => "call.detected",
        Event::Connected(_) => "call.connected",
        Event::Ended(_) => "call.ended",
        Event::Resumed(_) => "call.resumed",
        Event::Identified(_) => "call.identified",
        Event::Recorded(_) => "call.recorded",
        Event::Popup(_) => "popup",
        Event::Dial(_) => "dial.progress",
        Event::Provider(_) => "provider.state",
        Event::Store(_) => "store.state",
        Event::Import(_) => "contacts.import",
        Event::Sync(_) => "contacts.sync",
        Event::OutboxSent(_) => "outbox.sent",
        Event::OutboxWaiting(_) => "outbox.waiting",
        Event::OutboxParked(_) => "outbox.parked",
        Event::Connector(_) => "connector.state",
        Event::Kind(_) => "connector.kind",
        Event::Component(_) => "component.state",
        Event::Status(_) => "status",
    }
}

/// The call an event is about, where it names one by itself.
pub fn key_of(event: &Event) -> Option<&CallKey> {
    match event {
        Event::Detected(c) | Event::Connected(c) | Event::Ended(c) | Event::Resumed(c) | Event::Identified(c) => {
            Some(&c.call_key)
        }
        Event::Recorded(r) => Some(&r.call_key),
        Event::Popup(p) => Some(&p.call_key),
        Event::Dial(_)
        | Event::Provider(_)
        | Event::Store(_)
        | Event::Import(_)
        | Event::Sync(_)
        | Event::OutboxSent(_)
        | Event::OutboxWaiting(_)
        | Event::OutboxParked(_)
        | Event::Connector(_)
        | Event::Kind(_)
        | Event::Component(_)
        | Event::Status(_) => None,
    }
}
