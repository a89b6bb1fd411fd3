//! A CRM's contacts get here whole, however many there are and whatever is done to them meanwhile: the real engine, store
//! and connector against the simulated EspoCRM, on the wall's clock.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use timbre_domain::contact::Contact;
use timbre_domain::number::{Country, PhoneNumber, ReadNumber};
use timbre_engine::api::event::{Event, PopupEvent, SyncPhase, SyncProgress};
use timbre_settings::Settings;
use timbre_simulator::crm::{ApiUser, Crm, CrmConfig, DEFAULT_API_KEY, Tempo};
use timbre_simulator::dice::Dice;
use timbre_simulator::{RealClock, SignIn, Simulator, SimulatorConfig};
use timbre_store::{DataFolder, Store};
use timbre_tests::fakes::{FixedPassword, RememberingShell};
use timbre_tests::hasty;
use timbre_tests::story::ENDPOINT;
use timbre_wiring::Running;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long a write is stamped before it can be seen.
const COMMIT_LAG: Duration = Duration::from_millis(300);

/// What an administrator added to the CRM's lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loaders {
    None,
    /// All telephones of a contact, but its first e-mail only.
    Phones,
    Both,
}

struct Office {
    crm: Arc<Crm>,
    running: Running,
    events: Receiver<Event>,
    shell: Arc<RememberingShell>,
    vendor: Simulator,
    dir: tempfile::TempDir,
}

