//! What two records have in common that says they are one person, and what speaks against it.
//!
//! A mobile and a personal address belong to one person. A landline and a general mailbox are shared by whoever works or
//! lives there: together with the same name they are enough only where nothing else differs.

use crate::contact::{Contact, ContactPhone, PhoneKind, email_key};
use crate::search::words;

/// Mailboxes of a company that many people read, by what stands before the `@`; a digit, or more words behind a dot or a
/// hyphen, makes no difference.
const GENERAL_MAILBOXES: &str = "info informacion informacao informes contacto contactos contact contacts contactenos contactanos \
    contato faleconosco ventas venta sales vendas comercial compras purchasing admin administracion administration \
    administracao administrador recepcion reception recepcao oficina office escritorio hola hello hi ola correo mail email \
    buzon support soporte suporte ayuda help helpdesk service services servicio servicios servicioalcliente servico sac \
    atencion atencionalcliente atencionclientes atendimento clientes cliente customerservice customers facturacion \
    facturas factura billing invoice invoices accounts accounting cuentas contabilidad contabilidade conta cobros cobranza \
    cobranzas pagos payments financeiro finanzas finance gerencia direccion directorio secretaria secretary rrhh \
    recursoshumanos rh hr jobs empleo empleos trabajo careers marketing prensa press publicidad web webmaster postmaster \
    hostmaster noreply nao-responda naoresponda no-reply donotreply noresponder mailer-daemon newsletter boletin reservas \
    reservations reservaciones booking citas pedidos orders despacho logistica bodega almacen tienda store shop taller \
    sistemas it tech team equipo staff grupo general central main operaciones operations legal seguros";

/// Words behind a name that tell one generation of a family from another, those that mean the same together.
const GENERATIONS: &[&str] = &[
    "jr junior jnr",
    "sr senior snr",
    "ii 2nd",
    "iii 3rd",
    "iv 4th",
    "hijo",
    "padre",
    "filho",
    "pai",
    "neto",
    "nieto",
    "sobrinho",
    "sobrino",
];

/// Whether many people read what is sent to an address.
#[must_use]
pub fn is_general_mailbox(email: &str) -> bool {
    let Some((mailbox, _)) = email.split_once('@') else { return false };
    let mailbox = email_key(mailbox);
    let mailbox = mailbox.trim_start_matches("mailto:");
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let first = mailbox.split(['.', '-', '_', '+']).next().unwrap_or_default();
    [bare(mailbox), bare(first)].iter().any(|word| GENERAL_MAILBOXES.split_whitespace().any(|known| known == word))
}

/// Whether a suffix tells one generation of a family from another: `Jr.`, `III`, `hijo`.
#[must_use]
pub fn is_generation(suffix: &str) -> bool {
    words(suffix).iter().any(|word| generation(word).is_some())
}

fn generation(word: &String) -> Option<usize> {
    GENERATIONS.iter().position(|same| same.split(' ').any(|known| known == word))
}

/// The name and the generation of a person, for comparing: `Castro Jr.` and `Castro` with the suffix `Junior` are the same.
fn person(contact: &Contact) -> (String, Option<usize>) {
    let mut name = words(&contact.name);
    let mut found = contact.fields.get("suffix").and_then(|suffix| words(suffix).iter().find_map(generation));
    if name.len() > 2
        && let Some(last) = name.last().and_then(generation)
    {
        found = found.or(Some(last));
        name.pop();
    }
    (name.join(" "), found)
}

/// What the names of two records are compared by: equal for those that may be one contact by their names.
#[must_use]
pub fn person_key(contact: &Contact) -> String {
    let (name, generation) = person(contact);
    if name.is_empty() { format!("\n{}", words(&contact.company).join(" ")) } else { format!("{name}\n{generation:?}") }
}

/// Whether two records have the same name, generation included, or where there is no name, the same company.
pub(super) fn same_name(ours: &Contact, theirs: &Contact) -> bool {
    let (a, b) = (person(ours), person(theirs));
    a == b && (!a.0.is_empty() || same_company(ours, theirs))
}

fn same_company(ours: &Contact, theirs: &Contact) -> bool {
    words(&ours.company) == words(&theirs.company)
}

