//! What to do with each value of a row, worked out once: no name of a column is looked up while rows are read.

use std::collections::BTreeSet;

use timbre_domain::contact::PhoneKind;
use timbre_domain::interchange::{
    ChosenBy, ColumnUse, ContactDraft, DraftPhone, FileLayout, ProblemKind, RowProblem, Target,
};
use timbre_domain::normalize::fold;

use super::cell::{addresses, parts, tidy, yes_or_no};
use super::names::{self, Meaning};
use crate::{kinds, titles};

/// How many companies are remembered to tell `Company, Person` apart.
const COMPANIES_AT_MOST: usize = 200_000;

/// From the values of a row to a draft.
pub(super) struct Plan {
    columns: Vec<ColumnUse>,
    names: Vec<usize>,
    name_parts: Vec<usize>,
    companies: Vec<usize>,
    /// The columns of what stands before and behind a whole name.
    titles: [Option<usize>; 2],
    is_company: Option<usize>,
    others: Vec<(usize, Use)>,
    /// Names are displayed as `Company, Person`; the companies that had a row of their own.
    displayed: Option<BTreeSet<String>>,
}

enum Use {
    ExternalId,
    Phone { kind: PhoneKind, label: Option<usize> },
    Email,
    Owner,
    DoNotCall,
    Field(String),
}

impl Plan {
    pub(super) fn new(layout: &FileLayout) -> Self {
        let columns = layout.columns.clone();
        let place = |name: &str| columns.iter().position(|column| fold(&column.name) == fold(name));
        let of = |wanted: &Target| -> Vec<usize> {
            columns.iter().enumerate().filter(|(_, column)| column.target == *wanted).map(|(at, _)| at).collect()
        };
        let kinds: Vec<(usize, usize)> = columns
            .iter()
            .enumerate()
            .filter_map(|(at, column)| match &column.target {
                Target::KindOf(of) => place(of).map(|of| (at, of)),
                _ => None,
            })
            .collect();
        let others = columns.iter().enumerate().filter_map(|(at, column)| {
            let label = kinds.iter().find(|(_, of)| *of == at).map(|(label, _)| *label);
            Some((
                at,
                match &column.target {
                    Target::ExternalId => Use::ExternalId,
                    Target::Phone(kind) => Use::Phone { kind: *kind, label },
                    Target::Email => Use::Email,
                    Target::Owner => Use::Owner,
                    Target::DoNotCall => Use::DoNotCall,
                    Target::Field(name) => Use::Field(name.clone()),
                    _ => return None,
                },
            ))
        });
        let means = |column: &ColumnUse, meaning: &Meaning| {
            column.by == ChosenBy::Name && names::meaning(&column.name).as_ref() == Some(meaning)
        };
        let is_company =
            columns.iter().position(|column| column.target == Target::Ignore && means(column, &Meaning::IsCompany));
        let odoo = layout.program == "odoo"
            && columns.iter().any(|column| {
                column.target == Target::Name
                    && !matches!(names::squeezed(&column.name).as_str(), "name" | "nombre" | "nome")
            });
        Self {
            names: of(&Target::Name),
            name_parts: [of(&Target::GivenName), of(&Target::MiddleName), of(&Target::FamilyName)].concat(),
            companies: of(&Target::Company),
            titles: ["prefix", "suffix"].map(|title| of(&Target::Field(title.into())).first().copied()),
            is_company,
            others: others.collect(),
            displayed: odoo.then(BTreeSet::new),
            columns,
        }
    }

    /// How many columns the table has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The name of a column.
    pub(super) fn column(&self, at: usize) -> Option<&str> {
        self.columns.get(at).map(|column| column.name.as_str())
    }

