//! What is typed wrong is told at its field, in words about what was typed and not about a file.

use timbre_settings::ValueFault;
use timbre_settings::edit::{FieldDraft, IdentityDraft};

use super::*;

const FILE: &str = "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"https://vendor.example\"\n\
    username = \"8373456\"\n";

fn account(change: impl FnOnce(&mut AccountDraft)) -> Edit {
    let account = AccountDraft { name: "otra".into(), provider: "callmyway".into(), ..AccountDraft::default() };
    let mut account = account.with_text("base_url", "https://vendor.example").with_text("username", "8373457");
    change(&mut account);
    Edit::PutAccount { was: None, account }
}

fn set(draft: &mut AccountDraft, field: &str, text: &str) {
    *draft = draft.clone().with_text(field, text);
}

fn set_endpoints(draft: &mut AccountDraft, numbers: [&str; 3]) {
    *draft = draft.clone().with("endpoints", FieldDraft::List(numbers.map(str::to_owned).to_vec()));
}

fn crm(change: impl FnOnce(&mut ConnectorDraft)) -> Edit {
    let mut connector = ConnectorDraft {
        name: "crm".into(),
        file: "espocrm".into(),
        base_url: "https://crm.example".into(),
        ..ConnectorDraft::default()
    };
    change(&mut connector);
    Edit::PutConnector { was: None, connector }
}

fn identity(change: impl FnOnce(&mut IdentityDraft)) -> Edit {
    let mut identity =
        IdentityDraft { label: "Ventas".into(), account: "main".into(), endpoint: "8373456".into(), withheld: false };
    change(&mut identity);
    Edit::PutIdentity { was: None, identity }
}

/// Saves an edit to a file that is right but for what is typed.
fn saved(text: &str, edit: Edit, language: Language) -> Result<String, CheckFailed> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("timbre.toml");
    std::fs::write(&path, text).unwrap();
    let mut file = SettingsFile::read(&path, crate::vendors()).unwrap();
    let revision = file.revision();
    save(&mut file, &revision, &[edit], language)?;
    Ok(std::fs::read_to_string(&path).unwrap())
}

#[test]
fn whatever_is_typed_wrong_is_told_beside_its_field_in_every_language() {
    use ValueFault::{
        Address, AddressPlain, AddressQuery, AddressScheme, AddressSecret, Country, Currency, Empty, Endpoint, Name,
        Taken, TimeZone, UnknownAccount,
    };
    let wrong = || {
        vec![
            (crm(|one| one.base_url = "https://crm example".into()), "base_url", Address),
            (crm(|one| one.base_url = "https://".into()), "base_url", Address),
            (crm(|one| one.base_url = "un crm".into()), "base_url", Address),
            (crm(|one| one.base_url = " ".into()), "base_url", Empty),
            (crm(|one| one.base_url = "ftp://crm.example".into()), "base_url", AddressScheme),
            (crm(|one| one.base_url = "http://crm.example".into()), "base_url", AddressPlain),
            (crm(|one| one.base_url = "ana:clave@crm.example".into()), "base_url", AddressSecret),
            (crm(|one| one.base_url = "crm.example/?x=1".into()), "base_url", AddressQuery),
            (crm(|one| one.base_url = "crm.example/#Contact".into()), "base_url", AddressQuery),
            (crm(|one| one.name = "Mi CRM".into()), "name", Name),
            (crm(|one| one.name = "main".into()), "name", Taken),
            (crm(|one| one.file = " ".into()), "file", Empty),
            (account(|one| set(one, "base_url", "vendor example")), "base_url", Address),
            (account(|one| set(one, "base_url", "")), "base_url", Empty),
            (account(|one| set(one, "base_url", "http://vendor.example")), "base_url", AddressPlain),
            (account(|one| set(one, "click_to_dial_url", "gopher://a")), "click_to_dial_url", AddressScheme),
            (account(|one| set(one, "click_to_dial_url", "a b")), "click_to_dial_url", Address),
            (account(|one| one.name = "Otra cuenta".into()), "name", Name),
            (account(|one| one.name = "main".into()), "name", Taken),
            (account(|one| set(one, "username", "")), "username", Empty),
            (account(|one| set(one, "username", "837 3457")), "username", Endpoint),
            (account(|one| set_endpoints(one, ["8373457", "cien", "?"])), "endpoints", Endpoint),
            (account(|one| set(one, "time_zone", "Costa Rica")), "time_zone", TimeZone),
            (account(|one| set(one, "currency", "colones")), "currency", Currency),
            (account(|one| set(one, "currency", "crc")), "currency", Currency),
            (identity(|one| one.label = " ".into()), "label", Empty),
            (identity(|one| one.account = "otra".into()), "account", UnknownAccount),
            (identity(|one| one.endpoint = "ventas 1".into()), "endpoint", Endpoint),
            (Edit::Country { country: "Costa Rica".into() }, "country", Country),
        ]
    };
    for language in Language::ALL {
        let texts = Catalogue::of(language);
        for (edit, field, fault) in wrong() {
            let what = format!("{edit:?}");
            let failed = saved(FILE, edit, language).unwrap_err();
            let place = failed.place.as_ref().and_then(|place| place.field.as_deref());
            assert_eq!(place, Some(field), "{what}: {failed:?}");
            assert_eq!(failed.what, texts.text(&format!("fault.{}.what", fault.as_str())), "{what}: {failed:?}");
            assert_eq!(failed.what_to_do, texts.text(&format!("fault.{}.do", fault.as_str())), "{what}");
        }
        for fault in ValueFault::ALL {
            for part in ["what", "do"] {
                let key = format!("fault.{}.{part}", fault.as_str());
                assert_ne!(texts.text(&key), key, "{language:?}");
            }
        }
    }
}

#[test]
fn an_address_is_saved_with_the_https_that_was_left_out() {
    for typed in ["crm.example", " crm.example ", "https:/crm.example", "//crm.example"] {
        let text = saved(FILE, crm(|one| one.base_url = typed.into()), Language::Es).unwrap();
        assert!(text.contains("base_url = \"https://crm.example\""), "{typed}: {text}");
    }
    let both = |one: &mut AccountDraft| {
        set(one, "base_url", "vendor.example:8443/pbx");
        set(one, "click_to_dial_url", "dial.example/call");
    };
    let text = saved(FILE, account(both), Language::Es).unwrap();
    assert!(text.contains("base_url = \"https://vendor.example:8443/pbx\""), "{text}");
    assert!(text.contains("click_to_dial_url = \"https://dial.example/call\""), "{text}");
}

#[test]
fn a_fault_that_stood_in_the_file_before_is_told_of_the_file_and_of_no_field() {
    let broken = FILE.replace("https://vendor.example", "ftp://vendor.example");
    let failed = saved(&broken, crm(|_| ()), Language::Es).unwrap_err();
    assert_eq!((failed.code, &failed.place), (ErrorCode::BadConfig, &None), "{failed:?}");
    assert_eq!(failed.what, Catalogue::of(Language::Es).what(ErrorCode::BadConfig));
}
