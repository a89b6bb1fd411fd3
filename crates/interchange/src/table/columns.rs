//! What each column is taken for, and who said so.

use std::borrow::Cow;
use std::collections::BTreeSet;

use timbre_domain::contact::PhoneKind;
use timbre_domain::draft::{EXPORTED_ID, EXPORTED_SOURCE};
use timbre_domain::identity::OURSELVES;
use timbre_domain::interchange::{ChosenBy, ColumnUse, FileError, ReadOptions, Target};
use timbre_domain::normalize::fold;
use timbre_domain::search::words;

use super::cell::{looks_like_email, looks_like_phone, looks_like_words, tidy, unprotected};
use super::names::{self, Meaning, squeezed};
use crate::trouble::bad_request;

/// How many of a hundred values must look so.
const ENOUGH: usize = 80;
/// The first column of our own export.
pub(super) const OWN_FIRST: &str = "Timbre ID";
/// What our own export puts before the fields, and what each is.
pub(super) const OWN_ORIGIN: [(&str, &str); 2] = [("Source", EXPORTED_SOURCE), ("External ID", EXPORTED_ID)];

/// The header as it is written, and the rows below it.
fn divide(sample: &[Vec<String>], header: bool) -> (&[String], &[Vec<String>]) {
    match sample.split_first() {
        Some((first, rows)) if header => (first.as_slice(), rows),
        _ => ([].as_slice(), sample),
    }
}

/// The names of the columns, each once.
pub(super) fn names(sample: &[Vec<String>], header: bool) -> Vec<String> {
    let (first, rows) = divide(sample, header);
    let widest = rows.iter().map(|row| row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1));
    // Spreadsheets end the header with delimiters where a column once was; without a header every value has a column.
    let named = first.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    let count =
        if header { named.max(first.len().min(widest.max().unwrap_or(0))) } else { rows.first().map_or(0, Vec::len) };
    let mut taken = BTreeSet::new();
    let unique = (0..count).map(|column| {
        let name = match first.get(column).map(|cell| tidy(cell)) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("column {}", column + 1),
        };
        let others = (2..).map(|number| format!("{name} ({number})"));
        let unique =
            std::iter::once(name.clone()).chain(others).find(|name| !taken.contains(&fold(name))).unwrap_or(name);
        taken.insert(fold(&unique));
        unique
    });
    unique.collect()
}

