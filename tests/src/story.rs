//! A story: the real engine, the real store and the real adapter against the simulator, on one clock that a test moves.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tempfile::TempDir;
use timbre_domain::call::{AccountName, Call, CallKey};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::notice::Notice;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::{Clock, Disk, SecretStore, Shell};
use timbre_engine::api::commands::{Command, CommandError, OutboxFilter, Reply};
use timbre_engine::api::event::Event;
use timbre_settings::Settings;
use timbre_simulator::clock::ManualClock;
use timbre_simulator::crm::{Crm, CrmConfig, DEFAULT_API_KEY, Outcome, RequestEntry};
use timbre_simulator::ledger::RequestOutcome;
use timbre_simulator::{Fault, Ledger, RequestKind, Simulator, SimulatorConfig};
use timbre_telephony::callmyway::ANSWER_WITHIN;
use timbre_wiring::{Machine, Running, Serves};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::watch;

/// The simulator's first endpoint and sign-in.
pub const ENDPOINT: &str = "8373456";
/// Its password.
pub const PASSWORD: &str = "secreto";

/// A story that needs more steps than this to see something will never see it.
const STEPS: usize = 2_000;

/// How long the engine waits for an answer of the CRM (`espocrm.toml`, `timeout_s`).
const CRM_ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A password that a test chose.
pub struct FixedPassword(pub Option<String>);

#[async_trait]
impl SecretStore for FixedPassword {
    async fn password(&self, _account: &AccountName) -> Result<SecretString, PortError> {
        let missing = || PortError::new(ErrorCode::SecretMissing, "the story has none");
        self.0.clone().map(SecretString::from).ok_or_else(missing)
    }

    async fn keep(&self, _account: &AccountName, _secret: SecretString) -> Result<(), PortError> {
        Ok(())
    }
}

/// A shell that remembers what it was asked to show.
#[derive(Debug, Default)]
pub struct RememberingShell {
    cards: Mutex<Vec<PopupCard>>,
    completed: Mutex<Vec<PopupCard>>,
    changes: Mutex<Vec<Call>>,
    notices: Mutex<Vec<Notice>>,
}

impl RememberingShell {
    /// The pop-ups shown so far.
    pub fn cards(&self) -> Vec<PopupCard> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What pop-ups were completed with so far.
    pub fn completed(&self) -> Vec<PopupCard> {
        self.completed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The changes told so far.
    pub fn changes(&self) -> Vec<Call> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RememberingShell {
    /// The notices told so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shell for RememberingShell {
    fn show_popup(&self, card: &PopupCard) {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).push(card.clone());
    }

    fn complete_popup(&self, card: &PopupCard) {
        self.completed.lock().unwrap_or_else(PoisonError::into_inner).push(card.clone());
    }

    fn call_changed(&self, call: &Call) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
    }

    fn notify(&self, notice: &Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone());
    }
}

/// A disk with as much room as a story says, bytes.
#[derive(Debug)]
pub struct StoryDisk(AtomicU64);

impl StoryDisk {
    /// So much is free from now on, bytes.
    pub fn leave(&self, free: u64) {
        self.0.store(free, Ordering::Relaxed);
    }
}

impl Default for StoryDisk {
    /// With room for everything.
    fn default() -> Self {
        Self(AtomicU64::new(1 << 40))
    }
}

impl Disk for StoryDisk {
    fn free(&self, _folder: &Path) -> std::io::Result<u64> {
        Ok(self.0.load(Ordering::Relaxed))
    }
}

/// A running story.
pub struct Story {
    /// The time, for the engine and the vendor alike.
    pub clock: ManualClock,
    /// The vendor.
    pub sim: Simulator,
    /// The CRM, where the story has one.
    pub crm: Option<Arc<Crm>>,
    /// What was shown.
    pub shell: Arc<RememberingShell>,
    /// The disk under the engine's files.
    pub disk: Arc<StoryDisk>,
    /// Whose calls are followed.
    pub serves: Serves,
    /// The engine's clock, where it is to be another than the story's own.
    pub engine_clock: Arc<dyn Clock>,
    /// Everything told so far.
    pub told: Vec<Event>,
    /// How many of them a story has already waited for.
    seen: usize,
    settings: String,
    password: Option<String>,
    dir: TempDir,
    running: Option<Running>,
    looks: Option<watch::Receiver<u64>>,
    asked_before: usize,
    events: Option<Receiver<Event>>,
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
            clock: clock.clone(),
            sim,
            crm: None,
            shell: Arc::default(),
            disk: Arc::default(),
            serves: Serves::default(),
            engine_clock: Arc::new(clock.clone()),
            told: Vec::new(),
            seen: 0,
            settings,
            password: Some(PASSWORD.to_owned()),
            dir: tempfile::tempdir().expect("a folder of its own"),
            running: None,
            looks: None,
            asked_before: 0,
            events: None,
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

