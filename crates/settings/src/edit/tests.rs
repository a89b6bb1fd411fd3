//! What windows change in a settings file, and what stays.

use std::fs;

use timbre_telephony::registry::descriptions;

use super::*;

mod properties;

fn account(name: &str) -> AccountDraft {
    AccountDraft { name: name.into(), provider: "callmyway".into(), ..AccountDraft::default() }
        .with_text("base_url", "https://vendor.example")
        .with_text("username", "8373456")
}

fn crm(name: &str) -> ConnectorDraft {
    ConnectorDraft {
        name: name.into(),
        file: "espocrm".into(),
        base_url: "https://crm.example".into(),
        settings: [("user".to_owned(), "ana".to_owned())].into(),
        ..ConnectorDraft::default()
    }
}

fn identity(label: &str, account: &str) -> IdentityDraft {
    IdentityDraft { label: label.into(), account: account.into(), endpoint: "8373456".into(), withheld: false }
}

fn of(text: &str) -> SettingsFile {
    SettingsFile { path: "timbre.toml".into(), vendors: descriptions(), read: Some(text.to_owned()) }
}

fn none() -> SettingsFile {
    SettingsFile { path: "timbre.toml".into(), vendors: descriptions(), read: None }
}

fn edited(file: &SettingsFile, edits: &[Edit]) -> Edited {
    file.edited(&file.revision(), edits)
        .unwrap_or_else(|error| panic!("{error}\n{}", file.read.clone().unwrap_or_default()))
}

fn put(name: &str) -> Edit {
    Edit::PutAccount { was: None, account: account(name) }
}

const SMALL: &str = "\
# Ours.
language = \"es\" # as they speak

[[accounts]] # the main one
name = \"main\"   # short
provider = \"callmyway\"
base_url = 'https://vendor.example'
# the user's own
username = \"8373456\"
throttle_scope = \"address\"

# who
[[identities]]
label = \"Ventas\"
account = \"main\"
endpoint = \"8373456\"
# the end
";

#[test]
fn the_first_file_is_the_example_with_the_account_in_it() {
    let draft = account("ventas")
        .with("endpoints", FieldDraft::List(vec!["8373456".into(), "8373999".into()]))
        .with_text("currency", "CRC")
        .with("full_account", FieldDraft::Switch(true));
    let edits = [
        Edit::Language { language: Language::Pt },
        Edit::Country { country: "BR".into() },
        Edit::Agent { agent: "Ana \"la\" Rojas".into() },
        Edit::PutAccount { was: None, account: draft.clone() },
        Edit::PutConnector { was: None, connector: crm("crm") },
    ];
    let Edited { text, settings } = edited(&none(), &edits);
    assert_eq!((settings.language, settings.agent.as_deref()), (Language::Pt, Some("Ana \"la\" Rojas")));
    let form = of(&text).form().unwrap();
    assert_eq!(form.accounts, [draft]);
    assert_eq!(form.connectors, [crm("crm")]);
    let example = example(descriptions()[0].example);
    for line in example.lines().filter(|line| line.trim_start().starts_with('#')) {
        assert!(text.contains(line), "{line} is gone:\n{text}");
    }
    // A key stands below the line that shows what is assumed.
    assert!(text.contains("# language = \"es\"\nlanguage = \"pt\"\n"), "{text}");
    assert!(text.contains("# full_account = false\nfull_account = true\n"), "{text}");
    assert!(text.contains("# currency = \"CRC\"\ncurrency = \"CRC\"\n"), "{text}");
    assert!(text.ends_with("[connectors.settings]\nuser = \"ana\"\n"), "{text}");
}

#[test]
fn there_is_no_file_without_an_account() {
    let error = none().edited(&none().revision(), &[Edit::Language { language: Language::En }]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::BadConfig);
    assert_eq!(none().form().unwrap().accounts, []);
}