impl Office {
    /// A CRM with so many contacts, and an engine that asks it for them at once and then again and again.
    async fn open(contacts: usize, loaders: Loaders, every_seconds: u32) -> Self {
        let clock = Arc::new(RealClock::new());
        let vendor = SimulatorConfig {
            sign_ins: vec![SignIn::new(ENDPOINT, DEFAULT_API_KEY)],
            reading_interval: Duration::from_millis(500),
            ..SimulatorConfig::default()
        };
        let vendor = Simulator::start(vendor, clock.clone()).await.unwrap();
        let config = CrmConfig {
            phone_list_loader: loaders != Loaders::None,
            email_list_loader: loaders == Loaders::Both,
            api_keys: [(DEFAULT_API_KEY.to_owned(), ApiUser::connector())].into(),
            ..CrmConfig::default()
        };
        let crm = Arc::new(Crm::start(config, clock.clone()).await.unwrap());
        crm.populate(contacts, 7);
        crm.set_tempo(Tempo { commit_lag: COMMIT_LAG, ..Tempo::default() });
        let dir = tempfile::tempdir().unwrap();
        let connector = dir.path().join("hasty.toml");
        std::fs::write(&connector, hasty::espocrm(&[("per_second", "1000")]).unwrap()).unwrap();
        let settings = format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\nusername = \"{ENDPOINT}\"\n\
             reading_interval_ms = 500\n\
             [[connectors]]\nname = \"crm\"\nfile = \"{}\"\nbase_url = \"{}\"\nsync_every_s = {every_seconds}\n\
             reconcile_every_s = {every_seconds}\n\
             [connectors.settings]\nphones_in_lists = {}\n",
            vendor.base_url(),
            connector.display(),
            crm.base_url().trim_end_matches("api/v1/"),
            loaders != Loaders::None,
        );
        let settings = Settings::parse(&settings, timbre_wiring::vendors()).unwrap();
        let secrets = Arc::new(FixedPassword(Some(DEFAULT_API_KEY.to_owned())));
        let shell = Arc::new(RememberingShell::default());
        let data = dir.path().join("data");
        let mut running =
            timbre_wiring::start_with(settings, &data, clock, secrets, shell.clone(), true).await.unwrap();
        let events = running.take_first_events();
        Self { crm, running, events, shell, vendor, dir }
    }

    /// The next end of a pass, of the details or of a reconciliation.
    async fn next_end(&mut self) -> SyncProgress {
        loop {
            match self.events.recv().await {
                Ok(Event::Sync(progress)) if progress.finished => return progress,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => panic!("the engine stopped"),
            }
        }
    }

    /// Waits until each of these has come to its end so often.
    async fn finished(&mut self, phases: &[(SyncPhase, usize)]) {
        let mut left = phases.to_vec();
        let waiting = async {
            while left.iter().any(|(_, times)| *times > 0) {
                let phase_ended = self.next_end().await.phase;
                for (phase, times) in &mut left {
                    *times = times.saturating_sub(usize::from(*phase == phase_ended));
                }
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{left:?} never came to an end");
    }

    /// Waits until a pass ends after which no telephones are to be asked for.
    async fn nothing_left(&mut self) {
        let waiting = async {
            loop {
                let end = self.next_end().await;
                if end.phase == SyncPhase::Changes && end.details_left == 0 {
                    return;
                }
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "telephones are still to be asked for");
    }

    /// The next pop-up that is shown, or filled in.
    async fn popup(&mut self, completed: bool) -> PopupEvent {
        let waiting = async {
            loop {
                match self.events.recv().await {
                    Ok(Event::Popup(popup)) if popup.completed == completed => return *popup,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the engine stopped"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap()
    }

    /// Stops the engine; gives what it has of everybody.
    async fn cached(self) -> (Arc<Crm>, BTreeMap<String, Known>) {
        self.running.stop().await.unwrap();
        let folder = DataFolder::hold(&self.dir.path().join("data")).unwrap();
        let (store, _) = Store::open(&folder, DateTime::UNIX_EPOCH).unwrap();
        let view = store.contacts_view().unwrap();
        let (mut cached, mut last) = (BTreeMap::new(), None);
        loop {
            let page = view.after(last).unwrap();
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            for contact in page {
                let id = contact.origin.as_ref().and_then(|origin| origin.external_id.clone()).unwrap();
                assert!(cached.insert(id, Known::here(&contact)).is_none(), "twice here: {contact:?}");
            }
        }
        (self.crm, cached)
    }
}

/// What must be the same on both sides.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    name: String,
    company: String,
    telephones: BTreeSet<String>,
    emails: BTreeSet<String>,
    do_not_call: bool,
}

impl Known {
    fn here(contact: &Contact) -> Self {
        Self {
            name: contact.name.clone(),
            company: contact.company.clone(),
            telephones: contact.phones.iter().map(|phone| phone.number.key()).collect(),
            emails: contact.emails.iter().cloned().collect(),
            do_not_call: contact.do_not_call,
        }
    }

    fn there(record: &Value) -> Self {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| record[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let (phones, emails) = (list("phoneNumberData"), list("emailAddressData"));
        Self {
            name: text("name"),
            company: text("accountName"),
            telephones: phones.iter().map(|phone| key(phone["phoneNumber"].as_str().unwrap())).collect(),
            emails: emails.iter().map(|one| one["emailAddress"].as_str().unwrap().to_owned()).collect(),
            do_not_call: record["doNotCall"].as_bool().unwrap_or_default(),
        }
    }
}

fn key(text: &str) -> String {
    match PhoneNumber::read(text, Country::CR) {
        ReadNumber::Number(number) => number.key(),
        other => panic!("{text}: {other:?}"),
    }
}

fn assert_equal(here: &BTreeMap<String, Known>, crm: &Crm) {
    let there: BTreeMap<String, Known> = crm
        .records("Contact")
        .iter()
        .map(|record| (record["id"].as_str().unwrap().to_owned(), Known::there(record)))
        .collect();
    let ids: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    let wrong: Vec<_> = ids.into_iter().filter(|id| here.get(*id) != there.get(*id)).collect();
    let shown: Vec<_> = wrong.iter().take(5).map(|id| (id, here.get(*id), there.get(*id))).collect();
    assert!(wrong.is_empty(), "{} of {} differ, here and there: {shown:#?}", wrong.len(), there.len());
}

/// People at the CRM: with every so many requests that reach it somebody is edited, deleted and made, so many times.
async fn work_at(crm: Arc<Crm>, every: usize, times: usize) {
    let mut dice = Dice::new(11);
    let ids = |entity: &str| crm.stamps(entity).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let (mut people, companies) = (ids("Contact"), ids("Account"));
    let mut seen = 0;
    for round in 0..times {
        crm.wait_until(|log| log.requests.len() >= seen + every).await;
        seen = crm.with_log(|log| log.requests.len());
        let number = |dice: &mut Dice| format!("+5067{:07}", dice.below(10_000_000));
        let phones = json!([
            {"phoneNumber": number(&mut dice), "type": "Mobile", "primary": true},
            {"phoneNumber": number(&mut dice), "type": "Office"},
            {"phoneNumber": format!("2{:03}-{:04}", dice.below(1000), dice.below(10_000)), "type": "Fax"},
        ]);
        let emails = json!([
            {"emailAddress": format!("en-casa-{round}@example.test"), "primary": true},
            {"emailAddress": format!("oficina-{round}@example.test")},
        ]);
        let edit = match dice.below(6) {
            5 => json!({"emailAddressData": emails}),
            0 => json!({"lastName": format!("Nueva {round}")}),
            1 => json!({"phoneNumberData": phones}),
            2 => json!({"phoneNumber": number(&mut dice)}),
            3 => json!({"doNotCall": true}),
            _ => json!({"accountId": dice.one_of(&companies)}),
        };
        crm.edit_contact(dice.one_of(&people).unwrap(), &edit);
        let place = usize::try_from(dice.below(people.len() as u64)).unwrap();
        crm.delete_contact(&people.swap_remove(place));
        let company = (dice.below(2) == 0).then(|| dice.one_of(&companies));
        let made = json!({"firstName": "Recién", "lastName": format!("Hecha {round}"), "accountId": company,
                          "phoneNumberData": phones, "emailAddressData": emails, "doNotCall": dice.below(4) == 0});
        people.push(crm.create_contact(&made));
    }
}

async fn ends_up_equal(contacts: usize, loaders: Loaders, every: usize, times: usize) {
    let mut office = Office::open(contacts, loaders, 1).await;
    let people = tokio::spawn(work_at(office.crm.clone(), every, times));
    office.finished(&[(SyncPhase::Full, 1)]).await;
    // What goes on may have begun before the last change; after the first pass nothing goes on.
    let ends = if people.is_finished() { 1 } else { 2 };
    assert!(tokio::time::timeout(PATIENCE, people).await.unwrap().is_ok());
    office.finished(&[(SyncPhase::Changes, ends), (SyncPhase::Deletions, ends)]).await;
    office.nothing_left().await;
    let (crm, cached) = office.cached().await;
    assert_equal(&cached, &crm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_contacts_come_while_hundreds_are_edited_deleted_and_made() {
    ends_up_equal(100_000, Loaders::Both, 1, 450).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_with_all_telephones_and_one_email_do_not_pass_for_whole() {
    ends_up_equal(500, Loaders::Phones, 5, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telephones_that_lists_leave_out_come_one_by_one_while_hundreds_are_edited_deleted_and_made() {
    ends_up_equal(2_000, Loaders::None, 5, 300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whom_only_the_crm_knows_completes_the_pop_up_and_is_known_the_next_time() {
    let mut office = Office::open(0, Loaders::None, 3_600).await;
    office.finished(&[(SyncPhase::Full, 1)]).await;
    office.crm.set_tempo(Tempo::default());
    let phones = json!([
        {"phoneNumber": "+50688884787", "type": "Mobile", "primary": true},
        {"phoneNumber": "+50622224444", "type": "Office"},
    ]);
    let rosa = json!({"firstName": "Rosa", "lastName": "Mora", "phoneNumberData": phones});
    let rosa = office.crm.create_contact(&rosa);

    // By the telephone that no list shows.
    let call = office.vendor.rings("22224444", ENDPOINT);
    assert_eq!(office.popup(false).await.contacts, []);
    let completed = office.popup(true).await;
    let [contact] = completed.contacts.as_slice() else { panic!("{completed:#?}") };
    assert_eq!((contact.name.as_str(), contact.phones.len()), ("Rosa Mora", 2), "whole");
    assert_eq!(office.shell.cards().len(), 1, "the pop-up that is there is filled in");
    let filled_in: Vec<_> = office.shell.completed().into_iter().map(|card| card.call.key).collect();
    assert_eq!(filled_in, [completed.call_key]);
    call.hang_up();

    office.crm.go_down();
    let _again = office.vendor.rings("22224444", ENDPOINT);
    let known = office.popup(false).await;
    assert_eq!(known.contacts.iter().map(|known| known.id).collect::<Vec<_>>(), [contact.id], "whoever is down");
    assert_eq!(office.shell.completed().len(), 1);
    let (_, cached) = office.cached().await;
    assert_eq!(cached.into_keys().collect::<Vec<_>>(), [rosa]);
}