    /// The settings' text.
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
        let mut running =
            timbre_wiring::start_on(settings, &self.data_dir(), machine, true).await.expect("the engine starts");
        self.events = Some(running.take_first_events());
        self.looks = running.context().sessions().first().map(|session| session.polls());
        self.asked_before = live_questions(&self.sim.ledger());
        self.running = Some(running);
    }

    /// Stops the engine.
    #[expect(clippy::expect_used, reason = "an engine that does not stop cleanly fails every story")]
    pub async fn stop(&mut self) {
        self.collect();
        let Some(running) = self.running.take() else { return };
        let stopping = running.stop();
        tokio::pin!(stopping);
        // Whoever waits for an answer is given a moment to finish, so that time must go on.
        loop {
            tokio::select! {
                biased;
                stopped = &mut stopping => return stopped.expect("the engine stops cleanly"),
                deadline = self.idle() => self.advance_to(deadline),
            }
        }
    }

    /// Has the engine do something.
    ///
    /// # Errors
    /// The engine's.
    #[expect(clippy::expect_used, reason = "a story asks a running engine")]
    pub async fn execute(&mut self, command: Command) -> Result<Reply, CommandError> {
        let context = self.running.as_ref().expect("the engine runs").context();
        // Commands may wait for slots of the throttle, so the time must go on meanwhile.
        let doing = context.execute(command);
        tokio::pin!(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                deadline = self.idle() => self.advance_to(deadline),
            }
        }
    }

    /// The same for a command that waits for what comes of it: time goes on in small steps, and everybody who works meanwhile
    /// gets further in each.
    ///
    /// # Errors
    /// The engine's.
    #[expect(clippy::expect_used, reason = "a story asks a running engine")]
    pub async fn execute_closely(&mut self, command: Command) -> Result<Reply, CommandError> {
        const STEP: Duration = Duration::from_millis(100);
        let context = self.running.as_ref().expect("the engine runs").context();
        let doing = context.execute(command);
        tokio::pin!(doing);
        loop {
            let deadline = tokio::select! {
                biased;
                done = &mut doing => return done,
                deadline = self.idle() => deadline,
            };
            // Whoever writes to the database or speaks to the CRM is seen by no clock: each look takes as long as theirs.
            for _ in 0..20 {
                let looks = context.execute(Command::OutboxList(OutboxFilter::default()));
                tokio::select! {
                    biased;
                    done = &mut doing => return done,
                    _ = looks => {}
                }
            }
            self.advance_to(deadline.min(self.clock.elapsed() + STEP));
        }
    }

    fn advance_to(&self, deadline: Duration) {
        self.clock.advance(deadline.saturating_sub(self.clock.elapsed()));
    }

    /// Lets time go on until an event is told for which `is` gives something. It looks at what was told after the event
    /// the story waited for last.
    ///
    /// # Panics
    /// When it is never told.
    #[expect(clippy::panic, reason = "what a story waits for in vain fails it")]
    pub async fn until<T>(&mut self, what: &str, is: impl Fn(&Event) -> Option<T>) -> T {
        for _ in 0..STEPS {
            self.collect();
            while let Some(event) = self.told.get(self.seen) {
                self.seen += 1;
                if let Some(found) = is(event) {
                    return found;
                }
            }
            self.step().await;
        }
        panic!("never told by {:?}: {what}\n{:#?}\n{:#?}", self.clock.elapsed(), self.told, self.sim.ledger());
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
            if live_questions(&self.sim.ledger()) >= enough {
                // The answer to the last one is worked off when the engine sleeps again.
                self.idle().await;
                self.collect();
                return;
            }
            self.step().await;
        }
        panic!("the vendor was not asked {n} more times");
    }

    /// One deadline further, or one event if that comes first.
    async fn step(&mut self) {
        let deadline = self.idle().await;
        let told = self.told.len();
        self.collect();
        if self.told.len() == told {
            self.advance_to(deadline);
        }
    }

    /// Resolves when everybody waits for time to go on, with the next moment somebody waits for.
    ///
    /// Nothing sleeps here: it looks again whenever a sleeper, the vendor or the poller has moved.
    async fn idle(&self) -> Duration {
        let mut looks = self.looks.clone();
        let mut storing = self.running.as_ref().map(|running| running.context().storing());
        let mut sleepers = self.clock.changes();
        loop {
            sleepers.mark_unchanged();
            // Whoever was woken a moment ago goes first.
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            // Time stands still while something is written: a slow disk is no reason to be late.
            let stores = storing.as_mut().is_some_and(|storing| *storing.borrow_and_update() > 0);
            if !stores && let Some(deadline) = self.next_deadline(looks.as_mut()) {
                return deadline;
            }
            let mut looked = false;
            let mut crm_looked = false;
            tokio::select! {
                _ = sleepers.changed() => {}
                () = news_of(self.crm.as_deref(), || std::mem::replace(&mut crm_looked, true)) => {}
                () = self.sim.wait_until(|_| std::mem::replace(&mut looked, true)) => {}
                () = next_look(looks.as_mut()) => {}
                () = next_write(storing.as_mut()) => {}
            }
        }
    }

    /// The next moment somebody waits for, unless something is still on its way: a question that has no answer yet (its
    /// time-out began just now, for time stands still meanwhile), or a look that is not worked off yet. A vendor that
    /// keeps silent, or is slow, needs time to go on all the same.
    fn next_deadline(&self, looks: Option<&mut watch::Receiver<u64>>) -> Option<Duration> {
        let ledger = self.sim.ledger();
        let stalls = |fault: &Option<Fault>| matches!(fault, Some(Fault::Hang | Fault::Slow(_)));
        let stalled = ledger.requests.iter().any(|r| matches!(r.outcome, RequestOutcome::Open) && stalls(&r.fault));
        let at_the_crm =
            self.crm.as_ref().map_or(AtTheCrm::Nothing, |crm| crm.with_log(|log| at_the_crm(&log.requests)));
        if at_the_crm == AtTheCrm::Answering {
            return None;
        }
        if !stalled {
            let worked_off = looks.map_or(u64::MAX, |looks| *looks.borrow_and_update());
            let asked = live_questions(&ledger) - self.asked_before;
            // A CRM that keeps silent has begun its time-out just now, too, and time must go on.
            let just_asked = at_the_crm == AtTheCrm::Nothing
                && [ANSWER_WITHIN, CRM_ANSWER_WITHIN]
                    .iter()
                    .any(|within| self.clock.deadlines().contains(&(self.clock.elapsed() + *within)));
            if worked_off < asked as u64 || just_asked {
                return None;
            }
        }
        self.clock.next_deadline()
    }

    /// Takes what was told without waiting.
    pub fn collect(&mut self) {
        let Some(events) = &mut self.events else { return };
        loop {
            match events.try_recv() {
                Ok(event) => self.told.push(event),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// How often an event of this name was told.
    pub fn count(&self, name: &str) -> usize {
        self.told.iter().filter(|event| name_of(event) == name).count()
    }
}

/// What the CRM is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtTheCrm {
    Nothing,
    /// An answer is on its way, in no time.
    Answering,
    /// Somebody waits for an answer that needs time to go on.
    Stalling,
}

fn at_the_crm(requests: &[RequestEntry]) -> AtTheCrm {
    use timbre_simulator::crm::Fault::{HangAfterStoring, HangBeforeStoring, Slow, StoredLate};
    let stalls = |fault: &Option<timbre_simulator::crm::Fault>| {
        matches!(fault, Some(HangAfterStoring | HangBeforeStoring | Slow(_) | StoredLate(_)))
    };
    let mut open = requests.iter().rev().take(50).filter(|request| request.outcome == Outcome::Open).peekable();
    if open.peek().is_none() {
        AtTheCrm::Nothing
    } else if open.all(|request| stalls(&request.fault)) {
        AtTheCrm::Stalling
    } else {
        AtTheCrm::Answering
    }
}

async fn news_of(crm: Option<&Crm>, mut enough: impl FnMut() -> bool) {
    match crm {
        Some(crm) => crm.wait_until(|_| enough()).await,
        None => std::future::pending().await,
    }
}

async fn next_write(storing: Option<&mut watch::Receiver<usize>>) {
    match storing {
        // The engine that wrote is gone, and nobody waits for it.
        Some(storing) => drop(storing.changed().await),
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
        | Event::Component(_) => None,
    }
}
