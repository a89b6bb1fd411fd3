//! The organisation's dispositions.

use serde::Deserialize;
use timbre_domain::disposition::{Action, Disposition, DispositionCatalogue, Requirement};
use timbre_domain::interaction::Charge;
use toml::Spanned;
use uuid::Uuid;

use super::{Check, ConfigError, ValueFault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDisposition {
    code: Spanned<String>,
    name: String,
    under: Option<String>,
    #[serde(default)]
    requires: Vec<Spanned<String>>,
    follow_up_after_days: Option<u16>,
    follow_up: Option<String>,
    charge: Option<FileCharge>,
    #[serde(default)]
    do_not_call: bool,
    #[serde(default)]
    note: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCharge {
    amount: Spanned<String>,
    currency: Spanned<String>,
    concept: String,
}

impl Check<'_> {
    pub(super) fn dispositions(&self, read: &[FileDisposition]) -> Result<DispositionCatalogue, ConfigError> {
        let mut all = Vec::with_capacity(read.len());
        for one in read {
            let mut requires = Vec::with_capacity(one.requires.len());
            for requirement in &one.requires {
                requires
                    .push(self.parse(requirement, ValueFault::Other, |text| Requirement::try_from(text.to_owned()))?);
            }
            all.push(Disposition {
                code: one.code.get_ref().trim().to_owned(),
                name: one.name.trim().to_owned(),
                under: one.under.clone(),
                requires,
                actions: self.actions(one)?,
            });
        }
        DispositionCatalogue::new(all).map_err(|bad| match read.get(bad.entry) {
            Some(entry) => self.at(&entry.code, bad.what),
            None => super::plain(bad.what),
        })
    }

    fn actions(&self, one: &FileDisposition) -> Result<Vec<Action>, ConfigError> {
        let mut actions = Vec::new();
        match (one.follow_up_after_days, &one.follow_up) {
            (Some(after_days), what) => {
                actions.push(Action::FollowUp { after_days, what: what.clone().unwrap_or_default() });
            }
            (None, Some(_)) => {
                return Err(self.at(&one.code, "a follow_up also needs follow_up_after_days"));
            }
            (None, None) => {}
        }
        if let Some(charge) = &one.charge {
            actions.push(Action::Charge(Charge {
                id: Uuid::nil(),
                amount: self.parse(&charge.amount, ValueFault::Other, |text| {
                    text.parse().map_err(|_| "an amount is written as a text with a point, such as \"2500.50\"")
                })?,
                currency: self.parse(&charge.currency, ValueFault::Currency, str::parse)?,
                concept: charge.concept.clone(),
            }));
        }
        if one.do_not_call {
            actions.push(Action::DoNotCall);
        }
        if one.note {
            actions.push(Action::Note);
        }
        Ok(actions)
    }
}
