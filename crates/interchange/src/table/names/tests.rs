//! What names of columns mean.

use super::*;

#[test]
fn names_of_many_programs_are_known() {
    let phone = |kind| Some(Meaning::Is(Target::Phone(kind)));
    for (name, meant) in [
        ("E-mail 1 - Value", Some(Meaning::Is(Target::Email))),
        ("E-mail 2 Address", Some(Meaning::Is(Target::Email))),
        ("Correo electrónico", Some(Meaning::Is(Target::Email))),
        ("Organization 1 - Name", Some(Meaning::Is(Target::Company))),
        ("Apellido Materno", Some(Meaning::Is(Target::FamilyName))),
        ("Record ID - Contact", Some(Meaning::Is(Target::ExternalId))),
        ("Account Name.id", Some(Meaning::Is(Target::Ignore))),
        ("Phone 1 - Label", Some(Meaning::KindOf("phone1".into()))),
        ("Phone 2 - Type", Some(Meaning::KindOf("phone2".into()))),
        ("Business Phone 2", phone(PhoneKind::Work)),
        ("Teléfono del trabajo", phone(PhoneKind::Work)),
        ("Número de centralita de la organización", phone(PhoneKind::Work)),
        ("Mobile Phone Number", phone(PhoneKind::Mobile)),
        ("Telemóvel", phone(PhoneKind::Mobile)),
        ("Celular2", phone(PhoneKind::Mobile)),
        ("WhatsApp", phone(PhoneKind::Mobile)),
        ("Número de whatsapp", phone(PhoneKind::Mobile)),
        ("Particular", phone(PhoneKind::Home)),
        ("Fax particular", phone(PhoneKind::Fax)),
        ("Car Phone", phone(PhoneKind::Other)),
        ("Phone Number", Some(Meaning::SomePhone)),
        ("Telefone", Some(Meaning::SomePhone)),
        ("Teléfono 1", Some(Meaning::SomePhone)),
        ("MobilePhone", phone(PhoneKind::Mobile)),
        ("MOBILEPHONE", phone(PhoneKind::Mobile)),
        ("phone_mobile", phone(PhoneKind::Mobile)),
        ("PersonHomePhone", phone(PhoneKind::Home)),
        ("personalmobile", phone(PhoneKind::Mobile)),
        ("OtherPhone2", phone(PhoneKind::Other)),
        ("TelefonoOficina", phone(PhoneKind::Work)),
        ("Work direct phone", phone(PhoneKind::Work)),
        ("Faks", phone(PhoneKind::Fax)),
        ("Person - Name", Some(Meaning::SomeName)),
        ("Person - Phone - Work", phone(PhoneKind::Work)),
        ("Person - Email - Home", Some(Meaning::Is(Target::Email))),
        ("Person - Organization", Some(Meaning::Is(Target::Company))),
        ("Person - ID", Some(Meaning::Is(Target::ExternalId))),
        ("Person - Last activity date", None),
        ("Organization - Name", Some(Meaning::Is(Target::Company))),
        ("Organization - ID", None),
        ("Work E-mail", Some(Meaning::Is(Target::Email))),
        ("Non Primary E-mails", Some(Meaning::Is(Target::Email))),
        ("Email Opt Out", None),
        ("Last email received", None),
        ("Business2", Some(Meaning::KindAlone(PhoneKind::Work))),
        ("Home", Some(Meaning::KindAlone(PhoneKind::Home))),
        ("office_number", Some(Meaning::KindAlone(PhoneKind::Work))),
        ("Business Number 2", Some(Meaning::KindAlone(PhoneKind::Work))),
        ("BusinessFax", phone(PhoneKind::Fax)),
        ("phone_1_number", Some(Meaning::SomePhone)),
        ("phone_1_type", Some(Meaning::KindOf("phone1".into()))),
        ("phone_code", None),
        ("PhoneVerified", None),
        ("Hotel", None),
        ("Phone country code", None),
        ("Cédula", None),
        ("Home Street", None),
    ] {
        assert_eq!(meaning(name), meant, "{name}");
    }
}

#[test]
fn what_is_written_in_the_tables_is_a_target() {
    for (target, names) in EXACT {
        assert!(target.parse::<Target>().is_ok(), "{target}");
        for name in names.split(' ') {
            assert_eq!(squeezed(name), name);
        }
    }
}