/// Names a header, for saving what its columns are: FNV-1a over the folded names.
pub(super) fn key(names: &[String]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for name in names {
        for byte in fold(name).bytes().chain([0x1f]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// Chooses what each column is: by hand, as saved, by name, by content, else a field of its own name.
pub(super) fn choose(
    names: &[String],
    sample: &[Vec<String>],
    program: &str,
    header: bool,
    options: &ReadOptions,
) -> Result<Vec<ColumnUse>, FileError> {
    let (first, rows) = divide(sample, header);
    let mut chosen = if program == OURSELVES { own(names, first) } else { guessed(names, rows, program, header) };
    let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
    let place = |name: &str| {
        let name = fold(name.trim());
        folded.iter().position(|known| *known == name)
    };
    for (by, mapping) in [(ChosenBy::Saved, &options.saved_mapping), (ChosenBy::Hand, &options.mapping)] {
        for (name, target) in mapping {
            let fits = match target {
                Target::KindOf(of) => place(of).is_some(),
                _ => true,
            };
            match place(name) {
                Some(at) if fits => {
                    chosen[at].target = target.clone();
                    chosen[at].by = by;
                }
                _ if by == ChosenBy::Saved => {}
                _ => {
                    let missing = match target {
                        Target::KindOf(of) if place(name).is_some() => of,
                        _ => name,
                    };
                    return Err(bad_request(format!(
                        "no column is called {missing:?}; there are {}",
                        names.join(", ")
                    )));
                }
            }
        }
    }
    Ok(chosen)
}

fn guessed(names: &[String], rows: &[Vec<String>], program: &str, header: bool) -> Vec<ColumnUse> {
    let keys: Vec<String> = names.iter().map(|name| squeezed(name)).collect();
    let meanings: Vec<Option<Meaning>> =
        names.iter().map(|name| if header { names::meaning(name) } else { None }).collect();
    let is = |target: Target| meanings.contains(&Some(Meaning::Is(target)));
    let parts = is(Target::FamilyName) && !is(Target::GivenName);
    let plain_name = meanings.contains(&Some(Meaning::SomeName)) && !parts;
    let some_phone = if matches!(program, "odoo" | "hubspot" | "zoho" | "salesforce" | "suitecrm") {
        PhoneKind::Work
    } else {
        PhoneKind::Other
    };
    // Where `Home` and `Office` stand together, beside a column of telephones, they are telephones.
    let alone = meanings.iter().filter(|meaning| matches!(meaning, Some(Meaning::KindAlone(_)))).count();
    let phones =
        meanings.iter().flatten().any(|meaning| matches!(meaning, Meaning::Is(Target::Phone(_)) | Meaning::SomePhone));
    let kinds_are_phones = alone > 1 && phones;
    let of_telephones = matches!(program, "3cx" | "suitecrm");
    let mut named = false;
    let mut chosen: Vec<ColumnUse> = Vec::with_capacity(names.len());
    for (column, (name, meaning)) in names.iter().zip(&meanings).enumerate() {
        let by_name = meaning.as_ref().map(|meaning| match meaning {
            Meaning::Is(target) => target.clone(),
            Meaning::SomeName if parts => Target::GivenName,
            Meaning::SomeName => Target::Name,
            Meaning::DisplayName if plain_name => Target::Ignore,
            Meaning::DisplayName => Target::Name,
            Meaning::Title if matches!(program, "outlook" | "vicidial") => Target::Field("prefix".into()),
            Meaning::Title => Target::Field("title".into()),
            Meaning::KindOf(base) => {
                let is = |key: &String| {
                    key == base || ["value", "number"].iter().any(|end| key.strip_suffix(end) == Some(base))
                };
                let of = keys.iter().position(is);
                of.and_then(|of| names.get(of))
                    .map_or_else(|| Target::Field(name.clone()), |of| Target::KindOf(of.clone()))
            }
            Meaning::SomePhone => Target::Phone(some_phone),
            Meaning::IsCompany => Target::Ignore,
            Meaning::KindAlone(kind) => match by_content(rows, column, header, &mut true) {
                Some(Target::Phone(_)) => Target::Phone(*kind),
                None if of_telephones || kinds_are_phones && is_empty(rows, column) => Target::Phone(*kind),
                Some(other) => other,
                None if keys[column] == "business" => Target::Company,
                None => Target::Field(name.clone()),
            },
        });
        let (target, by) = match by_name {
            // `Contacto` is whom to ask for, or where to call; a company is no number either.
            Some(target @ (Target::Name | Target::Company))
                if by_content(rows, column, header, &mut true).is_some() =>
            {
                (by_content(rows, column, header, &mut true).unwrap_or(target), ChosenBy::Content)
            }
            // The numbers of one list say nothing about those of another, and both are of no known program.
            Some(Target::ExternalId) if program == "csv" && matches!(keys[column].as_str(), "id" | "uid") => {
                (Target::Field(name.clone()), ChosenBy::Nobody)
            }
            Some(target) => (target, ChosenBy::Name),
            None if header && names_other_numbers(name) => (Target::Field(name.clone()), ChosenBy::Nobody),
            None => match by_content(rows, column, header, &mut named) {
                Some(target) => (target, ChosenBy::Content),
                None => (Target::Field(name.clone()), ChosenBy::Nobody),
            },
        };
        // Two columns can't be the same field, and there is one id: the second keeps its own name.
        let taken = matches!(target, Target::Field(_) | Target::ExternalId | Target::Owner)
            && chosen.iter().any(|other| other.target == target);
        let (target, by) = if taken { (Target::Field(name.clone()), ChosenBy::Nobody) } else { (target, by) };
        chosen.push(ColumnUse { name: name.clone(), target, by });
    }
    chosen
}

/// Words of columns whose numbers are no telephones, however much they look so.
const NUMBERS_OF_OTHERS: &str = "cedula identificacion identificacao identidad dni ruc rut nit cpf cnpj nif dui curp rfc vat tax zip postal \
    cep factura fatura invoice cuenta conta account iban fecha data date saldo monto precio price amount total \
    numero codigo code id ids pasaporte passport contrato contract poliza expediente pedido order time created \
    modified latitude longitude sku serie documento document placa";

fn names_other_numbers(name: &str) -> bool {
    // A call log's column of numbers is called nothing but that.
    if matches!(words(name).as_slice(), [word] if word == "numero") {
        return false;
    }
    words(name).iter().any(|word| NUMBERS_OF_OTHERS.split(' ').any(|known| known == word))
}

/// Whether a name says that numbers in its column are no telephones.
pub(super) fn is_of_other_numbers(name: &str) -> bool {
    names_other_numbers(name)
}

/// What the values of a column that nobody knows by its name are; nothing where they tell nothing.
pub(super) fn told_by(name: &str, values: &[String], header: bool) -> Option<Target> {
    let rows: Vec<Vec<String>> = values.iter().map(|value| vec![value.clone()]).collect();
    if header && names_other_numbers(name) { None } else { by_content(&rows, 0, header, &mut true) }
}

fn is_empty(rows: &[Vec<String>], column: usize) -> bool {
    rows.iter().all(|row| row.get(column).is_none_or(|cell| tidy(cell).is_empty()))
}

fn by_content(rows: &[Vec<String>], column: usize, header: bool, named: &mut bool) -> Option<Target> {
    let values: Vec<&str> =
        rows.iter().filter_map(|row| row.get(column)).map(|cell| tidy(cell)).filter(|cell| !cell.is_empty()).collect();
    let mostly = |looks: fn(&str) -> bool| {
        !values.is_empty() && values.iter().filter(|value| looks(value)).count() * 100 >= values.len() * ENOUGH
    };
    if mostly(looks_like_email) {
        Some(Target::Email)
    } else if mostly(looks_like_phone) {
        Some(Target::Phone(PhoneKind::Other))
    } else if !header && !*named && mostly(looks_like_words) {
        *named = true;
        Some(Target::Name)
    } else {
        None
    }
}

/// The columns of our own export: ours in their order, and behind them a field each, whatever its name.
fn own(names: &[String], written: &[String]) -> Vec<ColumnUse> {
    let fields_from = names.iter().position(|name| name == OWN_ORIGIN[1].0).map_or(names.len(), |at| at + 1);
    let of = |at: usize, name: &str| {
        let field = |name: &str| Target::Field(name.to_owned());
        if at >= fields_from {
            return field(&written.get(at).map_or(Cow::Borrowed(name), |written| unprotected(written.trim())));
        }
        let origin = OWN_ORIGIN.iter().find(|(column, _)| *column == name);
        match name {
            OWN_FIRST => Target::ExternalId,
            "Name" => Target::Name,
            "Company" => Target::Company,
            "Owner" => Target::Owner,
            "Do not call" => Target::DoNotCall,
            _ if origin.is_some() => origin.map_or(Target::Ignore, |(_, name)| field(name)),
            _ if name.starts_with("Email ") => Target::Email,
            _ => match name.strip_suffix(" kind") {
                Some(phone) if names.iter().any(|name| name == phone) => Target::KindOf(phone.to_owned()),
                _ if name.starts_with("Phone ") => Target::Phone(PhoneKind::Other),
                _ => field(name),
            },
        }
    };
    names
        .iter()
        .enumerate()
        .map(|(at, name)| ColumnUse { name: name.clone(), target: of(at, name), by: ChosenBy::Name })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    fn chosen(text: &str, header: bool, options: &ReadOptions) -> Result<Vec<(String, String, ChosenBy)>, FileError> {
        let sample = table(text);
        let names = names(&sample, header);
        let columns = choose(&names, &sample, names::program(&names), header, options)?;
        Ok(columns.into_iter().map(|column| (column.name, column.target.to_string(), column.by)).collect())
    }

    fn targets(text: &str, header: bool) -> Vec<String> {
        chosen(text, header, &ReadOptions::default()).unwrap().into_iter().map(|(_, target, _)| target).collect()
    }

    #[test]
    fn a_name_is_whole_or_given_by_what_stands_beside_it() {
        assert_eq!(targets("Nombre,Apellidos,Teléfono", true), ["given-name", "family-name", "phone:other"]);
        assert_eq!(targets("Nombre,Empresa,Teléfono", true), ["name", "company", "phone:other"]);
        assert_eq!(targets("Name,Given Name,Family Name", true), ["name", "given-name", "family-name"]);
    }

    #[test]
    fn columns_without_a_name_are_told_by_what_stands_in_them() {
        assert_eq!(
            targets("Ana Rojas,Gerente,8888-1234,ana@example.com\nBea Solís,,8888-1235,", false),
            ["name", "field:column 2", "phone:other", "email"]
        );
        assert_eq!(targets("Quién,Dónde\nAna,8888-1234\nBea,8888-1235", true), ["field:Quién", "phone:other"]);
        assert_eq!(targets("Nombre,Cédula\nAna,109870654\nBea,205550444", true), ["name", "field:Cédula"]);
    }

    #[test]
    fn a_column_called_number_is_one_of_telephones_where_it_holds_some() {
        assert_eq!(targets("Fecha,Número\n2026-03-02,8888-1234\n2026-03-02,8888-1235", true)[1], "phone:other");
        assert_eq!(targets("Nombre,Número\nAna,1-0987-0654x\nBea,A17", true)[1], "field:Número");
        assert_eq!(targets("Nombre,Número de cédula\nAna,109870654\nBea,205550444", true)[1], "field:Número de cédula");
    }

    #[test]
    fn a_word_for_a_kind_is_a_telephone_where_the_column_holds_some() {
        assert_eq!(
            targets("FirstName,Company,Mobile,Business,Business2,Home\nAna,Acme,8888-1234,2222-3333,,", true),
            ["given-name", "company", "phone:mobile", "phone:work", "phone:work", "phone:home"]
        );
        assert_eq!(targets("Nombre,Oficina,Teléfono\nAna,San José,8888-1234", true)[1], "field:Oficina");
        assert_eq!(targets("Nombre,Oficina\nAna,2222-3333", true)[1], "phone:work");
        assert_eq!(targets("Business,Phone\nAcme,2222-3333", true), ["company", "phone:other"]);
        assert_eq!(targets("Nombre,Empresa\nAna,2222-3333\nBea,2222-3334", true)[1], "phone:other");
    }

    #[test]
    fn an_id_is_one_where_the_program_is_known() {
        assert_eq!(targets("ID,Nombre,Teléfono\n1,Ana,8888-1234", true)[0], "field:ID");
        assert_eq!(targets("id,name,parent_id\nx.y,Ana,", true)[0], "id");
    }

    #[test]
    fn a_contact_is_a_person_or_where_to_call() {
        assert_eq!(targets("Empresa,Contacto\nAcme,Ana\nSol,Bea", true), ["company", "name"]);
        assert_eq!(targets("Empresa,Contacto\nAcme,8888-1234\nSol,8888-1235", true), ["company", "phone:other"]);
    }

    #[test]
    fn outlook_in_portuguese_is_known() {
        let header = "Título,Nome,Segundo Nome,Sobrenome,Sufixo,Empresa,Departamento,Cargo,Telefone do Assistente,Fax Comercial,\
            Telefone Comercial,Telefone Comercial 2,Retorno de Chamada,Telefone do Carro,Telefone Principal da Empresa,\
            Fax Residencial,Telefone Residencial,Telefone Celular,Outro Fax,Outro Telefone,Pager,Telefone Principal,\
            Endereço de Email,Tipo de Email,Nome para Exibição do Email,Endereço de Email 2,Anotações,Página da Web";
        assert_eq!(
            targets(header, true).join(" "),
            "field:prefix given-name middle-name family-name field:suffix company \
            field:department field:title phone:work phone:fax phone:work phone:work phone:other phone:other phone:work \
            phone:fax phone:home phone:mobile phone:fax phone:other phone:other phone:work email ignore ignore email \
            field:note field:website"
        );
    }

    #[test]
    fn names_are_made_distinct_and_found_where_there_are_none() {
        let sample = table("Phone,,Phone,phone,\na,b,c,d,\n");
        assert_eq!(names(&sample, true), ["Phone", "column 2", "Phone (2)", "phone (3)"]);
    }

    #[test]
    fn what_a_person_says_goes_before_what_was_saved_and_that_before_names() {
        let by_hand = ReadOptions {
            mapping: [("EMPRESA".to_owned(), Target::Ignore)].into(),
            saved_mapping: [
                ("empresa".to_owned(), Target::Name),
                ("nombre".to_owned(), Target::Owner),
                ("gone".to_owned(), Target::Name),
            ]
            .into(),
            ..ReadOptions::default()
        };
        let columns = chosen("Nombre,Empresa,Correo", true, &by_hand).unwrap();
        assert_eq!(
            columns.iter().map(|(_, _, by)| *by).collect::<Vec<_>>(),
            [ChosenBy::Saved, ChosenBy::Hand, ChosenBy::Name]
        );
        assert_eq!(columns[1].1, "ignore");
        let wrong = ReadOptions { mapping: [("Firma".to_owned(), Target::Name)].into(), ..ReadOptions::default() };
        let error = chosen("Nombre,Empresa", true, &wrong).unwrap_err();
        assert_eq!(error.code.as_str(), "bad_request");
        assert!(error.detail.contains("Nombre, Empresa"), "{}", error.detail);
    }

    #[test]
    fn a_header_is_named_the_same_for_ever() {
        assert_eq!(key(&["Nombre".into(), "Teléfono".into()]), key(&["NOMBRE".into(), "telefono".into()]));
        assert_ne!(key(&["a".into(), "bc".into()]), key(&["ab".into(), "c".into()]));
        assert_eq!(key(&["Name".into()]), "afb6ccfff267e4fb", "saved mappings are found by it");
    }
}