#[test]
fn nothing_but_the_value_changes() {
    let edits = [Edit::Language { language: Language::En }];
    assert_eq!(edited(&of(SMALL), &edits).text, SMALL.replace("\"es\"", "\"en\""));
    let same = Edit::PutAccount { was: Some("main".into()), account: account("main") };
    assert_eq!(edited(&of(SMALL), &[same]).text, SMALL, "what is the same already keeps even its quotes");
    let windows = SMALL.replace('\n', "\r\n");
    assert_eq!(edited(&of(&windows), &edits).text, windows.replace("\"es\"", "\"en\""));
    let marked = format!("\u{feff}{SMALL}");
    assert_eq!(edited(&of(&marked), &edits).text, marked.replace("\"es\"", "\"en\""));
}

#[test]
fn a_key_goes_and_comes_and_the_comments_stay() {
    let no_language = edited(&of(SMALL), &[Edit::Agent { agent: "Ana".into() }]).text;
    assert_eq!(no_language, SMALL.replace("# as they speak\n", "# as they speak\nagent = \"Ana\"\n"));
    let with_currency = account("main").with_text("currency", "USD");
    let text = edited(&of(SMALL), &[Edit::PutAccount { was: Some("main".into()), account: with_currency }]).text;
    assert_eq!(text, SMALL.replace("scope = \"address\"\n", "scope = \"address\"\ncurrency = \"USD\"\n"));
    let without = account("main").with_text("currency", "");
    let back = edited(&of(&text), &[Edit::PutAccount { was: Some("main".into()), account: without.clone() }]).text;
    assert_eq!(back, SMALL);
    let commented = SMALL.replace("throttle_scope = \"address\"", "currency = \"CRC\" # colones");
    let text = edited(&of(&commented), &[Edit::PutAccount { was: Some("main".into()), account: without }]).text;
    assert_eq!(text, SMALL.replace("throttle_scope = \"address\"", "# colones"));
}

#[test]
fn a_file_without_keys_at_its_top_gets_them_below_its_opening_words() {
    let rest = SMALL.replace("# Ours.\nlanguage = \"es\" # as they speak\n", "");
    let file = of(&format!("# Ours.\n# Ours alone.\n{rest}"));
    let text = edited(&file, &[Edit::Language { language: Language::En }]).text;
    assert!(text.starts_with("# Ours.\n# Ours alone.\nlanguage = \"en\"\n\n[[accounts]]"), "{text}");
    let text = edited(&of(rest.trim_start()), &[Edit::Language { language: Language::En }]).text;
    assert!(text.starts_with("language = \"en\"\n[[accounts]]"), "{text}");
}

#[test]
fn identities_follow_their_account_s_new_name_and_go_with_it() {
    let renamed = Edit::PutAccount { was: Some("main".into()), account: account("uno") };
    let text = edited(&of(SMALL), &[renamed]).text;
    assert_eq!(of(&text).form().unwrap().identities, [identity("Ventas", "uno")]);
    assert!(text.contains("name = \"uno\"   # short"), "{text}");
    let two = edited(&of(SMALL), &[put("dos"), Edit::RemoveAccount { name: "main".into() }]).text;
    let form = of(&two).form().unwrap();
    assert_eq!((form.accounts, form.identities), (vec![account("dos")], vec![]));
    for comment in ["# Ours.", "# who", "# the end"] {
        assert!(two.contains(comment), "{two}");
    }
}

