//! Whatever is edited, comments and foreign keys stay, and a form shows again what was put into it.

use proptest::prelude::*;

use super::*;

/// A file of an administrator who comments everything: each line may have a comment above it and one beside it, and
/// those in brackets may be left out.
fn commented(choices: &[u8], windows: bool) -> (String, Vec<String>) {
    const LINES: &[&str] = &[
        "(language = \"en\")",
        "(country = 'CL')",
        "(agent = \"Ana\")",
        "(popup.incoming = false)",
        "[[accounts]]",
        "name = \"main\"",
        "provider = \"callmyway\"",
        "base_url = \"https://vendor.example\"",
        "(click_to_dial_url = \"https://dial.example/x.php\")",
        "username = '8373456'",
        "(endpoints = [\"8373456\", '8373999'])",
        "(full_account = true)",
        "(time_zone = \"America/Bogota\")",
        "(currency = \"COP\")",
        "(throttle_scope = \"address\")",
        "(reading_interval_ms = 5_000)",
        "(agent_leg_callers = [ \"1\",\n  # inside\n  \"2\" ])",
        "[[identities]]",
        "label = \"Ventas\"",
        "account = \"main\"",
        "endpoint = \"8373999\"",
        "(withheld = true)",
        "[[dispositions]]",
        "code = \"venta\"",
        "name = \"\"\"\n# currency = \"no\"\n[[accounts]]\n\"\"\"",
        "charge = { amount = \"2500.00\", currency = \"CRC\", concept = \"Gestión\" }",
        "[[accounts]]",
        "name = \"dos\"",
        "provider = \"callmyway\"",
        "base_url = \"https://vendor.example\"",
        "username = \"8370001\"",
        "[[connectors]]",
        "name = \"crm\"",
        "file = \"espocrm\"",
        "base_url = \"https://crm.example\"",
        "(wrap_up_s = 60)",
        "(sync_contacts = false)",
        "(record_calls = \"answered\")",
        "(settings = { user = \"ana\", \"cost_field\" = 'cCost' })",
        "[[contact_fields]]",
        "name = \"cedula\"",
    ];
    let (mut text, mut comments) = (String::new(), Vec::new());
    for (number, line) in LINES.iter().enumerate() {
        let choice = choices[number % choices.len()] as usize + number;
        let line = match line.strip_prefix('(').and_then(|line| line.strip_suffix(')')) {
            Some(_) if choice.is_multiple_of(2) => continue,
            Some(line) => line,
            None => line,
        };
        if choice.is_multiple_of(3) {
            comments.push(format!("# above {number}"));
            text += &format!("\n# above {number}\n");
        }
        if choice.is_multiple_of(7) {
            comments.push(format!("# currency = \"{number}\""));
            text += &format!("# currency = \"{number}\"\n");
        }
        text += line;
        if choice.is_multiple_of(5) {
            comments.push(format!("# beside {number}"));
            text += &format!("   # beside {number}");
        }
        text += "\n";
    }
    comments.push("# the end".into());
    text += "# the end";
    (if windows { text.replace('\n', "\r\n") } else { text }, comments)
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zA-Z0-9ñé\"'\\\\#=\\[\\] ]{1,12}".prop_map(|text| text.trim().to_owned())]
}

fn drafts() -> impl Strategy<Value = (AccountDraft, IdentityDraft, ConnectorDraft)> {
    let of_account = ("[a-z][a-z0-9-]{3,8}x", any::<[bool; 6]>()).prop_map(|(name, is)| {
        let text = |is: bool, text: &str| if is { text.to_owned() } else { String::new() };
        let endpoints = if is[1] { vec!["8373456".into(), "837-3998".into()] } else { vec![] };
        AccountDraft { allow_plain_http: is[0], ..account(&name) }
            .with_text("click_to_dial_url", text(is[0], "https://dial.example/c.php"))
            .with("endpoints", FieldDraft::List(endpoints))
            .with("full_account", FieldDraft::Switch(is[2]))
            .with_text("ring_first", text(is[3], "contact"))
            .with_text("time_zone", text(is[4], "America/Lima"))
            .with_text("currency", text(is[5], "PEN"))
    });
    let settings =
        proptest::collection::btree_map("[a-z_]{1,9}", word().prop_filter("none", |text| !text.is_empty()), 0..3);
    let of_crm =
        ("[a-z][a-z0-9-]{3,8}y", any::<[bool; 3]>(), settings).prop_map(|(name, is, settings)| ConnectorDraft {
            record_calls: if is[0] { "with-result".into() } else { String::new() },
            sync_contacts: is[1],
            push_contacts: is[2],
            settings,
            ..crm(&name)
        });
    (of_account, word(), any::<bool>(), of_crm).prop_map(|(account, label, withheld, crm)| {
        let label = format!("L{label}").trim().to_owned();
        let identity = IdentityDraft { label, account: account.name.clone(), endpoint: "8373998".into(), withheld };
        (account, identity, crm)
    })
}

