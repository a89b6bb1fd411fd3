//! What the windows of the office are told.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use timbre_domain::call::{Call, CallKey, Party};
use timbre_domain::disposition::Requirement;
use timbre_domain::history::{CallRow, CallsWanted, FoundContact, OutboxRow};
use timbre_domain::interaction::{FollowUp, Interaction, InteractionEdit, InteractionId};
use timbre_domain::matching::{self, Found};
use timbre_domain::outbox::OutboxState;
use timbre_domain::popup::{PopupCard, PopupPolicy};
use timbre_domain::ports::Clock as _;
use timbre_domain::preferences::Preferences;
use timbre_domain::status::WindowBootstrap;
use timbre_domain::texts::Language;
use timbre_domain::vendor::Capability;
use timbre_engine::api::{OutboxFilter, command};
use timbre_engine::contacts::lookup::KnownContact;
use timbre_settings::Settings;
use timbre_settings::edit::{SettingsFile, SettingsForm};
use timbre_wiring::setup::{known_connectors, known_vendors};
use uuid::Uuid;

use super::Office;
use super::people::names_of_all;

/// What people type into the dial window, and the stand-in program must read as the engine does.
const TYPED: [&str; 8] =
    ["8888 4787", "+506 8888-4787", "24421180", "2290 4400", "5068711 2345", "7000-1234", "12", "ana"];

/// An office with FormCall, of which the UI shows the settings alone.
const FORMCALL: &str = r#"
[[accounts]]
name = "principal"
provider = "formcall"
base_url = "https://clickandtalk.medularis.com"
[accounts.popups]
Marta = "6f1c2a90-4b1d-4c0e-9d3a-2f7c51e0a9b4"

[[identities]]
label = "Ventas"
account = "principal"
endpoint = "6f1c2a90-4b1d-4c0e-9d3a-2f7c51e0a9b4"
"#;