#[test]
fn what_is_between_braces_and_dots_is_edited_too() {
    let text = "popup = { incoming = false }\naccounts = [{ name = \"main\", provider = \"callmyway\", base_url = \"https://vendor.example\", username = \"8373456\", throttle_scope = \"address\" }]\n\
         [[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"https://crm.example\"\nsettings = { user = \"ana\" }\n\
         [[connectors]]\nname = \"crm-2\"\nfile = \"espocrm\"\nbase_url = \"https://crm.example\"\nsettings.user = \"ana\"\n";
    let mut changed = crm("crm");
    changed.settings = [("cost_field".to_owned(), "cCost".to_owned())].into();
    let mut dotted = crm("crm-2");
    dotted.settings.insert("cost_field".to_owned(), "cCost".to_owned());
    let edits = [
        Edit::Popup { values: [("outgoing".to_owned(), false.into()), ("incoming".to_owned(), true.into())].into() },
        Edit::PutAccount { was: Some("main".into()), account: account("otra") },
        Edit::PutConnector { was: Some("crm".into()), connector: changed.clone() },
        Edit::PutConnector { was: Some("crm-2".into()), connector: dotted.clone() },
    ];
    let Edited { text, settings } = edited(&of(text), &edits);
    let form = of(&text).form().unwrap();
    assert!(settings.popup.incoming && !settings.popup.outgoing, "{text}");
    assert_eq!(form.accounts, [account("otra").with_text("throttle_scope", "address")]);
    assert_eq!(settings.accounts[0].values.text("throttle_scope"), "address");
    assert_eq!(form.connectors, [changed, dotted]);
}

#[test]
fn a_line_inside_a_longer_text_is_no_place_for_a_key() {
    let text = format!("agent = \"\"\"\n# country = \"CR\"\n\"\"\"\n{}", &SMALL[SMALL.find("[[").unwrap()..]);
    let text = edited(&of(&text), &[Edit::Country { country: "CL".into() }]).text;
    assert_eq!(Settings::parse(&text, descriptions()).unwrap().country.to_string(), "CL");
    assert!(text.contains("\"\"\"\n# country = \"CR\"\n\"\"\"\ncountry = \"CL\"\n"), "{text}");
}

#[test]
fn an_account_that_gets_another_vendor_keeps_no_key_of_the_old_one() {
    let popups = FieldDraft::Table([("Ana".to_owned(), "popup-1".to_owned())].into());
    let moved = AccountDraft { name: "main".into(), provider: "formcall".into(), ..AccountDraft::default() }
        .with_text("base_url", "https://vendor.example")
        .with("popups", popups);
    let text = edited(&of(SMALL), &[Edit::PutAccount { was: Some("main".into()), account: moved.clone() }]).text;
    assert!(!text.contains("username") && !text.contains("throttle_scope"), "{text}");
    assert_eq!(of(&text).form().unwrap().accounts, [moved]);
    let back = edited(&of(&text), &[Edit::PutAccount { was: Some("main".into()), account: account("main") }]).text;
    assert!(!back.contains("popups") && !back.contains("popup-1"), "{back}");
    assert_eq!(of(&back).form().unwrap().accounts, [account("main")]);
}

#[test]
fn a_wrong_edit_names_its_field() {
    let wrong = |edit: Edit| of(SMALL).edited(&of(SMALL).revision(), &[edit]).unwrap_err();
    let of_account = |draft: AccountDraft| wrong(Edit::PutAccount { was: Some("main".into()), account: draft });
    for (error, section, name, field) in [
        (of_account(account("main").with_text("base_url", "a vendor")), "accounts", Some("main"), "base_url"),
        (of_account(account("main").with_text("base_url", "http://a.example")), "accounts", Some("main"), "base_url"),
        (of_account(account("main").with_text("username", " ")), "accounts", Some("main"), "username"),
        (of_account(AccountDraft { provider: "otro".into(), ..account("main") }), "accounts", Some("main"), "provider"),
        (
            of_account(account("main").with("endpoints", FieldDraft::List(vec!["a b".into()]))),
            "accounts",
            Some("main"),
            "endpoints",
        ),
        (of_account(account("main").with_text("time_zone", "Marte")), "accounts", Some("main"), "time_zone"),
        (of_account(account("Ñandú")), "accounts", Some("Ñandú"), "name"),
        (wrong(put("main")), "accounts", Some("main"), "name"),
        (wrong(Edit::Country { country: "Chile".into() }), "", None, "country"),
        (wrong(Edit::Popup { values: [("incoming".to_owned(), "yes".into())].into() }), "popup", None, "incoming"),
        (wrong(Edit::PutIdentity { was: None, identity: identity("a", "otra") }), "identities", Some("a"), "account"),
        (wrong(Edit::PutConnector { was: None, connector: crm("main") }), "connectors", Some("main"), "name"),
    ] {
        assert_eq!(error.code(), ErrorCode::BadConfig);
        let place = error.place().unwrap_or_else(|| panic!("{error}"));
        assert_eq!(
            (place.section.as_str(), place.name.as_deref(), place.field.as_deref()),
            (section, name, Some(field)),
            "{error}"
        );
    }
    let gone = wrong(Edit::RemoveConnector { name: "crm".into() });
    assert!(matches!(gone, EditError::NotThere("connectors")) && gone.code() == ErrorCode::NotFound);
    let last = wrong(Edit::RemoveAccount { name: "main".into() });
    assert_eq!((last.code(), last.place()), (ErrorCode::BadConfig, None));
}

