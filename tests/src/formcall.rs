//! Stories with a vendor that shows no live calls: the whole engine, with a real database, against a simulated FormCall.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tempfile::TempDir;
use timbre_domain::error::PortError;
use timbre_domain::ports::{Clock, SecretStore};
use timbre_domain::secret::SecretName;
use timbre_engine::api::commands::{Command, CommandError, Reply};
use timbre_engine::api::event::Event;
use timbre_settings::Settings;
use timbre_simulator::ManualClock;
use timbre_simulator::formcall::{DOCUMENTED_TOKEN, Fault, FormCall, FormCallConfig, RequestEntry};
use timbre_wiring::{Machine, Running, Serves};
use tokio::sync::broadcast::Receiver;

use crate::story::{RememberingShell, StoryDisk};

/// How many steps a story may take to what it waits for.
const STEPS: usize = 2_000;
/// The adapter's own time-out: a deadline so far ahead means that a request has just gone out.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The agent of the stories, as the table of popups names her.
pub const AGENT: &str = "Ana Rojas";

struct Token(String);

#[async_trait]
impl SecretStore for Token {
    async fn password(&self, _name: &SecretName) -> Result<SecretString, PortError> {
        Ok(SecretString::from(self.0.clone()))
    }

    async fn keep(&self, _name: &SecretName, _secret: SecretString) -> Result<(), PortError> {
        Ok(())
    }
}

/// A running story.
pub struct FormCallStory {
    /// The time, for the engine and the vendor alike.
    pub clock: ManualClock,
    /// The vendor.
    pub sim: FormCall,
    /// What was shown.
    pub shell: Arc<RememberingShell>,
    /// Everything told so far.
    pub told: Vec<Event>,
    seen: usize,
    /// The security token that the engine has.
    pub token: String,
    /// Lines added to the account's settings.
    pub account_settings: String,
    /// The uuid under the agent's name in the table of popups.
    pub popup: String,
    dir: TempDir,
    running: Option<Running>,
    events: Option<Receiver<Event>>,
}

impl FormCallStory {
    /// A vendor of a kind; the engine is not started yet.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn prepared(config: FormCallConfig) -> Self {
        let clock = ManualClock::default();
        let popup = config.popups.first().map(|popup| popup.uuid.clone()).unwrap_or_default();
        let sim = FormCall::start(config, Arc::new(clock.clone())).await.expect("the simulator starts");
        Self {
            clock,
            sim,
            shell: Arc::default(),
            told: Vec::new(),
            seen: 0,
            token: DOCUMENTED_TOKEN.to_owned(),
            account_settings: String::new(),
            popup,
            dir: tempfile::tempdir().expect("a folder of its own"),
            running: None,
            events: None,
        }
    }

    /// The engine and the vendor as they come.
    pub async fn begin() -> Self {
        let mut story = Self::prepared(FormCallConfig::default()).await;
        story.start().await;
        story
    }

    /// Where the engine's files are.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Starts the engine, for the first time or again on the same files.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn start(&mut self) {
        let (url, popup, more) = (self.sim.base_url(), &self.popup, &self.account_settings);
        let text = format!(
            "agent = \"{AGENT}\"\ncountry = \"CL\"\n[[accounts]]\nname = \"main\"\nprovider = \"formcall\"\n\
             base_url = \"{url}\"\nlist_interval_ms = 2000\npopups = {{ \"{AGENT}\" = \"{popup}\" }}\n{more}"
        );
        let settings = Settings::parse(&text, timbre_wiring::vendors()).expect("the story's settings are right");
        let machine = Machine {
            clock: Arc::new(self.clock.clone()),
            secrets: Arc::new(Token(self.token.clone())),
            shell: self.shell.clone(),
            disk: Arc::<StoryDisk>::default(),
            serves: Serves::ThisAgent,
        };
        let data = self.dir.path().join("data");
        let mut running = timbre_wiring::start_on(settings, &data, machine, true).await.expect("the engine starts");
        self.events = Some(running.take_first_events());
        self.running = Some(running);
    }

    /// Stops the engine.
    #[expect(clippy::expect_used, reason = "an engine that does not stop cleanly fails every story")]
    pub async fn stop(&mut self) {
        self.collect();
        let Some(running) = self.running.take() else { return };
        let stopping = running.stop();
        tokio::pin!(stopping);
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

    /// Lets time go on until an event is told for which `is` gives something.
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
            let deadline = self.idle().await;
            let told = self.told.len();
            self.collect();
            if self.told.len() == told {
                self.advance_to(deadline);
            }
        }
        panic!("never told by {:?}: {what}\n{:#?}\n{:#?}", self.clock.elapsed(), self.told, self.sim.ledger());
    }

    fn advance_to(&self, deadline: Duration) {
        self.clock.advance(deadline.saturating_sub(self.clock.elapsed()));
    }

    /// Resolves when everybody waits for time to go on, with the next moment somebody waits for.
    async fn idle(&self) -> Duration {
        let mut storing = self.running.as_ref().map(|running| running.context().storing());
        let mut sleepers = self.clock.changes();
        loop {
            sleepers.mark_unchanged();
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            let stores = storing.as_mut().is_some_and(|storing| *storing.borrow_and_update() > 0);
            if !stores && let Some(deadline) = self.next_deadline() {
                return deadline;
            }
            let mut looked = false;
            tokio::select! {
                _ = sleepers.changed() => {}
                () = self.sim.wait_until(|_| std::mem::replace(&mut looked, true)) => {}
                () = async {
                    match storing.as_mut() {
                        Some(storing) => drop(storing.changed().await),
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }

    /// The next moment somebody waits for, unless an answer is on its way in no time. One that never comes, or is slow, needs
    /// time to go on.
    fn next_deadline(&self) -> Option<Duration> {
        let stalls = |request: &&RequestEntry| {
            matches!(request.fault, Some(Fault::AnswerLost | Fault::AnswerLostNothingPlaced | Fault::Slow(_)))
        };
        let ledger = self.sim.ledger();
        let stalled = ledger.requests.iter().filter(|request| request.answered.is_none()).any(|one| stalls(&one));
        let just_asked = self.clock.deadlines_begun_now().contains(&(self.clock.elapsed() + ANSWER_WITHIN));
        if just_asked && !stalled {
            return None;
        }
        self.clock.next_deadline()
    }

    /// Takes what was told without waiting.
    pub fn collect(&mut self) {
        let Some(events) = &mut self.events else { return };
        while let Ok(event) = events.try_recv() {
            self.told.push(event);
        }
    }
}
