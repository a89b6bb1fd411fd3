//! Whom the office knows.

use std::collections::BTreeMap;

use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_engine::api::command;
use timbre_engine::contacts::edit::ContactEdit;

use super::Office;

use PhoneKind::{Home, Mobile, Work};

/// A person of the office's: name, company, telephones.
type Person = (&'static str, &'static str, &'static [(&'static str, PhoneKind)]);

/// Several of them share 2442 1180, and Beatriz has a number that is written in two forms.
const PEOPLE: [Person; 19] = [
    (
        "Ana Lucía Fernández",
        "Cafetalera del Valle S.A.",
        &[("88884787", Mobile), ("24421180", Work), ("24419032", Home)],
    ),
    ("Marco Rojas", "Cafetalera del Valle S.A.", &[("87120045", Mobile), ("24421180", Work)]),
    ("", "Transportes Rojas", &[("24421180", Work)]),
    ("Recepción", "", &[("24421180", Work)]),
    ("", "Municipalidad de Alajuela", &[("24362300", Work)]),
    ("Beatriz Solano", "", &[("83205511", Mobile), ("+54 9 11 2345-6789", Work)]),
    ("Carolina Méndez Ureña", "Clínica Santa Fe", &[("22904400", Work)]),
    ("Esteban Quirós", "Ferretería El Progreso", &[("87112345", Mobile)]),
    ("Fabiola Araya", "Colegio San José", &[("22210098", Work)]),
    ("João Pereira", "Café do Vale Ltda.", &[("60127788", Mobile)]),
    ("Rebeca Chinchilla", "Clínica Santa Rita", &[("22904410", Work), ("83017755", Mobile)]),
    ("Jorge Alvarado", "Ferretería El Clavo", &[("88013322", Mobile)]),
    ("Dayana Vindas Mora", "Hotel Bahía Azul", &[("26530098", Work)]),
    ("Karla Jiménez Brenes", "Lácteos Turrialba", &[("25561188", Work), ("89905531", Mobile)]),
    ("Luis Diego Marín", "Constructora Pacífico", &[("27771203", Work)]),
    ("Sofía Araya", "Librería Lehmann", &[("22231200", Work)]),
    ("Wendy Castro", "", &[("60027720", Mobile)]),
    ("Óscar Zúñiga", "Taller Zúñiga", &[("24401122", Work)]),
    ("Xinia Mora", "Panadería La Espiga", &[("24830077", Work)]),
];

/// What everybody is found by, those added during the day last.
pub(super) fn names_of_all() -> impl Iterator<Item = &'static str> {
    PEOPLE.into_iter().map(known_as).chain(["Esteban Ulate"])
}

/// A company without a named person is known by its own name.
fn known_as((name, company, _): Person) -> &'static str {
    if name.is_empty() { company } else { name }
}

impl Office {
    /// Puts everybody into the address book.
    pub(super) async fn meet(&mut self) -> BTreeMap<&'static str, ContactId> {
        let mut ids = BTreeMap::new();
        for person in PEOPLE {
            let (name, company, phones) = person;
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let (owner, email, fields) = match name {
                "Ana Lucía Fernández" => (
                    Some("Diego Vargas"),
                    Some("ana.fernandez@cafetalera.example"),
                    vec![field("cedula", "2-0456-0789"), field("plan", "Empresarial 300")],
                ),
                "Rebeca Chinchilla" => (Some("Marta Solano"), None, vec![field("plan", "Salud 24")]),
                "Dayana Vindas Mora" => (None, None, vec![field("plan", "Hotelería")]),
                _ => (None, None, Vec::new()),
            };
            let edit = ContactEdit {
                name: Some(name.into()),
                company: Some(company.into()),
                phones: Some(phones.iter().map(|(number, kind)| ((*number).to_owned(), *kind)).collect()),
                emails: email.map(|email| vec![email.to_owned()]),
                owner: owner.map(str::to_owned),
                do_not_call: ["Beatriz Solano", "Jorge Alvarado"].contains(&name).then_some(true),
                fields,
                ..ContactEdit::default()
            };
            let contact = self.story.execute(command::ContactsAdd(edit)).await.unwrap();
            ids.insert(known_as(person), contact.id);
        }
        ids
    }
}