#[test]
fn a_file_that_cannot_be_read_says_where_and_quotes_nothing() {
    let file = of("[[accounts]]\nname = \"main\"\npassword = \"hunter2\"\nprovider = 5\n");
    let error = file.form().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let place = error.place().unwrap();
    assert_eq!((place.section.as_str(), place.field.as_deref()), ("accounts", Some("provider")));
    let broken =
        of("password = \"hunter2\n").edited(&of("password = \"hunter2\n").revision(), &[put("a")]).unwrap_err();
    assert!(!format!("{broken} {broken:?}").contains("hunter2"));
}

#[test]
fn a_file_is_made_and_changed_in_one_step_and_only_if_it_is_as_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/timbre.toml");
    let mut file = SettingsFile::read(&path, descriptions()).unwrap();
    let mut second = file.clone();
    let first_seen = file.revision();
    file.edit(&first_seen, &[put("main")]).unwrap();
    assert_eq!(Settings::load(&path, descriptions()).unwrap().accounts.len(), 1);

    // Whoever read no file must not replace this one.
    let error = second.edit(&second.revision(), &[put("main")]).unwrap_err();
    assert!(matches!(error, EditError::Changed) && error.code() == ErrorCode::SettingsChanged);
    assert!(matches!(file.edit(&first_seen, &[put("dos")]), Err(EditError::Changed)));

    let mut stale = SettingsFile::read(&path, descriptions()).unwrap();
    file.edit(&file.revision(), &[put("dos")]).unwrap();
    assert!(matches!(stale.edit(&stale.revision(), &[put("tres")]), Err(EditError::Changed)));
    fs::remove_file(&path).unwrap();
    assert!(matches!(file.edit(&file.revision(), &[put("tres")]), Err(EditError::Changed)), "it was removed");

    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_rights_are_kept_and_a_read_only_file_is_left_alone() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.toml"), folder.path().join("timbre.toml"));
    fs::write(&real, SMALL).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.toml", &link).unwrap();
    let mut file = SettingsFile::read(&link, descriptions()).unwrap();
    file.edit(&file.revision(), &[put("dos")]).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(Settings::load(&real, descriptions()).unwrap().accounts.len(), 2);

    let before = fs::read_to_string(&real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    let error = file.edit(&file.revision(), &[put("tres")]).unwrap_err();
    assert!(matches!(error, EditError::ReadOnly(_)) && error.code() == ErrorCode::FileAccess);
    assert_eq!(fs::read_to_string(&real).unwrap(), before);

    let dangling = folder.path().join("dangling.toml");
    symlink("made.toml", &dangling).unwrap();
    let mut file = SettingsFile::read(&dangling, descriptions()).unwrap();
    file.edit(&file.revision(), &[put("main")]).unwrap();
    assert!(folder.path().join("made.toml").is_file() && fs::symlink_metadata(&dangling).unwrap().is_symlink());
}