/// Whether one person alone has this telephone.
fn is_own(phone: &ContactPhone) -> bool {
    phone.number.is_mobile() || phone.kind == PhoneKind::Mobile && phone.number.may_be_mobile()
}

/// The telephones that two records share.
fn shared_phones<'a>(a: &'a Contact, b: &'a Contact) -> Vec<(&'a ContactPhone, &'a ContactPhone)> {
    let of_b: Vec<(String, &ContactPhone)> = b.phones.iter().map(|phone| (phone.number.key(), phone)).collect();
    let shared = a.phones.iter().filter_map(|phone| {
        let key = phone.number.key();
        of_b.iter().find(|(known, _)| *known == key).map(|(_, other)| (phone, *other))
    });
    shared.collect()
}

/// The addresses of the first record that the second has, too.
fn shared_emails<'a>(a: &'a Contact, b: &Contact) -> Vec<&'a String> {
    let of_b: Vec<String> = b.emails.iter().map(|email| email_key(email)).collect();
    a.emails.iter().filter(|email| of_b.contains(&email_key(email))).collect()
}

fn has_own_number(contact: &Contact) -> bool {
    contact.phones.iter().any(is_own)
}

fn has_own_address(contact: &Contact) -> bool {
    contact.emails.iter().any(|email| !is_general_mailbox(email))
}

/// Whether two records of the same name are one person, or one company.
pub(super) fn is_one(ours: &Contact, theirs: &Contact) -> bool {
    let phones = shared_phones(ours, theirs);
    // What one of the two says is a mobile is one.
    let own_number = phones.iter().any(|(a, b)| is_own(a) || is_own(b));
    if own_number {
        return true;
    }
    let emails = shared_emails(ours, theirs);
    let own_address = emails.iter().any(|email| !is_general_mailbox(email));
    let nothing = |contact: &Contact| contact.phones.is_empty() && contact.emails.is_empty();
    let both = |has: fn(&Contact) -> bool| has(ours) && has(theirs);
    if ours.name.trim().is_empty() {
        // Without a name the number is who it is; an address alone may stand in every row of a list.
        return match (ours.phones.is_empty(), theirs.phones.is_empty()) {
            (false, false) => !phones.is_empty() && (own_address || !both(has_own_address)),
            (true, true) => !emails.is_empty() || nothing(ours) && nothing(theirs) && !ours.company.is_empty(),
            _ => false,
        };
    }
    if nothing(ours) && nothing(theirs) {
        return same_company(ours, theirs);
    }
    if own_address {
        return true;
    }
    let companies_differ = !ours.company.is_empty() && !theirs.company.is_empty() && !same_company(ours, theirs);
    // Both have what belongs to one person, and none of it in common.
    let contradicted = companies_differ || both(has_own_number) || both(has_own_address);
    (!phones.is_empty() || !emails.is_empty()) && !contradicted
}

/// Whether two records share an address that says they are one person.
pub(super) fn shares_address(ours: &Contact, theirs: &Contact) -> bool {
    let shared = shared_emails(ours, theirs);
    shared.iter().any(|email| !is_general_mailbox(email)) || !shared.is_empty() && same_name(ours, theirs)
}

#[cfg(test)]
mod tests {
    use super::super::tests::contact;
    use super::*;
    use crate::number::{Country, PhoneNumber};

    fn same(ours: &Contact, theirs: &Contact) -> bool {
        let one = same_name(ours, theirs) && is_one(ours, theirs);
        assert_eq!(one, same_name(theirs, ours) && is_one(theirs, ours), "whichever comes first");
        one
    }

    fn with_suffix(name: &str, suffix: &str, numbers: &[&str]) -> Contact {
        let mut contact = contact(name, "", numbers, &[]);
        contact.fields.insert("suffix".to_owned(), suffix.to_owned());
        contact
    }

    #[test]
    fn father_and_son_with_one_landline_are_two() {
        let landline = ["2222-3333"];
        let senior = with_suffix("Mario Castro", "Sr.", &landline);
        assert!(!same(&senior, &with_suffix("Mario Castro", "Jr.", &landline)));
        assert!(!same(&senior, &contact("Mario Castro", "", &landline, &[])));
        assert!(same(&senior, &contact("Mario Castro, Sr.", "", &landline, &[])));
        assert!(same(&senior, &contact("mario castro senior", "", &landline, &[])));
        assert!(!same(
            &contact("Mario Castro II", "", &landline, &[]),
            &contact("Mario Castro III", "", &landline, &[])
        ));
        assert!(!same(
            &contact("João Silva Filho", "", &landline, &[]),
            &contact("João Silva Neto", "", &landline, &[])
        ));
        assert!(same(&with_suffix("Ana Rojas", "MBA", &landline), &contact("Ana Rojas", "", &landline, &[])));
    }