impl Office {
    /// What the main window, the dial window and the forms are told, by file.
    pub(super) async fn answers(&mut self) -> BTreeMap<String, Value> {
        // Asking takes a moment; all of it is told as of now.
        let now = self.story.clock.now();
        let people = self.people().await;
        let mut known: BTreeMap<String, KnownContact> = BTreeMap::new();
        for FoundContact { contact, .. } in &people {
            let command = command::ContactsKnown { contact: contact.id, entries: 0 };
            let one = self.story.execute(command).await.unwrap();
            known.insert(contact.id.to_string(), one);
        }
        let calls = self.calls_listed(CallsWanted::default()).await;
        let pending = self.calls_listed(CallsWanted { pending: true, ..CallsWanted::default() }).await;
        let mut cards = BTreeMap::new();
        for row in &calls {
            let mut card = self.card(&row.call.key).await;
            card.answered_at = now;
            // Since when a record waits is when the CRM was asked for it last: a matter of chance.
            for record in card.records.iter_mut().filter(|record| record.state == OutboxState::Waiting) {
                record.at = now;
            }
            cards.insert(row.call.key.to_string(), card);
        }
        for (name, key) in std::mem::take(&mut self.samples) {
            let shown = self.story.shell.cards().into_iter().find(|card| card.call.key == key);
            // What came of the call later is not on the pop-up that was shown.
            let card = shown
                .filter(|_| !["draft", "final"].contains(&name))
                .unwrap_or_else(|| cards[&key.to_string()].clone());
            self.popups.insert(name, card);
        }
        let unnamed = unnamed(&self.popups["unknown"].call);
        let home = self.story.settings().country;
        let matched =
            matching::decide(unnamed.direction, &unnamed.party, Found { contacts: Vec::new(), dialled: None });
        let line = self.popups["unknown"].line.clone();
        let card = PopupCard { line, ..PopupCard::new(unnamed.clone(), matched, unnamed.detected_at, home) };
        let row = CallRow {
            number_written: card.number_written.clone(),
            dial: None,
            contact: None,
            name: String::new(),
            company: String::new(),
            duration_s: None,
            call: unnamed,
            ..calls[0].clone()
        };
        self.popups.insert("not_known_yet", card);
        let day = json!({
            "now": now,
            "bootstrap": bootstrap(&self.story.settings(), self.story.context().capabilities()),
            "status": self.statuses["day"].status,
            "people": people,
            "known": known,
            "calls": calls,
            "pending": pending.iter().map(|row| &row.call.key).collect::<Vec<_>>(),
            "not_known_yet": row,
            "cards": cards,
            "outbox": self.outbox(now).await,
        });
        let mut numbers = Vec::new();
        for text in TYPED {
            numbers.push(json!([text, self.number(text).await]));
        }
        let by_language = |known: fn(Language) -> Value| {
            let [es, en, pt] = [Language::Es, Language::En, Language::Pt].map(known);
            json!({ "es": es, "en": en, "pt": pt })
        };
        let setup = json!({
            "vendors": by_language(|language| json!(known_vendors(language))),
            "connectors": by_language(|language| json!(known_connectors(language))),
            "callmyway": form(self.story.settings_text()),
            "formcall": form(FORMCALL),
        });
        [
            ("edits.json", json!(edits(&self.story.settings()))),
            ("day.json", day),
            ("numbers.json", json!(numbers)),
            ("setup.json", setup),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Pop-ups and states of Timbre that the day's end does not show any more.
    pub(super) fn remembered(&self) -> BTreeMap<String, Value> {
        [("statuses.json".to_owned(), json!(self.statuses)), ("popups.json".to_owned(), json!(self.popups))].into()
    }

    /// Everybody in the address book, whoever was added during the day last.
    async fn people(&mut self) -> Vec<FoundContact> {
        let mut people: Vec<FoundContact> = Vec::new();
        for name in names_of_all() {
            let command = command::ContactsFind { text: name.into(), limit: 100 };
            let contacts = self.story.execute(command).await.unwrap();
            let is_new = |found: &FoundContact| people.iter().all(|one| one.contact.id != found.contact.id);
            people.extend(contacts.into_iter().filter(is_new).collect::<Vec<_>>());
        }
        people
    }

    async fn card(&mut self, call: &CallKey) -> PopupCard {
        let command = command::CallCard { call: call.clone() };
        self.story.execute(command).await.unwrap()
    }

    async fn number(&mut self, text: &str) -> Option<Value> {
        let reply = self.story.execute(command::ReadNumber { text: text.to_owned() }).await.ok()?;
        let read = reply;
        let contacts: Vec<_> = read.contacts.iter().map(|contact| contact.id).collect();
        Some(json!({ "written": read.written, "dial": read.dial, "contacts": contacts }))
    }

    /// Everything in the outbox. How often a CRM that is down was asked, and when it is asked again, is a matter of chance:
    /// here it was asked three times, the last time a minute ago. When what is done was sent is one, too.
    async fn outbox(&mut self, now: DateTime<Utc>) -> Vec<OutboxRow> {
        use OutboxState::{Discarded, Done, Parked, Sending, Waiting};
        let filter =
            OutboxFilter { states: vec![Waiting, Sending, Parked, Done, Discarded], ..OutboxFilter::default() };
        let mut rows = self.story.execute(command::OutboxRows(filter)).await.unwrap();
        for row in rows.iter_mut().filter(|row| row.item.state == Waiting) {
            row.item.next_at = now + super::ASKED_AGAIN;
            if let Some(problem) = &mut row.item.problem {
                row.item.attempts = 3;
                problem.at = now - TimeDelta::minutes(1);
            }
        }
        for row in rows.iter_mut().filter(|row| row.item.state == Done) {
            row.item.next_at = row.item.created_at;
        }
        rows
    }

    async fn calls_listed(&mut self, wanted: CallsWanted) -> Vec<CallRow> {
        self.story.execute(command::CallRows(wanted)).await.unwrap()
    }
}

/// The same call where the vendor has not said who it is; no vendor's simulator shows one.
fn unnamed(call: &Call) -> Call {
    let key = CallKey { external_id: format!("{}-unnamed", call.key.external_id), ..call.key.clone() };
    Call { key, party: Party::NotKnownYet, ..call.clone() }
}

/// What every window is told first.
fn bootstrap(settings: &Settings, offers: Vec<Capability>) -> WindowBootstrap {
    let mut result_fields = Vec::new();
    for requirement in settings.dispositions.all().iter().flat_map(|one| &one.requires) {
        if let Requirement::Field(name) = requirement
            && !result_fields.contains(name)
        {
            result_fields.push(name.clone());
        }
    }
    WindowBootstrap {
        language: settings.language,
        platform: "linux".into(),
        version: "0.1.0".into(),
        set_up: true,
        trouble: None,
        dispositions: settings.dispositions.clone(),
        result_fields,
        identities: settings.identities.clone(),
        currency: settings.accounts.iter().find_map(|account| account.currency().map(str::to_owned)),
        country: settings.country.to_string(),
        offers,
        has_crm: !settings.connectors.is_empty(),
        preferences: Preferences::default(),
        keys_not_had: Vec::new(),
        popup: PopupPolicy::default(),
    }
}

/// What the settings' forms show of a file with this text.
fn form(text: &str) -> SettingsForm {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timbre.toml");
    std::fs::write(&path, text).unwrap();
    let file = SettingsFile::read(&path, timbre_wiring::vendors()).unwrap();
    // A revision is only good within one run of the program.
    SettingsForm { revision: "1".into(), ..file.form().unwrap() }
}

/// Results, changes of them, and what becomes of them: the stand-in program changes results as the domain does.
fn edits(settings: &Settings) -> Vec<Value> {
    let at = DateTime::UNIX_EPOCH;
    let follow_up = FollowUp { at, whom: None, what: "Volver a llamar".into() };
    let change = |disposition: Option<&str>, follow_up: Option<Option<FollowUp>>, finish| InteractionEdit {
        disposition: disposition.map(str::to_owned),
        follow_up,
        finish,
        ..InteractionEdit::default()
    };
    let said =
        |text: &str, finish| InteractionEdit { comment: Some(text.into()), finish, ..InteractionEdit::default() };
    let stories = [
        // A disposition brings its follow-up about where the agent gave none, even one that was taken away before.
        vec![change(Some("no_contesta"), None, true)],
        vec![
            change(Some("no_contesta"), Some(Some(follow_up.clone())), false),
            change(None, Some(None), false),
            change(None, None, true),
        ],
        // Taken away from what was saved: first as a draft over it, then for good; it is not brought about again.
        vec![change(Some("no_contesta"), None, true), change(None, Some(None), false), change(None, None, true)],
        // What is typed over and back again leaves no draft.
        vec![said("Compró", true), said("Compró dos", false), said("Compró", false)],
        vec![change(Some("visita"), None, true)],
        vec![change(Some("interesado"), Some(Some(follow_up)), true), change(None, Some(None), true)],
    ];
    let mut edits = Vec::new();
    for story in stories {
        let mut result = Interaction::begun(InteractionId(Uuid::nil()), None, None, at);
        for edit in story {
            let after = result.changed(edit.clone(), &settings.dispositions, at, &mut || Uuid::from_u128(1));
            edits.push(json!({ "result": result, "edit": edit, "after": after.as_ref().ok() }));
            result = after.unwrap_or(result);
        }
    }
    edits
}
