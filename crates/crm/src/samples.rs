//! Samples of everything a template may be filled with: files are tried out with them when they are loaded, and shown with
//! them in a test that sends nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::{Value as Json, json};
use timbre_domain::call::{CallKey, Direction};
use timbre_domain::contact::{Contact, ContactId, ContactPart, ContactPhone, PhoneKind};
use timbre_domain::crm::{
    CallReport, ChargeReport, ContactReport, Content, FollowUpReport, NoteReport, RecordRequest, RemoteRef,
};
use timbre_domain::disposition::ChosenLevel;
use timbre_domain::interaction::Charge;
use timbre_domain::number::PhoneNumber;
use timbre_domain::outbox::{RecordKind, RequestId};
use timbre_domain::vendor::VendorId;
use uuid::Uuid;

use crate::connector::Setting;
use crate::template::{Vars, free, ours};

/// A number that nobody has: Costa Rica's numbers do not begin with 1.
pub(crate) const NOBODY: &str = "+50610000000";

/// An order of this kind; `full` with everything that may be there, else with nothing that may be missing.
pub(crate) fn order(kind: RecordKind, full: bool, account: &str) -> RecordRequest {
    let at = DateTime::from_timestamp(1_795_188_600, 0).unwrap_or_default();
    let contact = full.then(|| RemoteRef { id: "6b00sample".into(), name: "Ana Pérez".into() });
    let charge = || Charge {
        id: Uuid::from_u128(3),
        amount: 2500.into(),
        currency: "CRC".parse().unwrap_or_else(|_| unreachable!("CRC is a currency")),
        concept: "Timbre: sample charge".into(),
    };
    let content = match kind {
        RecordKind::Call => Content::Call(Box::new(CallReport {
            call_key: CallKey {
                vendor: VendorId::known("sample"),
                account: account
                    .parse()
                    .unwrap_or_else(|_| unreachable!("{account} is the name of a sample or of a connector")),
                external_id: "sample".into(),
            },
            direction: if full { Direction::In } else { Direction::Out },
            answered: full,
            started_at: at,
            ended_at: at + chrono::TimeDelta::seconds(250),
            talk_began_at: full.then(|| at + chrono::TimeDelta::seconds(10)),
            talk_ended_at: full.then(|| at + chrono::TimeDelta::seconds(250)),
            duration_s: if full { 240 } else { 0 },
            ring_s: 10,
            endpoint: "8373456".into(),
            number: full.then(|| NOBODY.to_owned()),
            number_written: if full { "+506 1000 0000".into() } else { String::new() },
            contact,
            title: "Timbre: sample call".into(),
            text: "Sample".into(),
            comment: "Sample".into(),
            disposition: if full {
                vec![ChosenLevel { code: "sale".into(), name: "Venta".into() }]
            } else {
                Vec::new()
            },
            fields: BTreeMap::new(),
            charges: if full { vec![charge()] } else { Vec::new() },
            cost: full.then(|| "0.0125".into()),
            currency: full.then(|| "USD".into()),
            agent: full.then(|| "Ana".into()),
        })),
        RecordKind::FollowUp => Content::FollowUp(FollowUpReport {
            at,
            whom: full.then(|| "Ana".into()),
            title: "Timbre: sample follow-up".into(),
            text: "Sample".into(),
            contact,
            cancelled: !full,
        }),
        RecordKind::Charge => {
            Content::Charge(ChargeReport { charge: charge(), at, contact, text: "Sample".into(), cancelled: !full })
        }
        RecordKind::Note => Content::Note(NoteReport { text: "Sample".into(), contact }),
        RecordKind::Contact => {
            let phone = |number: &str, kind| ContactPhone {
                number: PhoneNumber::stored(number.to_owned(), Some(number.to_owned())),
                kind,
                source: None,
            };
            let contact = Contact {
                name: if full { "Ana Sample Pérez".into() } else { String::new() },
                company: "Cafetalera Sample".into(),
                phones: if full {
                    vec![phone(NOBODY, PhoneKind::Mobile), phone("+50610000001", PhoneKind::Work)]
                } else {
                    vec![]
                },
                emails: if full { vec!["sample@example.com".into()] } else { vec![] },
                ..Contact::empty(ContactId(Uuid::from_u128(4)))
            };
            let changed = if full { BTreeSet::from([ContactPart::Name, ContactPart::Phones]) } else { BTreeSet::new() };
            Content::Contact(Box::new(ContactReport { contact, changed }))
        }
    };
    RecordRequest {
        request_id: RequestId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001)),
        remote_id: None,
        despite_duplicate: full,
        proven: full,
        content,
    }
}

/// A sample that is really sent hangs on the sample contact, and is not taken back already.
pub(crate) fn hang_on(content: &mut Content, to: Option<&RemoteRef>) {
    match content {
        Content::Call(call) => call.contact = to.cloned(),
        Content::FollowUp(follow_up) => (follow_up.contact, follow_up.cancelled) = (to.cloned(), false),
        Content::Charge(charge) => (charge.contact, charge.cancelled) = (to.cloned(), false),
        Content::Note(note) => note.contact = to.cloned(),
        Content::Contact(report) => report.contact.company = "Timbre: sample contact".into(),
    }
}

/// The settings as templates see them: each that the file declares, set or not.
pub(crate) fn settings(declared: &BTreeMap<String, Setting>, filled: bool) -> Vars {
    let values = declared.iter().map(|(name, setting)| {
        let value = match &setting.default {
            Some(Json::Bool(truth)) => Json::Bool(*truth != filled),
            Some(default) => default.clone(),
            None if filled || setting.required => Json::String("sample".into()),
            None => Json::Null,
        };
        (name.clone(), value)
    });
    Vars::default()
        .with("settings", ours(&values.collect::<BTreeMap<_, _>>()))
        .with("base", minijinja::Value::from_safe_string("https://crm.example".into()))
}

/// Every mix of the settings with each of the given variables.
pub(crate) fn mixed(declared: &BTreeMap<String, Setting>, add: &[&dyn Fn(Vars) -> Vars]) -> Vec<Vars> {
    let mut all = Vec::new();
    for filled in [true, false] {
        all.extend(add.iter().map(|add| add(settings(declared, filled))));
    }
    all
}

/// What is there while a page is asked for.
pub(crate) fn paging(vars: Vars, cursor: &Json, pass_begins: bool, page_size: u64) -> Vars {
    vars.with("cursor", free(cursor)).with("pass_begins", pass_begins.into()).with("page_size", page_size.into())
}

/// What is there once a page has come.
pub(crate) fn paged(vars: &Vars, answer: &Json, last: &Json, count: usize) -> Vars {
    vars.with("answer", free(answer)).with("last", free(last)).with("count", count.into())
}

/// What stands for a record that the CRM does not have: an empty object.
pub(crate) fn nothing() -> Json {
    json!({})
}
