//! The demo with a vendor that places calls and shows none of them live: what becomes of each dial comes from its list.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use timbre_domain::contact::Contact;
use timbre_domain::dial::{DialProgress, DialState};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::CallRecord;
use timbre_engine::api::event::Event;
use timbre_simulator::RealClock;
use timbre_simulator::formcall::{DOCUMENTED_TOKEN, Fault, FormCall, FormCallConfig, RequestKind};

use super::check::{Finding, finding};
use super::pictures::Pictures;
use super::stage::App;
use super::stage::{Programs, Watch};
use super::words::Words;
use super::{Options, Trouble};

/// The numbers of the story: Chilean ones, as the vendor's country is.
const CONTACT: &str = "+56956311283";
const BUSY: &str = "+56223456789";
const LOST: &str = "+56968765432";

struct Stage {
    sim: FormCall,
    clock: RealClock,
    programs: Programs,
    pictures: Pictures,
    watch: Watch,
    app: Option<App>,
    _dir: tempfile::TempDir,
}

/// Plays the story; gives what was compared with the vendor's ledger.
pub(super) async fn play(options: &Options, words: &Words) -> Result<(Vec<Finding>, Pictures), Trouble> {
    let mut stage = Stage::set(options).await?;
    let played = stage.story(words).await;
    let history = stage.history().await;
    stage.watch.end().await?;
    if let Some(app) = &mut stage.app {
        app.end().await?;
    }
    let ledger = stage.sim.ledger();
    stage.sim.stop().await;
    let (expected, history) = (played?, history?);
    let mut findings = Vec::new();
    let orders = ledger.requests_of(RequestKind::Order).count();
    findings.push(finding(
        format!("{} dials were ordered once each: {orders} orders, {} calls", expected.len(), ledger.calls.len()),
        orders == expected.len() && ledger.calls.len() == expected.len(),
    ));
    for (what, call, state) in &expected {
        let entry = ledger.calls.iter().find(|entry| entry.uuid == *call);
        let record = history.iter().find(|record| record.call.key.external_id == *call);
        let talked = entry.is_some_and(|entry| entry.customer_answered.is_some());
        let agrees = record.is_some_and(|record| record.call.connected_at.is_some() == talked);
        findings.push(finding(format!("{what} · {call} · {state:?}"), entry.is_some() && agrees));
    }
    let popups = stage.watch.told.iter().filter(|event| matches!(event, Event::Popup(_))).count();
    findings.push(finding(format!("each call popped up once: {popups}"), popups == expected.len()));
    Ok((findings, stage.pictures))
}

