//! The CRM's side: who is in it, what the agent writes, and what it has in the end.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use timbre_domain::call::CallKey;
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind};
use timbre_simulator::crm::{
    Access, ApiUser, Crm, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, FieldKind, Ledger, Role,
};

use super::acts::Told;
use super::cast::Person;
use super::check::Finding;

/// An EspoCRM whose administrator made fields for the request id and the disposition, and an entity for charges.
pub(super) fn config(seed: u64) -> CrmConfig {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE).with("CCharge", Access::WRITE);
    let charge = |name: &str, kind: FieldKind| CustomField { name: name.to_owned(), kind, required: false };
    CrmConfig {
        api_keys: BTreeMap::from([(DEFAULT_API_KEY.to_owned(), connector)]),
        custom_fields: BTreeMap::from([(
            "Call".to_owned(),
            vec![CustomField::text("cCtiRequestId"), CustomField::text("cDisposition")],
        )]),
        custom_entities: vec![CustomEntity {
            name: "CCharge".to_owned(),
            fields: vec![charge("amount", FieldKind::Number), charge("amountCurrency", FieldKind::Text)],
        }],
        seed,
        ..CrmConfig::default()
    }
}

/// What the settings file says of it.
pub(super) fn settings(crm_url: &str, real_time: bool) -> String {
    let file = if real_time { "espocrm" } else { "espocrm.toml" };
    format!(
        "[[connectors]]\nname = \"crm\"\nfile = \"{file}\"\nbase_url = \"{crm_url}\"\n\
         [connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\ndisposition_field = \"cDisposition\"\n\
         charge_entity = \"CCharge\"\n"
    )
}

/// What can come of a call.
pub(super) fn dispositions() -> String {
    [
        disposition("venta", "Venta", "", "requires = [\"comment\"]"),
        disposition("venta-contado", "De contado", "venta", ""),
        disposition("consulta", "Consulta", "", ""),
        disposition("luego", "Llamar luego", "", "follow_up_after_days = 2"),
        disposition("perdida", "No se atendió", "", ""),
    ]
    .concat()
}

/// One of them, as the settings file has it.
pub(super) fn disposition(code: &str, name: &str, under: &str, more: &str) -> String {
    let under = if under.is_empty() { String::new() } else { format!("under = \"{under}\"\n") };
    format!("[[dispositions]]\ncode = \"{code}\"\nname = \"{name}\"\n{under}{more}\n")
}

/// The CRM knows this person.
pub(super) fn employ(crm: &Crm, person: &Person) {
    let (first, last) = person.name.split_once(' ').unwrap_or(("", &person.name));
    let digits: String = person.number.chars().filter(char::is_ascii_digit).collect();
    let number = format!("+506{}", &digits[digits.len().saturating_sub(8)..]);
    let account = (!person.company.is_empty()).then(|| crm.create("Account", &json!({ "name": person.company })));
    // Its id is of no interest here: the demo finds people by their numbers.
    let _ = crm
        .create_contact(&json!({ "firstName": first, "lastName": last, "phoneNumber": number, "accountId": account }));
}

/// What the agent wrote of one call.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) call: CallKey,
    pub(super) disposition: &'static str,
    pub(super) named: &'static str,
    pub(super) comment: String,
    pub(super) charge: Option<&'static str>,
}

impl Saved {
    /// As timbrectl takes it.
    pub(super) fn args(&self) -> Vec<String> {
        let mut args = vec!["--call".to_owned(), self.call.to_string()];
        args.extend(["--disposition".to_owned(), self.disposition.to_owned()]);
        args.extend(["--comment".to_owned(), self.comment.clone()]);
        args.extend(self.charge.into_iter().flat_map(|charge| ["--charge".to_owned(), charge.to_owned()]));
        args
    }
}