    /// A draft of the values of a row.
    pub(super) fn draft<'a>(&mut self, value: impl Fn(usize) -> &'a str) -> ContactDraft {
        let mut draft = ContactDraft::default();
        let value = |at: usize| tidy(value(at));
        let first = |of: &[usize]| of.iter().map(|at| value(*at)).find(|text| !text.is_empty()).unwrap_or_default();
        let titles = self.titles.map(|at| at.map(value).unwrap_or_default());
        titles::taken_off(first(&self.names), titles[0], titles[1]).clone_into(&mut draft.name);
        if draft.name.is_empty() {
            join(&mut draft.name, self.name_parts.iter().map(|at| value(*at)));
        }
        first(&self.companies).clone_into(&mut draft.company);
        if self.is_company.is_some_and(|at| yes_or_no(value(at)) == Some(true)) {
            if !draft.name.is_empty() {
                draft.company = std::mem::take(&mut draft.name);
            }
            if let Some(companies) = &mut self.displayed
                && companies.len() < COMPANIES_AT_MOST
            {
                companies.insert(draft.company.clone());
            }
        } else if let Some(companies) = &self.displayed {
            undisplay(&mut draft, companies);
        }
        for of in [&self.names, &self.companies] {
            // What a second such column says otherwise is not lost.
            for at in of.iter().filter(|at| !value(**at).is_empty()).skip(1) {
                let text = value(*at);
                if text != draft.name && text != draft.company {
                    draft.fields.insert(self.column(*at).unwrap_or_default().to_owned(), text.to_owned());
                }
            }
        }
        let mut preferred = 0;
        for (at, using) in &self.others {
            let text = value(*at);
            if text.is_empty() {
                continue;
            }
            match using {
                Use::ExternalId => draft.external_id = Some(text.to_owned()),
                Use::Phone { kind, label } => {
                    let label = label.map(value).unwrap_or_default();
                    let kind = match kinds::labelled(label) {
                        Some(kind) => kind,
                        None if label.trim_start_matches('*').trim().is_empty() => *kind,
                        None => PhoneKind::Other,
                    };
                    let from = draft.phones.len();
                    let column = self.columns.get(*at).map(|column| column.name.as_str()).unwrap_or_default();
                    draft.phones.extend(parts(text).map(|written| DraftPhone {
                        written: written.to_owned(),
                        kind,
                        column: column.to_owned(),
                    }));
                    // Google marks the preferred one so.
                    if label.starts_with('*') && from > preferred {
                        let count = draft.phones.len() - from;
                        draft.phones[preferred..].rotate_right(count);
                        preferred += count;
                    }
                }
                Use::Email => draft.emails.extend(addresses(text).map(str::to_owned)),
                Use::Owner => draft.owner = Some(text.to_owned()),
                Use::DoNotCall => match yes_or_no(text) {
                    Some(said) => draft.do_not_call |= said,
                    None => {
                        // Somebody who wrote anything here meant that calling is not simply welcome.
                        let column = self.columns.get(*at).map(|column| column.name.clone()).unwrap_or_default();
                        let detail = "neither yes nor no: taken for a wish not to be called".to_owned();
                        let kind = ProblemKind::NotYesOrNo;
                        draft.problems.push(RowProblem { kind, column: Some(column.clone()), detail });
                        draft.fields.insert(column, text.to_owned());
                        draft.do_not_call = true;
                    }
                },
                Use::Field(name) => {
                    draft.fields.insert(name.clone(), text.to_owned());
                }
            }
        }
        draft
    }
}

fn join<'a>(whole: &mut String, parts: impl Iterator<Item = &'a str>) {
    for part in parts.filter(|part| !part.is_empty()) {
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(part);
    }
}

/// Takes the company off a name such as `Company, Person`: the row's own company, or one that had a row before.
fn undisplay(draft: &mut ContactDraft, companies: &BTreeSet<String>) {
    let of_company =
        |company: &str| draft.name.strip_prefix(company).and_then(|rest| rest.strip_prefix(", ")).is_some();
    let length = if !draft.company.is_empty() {
        of_company(&draft.company).then_some(draft.company.len())
    } else {
        draft.name.match_indices(", ").map(|(at, _)| at).find(|at| companies.contains(&draft.name[..*at]))
    };
    if let Some(length) = length {
        draft.company = draft.name[..length].to_owned();
        draft.name.drain(..length + ", ".len());
    }
}
