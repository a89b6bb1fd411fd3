//! The variables that templates are filled with: what a request says of a call, a contact or another record.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value;
use serde::Serialize;
use serde_json::Value as Json;
use timbre_domain::contact::ContactPart;
use timbre_domain::crm::{CallReport, ContactReport, Content, RecordRequest};
use timbre_domain::outbox::RecordKind;

use crate::merge::{Email, Lists, Phone};
use crate::samples;
use crate::template::{TemplateError, Vars, free, ours};

#[derive(Serialize)]
struct CallVars<'a> {
    #[serde(flatten)]
    call: &'a CallReport,
    /// `duration_s` by the name that says what it is.
    talk_s: u64,
}

#[derive(Serialize)]
struct Changed {
    name: bool,
    company: bool,
    owner: bool,
    emails: bool,
    phones: bool,
    do_not_call: bool,
    fields: BTreeMap<String, bool>,
}

/// The order's variables, beside `settings`, `base` and `user`; `lists` are a contact's, merged.
pub(crate) fn vars(vars: &Vars, order: &RecordRequest, lists: &Lists) -> Vars {
    let vars = vars
        .with("request_id", order.request_id.to_string().into())
        .with("id", order.remote_id.clone().map_or(().into(), Value::from))
        .with("despite_duplicate", order.despite_duplicate.into())
        .with("proven", order.proven.into());
    match &order.content {
        Content::Call(call) => vars.with("call", ours(&CallVars { call, talk_s: call.duration_s })),
        Content::FollowUp(follow_up) => vars.with("follow_up", ours(follow_up)),
        Content::Charge(charge) => vars.with("charge", ours(charge)),
        Content::Note(note) => vars.with("note", ours(note)),
        Content::Contact(report) => {
            let changed = changed(report, order.remote_id.is_none());
            vars.with("contact", ours(&report.contact))
                .with("changed", ours(&changed))
                .with("phones", phones(&lists.phones))
                .with("emails", emails(&lists.emails))
        }
    }
}

/// A new contact is sent whole; of another one, what a person typed.
fn changed(report: &ContactReport, whole: bool) -> Changed {
    let said = |part: ContactPart| whole || report.changed.contains(&part);
    let fields = report.contact.fields.keys().map(|name| (name.clone(), said(ContactPart::Field(name.clone()))));
    let gone = report.changed.iter().filter_map(|part| match part {
        ContactPart::Field(name) => Some((name.clone(), true)),
        _ => None,
    });
    Changed {
        name: said(ContactPart::Name),
        company: said(ContactPart::Company),
        owner: said(ContactPart::Owner),
        emails: said(ContactPart::Emails),
        phones: said(ContactPart::Phones),
        do_not_call: said(ContactPart::DoNotCall),
        fields: fields.chain(gone).collect(),
    }
}

fn phones(phones: &[Phone]) -> Value {
    let items = phones.iter().enumerate().map(|(at, phone)| {
        Value::from_pairs([
            ("number", free(&phone.number)),
            ("kind", phone.kind.as_str().into()),
            ("kind_there", phone.kind_there.clone().map_or(().into(), Value::from)),
            ("theirs", theirs(phone.theirs.as_ref())),
            ("ours", phone.ours.into()),
            ("first", (at == 0).into()),
            ("moved", phone.moved.into()),
        ])
    });
    Value::from(items.collect::<Vec<_>>())
}

fn emails(emails: &[Email]) -> Value {
    let items = emails.iter().enumerate().map(|(at, email)| {
        Value::from_pairs([
            ("address", free(&email.address)),
            ("theirs", theirs(email.theirs.as_ref())),
            ("ours", email.ours.into()),
            ("first", (at == 0).into()),
            ("moved", email.moved.into()),
        ])
    });
    Value::from(items.collect::<Vec<_>>())
}

fn theirs(record: Option<&Json>) -> Value {
    record.map_or_else(|| free(&samples::nothing()), free)
}

/// The variables of a sample order; `full` as in [`samples::order`].
pub(crate) fn sample_vars(given: &Vars, kind: RecordKind, full: bool) -> Vars {
    let order = samples::order(kind, full, "sample");
    let lists = sample_lists(&order);
    let user = if full { "sample-user".into() } else { ().into() };
    vars(given, &order, &lists).with("user", user)
}

/// The parts of a contact that this request tells a CRM of: each is tried alone, with a sample.
pub(crate) fn contact_parts(
    given: &Vars,
    says_something: impl Fn(&Vars) -> Result<bool, TemplateError>,
) -> Result<BTreeSet<ContactPart>, TemplateError> {
    let mut parts = BTreeSet::new();
    for part in ContactPart::OF_RECORDS {
        let mut order = samples::order(RecordKind::Contact, true, "sample");
        order.remote_id = Some("sample".to_owned());
        let lists = sample_lists(&order);
        if let Content::Contact(report) = &mut order.content {
            report.changed = BTreeSet::from([part.clone()]);
        }
        if says_something(&vars(given, &order, &lists).with("user", "sample-user".into()))? {
            parts.insert(part);
        }
    }
    Ok(parts)
}

/// A sample contact's lists, as they are written to a CRM that has none of it.
pub(crate) fn sample_lists(order: &RecordRequest) -> Lists {
    let Content::Contact(report) = &order.content else { return Lists::default() };
    let phone = |phone: &timbre_domain::contact::ContactPhone| Phone {
        number: phone.number.raw().into(),
        kind: phone.kind,
        kind_there: Some("sample".into()),
        theirs: None,
        ours: true,
        moved: false,
    };
    let email = |email: &String| Email { address: email.clone().into(), theirs: None, ours: true, moved: false };
    Lists {
        phones: report.contact.phones.iter().map(phone).collect(),
        emails: report.contact.emails.iter().map(email).collect(),
    }
}
