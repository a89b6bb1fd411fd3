//! An office in Costa Rica, lived by the real engine against the simulated vendor and CRM: two months in short, and one
//! morning in full. What the engine then answers to windows is the world that the UI's stand-in program shows
//! (`ui/src/host/fake/world`).

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod answers;
mod morning;
mod names;
mod people;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::interaction::InteractionEdit;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::Clock as _;
use timbre_domain::status::{Status, TrayStatus};
use timbre_engine::api::event::Event;
use timbre_engine::api::{InteractionRef, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_simulator::crm::{Access, ApiUser, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, FieldKind, Role};
use timbre_simulator::{CallHandle, SimulatorConfig};

use crate::agent::settled;
use crate::story::Story;

/// The endpoint of the identity "Ventas".
const SALES: &str = "8373456";
/// The endpoint of the identity "Soporte".
const SUPPORT: &str = "8373457";
/// The endpoint of the identity that hides its number.
const HIDDEN: &str = "8373458";

/// Where the office's CRM and its vendor are for the UI, in place of a simulator's random port.
const CRM_ADDRESS: &str = "https://crm.cafetal.example/";
const VENDOR_ADDRESS: &str = "https://www.callmyway.com";

/// When a CRM that is down is asked again, in place of a time that is a matter of chance.
const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(4);

/// How Timbre was at a moment.
#[derive(Serialize)]
struct StatusThen {
    now: DateTime<Utc>,
    /// What a tray's icon would show.
    tray_status: TrayStatus,
    status: Status,
}

/// The office on its way through the story.
struct Office {
    story: Story,
    /// When the present scene began, as the clock's elapsed time.
    moment: Duration,
    /// The calls whose pop-ups the UI shows as samples, by the sample's name.
    samples: Vec<(&'static str, CallKey)>,
    /// What those pop-ups showed.
    popups: BTreeMap<&'static str, PopupCard>,
    statuses: BTreeMap<&'static str, StatusThen>,
}

/// Everything the office's windows are told, as JSON texts by file name. The same at every run.
pub async fn lived() -> BTreeMap<String, String> {
    let mut office = Office::open().await;
    let people = office.meet().await;
    office.weeks_before(&people).await;
    office.morning().await;
    let mut answers = office.answers().await;
    answers.extend(office.remembered());
    office.story.stop().await;
    let crm = office.story.crm().base_url().trim_end_matches("api/v1/").to_owned();
    names::given(&answers, &[(crm, CRM_ADDRESS), (office.story.sim.base_url(), VENDOR_ADDRESS)])
}

impl Office {
    async fn open() -> Self {
        let vendor = SimulatorConfig {
            endpoints: [("43715", SALES), ("43716", SUPPORT), ("43717", HIDDEN)]
                .map(|(id, number)| (id.into(), number.into()))
                .into(),
            ..SimulatorConfig::default()
        };
        let own = format!(
            "endpoints = [\"{SALES}\", \"{SUPPORT}\", \"{HIDDEN}\"]\ncurrency = \"CRC\"\nfull_account = true\n"
        );
        let mut connector = ApiUser::connector();
        connector.role = Role::connector().with("Contact", Access::WRITE).with("CCharge", Access::WRITE);
        let crm = CrmConfig {
            api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
            custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
            custom_entities: vec![CustomEntity {
                name: "CCharge".into(),
                fields: vec![CustomField { kind: FieldKind::Number, ..CustomField::text("amount") }],
            }],
            ..CrmConfig::default()
        };
        let connector = "sync_contacts = false\npush_contacts = true\nrecord_calls = \"with-result\"\n\
            [connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\ncharge_entity = \"CCharge\"\n";
        let mut story = Story::prepared(vendor, &own).await.with_crm(crm, connector).await;
        story.add_setting(include_str!("office.toml"));
        story.change_settings(|text| {
            let text =
                text.replace("name = \"main\"", "name = \"principal\"").replace("name = \"crm\"", "name = \"espocrm\"");
            format!("agent = \"Marta Solano\"\n{text}")
        });
        story.start().await;
        story.polls(1).await;
        Self { story, moment: Duration::ZERO, samples: Vec::new(), popups: BTreeMap::new(), statuses: BTreeMap::new() }
    }

    /// When a scene's call begins: a little later than the scene, at whatever moment the vendor was read last.
    fn begins(&self) -> Duration {
        self.moment + Duration::from_secs(10)
    }

    /// When the present scene began, UTC.
    fn scene_began(&self) -> DateTime<Utc> {
        let since = self.story.clock.elapsed().saturating_sub(self.moment);
        self.story.clock.now() - TimeDelta::from_std(since).unwrap()
    }

    /// Lets time go on until exactly then.
    async fn wait_until(&mut self, elapsed: Duration) {
        // A little longer than between two readings of the live calls.
        const READING: Duration = Duration::from_secs(6);
        while self.story.clock.elapsed() + READING < elapsed {
            self.story.polls(1).await;
        }
        self.story.clock.advance(elapsed.saturating_sub(self.story.clock.elapsed()));
    }

    /// The key of the call that has just begun.
    async fn seen(&mut self) -> CallKey {
        let detected = |event: &Event| match event {
            Event::Detected(call) => Some(call.call_key.clone()),
            _ => None,
        };
        self.story.until("a call", detected).await
    }

    /// A call that rings for six seconds, is talked for so many, and is in the vendor's record; 0 for one that nobody
    /// answers.
    async fn whole(&mut self, call: CallHandle, talked: u64) -> CallKey {
        match talked {
            0 => call.lasts(Duration::from_secs(20)),
            talked => call.answers_after(Duration::from_secs(6)).lasts(Duration::from_secs(talked)),
        };
        self.over().await
    }

    /// The call that has just begun, once it is over and in the vendor's record.
    async fn over(&mut self) -> CallKey {
        let key = self.seen().await;
        self.recorded(&key).await;
        key
    }

    /// Waits until the call is in the vendor's record.
    async fn recorded(&mut self, call: &CallKey) {
        let recorded =
            |event: &Event| matches!(event, Event::Recorded(record) if record.call_key == *call).then_some(());
        self.story.until("its record", recorded).await;
    }

    /// Somebody calls; whole as above.
    async fn rings(&mut self, number: &str, endpoint: &str, talked: u64) -> CallKey {
        let call = self.story.sim.rings_at(self.begins(), number, endpoint);
        self.whole(call, talked).await
    }

    /// The agent calls from the handset; whole as above.
    async fn calls(&mut self, number: &str, talked: u64) -> CallKey {
        let call = self.story.sim.calls_out_at(self.begins(), SALES, number);
        self.whole(call, talked).await
    }

    /// This call's pop-up is the UI's sample of this name.
    fn sample(&mut self, name: &'static str, call: &CallKey) {
        self.samples.push((name, call.clone()));
    }

    /// The agent writes what came of a call.
    async fn write(&mut self, call: &CallKey, edit: InteractionEdit, caller: Option<TypedCaller>) {
        let save = SaveInteraction { which: InteractionRef::Call(call.clone()), edit, caller };
        self.story.execute(command::InteractionsSave(save)).await.unwrap();
    }

    /// The agent saves what came of a call, and its records get to the CRM.
    async fn save(&mut self, call: &CallKey, disposition: &str, comment: &str, more: InteractionEdit) {
        self.write(call, InteractionEdit { finish: true, ..typed(disposition, comment, more) }, None).await;
        settled(&mut self.story).await;
    }

    /// Remembers how Timbre is now, and says what the tray's icon would show.
    async fn note_status(&mut self, name: &'static str) -> TrayStatus {
        let mut status = self.story.execute(command::StatusShow).await.unwrap();
        // Without a call it matters little when it was, and that is a matter of chance where a vendor fails.
        let now = if status.calls.is_empty() { self.scene_began() } else { self.story.clock.now() };
        for until in status.connectors.iter_mut().filter_map(|connector| connector.until.as_mut()) {
            *until = now + ASKED_AGAIN;
        }
        let tray_status = status.tray_status();
        self.statuses.insert(name, StatusThen { now, tray_status, status });
        tray_status
    }
}

/// What the agent typed of a result, beside what else it holds.
fn typed(disposition: &str, comment: &str, more: InteractionEdit) -> InteractionEdit {
    InteractionEdit {
        disposition: Some(disposition.to_owned()).filter(|code| !code.is_empty()),
        comment: Some(comment.to_owned()),
        ..more
    }
}