/// A dial of the story: what it was, the vendor's id of its call, and how it ended.
type Played = (&'static str, String, DialState);

impl Stage {
    async fn set(options: &Options) -> Result<Self, Trouble> {
        let clock = RealClock::new();
        let config = FormCallConfig { seed: options.seed, queue_delay: Duration::ZERO, ..FormCallConfig::default() };
        let popup = config.popups.first().ok_or("the simulator has a popup")?.uuid.clone();
        let sim = FormCall::start(config, Arc::new(clock.clone())).await?;
        let dir = tempfile::tempdir()?;
        let settings = dir.path().join("timbre.toml");
        std::fs::write(&settings, settings_of(options, &sim.base_url(), &popup)?)?;
        let mut programs = Programs {
            bin_dir: std::path::absolute(&options.bin_dir)?,
            config: settings,
            data_dir: dir.path().join("data"),
            environment: vec![("TIMBRE_SECRET_DEMO".to_owned(), DOCUMENTED_TOKEN.to_owned())],
        };
        let mut pictures = Pictures::into(std::path::absolute(options.out.join("formcall"))?, clock.clone());
        let app = match options.headless {
            true => None,
            false => Some(Self::open(&mut programs, &mut pictures, dir.path(), options).await?),
        };
        let watch = Watch::start(&programs, app.is_some()).await?;
        programs.answers().await?;
        Ok(Self { sim, clock, programs, pictures, watch, app, _dir: dir })
    }

    async fn open(
        programs: &mut Programs,
        pictures: &mut Pictures,
        dir: &Path,
        options: &Options,
    ) -> Result<App, Trouble> {
        let desk = App::desktop(programs, pictures, dir, options)?;
        App::begin(programs, desk)
    }

    async fn story(&mut self, words: &Words) -> Result<Vec<Played>, Trouble> {
        let name = "Juan Pérez";
        let add = ["contacts", "add", "--name", name, "--phone", CONTACT, "--email", "jperez@mt2015.com"];
        let contact: Contact = self.programs.ask(&add, "contact").await?;
        let contact = contact.id.to_string();
        let mut played = Vec::new();

        let title = words.pick("1. Se marca a un contacto", "1. A contact is dialled", "1. Disca-se para um contato");
        println!("\n{title}");
        let call = self.dials(&[CONTACT, "--contact", &contact, "--data", "Plan=Fibra"], words).await?;
        self.situation("dialled", &call).await?;
        let handle = self.sim.call(&call).ok_or("the vendor placed no call")?;
        self.wait(|| handle.agent_answers()).await?;
        self.clock.sleep(Duration::from_millis(300)).await;
        handle.customer_answers();
        self.reaches(&call, DialState::Connected, words).await?;
        self.clock.sleep(Duration::from_secs(2)).await;
        handle.hang_up();
        self.reaches(&call, DialState::Ended, words).await?;
        played.push(("talked", call, DialState::Ended));

        let title = words.pick("2. Un número ocupado", "2. A busy number", "2. Um número ocupado");
        println!("\n{title}");
        let call = self.dials(&[BUSY], words).await?;
        let handle = self.sim.call(&call).ok_or("the vendor placed no call")?;
        self.wait(|| handle.agent_answers()).await?;
        handle.customer_is_busy();
        self.reaches(&call, DialState::Ended, words).await?;
        played.push(("busy", call, DialState::Ended));

        let title = words.pick(
            "3. La respuesta se pierde: nadie repite el pedido, y la llamada aparece en la lista",
            "3. The answer is lost: nobody repeats the order, and the call appears in the list",
            "3. A resposta se perde: ninguém repete o pedido, e a chamada aparece na lista",
        );
        println!("\n{title}");
        self.sim.faults().on(RequestKind::Order, 3, Fault::ConnectionReset);
        let call = self.dials(&[LOST], words).await?;
        self.situation("lost-answer", &call).await?;
        let handle = self.sim.call(&call).ok_or("the vendor placed no call")?;
        self.wait(|| handle.agent_answers()).await?;
        handle.customer_answers();
        self.reaches(&call, DialState::Connected, words).await?;
        self.clock.sleep(Duration::from_secs(1)).await;
        handle.hang_up();
        self.reaches(&call, DialState::Ended, words).await?;
        played.push(("lost answer", call, DialState::Ended));

        let calls: Vec<_> = played.iter().map(|(_, call, _)| call.clone()).collect();
        for call in &calls {
            let is_it = |event: &Event| matches!(event, Event::Recorded(of) if of.call_key.external_id == *call);
            self.watch.until("the record", |event| is_it(event).then_some(())).await?;
        }
        Ok(played)
    }

    /// Dials through `timbrectl`, as a person at a second window would; gives the vendor's id of the call that pops up.
    async fn dials(&mut self, arguments: &[&str], words: &Words) -> Result<String, Trouble> {
        let mut dial = self.programs.command("timbrectl");
        let mut dialling =
            dial.arg("dial").args(arguments).arg("--no-wait").stdout(std::process::Stdio::null()).spawn()?;
        let popup = |event: &Event| match event {
            Event::Popup(popup) => Some(popup.call_key.external_id.clone()),
            _ => None,
        };
        let before = self.watch.told.len();
        let call = self.watch.until("the pop-up", popup).await?;
        for event in self.watch.told.get(before..).unwrap_or_default() {
            words.line(event).into_iter().for_each(|line| println!("{line}"));
        }
        dialling.wait().await?;
        Ok(call)
    }

    /// The agent's telephone may not ring yet: tries until the verb fits.
    async fn wait(&self, fits: impl Fn() -> bool) -> Result<(), Trouble> {
        for _ in 0..200 {
            if fits() {
                return Ok(());
            }
            self.clock.sleep(Duration::from_millis(20)).await;
        }
        Err("the agent's telephone never rang".into())
    }

    async fn reaches(&mut self, call: &str, state: DialState, words: &Words) -> Result<DialProgress, Trouble> {
        let is_it = |event: &Event| match event {
            Event::Dial(step)
                if step.progress.state == state
                    && step.progress.call_key.as_ref().is_some_and(|key| key.external_id == call) =>
            {
                Some((event.clone(), step.progress.clone()))
            }
            _ => None,
        };
        let (event, progress) = self.watch.until(&format!("{state:?}"), is_it).await?;
        words.line(&event).into_iter().for_each(|line| println!("{line}"));
        Ok(progress)
    }

    async fn situation(&mut self, name: &str, call: &str) -> Result<(), Trouble> {
        let Some(app) = &mut self.app else { return Ok(()) };
        app.painted(&[call.to_owned()]).await?;
        match &app.desk {
            Some(desk) => self.pictures.take(desk, name).await?,
            None => self.clock.sleep(Duration::from_secs(3)).await,
        }
        Ok(())
    }

    async fn history(&self) -> Result<Vec<CallRecord>, Trouble> {
        self.programs.ask(&["calls", "list"], "calls").await
    }
}

fn settings_of(options: &Options, base_url: &str, popup: &str) -> Result<String, Trouble> {
    let language = serde_json::to_value(options.language)?;
    let interval = if options.real_time { 5_000 } else { 200 };
    Ok(format!(
        "language = {language}\ncountry = \"CL\"\nagent = \"Ana Agente\"\n[[accounts]]\nname = \"demo\"\n\
         provider = \"formcall\"\nbase_url = \"{base_url}\"\nlist_interval_ms = {interval}\n\
         popups = {{ \"Ana Agente\" = \"{popup}\" }}\n"
    ))
}