/// What the form of a file shows in the fields of a draft: a field that the file leaves out is empty.
fn shown(form: &AccountDraft, draft: &AccountDraft) -> AccountDraft {
    let empty = |draft: &FieldDraft| match draft {
        FieldDraft::Switch(_) => FieldDraft::Switch(false),
        FieldDraft::Text(_) => FieldDraft::Text(String::new()),
        FieldDraft::List(_) => FieldDraft::List(Vec::new()),
        FieldDraft::Table(_) => FieldDraft::Table(BTreeMap::new()),
    };
    let one = |(name, value): (&String, &FieldDraft)| {
        (name.clone(), form.values.get(name).cloned().unwrap_or_else(|| empty(value)))
    };
    AccountDraft { values: draft.values.iter().map(one).collect(), ..form.clone() }
}

/// What a form does not know.
fn beside_the_forms(settings: &Settings) -> impl PartialEq + std::fmt::Debug {
    let of_accounts: Vec<_> = settings
        .accounts
        .iter()
        .map(|one| {
            let (scope, callers) = (one.values.text("throttle_scope").to_owned(), one.values.list("agent_leg_callers"));
            (scope, one.values.number("reading_interval_ms"), one.call_appears_within, callers.to_vec())
        })
        .collect();
    let of_crms: Vec<_> = settings.connectors.iter().map(|one| (one.wrap_up, one.sync_every)).collect();
    (of_accounts, of_crms, settings.dispositions.clone(), settings.contact_fields.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_put_is_read_back_and_everything_else_stays(
        choices in proptest::collection::vec(any::<u8>(), 1..60),
        windows in any::<bool>(),
        (account, identity, crm) in drafts(),
        agent in word(),
    ) {
        let (text, comments) = commented(&choices, windows);
        let file = of(&text);
        let before = file.form().unwrap();
        let edits = [
            Edit::Agent { agent: agent.clone() },
            Edit::Language { language: Language::Pt },
            Edit::Country { country: String::new() },
            Edit::Popup { values: [("outgoing".to_owned(), false.into())].into() },
            Edit::PutAccount { was: Some("main".into()), account: account.clone() },
            Edit::PutIdentity { was: Some("Ventas".into()), identity: identity.clone() },
            Edit::PutConnector { was: Some("crm".into()), connector: crm.clone() },
        ];
        let Edited { text, settings } = edited(&file, &edits);
        let form = of(&text).form().unwrap();
        prop_assert_eq!(shown(&form.accounts[0], &account), account.clone());
        prop_assert_eq!(&form.accounts[1], &before.accounts[1]);
        prop_assert_eq!(&form.identities, &[identity]);
        prop_assert_eq!(&form.connectors, &[crm]);
        prop_assert_eq!((form.agent, form.language, form.country), (agent, Language::Pt, String::new()));
        prop_assert_eq!(&form.popup["outgoing"], &serde_json::Value::Bool(false));
        prop_assert_eq!(form.popup.get("incoming"), before.popup.get("incoming"));
        for comment in &comments {
            prop_assert!(text.contains(comment), "{comment} is gone:\n{text}");
        }
        let untouched = file.settings().unwrap();
        prop_assert_eq!(beside_the_forms(&settings), beside_the_forms(&untouched));
        prop_assert!(!windows || !text.replace("\r\n", "").contains('\n'), "the line ends are mixed");
        // To say the same again changes nothing.
        let again: Vec<_> = edits[..4].iter().cloned().chain([
            Edit::PutAccount { was: Some(account.name.clone()), account },
        ]).collect();
        prop_assert_eq!(edited(&of(&text), &again).text, text);
    }

    #[test]
    fn what_is_added_and_removed_again_leaves_the_rest_as_it_was(
        choices in proptest::collection::vec(any::<u8>(), 1..60),
        windows in any::<bool>(),
        (account, identity, crm) in drafts(),
    ) {
        let (text, comments) = commented(&choices, windows);
        let file = of(&text);
        let before = file.form().unwrap();
        let added = edited(&file, &[
            Edit::PutAccount { was: None, account: account.clone() },
            Edit::PutIdentity { was: None, identity: identity.clone() },
            Edit::PutConnector { was: None, connector: crm.clone() },
        ]).text;
        let form = of(&added).form().unwrap();
        prop_assert_eq!(form.accounts.last().map(|last| shown(last, &account)), Some(account.clone()));
        prop_assert_eq!(form.identities.last(), Some(&identity));
        prop_assert_eq!(form.connectors.last(), Some(&crm));
        let removed = edited(&of(&added), &[
            Edit::RemoveConnector { name: crm.name },
            Edit::RemoveAccount { name: account.name },
        ]);
        let form = SettingsForm { revision: before.revision.clone(), ..of(&removed.text).form().unwrap() };
        prop_assert_eq!(form, before);
        for comment in &comments {
            prop_assert!(removed.text.contains(comment), "{comment} is gone:\n{}", removed.text);
        }
        // What stood there from the beginning can be removed, too.
        let less = edited(&file, &[Edit::RemoveAccount { name: "main".into() }, Edit::RemoveConnector { name: "crm".into() }]);
        prop_assert_eq!(less.settings.accounts.len(), 1);
        prop_assert_eq!(&less.settings.dispositions, &file.settings().unwrap().dispositions);
        prop_assert!(less.text.contains("# the end"));
    }
}
