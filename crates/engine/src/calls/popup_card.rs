//! What a pop-up, and the main window's detail, show of a call: the card with the contact's summary.

use chrono::{DateTime, Utc};
use timbre_domain::call::{Call, CallState};
use timbre_domain::contact::Contact;
use timbre_domain::history::{RecordState, ShownPhone, WithWhom, is_missed, returned_by};
use timbre_domain::interaction::{Currency, FollowUp, InteractionState};
use timbre_domain::matching::Match;
use timbre_domain::name::ConnectorName;
use timbre_domain::number::{Country, PhoneNumber};
use timbre_domain::outbox::{OutboxItem, RecordKind, waits_for};
use timbre_domain::popup::{ContactSummary, Money, PastEntry, PopupCard, ShownField};
use timbre_store::{CallRecord, CaseEntry, CaseFile, Store, StoreError};

use crate::Context;
use timbre_settings::Settings;

/// How many entries of the case file a pop-up shows.
pub(crate) const RECENT: usize = 3;

/// The card of a call, with what is known of the contact. A database that can't be read leaves that out: better a bare
/// pop-up than none.
pub(crate) async fn card(
    context: &Context,
    call: &Call,
    matched: Match,
    at: DateTime<Utc>,
    recent: usize,
) -> PopupCard {
    let bare = PopupCard::new(call.clone(), matched, at, context.core.settings.country);
    let bare = PopupCard { line: line(&context.core.settings, call), ..bare };
    let (settings, now, filled) = (context.core.settings.clone(), context.core.clock.now(), bare.clone());
    let answering = context.connectors.answering();
    match context.core.stored(move |store| fill(store, &settings, &answering, filled, recent, now)).await {
        Ok(card) => card,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "what is known of a caller can't be read");
            bare
        }
    }
}

fn fill(
    store: &Store,
    settings: &Settings,
    answering: &[ConnectorName],
    card: PopupCard,
    recent: usize,
    now: DateTime<Utc>,
) -> Result<PopupCard, StoreError> {
    let interaction = store.interaction_of_call(&card.call.key)?;
    // A call that has just come has none.
    let records = match &interaction {
        Some(_) => records(&store.outbox_of_call(&card.call.key)?, card.call.state != CallState::Ended, answering),
        None => Vec::new(),
    };
    let contact_summary = match card.contact() {
        // One more than is shown: the call itself is among them.
        Some(contact) => store.case_file(contact.id, None, recent + 1)?.map(|mut file| {
            file.entries.retain(|entry| entry.call.as_ref().is_none_or(|of| of.call.key != card.call.key));
            file.entries.truncate(recent);
            let mut contact_summary = contact_summary(file, settings);
            contact_summary
                .follow_ups
                .retain(|promised| promised.at > now - chrono::TimeDelta::days(FORGOTTEN_AFTER_DAYS));
            contact_summary
        }),
        None => None,
    };
    let returned_at = if is_missed(&card.call) { store.call_returned(&card.call.key)? } else { None };
    Ok(PopupCard { contact_summary, interaction, records, returned_at, ..card })
}

/// How far the records of a call are, one a CRM. `goes_on` says whether the call does, `answering` which CRMs answer.
pub(crate) fn records(items: &[OutboxItem], goes_on: bool, answering: &[ConnectorName]) -> Vec<RecordState> {
    let of_call = items.iter().filter(|item| item.kind == RecordKind::Call);
    let state = |item: &OutboxItem| {
        let at = item.problem.as_ref().map(|problem| problem.at).or(item.begun_at).unwrap_or(item.created_at);
        let waits = waits_for(item, goes_on, answering.contains(&item.connector));
        RecordState { connector: item.connector.clone(), state: item.state, waits, at }
    };
    of_call.map(state).collect()
}

/// What was promised so long ago is history.
const FORGOTTEN_AFTER_DAYS: i64 = 90;

/// What is known of a contact.
pub(crate) fn contact_summary(file: CaseFile, settings: &Settings) -> ContactSummary {
    let CaseFile { contact, entries, charged } = file;
    let charged = charged
        .into_iter()
        .filter_map(|(currency, amount)| Some(Money { amount, currency: currency.parse::<Currency>().ok()? }))
        .filter(|money| !money.amount.is_zero())
        .collect();
    ContactSummary {
        fields: fields(&contact, settings),
        phones: contact.phones.iter().map(|phone| shown(&phone.number, phone.kind, settings.country)).collect(),
        follow_ups: promised(&entries),
        recent: past(entries),
        charged,
    }
}

/// The newest first, so that whatever returned a missed call stands before it.
fn past(entries: Vec<CaseEntry>) -> Vec<PastEntry> {
    let mut newer: Vec<CallRecord> = Vec::new();
    let mut past = Vec::with_capacity(entries.len());
    for entry in entries {
        let of = |record: &CallRecord| {
            entry.call.as_ref().and_then(|missed| returned_by(with_whom(missed), with_whom(record)))
        };
        let returned_at = newer.iter().filter_map(of).min();
        newer.extend(entry.call.clone());
        past.push(PastEntry { returned_at, ..past_entry(entry) });
    }
    past
}

fn with_whom(record: &CallRecord) -> WithWhom<'_> {
    WithWhom { call: &record.call, contact: record.contact }
}

fn past_entry(entry: CaseEntry) -> PastEntry {
    PastEntry {
        at: entry.at,
        duration_s: entry.call.as_ref().and_then(CallRecord::talk_s),
        call: entry.call.map(|record| record.call),
        interaction: entry.interaction,
        returned_at: None,
    }
}

/// The promise of the newest final result: a later result takes its place.
fn promised(entries: &[CaseEntry]) -> Vec<FollowUp> {
    let finals = entries.iter().filter_map(|entry| entry.interaction.as_ref());
    let newest = finals.into_iter().find(|one| one.state == InteractionState::Final);
    newest.and_then(|one| one.follow_up.clone()).into_iter().collect()
}

fn fields(contact: &Contact, settings: &Settings) -> Vec<ShownField> {
    let value = |name: &str| match name {
        "email" => contact.emails.first().cloned(),
        "owner" => contact.owner.clone(),
        "company" => Some(contact.company.clone()),
        name => contact.fields.get(name).cloned(),
    };
    settings
        .popup_fields
        .iter()
        .filter_map(|name| {
            let value = value(name).filter(|value| !value.trim().is_empty())?;
            Some(ShownField { name: name.clone(), value })
        })
        .collect()
}

pub(crate) fn shown(number: &PhoneNumber, kind: timbre_domain::contact::PhoneKind, country: Country) -> ShownPhone {
    ShownPhone { written: number.written(country), dial: number.dials().to_owned(), kind }
}

/// The line a call is on, as the agent knows it.
pub(crate) fn line(settings: &Settings, call: &Call) -> String {
    let of_call = settings.identities.iter().find(|identity| {
        identity.endpoint == call.endpoint && identity.account == call.key.account && !identity.withheld
    });
    of_call.map_or_else(|| call.endpoint.to_string(), |identity| identity.label.clone())
}
