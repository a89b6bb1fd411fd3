//! The office: the vendor, the CRM, the desk, and what the agent did.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timbre_domain::call::CallKey;
use timbre_domain::contact::PhoneKind;
use timbre_domain::crm::ConnectorTest;
use timbre_domain::interaction::{FollowUp, InteractionEdit};
use timbre_domain::outbox::{OutboxItem, OutboxState, RetryHow, RetryOutcome};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::event::Event;
use timbre_engine::api::socket::Client;
use timbre_engine::api::{Command, InteractionFilter, InteractionRef, OutboxFilter, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::crm::{
    Access, ApiUser, Crm, CrmConfig, CustomField, DEFAULT_API_KEY, Fault, FaultMix, Moment, Role,
};
use timbre_simulator::dice::Dice;
use timbre_simulator::{RealClock, SignIn, Simulator, SimulatorConfig};

use super::damage;
use super::desk::Desk;
use super::facts::{Phase, Remains, names, phase};
use super::verdict::{self, Expected, Verdict};
use super::{Options, Trouble};
use crate::hasty;

const ENDPOINT: &str = "8373456";
const NUMBERS: [&str; 4] = ["88884787", "88883333", "22224444", "60001111"];
/// How long anything may take before the torture gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the outbox may take to empty once the CRM is well again.
const DRAINS_WITHIN: Duration = Duration::from_secs(600);
/// How long the connector waits: for an answer, before it searches, and when it is locked out.
const WAITS: [(&str, &str); 4] =
    [("timeout_s", "2"), ("settles_within_s", "1"), ("wait_s", "1"), ("per_second", "1000")];
/// How late the CRM may store what it was sent: less than the connector waits before it searches.
const LATE_AT_MOST: Duration = Duration::from_millis(600);

pub(super) struct Office {
    vendor: Simulator,
    crm: Arc<Crm>,
    desk: Desk,
    client: Option<Client>,
    clock: RealClock,
    expected: Vec<Expected>,
    calls: u32,
    /// Contacts that nobody calls.
    typed: u32,
    _dir: TempDir,
}

/// What an agent writes of a call.
pub(super) struct Written {
    key: CallKey,
    comment: String,
    follow_up: bool,
}

impl Office {
    pub(super) async fn open(options: &Options) -> Result<Self, Trouble> {
        let clock = RealClock::new();
        let interval = Duration::from_millis(20);
        let vendor = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, "clave")],
            endpoints: vec![("43715".to_owned(), ENDPOINT.to_owned())],
            reading_interval: interval,
            seed: options.seed,
            ..SimulatorConfig::default()
        };
        let vendor = Simulator::start(vendor, Arc::new(clock.clone())).await?;
        let crm = Arc::new(Crm::start(crm_config(options.seed), Arc::new(clock.clone())).await?);
        let dir = tempfile::tempdir()?;
        let connector = dir.path().join("torture.toml");
        std::fs::write(&connector, hasty::espocrm(&WAITS)?)?;
        std::fs::write(
            dir.path().join("timbre.toml"),
            format!(
                "agent = \"Ana\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\n\
                 username = \"{ENDPOINT}\"\nreading_interval_ms = 20\n\
                 [[connectors]]\nname = \"crm\"\nfile = \"{}\"\nbase_url = \"{}\"\nsync_contacts = false\n\
                 [connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n",
                vendor.base_url(),
                connector.display(),
                crm.base_url().trim_end_matches("api/v1/"),
            ),
        )?;
        let environment = vec![
            ("TIMBRE_SECRET_MAIN".to_owned(), "clave".to_owned()),
            ("TIMBRE_SECRET_CRM".to_owned(), DEFAULT_API_KEY.to_owned()),
            ("TIMBRE_LOG".to_owned(), "warn".to_owned()),
        ];
        let desk = Desk::new(&options.bin_dir, dir.path(), environment)?;
        let client = Some(desk.start().await?);
        let mut office = Self { vendor, crm, desk, client, clock, expected: Vec::new(), calls: 0, typed: 0, _dir: dir };
        // Some callers are known, and some of those are new to the CRM.
        for number in &NUMBERS[..2] {
            let edit = ContactEdit {
                name: Some(format!("Contacto {number}")),
                phones: Some(vec![((*number).to_owned(), PhoneKind::Mobile)]),
                ..ContactEdit::default()
            };
            office.ask(command::ContactsAdd(edit)).await?;
        }
        office.expected.push(Expected::contacts(2));
        office.crm.faults().at_random(options.seed, mix());
        Ok(office)
    }

    /// A call comes and ends, its result is saved, the engine is killed somewhere on the result's way to the CRM and
    /// started again. Gives what the kill hit.
    pub(super) async fn run(&mut self, aim: Phase, dice: &mut Dice) -> Result<Phase, Trouble> {
        let since = self.crm.with_log(|log| log.requests.len());
        self.administrator(dice);
        let key = self.call(dice).await?;
        self.calls += 1;
        let comment = format!("Resultado {} de la gestión: \"ñandú\" {{{{ x }}}} <b> & 日本", self.calls);
        let follow_up = dice.below(3) == 0;
        let clock = self.clock.clone();
        let save = || save(&key, &comment, follow_up, clock.now());
        if dice.below(12) == 0 {
            // An hour at the CRM's pace: it is down for a moment, in the middle of it.
            self.crm.go_down();
        }
        let acknowledged = match aim {
            Phase::BeforeCommit => {
                let pause = Duration::from_micros(dice.below(700));
                self.save_and_kill_after(save(), pause).await
            }
            Phase::BeforeSend => {
                let saved = self.ask(save()).await.is_ok();
                self.desk.engine.kill_after(Duration::from_micros(dice.below(300)), &self.clock);
                self.killed().await;
                saved
            }
            Phase::BeforeAnswer | Phase::BeforeReceipt | Phase::After => {
                self.aim_at_the_crm(aim, dice);
                let saved = self.ask(save()).await.is_ok();
                self.killed().await;
                saved
            }
        };
        self.crm.on_moment(|_, _| {});
        self.desk.engine.kill();
        self.client = None;
        let remains = Remains::of(&self.desk.database())?;
        let hit = phase(&remains, &self.crm, &key.to_string(), &comment, since)?;
        if acknowledged && hit == Phase::BeforeCommit {
            return Err(format!("{key}: its result was said to be saved, and is not there").into());
        }
        drop(remains);
        self.crm.come_up();
        self.client = Some(self.desk.start().await?);
        if damage::set_aside(self.desk.database().parent().ok_or("no data folder")?)? > 0 {
            return Err(format!("{key}: after the kill a healthy database was taken for a damaged one").into());
        }
        if hit == Phase::BeforeCommit {
            // Nobody told the agent that it was saved: it still stands in the form, and is saved again.
            self.ask(save()).await.map_err(|error| format!("the result is refused after the restart: {error}"))?;
        }
        self.expected.push(Expected::result(key, comment, follow_up));
        Ok(hit)
    }

    /// What an administrator does to the CRM meanwhile: the field of the request id is gone, or can't be written, the API user
    /// may not read calls, the sign-in's probe fails; most of the time all is well.
    fn administrator(&self, dice: &mut Dice) {
        let refuse = |status, reason: Option<&str>| Fault::Refuse { status, reason: reason.map(str::to_owned) };
        match dice.below(16) {
            0 => self.crm.remove_field("Call", FIELD),
            1 => self.crm.let_field_be_written("Call", FIELD, false),
            2 => self.crm.faults().on("GET", "Call", 2, refuse(403, Some("No read access."))),
            3 => self.crm.faults().on("GET", "App", 2, refuse(500, None)),
            4 => self.crm.faults().on("GET", "App", 2, Fault::Maintenance),
            5..9 => {}
            _ => self.mend(),
        }
    }

    fn mend(&self) {
        self.crm.make_field("Call", &CustomField::text(FIELD));
        self.crm.let_field_be_written("Call", FIELD, true);
    }

    async fn call(&mut self, dice: &mut Dice) -> Result<CallKey, Trouble> {
        let number = dice.one_of(&NUMBERS).copied().unwrap_or(NUMBERS[0]);
        let data_dir = self.desk.database().parent().ok_or("no data folder")?.to_owned();
        let mut client = Client::connect(&data_dir).await?.ok_or("no engine runs")?;
        client.watch().await?;
        let call = self.vendor.rings(number, ENDPOINT);
        let detected = until(&mut client, |event| match event {
            Event::Detected(call) => Some(call.call_key.clone()),
            _ => None,
        });
        let key = detected.await?;
        if dice.below(2) == 0 {
            call.answer();
        }
        call.hang_up();
        until(&mut client, |event| matches!(event, Event::Ended(ended) if ended.call_key == key).then_some(())).await?;
        Ok(key)
    }

    /// Sends the command and kills the engine a moment later, whether or not it has answered. Whether it had.
    async fn save_and_kill_after(&mut self, save: command::InteractionsSave, pause: Duration) -> bool {
        self.desk.engine.kill_after(pause, &self.clock);
        self.ask(save).await.is_ok()
    }

    /// Has the engine killed when the CRM has received a write, or has answered one.
    fn aim_at_the_crm(&self, aim: Phase, dice: &mut Dice) {
        let engine = self.desk.engine.clone();
        let pause = Duration::from_micros(dice.below(900));
        // Some are hit on their first record, some on a later one or on an amendment.
        let passes = std::sync::atomic::AtomicU64::new(dice.below(2));
        let at = if aim == Phase::BeforeReceipt {
            Moment::Answered
        } else {
            *dice.one_of(&[Moment::Arrived, Moment::Stored]).unwrap_or(&Moment::Stored)
        };
        let crm = Arc::downgrade(&self.crm);
        let clock = self.clock.clone();
        // The engine that runs now: the next one is let start although this aim still stands.
        let process = engine.process();
        self.crm.on_moment(move |moment, _| {
            if moment != at || crm.upgrade().is_none() || engine.process() != process {
                return;
            }
            if passes.load(std::sync::atomic::Ordering::Relaxed) > 0 {
                passes.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                return;
            }
            match at {
                // The answer leaves after this returns.
                Moment::Answered => engine.kill_after(pause, &clock),
                _ => engine.kill_process(process),
            }
        });
    }

    /// Waits until the engine was killed; one that the CRM's faults kept from getting there is killed after a while.
    async fn killed(&self) {
        // A sign-in or a search that fails is repeated after a second or two, and only then a record goes out.
        let patience = self.clock.elapsed() + Duration::from_millis(4_500);
        while self.desk.engine.runs() && self.clock.elapsed() < patience {
            self.clock.sleep(Duration::from_millis(2)).await;
        }
    }

    async fn ask<C: Command>(&mut self, command: C) -> Result<C::Output, Trouble> {
        let client = self.client.as_mut().ok_or("there is no engine")?;
        Ok(tokio::time::timeout(PATIENCE, client.execute(command)).await??)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.desk.database()
    }

    /// A call comes and ends; what the agent will write of it.
    pub(super) async fn writes_a_result(&mut self, dice: &mut Dice) -> Result<Written, Trouble> {
        let key = self.call(dice).await?;
        self.calls += 1;
        let comment = format!("Resultado {} de la gestión: \"ñandú\" {{{{ x }}}} <b> & 日本", self.calls);
        Ok(Written { key, comment, follow_up: dice.below(3) == 0 })
    }

    /// Saves a result. Whether the agent was told that it is saved.
    pub(super) async fn save(&mut self, written: &Written) -> bool {
        self.saves(written).await.is_ok()
    }

    /// Saves a result, or says why it is refused.
    pub(super) async fn saves(&mut self, written: &Written) -> Result<(), Trouble> {
        let Written { key, comment, follow_up } = written;
        self.ask(save(key, comment, *follow_up, self.clock.now())).await?;
        self.expected.push(Expected::result(key.clone(), comment.clone(), *follow_up));
        Ok(())
    }

    /// Adds a contact that nobody calls.
    pub(super) async fn types_a_contact(&mut self) -> Result<(), Trouble> {
        self.typed += 1;
        let edit = ContactEdit {
            name: Some(format!("Escrita a mano {}", self.typed)),
            phones: Some(vec![(format!("7{:07}", self.typed), PhoneKind::Mobile)]),
            ..ContactEdit::default()
        };
        self.ask(command::ContactsAdd(edit)).await?;
        for expected in &mut self.expected {
            if let Expected::Contacts(count) = expected {
                *count += 1;
            }
        }
        Ok(())
    }

    pub(super) async fn back_up(&mut self) -> Result<(), Trouble> {
        self.ask(command::BackUp).await.map(drop)
    }

    pub(super) fn kills(&mut self) {
        self.desk.engine.kill();
        self.client = None;
    }

    pub(super) async fn ends_cleanly(&mut self) -> Result<(), Trouble> {
        self.client = None;
        self.desk.engine.end(&self.clock).await
    }

    pub(super) async fn starts(&mut self) -> Result<(), Trouble> {
        self.client = Some(self.desk.start().await?);
        Ok(())
    }

    /// Whether the agent is told of damage, while the engine runs.
    pub(super) async fn is_told_of_damage(&mut self) -> bool {
        matches!(self.ask(command::StatusShow).await, Ok(status) if status.database.damaged)
    }

    /// Whether the doctor finds the database whole.
    pub(super) async fn is_whole(&mut self) -> Result<bool, Trouble> {
        let report = self.ask(command::Doctor).await?;
        Ok(report.checks.iter().any(|check| check.finding == "database.whole"))
    }

    /// Every result that was said to be saved is in the database, word for word, and every contact that was typed.
    pub(super) async fn everything_saved_is_there(&mut self) -> Result<(), Trouble> {
        let filter = InteractionFilter { limit: 100_000, ..InteractionFilter::default() };
        let interactions = self.ask(command::InteractionsList(filter)).await?;
        let kept: HashMap<_, _> = interactions.iter().map(|one| (one.call.clone(), one.comment.as_str())).collect();
        for expected in &self.expected {
            if let Expected::Result { key, comment, .. } = expected
                && kept.get(&Some(key.clone())) != Some(&comment.as_str())
            {
                return Err(format!("{key}: its result was said to be saved, and is not there").into());
            }
        }
        for n in 1..=self.typed {
            let lookup = command::ContactsLookup { number: format!("7{n:07}") };
            let found = self.ask(lookup).await?;
            if found.contacts.len() != 1 {
                return Err(format!("contact {n} that was typed is there {} times", found.contacts.len()).into());
            }
        }
        Ok(())
    }

    /// The CRM is well; a person retries what was parked; everything gets there.
    pub(super) async fn drain(&mut self) -> Result<(), Trouble> {
        self.crm.faults().clear();
        self.crm.come_up();
        self.mend();
        // What was held goes.
        let name = "crm".parse().map_err(|_| "no name")?;
        self.ask(command::TestConnector { name, test: ConnectorTest::default() }).await?;
        let deadline = self.clock.elapsed() + DRAINS_WITHIN;
        let mut parked = 0;
        loop {
            let items =
                self.ask(command::OutboxList(OutboxFilter { limit: 100_000, ..OutboxFilter::default() })).await?;
            for item in items.iter().filter(|item| item.state == OutboxState::Parked) {
                parked += 1;
                self.retry(item).await?;
            }
            if items.is_empty() {
                println!("  everything is sent; {parked} records had been parked and were retried by hand");
                return Ok(());
            }
            if self.clock.elapsed() > deadline {
                return Err(format!("{} records are still not sent: {:?}", items.len(), items.first()).into());
            }
            self.clock.sleep(Duration::from_millis(200)).await;
        }
    }

    /// A person tries a parked record again. Where Timbre can't tell whether it is there, the person looks.
    async fn retry(&mut self, item: &OutboxItem) -> Result<(), Trouble> {
        let how = RetryHow { wait: true, ..RetryHow::default() };
        let retried = self.ask(command::OutboxRetry { id: item.id, how }).await?;
        if retried.outcome != RetryOutcome::Unsearchable {
            return Ok(());
        }
        let id = item.id.to_string();
        let there = ["Call", "Task", "Contact"].iter().flat_map(|entity| self.crm.records(entity));
        if there.into_iter().any(|record| names(&record, &id)) {
            return self.ask(command::OutboxDiscard { id: item.id }).await.map(drop);
        }
        let how = RetryHow { unsearched: true, ..how };
        self.ask(command::OutboxRetry { id: item.id, how }).await.map(drop)
    }

    pub(super) async fn judge(&mut self) -> Result<Verdict, Trouble> {
        self.desk.engine.kill();
        let remains = Remains::of(&self.desk.database())?;
        let ledger = self.crm.ledger();
        self.vendor.stop().await;
        verdict::judge(&self.expected, &remains, &ledger)
    }
}