    #[test]
    fn a_shared_landline_or_mailbox_is_no_evidence_where_something_differs() {
        let ana = |numbers: &[&str], emails: &[&str]| contact("Ana Rojas", "Valle", numbers, emails);
        let first = ana(&["2222-3333", "8884-8787"], &["info@valle.example", "ana@valle.example"]);
        for (theirs, one) in [
            (ana(&["8884-8787"], &[]), true),
            (ana(&[], &["ANA@valle.example"]), true),
            (ana(&["2222-3333"], &[]), true),
            (ana(&[], &["info@valle.example"]), true),
            (ana(&["2222-3333", "8300-1122"], &[]), false),
            (ana(&["2222-3333"], &["ana2@valle.example"]), false),
            (ana(&["8300-1122"], &["info@valle.example"]), false),
            (contact("Ana Rojas", "Otra", &["2222-3333"], &[]), false),
            (contact("Ana Rojas", "Otra", &["8884-8787"], &[]), true),
            (ana(&["2290-4400"], &[]), false),
        ] {
            assert_eq!(same(&first, &theirs), one, "{theirs:?}");
        }
    }

    #[test]
    fn nameless_records_are_one_by_their_number_and_not_by_an_address_that_stands_in_every_row() {
        let row = |numbers: &[&str], emails: &[&str]| contact("", "", numbers, emails);
        assert!(!same(&row(&["8884-8787"], &["central@x.example"]), &row(&["8300-1122"], &["central@x.example"])));
        assert!(!same(&row(&["8884-8787"], &["ana@x.example"]), &row(&["8300-1122"], &["ana@x.example"])));
        assert!(!same(&row(&["8884-8787"], &["ana@x.example"]), &row(&[], &["ana@x.example"])));
        assert!(same(&row(&["8884-8787"], &["ana@x.example"]), &row(&["8884-8787"], &["bea@x.example"])));
        assert!(!same(&row(&["2222-3333"], &["ana@x.example"]), &row(&["2222-3333"], &["bea@x.example"])));
        assert!(same(&row(&["2222-3333"], &[]), &row(&["2222-3333"], &["bea@x.example"])));
        assert!(same(&row(&[], &["ana@x.example"]), &row(&[], &["ana@x.example"])));
        let company = |numbers: &[&str], emails: &[&str]| contact("", "Valle", numbers, emails);
        assert!(same(&company(&["2222-3333"], &["info@v.example"]), &company(&["2222-3333"], &["ventas@v.example"])));
        assert!(!same(&company(&["2222-3333"], &["info@v.example"]), &company(&["2290-4400"], &["info@v.example"])));
        assert!(same(&company(&[], &[]), &company(&[], &[])));
    }

    #[test]
    fn a_mailbox_that_many_read_is_known_in_three_languages() {
        for email in [
            "info@x.example",
            "Ventas@x.example",
            "contacto2@x.example",
            "ventas.norte@x.example",
            "info-cr@x.example",
            "no-reply@x.example",
            "atención@x.example",
            "faleconosco@x.example",
            "sales+web@x.example",
        ] {
            assert!(is_general_mailbox(email), "{email}");
        }
        for email in ["ana@x.example", "infante@x.example", "a.ventas@x.example", "mariainfo@x.example", "info"] {
            assert!(!is_general_mailbox(email), "{email}");
        }
    }

    #[test]
    fn where_mobiles_look_like_landlines_the_kind_tells_them_apart() {
        let us: Country = "US".parse().unwrap();
        let number = || PhoneNumber::typed("(305) 555-0142", us).unwrap();
        let phone = |kind| ContactPhone { number: number(), kind, source: None };
        assert!(!is_own(&phone(PhoneKind::Work)));
        assert_eq!(is_own(&phone(PhoneKind::Mobile)), number().may_be_mobile());
    }
}
