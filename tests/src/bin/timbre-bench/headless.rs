//! Without windows: the vendor's answer → the pop-up's event, through the real adapter, tracker, store and engine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use timbre_domain::contact::PhoneKind;
use timbre_domain::ports::Clock;
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_platform::clock::SystemClock;
use timbre_settings::Settings;
use timbre_simulator::{Ledger, RealClock, RequestKind, Simulator, SimulatorConfig};
use timbre_tests::fakes::{FixedPassword, RememberingShell};
use timbre_tests::story::{ENDPOINT, PASSWORD};
use tokio::sync::broadcast::Receiver;

use crate::Failure;
use crate::figures::Report;

/// The vendor's interval, made short: what is measured begins with an answer, so it plays no part.
const INTERVAL: Duration = Duration::from_millis(50);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Calls that are not counted.
const WARM_UP: usize = 5;
/// Who calls, and is known.
pub(crate) const CALLER: &str = "8888-4787";

const POPUP: &str = "answer received → popup event";
const BARE: &str = "bare GET of the same answer, round trip";

/// The ledger's scale and ours: both count the same monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    zero: Instant,
}

impl Scale {
    pub(crate) fn of(clock: &RealClock) -> Self {
        let elapsed = clock.elapsed();
        Self { zero: Instant::now() - elapsed }
    }

    /// When the answer that showed this call first went out.
    pub(crate) fn shown(self, ledger: &Ledger, callid: &str) -> Option<Instant> {
        let showed = |shown: &[String]| shown.iter().any(|shown| shown == callid);
        let first = ledger.requests_of(RequestKind::Live).find(|request| showed(&request.shown))?;
        Some(self.zero + first.answered.as_ref()?.elapsed)
    }
}

/// Milliseconds between two moments.
pub(crate) fn ms_between(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1_000.0
}

pub(crate) async fn measure(calls: usize) -> Result<Report, Failure> {
    let clock = RealClock::new();
    let scale = Scale::of(&clock);
    let config = SimulatorConfig { reading_interval: INTERVAL, ..SimulatorConfig::default() };
    let sim = Simulator::start(config, Arc::new(clock)).await?;
    let settings = Settings::parse(
        &format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\nusername = \"{ENDPOINT}\"\n\
         reading_interval_ms = {}\n",
            sim.base_url(),
            INTERVAL.as_millis()
        ),
        timbre_wiring::vendors(),
    )?;
    let dir = tempfile::tempdir()?;
    let secrets = Arc::new(FixedPassword(Some(PASSWORD.to_owned())));
    let shell = Arc::new(RememberingShell::default());
    let mut running =
        timbre_wiring::start_with(settings, dir.path(), Arc::new(SystemClock::new()), secrets, shell, true).await?;
    let mut events = running.take_first_events();
    let ana = command::ContactsAdd(ContactEdit {
        name: Some("Ana Fernández".to_owned()),
        company: Some("Cafetalera del Valle".to_owned()),
        phones: Some(vec![(CALLER.to_owned(), PhoneKind::Mobile)]),
        ..ContactEdit::default()
    });
    running.context().execute(ana).await?;

    let (mut told, mut seen, mut matched) = (Vec::new(), Vec::new(), 0);
    for nth in 0..WARM_UP + calls {
        let call = sim.rings(CALLER, ENDPOINT);
        let callid = call.callid();
        let popup = until(&mut events, |event| match event {
            Event::Popup(popup) if popup.call_key.external_id == callid => Some(popup),
            _ => None,
        })
        .await?;
        let at = Instant::now();
        if nth >= WARM_UP {
            told.push(popup.after_answer_ms);
            seen.extend(scale.shown(&sim.ledger(), &callid).map(|shown| ms_between(shown, at)));
            matched += usize::from(popup.contacts.len() == 1);
        }
        call.hang_up();
        until(&mut events, |event| matches!(event, Event::Ended(_)).then_some(())).await?;
    }
    running.stop().await?;

    let bare = bare_answers(calls).await?;
    let mut report = Report::new(format!("Headless: {calls} calls through adapter, tracker, store and engine"));
    report.figure(POPUP, told, Some(20.0));
    report.figure("vendor sent the answer → popup event seen outside", seen, None);
    report.figure(BARE, bare, None);
    report.compare(POPUP, BARE);
    report.fact("calls that showed their contact", format!("{matched} of {calls}"), matched == calls);
    Ok(report)
}

async fn until<T>(events: &mut Receiver<Event>, mut is: impl FnMut(Event) -> Option<T>) -> Result<T, Failure> {
    let found = async {
        loop {
            if let Some(found) = is(events.recv().await?) {
                return Ok(found);
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await?
}

/// The yardstick: the same question on a connection that is kept, read and thrown away.
async fn bare_answers(n: usize) -> Result<Vec<f64>, Failure> {
    let config = SimulatorConfig { reading_interval: Duration::ZERO, ..SimulatorConfig::default() };
    let sim = Simulator::start(config, Arc::new(RealClock::new())).await?;
    let call = sim.rings(CALLER, ENDPOINT);
    let (port, callid) = (sim.port(), call.callid());
    tokio::task::spawn_blocking(move || {
        let mut connection = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
        connection.get_ref().set_nodelay(true)?;
        let mut took = Vec::with_capacity(n);
        for nth in 0..WARM_UP + n {
            let asked = Instant::now();
            let body = bare_answer(&mut connection)?;
            if nth >= WARM_UP {
                took.push(ms_between(asked, Instant::now()));
            }
            if !body.contains(&callid) {
                return Err(format!("the bare answer does not show the call: {body}").into());
            }
        }
        Ok(took)
    })
    .await?
}

fn bare_answer(connection: &mut BufReader<TcpStream>) -> Result<String, Failure> {
    let question = format!(
        "GET /getCdrs.php?username={ENDPOINT}&password={PASSWORD}&live=1&fullAccount=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    );
    connection.get_mut().write_all(question.as_bytes())?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(String::from_utf8(body)?)
}
