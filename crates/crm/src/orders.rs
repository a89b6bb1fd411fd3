//! What templates know of an order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;
use timbre_domain::call::AccountName;
use timbre_domain::contact::PhoneKind;
use timbre_domain::crm::{ContactReport, Content, Order};
use timbre_domain::outbox::RecordKind;

use crate::samples;
use crate::template::{TemplateError, Vars, free, ours};

/// A telephone of a contact that is written: one that the CRM has, or one of ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phone {
    /// As it is written.
    pub(crate) number: String,
    pub(crate) kind: PhoneKind,
    /// The CRM's word for the kind.
    pub(crate) kind_there: Option<String>,
    /// The CRM's own record of it, with attributes we know nothing of.
    pub(crate) theirs: Option<Json>,
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

/// The order's variables, beside `settings`, `base` and `user`; `phones` are a contact's, merged.
pub(crate) fn vars(vars: &Vars, order: &Order, phones: &[Phone]) -> Vars {
    let vars = vars
        .with("request_id", order.request_id.to_string().into())
        .with("id", order.remote_id.clone().map_or(().into(), minijinja::Value::from))
        .with("despite_duplicate", order.despite_duplicate.into())
        .with("proven", order.proven.into());
    match &order.content {
        Content::Call(call) => vars.with("call", ours(call)),
        Content::FollowUp(follow_up) => vars.with("follow_up", ours(follow_up)),
        Content::Charge(charge) => vars.with("charge", ours(charge)),
        Content::Note(note) => vars.with("note", ours(note)),
        Content::Contact(report) => {
            let changed = changed(report, order.remote_id.is_none());
            vars.with("contact", ours(&report.contact)).with("changed", ours(&changed)).with("phones", list(phones))
        }
    }
}

/// A new contact is sent whole; of another one, what a person typed.
fn changed(report: &ContactReport, whole: bool) -> Changed {
    let said = |name: &str| whole || report.changed.contains(name);
    let fields = report.contact.fields.keys().map(|name| (name.clone(), said(&format!("field:{name}"))));
    let gone = report.changed.iter().filter_map(|name| Some((name.strip_prefix("field:")?.to_owned(), true)));
    Changed {
        name: said("name"),
        company: said("company"),
        owner: said("owner"),
        emails: said("emails"),
        phones: said("phones"),
        do_not_call: said("do_not_call"),
        fields: fields.chain(gone).collect(),
    }
}

fn list(phones: &[Phone]) -> minijinja::Value {
    let items = phones.iter().enumerate().map(|(at, phone)| {
        minijinja::Value::from_pairs([
            ("number", minijinja::Value::from(phone.number.clone())),
            ("kind", phone.kind.as_str().into()),
            ("kind_there", phone.kind_there.clone().map_or(().into(), minijinja::Value::from)),
            ("theirs", phone.theirs.as_ref().map_or_else(|| free(&samples::nothing()), free)),
            ("first", (at == 0).into()),
        ])
    });
    minijinja::Value::from(items.collect::<Vec<_>>())
}

/// The variables of a sample order; `full` as in [`samples::order`].
pub(crate) fn sample_vars(given: &Vars, kind: RecordKind, full: bool) -> Vars {
    let Ok(account) = "sample".parse::<AccountName>() else { return given.clone() };
    let order = samples::order(kind, full, &account);
    let phones = sample_phones(&order);
    let user = if full { "sample-user".into() } else { ().into() };
    vars(given, &order, &phones).with("user", user)
}

/// The parts of a contact that a change of it may be about.
const PARTS: [&str; 6] = ["name", "company", "owner", "emails", "phones", "do_not_call"];

/// The parts of a contact that this request tells a CRM of: each is tried alone, with a sample.
pub(crate) fn contact_parts(
    given: &Vars,
    says_something: impl Fn(&Vars) -> Result<bool, TemplateError>,
) -> Result<BTreeSet<String>, TemplateError> {
    let Ok(account) = "sample".parse::<AccountName>() else { return Ok(BTreeSet::new()) };
    let mut parts = BTreeSet::new();
    for part in PARTS {
        let mut order = samples::order(RecordKind::Contact, true, &account);
        order.remote_id = Some("sample".to_owned());
        let phones = sample_phones(&order);
        if let Content::Contact(report) = &mut order.content {
            report.changed = BTreeSet::from([part.to_owned()]);
        }
        if says_something(&vars(given, &order, &phones).with("user", "sample-user".into()))? {
            parts.insert(part.to_owned());
        }
    }
    Ok(parts)
}

/// A sample contact's telephones, as they are written to a CRM that has none of them.
pub(crate) fn sample_phones(order: &Order) -> Vec<Phone> {
    let Content::Contact(report) = &order.content else { return Vec::new() };
    let phone = |phone: &timbre_domain::contact::ContactPhone| Phone {
        number: phone.number.raw().to_owned(),
        kind: phone.kind,
        kind_there: Some("sample".into()),
        theirs: None,
    };
    report.contact.phones.iter().map(phone).collect()
}
