//! Reads the sections `[[dispositions]]` into the organisation's catalogue.

use timbre_domain::disposition::{Action, Disposition, DispositionCatalogue, Requirement};
use timbre_domain::interaction::Charge;
use uuid::Uuid;

use crate::fault::{ConfigError, ValueFault};
use crate::read::Section;

pub(crate) fn read(top: &Section<'_>) -> Result<DispositionCatalogue, ConfigError> {
    let sections = top.sections("dispositions")?;
    let all = sections.iter().map(disposition).collect::<Result<Vec<_>, _>>()?;
    DispositionCatalogue::new(all).map_err(|bad| {
        match sections.get(bad.entry).map(|entry| entry.required_text("code")) {
            Some(Ok(code)) => code.error(ValueFault::Other, bad.what),
            _ => ConfigError::of_file(bad.what),
        }
    })
}

fn disposition(section: &Section<'_>) -> Result<Disposition, ConfigError> {
    section.only(&[
        "code",
        "name",
        "under",
        "requires",
        "follow_up_after_days",
        "follow_up",
        "charge",
        "do_not_call",
        "note",
    ])?;
    let requires = section.texts("requires")?;
    let requires =
        requires.iter().map(|one| one.parse(ValueFault::Other, |text| Requirement::try_from(text.to_owned())));
    Ok(Disposition {
        code: section.required_text("code")?.text.trim().to_owned(),
        name: section.required_text("name")?.text.trim().to_owned(),
        under: section.text("under")?.map(|under| under.text.to_owned()),
        requires: requires.collect::<Result<_, _>>()?,
        actions: actions(section)?,
    })
}

fn actions(section: &Section<'_>) -> Result<Vec<Action>, ConfigError> {
    let mut actions = Vec::new();
    let after_days = section.number("follow_up_after_days", 0, u64::from(u16::MAX), "days")?;
    let what = section.text("follow_up")?;
    match (after_days.and_then(|days| u16::try_from(days).ok()), what) {
        (Some(after_days), what) => {
            let what = what.map(|what| what.text.to_owned()).unwrap_or_default();
            actions.push(Action::FollowUp { after_days, what });
        }
        (None, Some(_)) => {
            let code = section.required_text("code")?;
            return Err(code.error(ValueFault::Other, "a follow_up also needs follow_up_after_days"));
        }
        (None, None) => {}
    }
    if let Some(charge) = section.section("charge")? {
        charge.only(&["amount", "currency", "concept"])?;
        actions.push(Action::Charge(Charge {
            id: Uuid::nil(),
            amount: charge.required_text("amount")?.parse(ValueFault::Other, |text| {
                text.parse().map_err(|_| "an amount is written as a text with a point, such as \"2500.50\"")
            })?,
            currency: charge.required_text("currency")?.parse(ValueFault::Currency, str::parse)?,
            concept: charge.required_text("concept")?.text.to_owned(),
        }));
    }
    if section.switch("do_not_call", false)? {
        actions.push(Action::DoNotCall);
    }
    if section.switch("note", false)? {
        actions.push(Action::Note);
    }
    Ok(actions)
}
