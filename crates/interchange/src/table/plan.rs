//! What to do with each value of a row, worked out once: no name of a column is looked up while rows are read.

use std::collections::BTreeSet;

use timbre_domain::contact::PhoneKind;
use timbre_domain::draft::keep;
use timbre_domain::identity::OURSELVES;
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
    /// The parts of a name, each with the column before it that is called alike.
    name_parts: Vec<(usize, Option<usize>)>,
    companies: Vec<usize>,
    /// The columns of what stands before and behind a whole name.
    titles: [Option<usize>; 2],
    is_company: Option<usize>,
    /// A column that says what the row is: `contact` or `company`.
    row_type: Option<usize>,
    /// The country's calling code of the row's telephones.
    phone_code: Option<usize>,
    /// The state of a lead, one of which says that it is not to be called.
    status: Option<usize>,
    others: Vec<(usize, Use)>,
    /// Names are displayed as `Company, Person`; the companies that had a row of their own.
    displayed: Option<BTreeSet<String>>,
    /// It is a table of ours.
    pub(super) own: bool,
}

enum Use {
    ExternalId,
    Phone { kind: PhoneKind, label: Option<usize>, extension: Option<usize> },
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
                    Target::Phone(kind) => {
                        Use::Phone { kind: *kind, label, extension: extension_of(&columns, &column.name) }
                    }
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
        let of_program = |program: &str, key: &str| {
            let is = |column: &ColumnUse| names::squeezed(&column.name) == key;
            columns.iter().position(is).filter(|_| layout.program == program)
        };
        Self {
            row_type: of_program("kommo", "type"),
            phone_code: of_program("vicidial", "phonecode"),
            status: of_program("vicidial", "status"),
            names: of(&Target::Name),
            name_parts: named_alike(
                [of(&Target::GivenName), of(&Target::MiddleName), of(&Target::FamilyName)].concat(),
                &columns,
            ),
            companies: of(&Target::Company),
            titles: ["prefix", "suffix"].map(|title| of(&Target::Field(title.into())).first().copied()),
            is_company,
            others: others.collect(),
            displayed: odoo.then(BTreeSet::new),
            own: layout.program == OURSELVES,
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

    /// A draft of the values of a row; of a table of ours, without what protects them.
    pub(super) fn draft<'a>(&mut self, value: impl Fn(usize) -> &'a str) -> ContactDraft {
        let mut draft = ContactDraft::default();
        let own = self.own;
        let value = |at: usize| if own { value(at).trim() } else { tidy(value(at)) };
        let first = |of: &[usize]| of.iter().map(|at| value(*at)).find(|text| !text.is_empty()).unwrap_or_default();
        let titles = self.titles.map(|at| at.map(value).unwrap_or_default());
        titles::taken_off(first(&self.names), titles[0], titles[1]).clone_into(&mut draft.name);
        if draft.name.is_empty() {
            // Two columns named alike are not added up.
            let says = |(at, first): &(usize, Option<usize>)| match first.map(value) {
                Some(said) if !said.is_empty() => "",
                _ => value(*at),
            };
            join(&mut draft.name, self.name_parts.iter().map(says));
        }
        for (at, first) in &self.name_parts {
            let said = first.map(value).unwrap_or_default();
            if !said.is_empty() && !value(*at).is_empty() && value(*at) != said {
                keep(&mut draft.fields, self.column(*at).unwrap_or_default(), value(*at));
            }
        }
        first(&self.companies).clone_into(&mut draft.company);
        let is_company = |at: usize| matches!(fold(value(at)).as_str(), "company" | "empresa");
        if self.is_company.is_some_and(|at| yes_or_no(value(at)) == Some(true)) || self.row_type.is_some_and(is_company)
        {
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
                    keep(&mut draft.fields, self.column(*at).unwrap_or_default(), text);
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
                Use::Phone { kind, label, extension } => {
                    let label = label.map(value).unwrap_or_default();
                    let extension = extension.map(value).unwrap_or_default();
                    let code = self.phone_code.map(value).unwrap_or_default();
                    let kind = match kinds::labelled(label) {
                        Some(kind) => kind,
                        None if label.trim_start_matches('*').trim().is_empty() => *kind,
                        None => PhoneKind::Other,
                    };
                    let from = draft.phones.len();
                    let column = self.columns.get(*at).map(|column| column.name.as_str()).unwrap_or_default();
                    draft.phones.extend(parts(text).map(|written| DraftPhone {
                        written: with_code(&with_extension(written, extension), code),
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
                        keep(&mut draft.fields, &column, text);
                        draft.do_not_call = true;
                    }
                },
                Use::Field(name) => keep(&mut draft.fields, name, text),
            }
        }
        draft.do_not_call |= self.status.is_some_and(|at| matches!(value(at), "DNC" | "DNCL" | "DNCC"));
        draft
    }
}

/// The parts of a name, each with the first of those before it that is called alike: its header stands there twice.
fn named_alike(parts: Vec<usize>, columns: &[ColumnUse]) -> Vec<(usize, Option<usize>)> {
    let name = |at: usize| columns.get(at).map(|column| column.name.as_str()).unwrap_or_default();
    let key = |at: usize| names::squeezed(name(at)).trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let first = |at: usize| parts.iter().copied().find(|first| *first < at && key(*first) == key(at));
    // A name that stands there again was made distinct by a number in brackets.
    parts.iter().map(|at| (*at, first(*at).filter(|_| name(*at).ends_with(')')))).collect()
}

/// The column with the extension of a telephone: `phone_1_extension` beside `phone_1_number`.
fn extension_of(columns: &[ColumnUse], phone: &str) -> Option<usize> {
    let key = names::squeezed(phone);
    let base = ["number", "value"].iter().find_map(|end| key.strip_suffix(end)).unwrap_or(&key);
    columns.iter().position(|column| {
        let key = names::squeezed(&column.name);
        matches!(column.target, Target::Field(_))
            && ["extension", "ext"].iter().any(|end| key.strip_suffix(end) == Some(base))
    })
}

fn with_extension(written: &str, extension: &str) -> String {
    match extension {
        "" => written.to_owned(),
        extension => format!("{written} ext. {extension}"),
    }
}

/// A number with the country's code that stands in a column of its own.
fn with_code(written: &str, code: &str) -> String {
    let is_code =
        (1..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.starts_with('0');
    if !is_code || written.starts_with('+') {
        return written.to_owned();
    }
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    // Whoever wrote the code into the number, too, has more digits than any country's numbers have.
    if digits > 10 && written.starts_with(code) { format!("+{written}") } else { format!("+{code} {written}") }
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