async fn until<T>(client: &mut Client, is: impl Fn(&Event) -> Option<T>) -> Result<T, Trouble> {
    let waiting = async {
        loop {
            if let Some(found) = is(&client.next_event().await?) {
                return Ok::<_, Trouble>(found);
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await?
}

fn save(
    key: &CallKey,
    comment: &str,
    follow_up: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> command::InteractionsSave {
    let follow_up = follow_up.then(|| {
        Some(FollowUp { at: now + chrono::TimeDelta::days(2), whom: None, what: format!("Llamar por: {comment}") })
    });
    let edit =
        InteractionEdit { comment: Some(comment.to_owned()), follow_up, finish: true, ..InteractionEdit::default() };
    command::InteractionsSave(SaveInteraction { which: InteractionRef::Call(key.clone()), edit, caller: None })
}

/// Every way to fail, before and after the record is stored.
fn mix() -> FaultMix {
    FaultMix {
        refuse_500: 40,
        fail_after_storing: 40,
        cut_before_storing: 40,
        cut_after_storing: 50,
        hang_before_storing: 15,
        hang_after_storing: 15,
        slow: 30,
        stored_late: 30,
        maintenance: 20,
        locked: 10,
        delay: LATE_AT_MOST,
        writes_only: false,
    }
}

/// Where a call's request id stands.
const FIELD: &str = "cCtiRequestId";

fn crm_config(seed: u64) -> CrmConfig {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let marker = || vec![CustomField::text(FIELD)];
    CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        // Only calls have the field: the markers of the others stand in their text.
        custom_fields: [("Call".to_owned(), marker())].into(),
        seed,
        ..CrmConfig::default()
    }
}
