//! Stories with a vendor that shows no live calls: the whole engine, with a real database, against a simulated FormCall.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timbre_domain::ports::Clock;
use timbre_engine::CommandError;
use timbre_engine::api::Command;
use timbre_engine::api::event::Event;
use timbre_settings::Settings;
use timbre_simulator::ManualClock;
use timbre_simulator::formcall::{DOCUMENTED_TOKEN, Fault, FormCall, FormCallConfig, RequestEntry};
use timbre_wiring::{Machine, Serves};

use crate::driver::{Driver, Servers, is_on_its_way};
use crate::fakes::{FixedPassword, RememberingShell, StoryDisk};

/// The agent of the stories, as the table of popups names her.
pub const AGENT: &str = "Ana Rojas";

/// The engine with a simulated FormCall.
pub struct FormCallStory {
    driver: Driver,
    /// The simulated vendor, on the story's clock.
    pub sim: FormCall,
    /// The shell that the engine shows its pop-ups on.
    pub shell: Arc<RememberingShell>,
    /// The security token that the engine has.
    pub token: String,
    /// Lines added to the account's settings.
    pub account_settings: String,
    /// The uuid under the agent's name in the table of popups.
    pub popup: String,
    dir: TempDir,
}

impl Deref for FormCallStory {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.driver
    }
}

impl DerefMut for FormCallStory {
    fn deref_mut(&mut self) -> &mut Driver {
        &mut self.driver
    }
}

impl FormCallStory {
    /// A vendor of a kind; the engine is not started yet.
    #[expect(clippy::expect_used, reason = "a story that can't be set up is over")]
    pub async fn prepared(config: FormCallConfig) -> Self {
        let clock = ManualClock::default();
        let popup = config.popups.first().map(|popup| popup.uuid.clone()).unwrap_or_default();
        let sim = FormCall::start(config, Arc::new(clock.clone())).await.expect("the simulator starts");
        Self {
            driver: Driver::on(clock),
            sim,
            shell: Arc::default(),
            token: DOCUMENTED_TOKEN.to_owned(),
            account_settings: String::new(),
            popup,
            dir: tempfile::tempdir().expect("a folder of its own"),
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
            secrets: Arc::new(FixedPassword(Some(self.token.clone()))),
            shell: self.shell.clone(),
            disk: Arc::<StoryDisk>::default(),
            serves: Serves::ThisAgent,
        };
        let data = self.dir.path().join("data");
        let running = timbre_wiring::start_on(settings, &data, machine, true).await.expect("the engine starts");
        self.driver.take(running);
    }

    /// Stops the engine, and lets it finish what it is about to send.
    pub async fn stop(&mut self) {
        self.driver.stop(&mut Vendor(&self.sim)).await;
    }

    /// Has the engine do something.
    ///
    /// # Errors
    /// The engine's.
    pub async fn execute<C: Command>(&mut self, command: C) -> Result<C::Output, CommandError> {
        self.driver.execute(&mut Vendor(&self.sim), command).await
    }

    /// Lets so much time go by, while everybody works.
    pub async fn passes(&mut self, time: Duration) {
        let until = self.clock.elapsed() + time;
        while self.clock.elapsed() < until {
            self.driver.step(&mut Vendor(&self.sim)).await;
        }
    }

    /// Lets time go on until an event is told for which `is` gives something.
    ///
    /// # Panics
    /// When it is never told.
    pub async fn until<T>(&mut self, what: &str, is: impl Fn(&Event) -> Option<T>) -> T {
        self.driver.until(&mut Vendor(&self.sim), what, is).await
    }
}

struct Vendor<'a>(&'a FormCall);

impl Servers for Vendor<'_> {
    async fn news(&mut self) {
        let mut looked = false;
        self.0.wait_until(|_| std::mem::replace(&mut looked, true)).await;
    }

    fn is_answering(&mut self, clock: &ManualClock) -> bool {
        let now = clock.elapsed();
        let is_held = |request: &&RequestEntry| {
            let stalls = match request.fault {
                Some(Fault::AnswerLost | Fault::AnswerLostNothingPlaced) => true,
                Some(Fault::Slow(delay)) => request.arrived.elapsed + delay > now,
                _ => false,
            };
            request.answered.is_none() && stalls
        };
        let ledger = self.0.ledger();
        is_on_its_way(clock, ledger.requests.iter().filter(is_held).map(|request| request.arrived.elapsed).collect())
    }

    fn seen(&self) -> String {
        format!("{:#?}", self.0.ledger())
    }
}