/// What comes of the nth call.
pub(super) fn result(call: CallKey, n: usize) -> Saved {
    let (disposition, named, comment, charge) = [
        ("venta-contado", "De contado", "Compró dos cajas; paga de contado.", Some("2500.50 CRC Gestión")),
        ("consulta", "Consulta", "Pregunta por el horario del sábado.", None),
        ("luego", "Llamar luego", "Número nuevo; pide que la llamen.", None),
        ("perdida", "No se atendió", "Colgó antes de que contestáramos.", None),
        ("venta-contado", "De contado", "Renueva el contrato \"Oro\" & envío.", Some("19999.95 CRC Renovación")),
        ("perdida", "No se atendió", "Llamó mientras yo hablaba.", None),
        ("luego", "Llamar luego", "Quedó en pensarlo.", None),
    ][n % 7];
    Saved { call, disposition, named, comment: comment.to_owned(), charge }
}

fn of<'a>(ledger: &'a Ledger, entity: &str) -> &'a [Value] {
    ledger.records.get(entity).map(Vec::as_slice).unwrap_or_default()
}

/// The CRM's records, as a person would see them there.
#[expect(clippy::print_stdout, reason = "the demo tells a story to whoever runs it")]
pub(super) fn show(ledger: &Ledger) {
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
    for call in of(ledger, "Call") {
        let line = text(call, "description").lines().next().unwrap_or_default().to_owned();
        let with =
            call["contactsNames"].as_object().and_then(|names| names.values().next()?.as_str().map(str::to_owned));
        println!(
            "  Call     {} · {} · {} · {} · {line}",
            text(call, "name"),
            text(call, "status"),
            with.unwrap_or_else(|| "—".to_owned()),
            text(call, "cDisposition")
        );
    }
    for task in of(ledger, "Task") {
        println!("  Task     {} · {} · {}", text(task, "name"), text(task, "dateEnd"), text(task, "parentName"));
    }
    for charge in of(ledger, "CCharge") {
        println!("  CCharge  {} · {} {}", text(charge, "name"), charge["amount"], text(charge, "amountCurrency"));
    }
}

/// Every result is in the CRM exactly once, with the agent's words and the right contact, and nothing else is.
pub(super) fn compare(told: &Told, outbox: &[OutboxItem], ledger: &Ledger) -> Vec<Finding> {
    let mut findings = Vec::new();
    for saved in &told.results {
        let item = outbox.iter().find(|item| item.kind == RecordKind::Call && item.subject == saved.call.to_string());
        let id = item.map(|item| item.id.to_string()).unwrap_or_default();
        let there: Vec<_> = of(ledger, "Call").iter().filter(|call| call["cCtiRequestId"] == id.as_str()).collect();
        let holds = there.len() == 1
            && there.iter().all(|call| {
                let description = call["description"].as_str().unwrap_or_default();
                description.starts_with(&saved.comment)
                    && call["cDisposition"].as_str().is_some_and(|names| names.ends_with(saved.named))
            });
        let what = format!("{} · in the CRM {} time(s) · {}", saved.call.external_id, there.len(), saved.comment);
        findings.push(Finding { what, holds });
    }
    let count = |kind: RecordKind| outbox.iter().filter(|item| item.kind == kind).count();
    for (entity, kind) in [("Call", RecordKind::Call), ("Task", RecordKind::FollowUp), ("CCharge", RecordKind::Charge)]
    {
        let (there, meant) = (of(ledger, entity).len(), count(kind));
        findings.push(Finding {
            what: format!("the CRM has {there} {entity} records for {meant}"),
            holds: there == meant && meant > 0,
        });
    }
    let down = ledger.log.cut_connections;
    findings
        .push(Finding { what: format!("the CRM was down for a while: {down} connections were cut"), holds: down > 0 });
    let done = outbox.iter().all(|item| item.state == OutboxState::Done && item.sent == item.wanted);
    findings.push(Finding { what: format!("all {} records are sent, nothing waits", outbox.len()), holds: done });
    findings
}
