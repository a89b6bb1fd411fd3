//! What every vendor in the list keeps to, those included that are added to it later.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use timbre_domain::ports::ThrottleMemory;
use timbre_domain::proxy::Proxy;
use timbre_domain::secret::SecretName;
use timbre_domain::session::Severity;
use timbre_domain::texts::{Catalogue, Language};
use timbre_domain::vendor::{AccountField, FieldKind, FieldValue};
use timbre_simulator::ManualClock;

use super::*;

/// Neither secrets nor a memory: nothing is sent here.
struct Nothing;

#[async_trait]
impl SecretStore for Nothing {
    async fn password(&self, _: &SecretName) -> Result<SecretString, PortError> {
        Err(PortError::new(ErrorCode::SecretMissing, "none"))
    }

    async fn keep(&self, _: &SecretName, _: SecretString) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl ThrottleMemory for Nothing {
    async fn last_used(&self, _: &str) -> Option<DateTime<Utc>> {
        None
    }

    async fn remember(&self, _: &str, _: DateTime<Utc>) {}
}

/// Something that could stand in a field; nothing in the one that goes into the keyring.
fn value(field: &AccountField) -> Option<FieldValue> {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    Some(match field.kind {
        FieldKind::Secret => return None,
        FieldKind::Text => text("8373456"),
        FieldKind::Address { .. } => FieldValue::Address("http://127.0.0.1:9/".parse().unwrap()),
        FieldKind::Number { default, .. } => FieldValue::Number(default),
        FieldKind::Switch { default } => FieldValue::Switch(default),
        FieldKind::Choice { options } => text(options[0]),
        FieldKind::TimeZone { default } => FieldValue::TimeZone(default),
        FieldKind::Currency { default } => text(default),
        FieldKind::Endpoints | FieldKind::List => FieldValue::List(vec!["8373456".to_owned()]),
        FieldKind::Table => FieldValue::Table([("Ana".to_owned(), "one".to_owned())].into()),
        FieldKind::File => text("/there/is/no/such/file"),
    })
}

/// An account with every field filled in.
fn session(vendor: &dyn Vendor) -> Session {
    let clock = Arc::new(ManualClock::default());
    let mut values = AccountValues::default();
    for field in vendor.description().fields {
        if let Some(value) = value(field) {
            values.set(field, value);
        }
    }
    let opening = Opening {
        account: "main".parse().unwrap(),
        values: &values,
        country: "CR".parse().unwrap(),
        secrets: Arc::new(Nothing),
        proxy: &Proxy::System,
        throttles: &Throttles::new(clock.clone(), Arc::new(Nothing)),
        clock,
    };
    vendor.open(opening).unwrap()
}

#[track_caller]
fn has_text(key: &str) {
    for language in Language::ALL {
        assert_ne!(Catalogue::of(language).text(key), key, "{language:?} has no such text");
    }
}

#[test]
fn every_vendor_has_an_id_of_its_own_one_secret_and_fields_with_names_of_their_own() {
    let mut ids = BTreeSet::new();
    for description in descriptions() {
        assert!(description.id.as_str().parse::<VendorId>().is_ok(), "{:?}", description.id);
        assert!(ids.insert(description.id.as_str()), "two vendors are named {}", description.id);
        let secrets = description.fields.iter().filter(|field| field.kind == FieldKind::Secret).count();
        assert_eq!(secrets, 1, "{}", description.id);
        let names: BTreeSet<_> = description.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), description.fields.len(), "{}", description.id);
    }
}

#[test]
fn every_field_and_every_word_of_a_choice_has_a_text_in_every_language() {
    for description in descriptions() {
        for field in description.fields {
            let mut parts = vec!["label"];
            match field.kind {
                FieldKind::Choice { options } => parts.extend(options),
                // How such a field is written is no matter of course.
                FieldKind::Endpoints | FieldKind::List | FieldKind::Table | FieldKind::File => parts.push("about"),
                _ => {}
            }
            for part in parts {
                for language in Language::ALL {
                    let told = Catalogue::of(language).of_vendor(description.id.as_str(), field.name, part);
                    assert!(told.is_some(), "{language:?}: {} {} {part}", description.id, field.name);
                }
            }
        }
    }
}

/// Whoever reads `# currency = "CRC"` in an example takes it for what holds without the line.
#[test]
fn what_an_example_shows_behind_a_hash_is_what_holds_without_it() {
    for description in descriptions() {
        for field in description.fields {
            let assumed = match field.kind {
                FieldKind::Number { default, .. } => default.to_string(),
                FieldKind::Switch { default } => default.to_string(),
                FieldKind::Choice { options } => options[0].to_owned(),
                FieldKind::TimeZone { default } => default.name().to_owned(),
                FieldKind::Currency { default } => default.to_owned(),
                _ => continue,
            };
            let start = format!("# {} = ", field.name);
            let shown = description.example.lines().find_map(|line| line.strip_prefix(&start));
            assert_eq!(
                shown.map(|shown| shown.trim_matches('"')),
                Some(assumed.as_str()),
                "{} {}",
                description.id,
                field.name
            );
        }
    }
}

#[test]
fn a_session_offers_no_more_than_its_vendors_description() {
    for vendor in VENDORS {
        let VendorDescription { id, capabilities, .. } = vendor.description();
        for capability in session(*vendor).capabilities() {
            assert!(capabilities.contains(&capability), "{id} offers {capability:?} and does not describe it");
        }
    }
}

#[tokio::test]
async fn whatever_a_session_tells_by_a_name_has_a_text_in_every_language() {
    for vendor in VENDORS {
        let session = session(*vendor);
        for rule in &session.dial_rules.likely_reasons {
            has_text(&format!("dial.reason.{}", rule.reason.as_str()));
            has_text(&format!("dial.reason.{}.do", rule.reason.as_str()));
        }
        let Some(checks) = session.checks else { continue };
        for check in checks.examine(DateTime::UNIX_EPOCH).await {
            has_text(&format!("doctor.vendor.{}", check.name));
            if check.severity != Severity::Good {
                has_text(&format!("doctor.vendor.{}.do", check.name));
            }
        }
    }
}

/// The Rust files of a vendor's folder.
fn source(vendor: &VendorId) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(vendor.as_str().replace('-', "_"));
    let files = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|kind| kind == "rs")).collect()
}

/// The reasons for refusals in an adapter's source: texts that begin with the vendor's id and a dot.
fn reasons<'a>(source: &'a str, vendor: &VendorId) -> Vec<&'a str> {
    let shipped = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let begins = format!("\"{vendor}.");
    shipped.match_indices(&begins).filter_map(|(at, _)| shipped[at + 1..].split('"').next()).collect()
}

#[test]
fn every_reason_that_a_vendor_refuses_with_has_a_text_in_every_language() {
    for VendorDescription { id, .. } in descriptions() {
        let files = source(id);
        assert!(!files.is_empty(), "the source of {id} is not where it was looked for");
        for file in files {
            for reason in reasons(&std::fs::read_to_string(file).unwrap(), id) {
                has_text(&format!("reason.{reason}.what"));
                has_text(&format!("reason.{reason}.do"));
            }
        }
    }
}

#[test]
fn a_reason_is_found_in_source_by_its_vendors_name() {
    let acme = VendorId::known("acme");
    let shipped = r#""1" => VendorReason::known("acme.no_credit"), "2" => ("acme.closed", "acme", "other.closed"),"#;
    let source = format!("{shipped}\n\n#[cfg(test)]\nmod tests {{ \"acme.example\" }}");
    assert_eq!(reasons(&source, &acme), ["acme.no_credit", "acme.closed"]);
}
