//! What the settings file refuses, and where it says so.

use timbre_domain::endpoint::EndpointNumber;
use timbre_telephony::registry::descriptions;

use super::*;

const CRM: &str = "[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"https://a\"\n";
const SMALLEST: &str = "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"http://127.0.0.1:8080\"\nusername = \"8373456\"\n";

fn parse(text: &str) -> Result<Settings, ConfigError> {
    Settings::parse(text, descriptions())
}

#[test]
fn a_base_url_and_an_account_are_enough() {
    let settings = parse(SMALLEST).unwrap();
    let account = &settings.accounts[0];
    assert_eq!(account.endpoints().collect::<Vec<_>>(), [&EndpointNumber::new("8373456").unwrap()]);
    assert_eq!(account.time_zone(), chrono_tz::America::Costa_Rica);
    assert_eq!(account.values.number("reading_interval_ms"), 4_000);
    assert_eq!(settings.identities[0].label, "8373456");
}

#[test]
fn an_identitys_endpoint_is_the_agents_own() {
    let text = format!("{SMALLEST}[[identities]]\nlabel = \"Oculto\"\naccount = \"main\"\nendpoint = \"8373999\"\n");
    let settings = parse(&text).unwrap();
    assert_eq!(settings.accounts[0].own.len(), 2);
}

#[test]
fn the_example_is_valid_and_what_it_comments_out_is_too() {
    for vendor in descriptions() {
        let example = example(vendor.example);
        parse(&example).unwrap();
        uncommented_is_valid(&example);
    }
}

fn uncommented_is_valid(example: &str) {
    let all: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(set) if set.contains(" = ") && set.split(" = ").next().is_some_and(|name| !name.contains(' ')) => set,
            Some(section) if section.starts_with('[') => section,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n");
    parse(&all).unwrap_or_else(|error| panic!("{error}\n{all}"));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let of = |text: &str| parse(text).unwrap_err();
    let with = |line: &str| of(&format!("{SMALLEST}{line}\n"));
    for (error, line, part) in [
        (of(""), None, "no account"),
        (of(&format!("proxy = \"socks5://a:1080\"\n{SMALLEST}")), Some(1), "http://proxy.company.com:3128"),
        (of(&format!("proxy = \"http://ana:clave@a:3128\"\n{SMALLEST}")), Some(1), "http://proxy.company.com:3128"),
        (of(&format!("proxy = \"http://a:3128/path\"\n{SMALLEST}")), Some(1), "http://proxy.company.com:3128"),
        (of(&format!("proxy = \"\"\n{SMALLEST}")), Some(1), "http://proxy.company.com:3128"),
        (of("language = \"fr\""), Some(1), "one of \"es\", \"en\", \"pt\""),
        (of("country = \"Costa Rica\"\n"), Some(1), "two capital letters"),
        (of("language = \"es\"\nlanguage = \"en\""), Some(2), "duplicate key"),
        (
            of("[[accounts]]\nname = \"Main\"\nprovider = \"callmyway\"\nbase_url = \"https://a\"\nusername = \"1\""),
            Some(2),
            "a-z",
        ),
        (
            of("[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"ftp://a\"\nusername = \"1\""),
            Some(4),
            "https",
        ),
        (
            of("[[accounts]]\nname = \"main\"\nprovider = \"other\"\nbase_url = \"https://a\"\nusername = \"1\""),
            Some(3),
            "one of \"callmyway\"",
        ),
        (
            of(
                "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"http://vendor.example\"\nusername = \"1\"",
            ),
            Some(4),
            "plain http",
        ),
        (
            of("[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"https://a\"\nusername = \" \""),
            Some(5),
            "username",
        ),
        (of("[[accounts]]\nname = \"main\""), Some(1), "missing field"),
        (with("time_zone = \"Costa Rica\""), Some(6), "America/Costa_Rica"),
        (with("currency = \"colones\""), Some(6), "three capital letters"),
        (with("reading_interval_ms = 5"), Some(6), "between 20 and"),
        (with("endpoints = [\"8373456\", \"a b\"]"), Some(6), "endpoint"),
        (with("colour = \"red\""), Some(6), "unknown field `colour`"),
        (
            with("[[identities]]\nlabel = \"a\"\naccount = \"other\"\nendpoint = \"1\""),
            Some(8),
            "no account named other",
        ),
        (with("[[connectors]]\nname = \"main\"\nfile = \"espocrm\"\nbase_url = \"https://a\""), Some(7), "is taken"),
        (with("[[connectors]]\nname = \"crm\"\nfile = \" \"\nbase_url = \"https://a\""), Some(8), "comes with Timbre"),
        (with("[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"http://a\""), Some(9), "plain http"),
        (
            with("[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"https://a\"\nsync_every_s = 5"),
            Some(10),
            "between 30",
        ),
        (
            with("[[connectors]]\nname = \"crm\"\nfile = \"e\"\nbase_url = \"https://a\"\nkey = \"k\""),
            Some(10),
            "unknown",
        ),
        (with("[[dispositions]]\ncode = \"a\"\nname = \"A\"\nunder = \"b\""), Some(7), "must come before"),
        (
            with("[[dispositions]]\ncode = \"a\"\nname = \"A\"\nrequires = [\"comment\", \"coment\"]"),
            Some(9),
            "follow_up",
        ),
        (
            with(
                "[[dispositions]]\ncode = \"a\"\nname = \"A\"\ncharge = { amount = \"2,5\", currency = \"CRC\", concept = \"x\" }",
            ),
            Some(9),
            "with a point",
        ),
        (of(&format!("{SMALLEST}{SMALLEST}")), Some(7), "two accounts"),
        (
            of(&format!("{}{}", SMALLEST.replace("\"main\"", "\"a-b\""), SMALLEST.replace("\"main\"", "\"a_b\""))),
            Some(7),
            "share one password",
        ),
        (
            of(&format!("{}{CRM}", SMALLEST.replace("\"main\"", "\"crm-token\""))),
            Some(7),
            "kept where those of crm-token are",
        ),
        (
            with(&format!("{CRM}{}", CRM.replace("\"crm\"", "\"crm-client\""))),
            Some(11),
            "kept where those of crm-client",
        ),
        (of("this is no toml"), Some(1), ""),
    ] {
        assert!(error.message.contains(part), "{error}");
        assert_eq!(error.line, line, "{error}");
    }
}

#[test]
fn the_vendors_limit_can_not_be_undercut_but_on_this_machine() {
    let at =
        |base: &str| parse(&format!("{}reading_interval_ms = 400\n", SMALLEST.replace("http://127.0.0.1:8080", base)));
    assert!(at("http://127.0.0.1:8080").is_ok());
    assert!(at("http://localhost:8080").is_ok());
    let error = at("https://www.callmyway.com").unwrap_err();
    assert_eq!((error.line, error.message.contains("4000 ms")), (Some(6), true));
    assert!(at("https://127.0.0.1.example.com").is_err());
}

#[test]
fn a_secret_that_was_written_into_the_file_is_not_repeated() {
    for line in [
        "password = \"hunter2\"",
        "reading_interval_ms = \"hunter2\"",
        "full_account = \"hunter2\"",
        "click_to_dial_url = \"https://8373456:hunter2@a.example\"",
        "click_to_dial_url = \"https://a.example/?password=hunter2\"",
        "click_to_dial_url = \"hunter2\"",
        "password = \"hunter2",
    ] {
        let error = parse(&format!("{SMALLEST}{line}\n")).unwrap_err();
        assert_eq!(error.line, Some(6), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_connector_says_where_and_how_and_its_address_ends_in_a_slash() {
    let text = "[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"https://crm.example/api/v1\"\n\
                record_calls = \"answered\"\n[connectors.settings]\nrequest_id_field = \"cId\"\n";
    let settings = parse(&format!("{SMALLEST}{text}")).unwrap();
    let connector = &settings.connectors[0];
    assert_eq!(connector.base_url.as_str(), "https://crm.example/api/v1/");
    assert_eq!(connector.file, ConnectorFile::BuiltIn("espocrm".into()));
    assert_eq!(connector.values["request_id_field"], "cId");
    let of_file = parse(&format!("{SMALLEST}{}", text.replace("espocrm", "/etc/timbre/our.toml"))).unwrap();
    assert_eq!(of_file.connectors[0].file, ConnectorFile::Path("/etc/timbre/our.toml".into()));
}

#[test]
fn a_setting_of_a_connector_is_a_text_a_number_or_a_truth_value() {
    let text = "[[connectors]]\nname = \"crm\"\nfile = \"espocrm\"\nbase_url = \"https://crm.example\"\n[connectors.settings]\n";
    for (written, value) in [
        ("true", "true"),
        ("\"true\"", "true"),
        ("false", "false"),
        ("42", "42"),
        ("-7", "-7"),
        ("0.5", "0.5"),
        ("\"a b\"", "a b"),
    ] {
        let settings = parse(&format!("{SMALLEST}{text}phones_in_lists = {written}\n")).unwrap();
        assert_eq!(settings.connectors[0].values["phones_in_lists"], value, "{written}");
    }
    let error = parse(&format!("{SMALLEST}{text}phones_in_lists = [1]\n")).unwrap_err();
    assert!(error.line.is_some(), "{error}");
}

#[test]
fn a_contact_field_has_a_name_of_its_own() {
    let field = |name: &str| format!("[[contact_fields]]\nname = \"{name}\"\n");
    let settings = parse(&format!("{SMALLEST}{}", field("cedula"))).unwrap();
    assert_eq!(settings.contact_fields, [ContactField { name: "cedula".into(), columns: vec![] }]);
    let twice = parse(&format!("{SMALLEST}{}{}", field("cedula"), field("Cédula"))).unwrap_err();
    assert_eq!(twice.line, Some(9));
    assert!(parse(&format!("{SMALLEST}{}", field(" "))).is_err());
}

fn layer(layer: Layer, name: &str, text: &str) -> LayerText {
    LayerText { layer, file: Some(name.into()), text: text.to_owned() }
}

#[test]
fn a_stronger_layer_wins_key_by_key_and_every_value_knows_where_it_came_from() {
    let user = format!("country = \"CR\"\n{SMALLEST}[popup]\nincoming = false\non_ring = false\n");
    let layers = [
        layer(Layer::User, "user.toml", &user),
        layer(Layer::Provisioning, "sent.toml", "[popup]\nincoming = true\n"),
        layer(Layer::Policy, "policy.toml", "\n[[accounts]]\nname = \"main\"\nfull_account = true\n"),
    ];
    let settings = Settings::of_layers(&layers, descriptions()).unwrap();
    assert_eq!((settings.popup.incoming, settings.popup.on_ring), (true, false));
    assert_eq!(settings.accounts.len(), 1);
    assert!(settings.accounts[0].values.switch("full_account"));
    let from = |path: &str| settings.origins.of_path(path).map(|stated| (stated.origin.layer, stated.origin.line));
    assert_eq!(from("popup.incoming"), Some((Layer::Provisioning, 2)));
    assert_eq!(from("popup.on_ring"), Some((Layer::User, 9)));
    assert_eq!(from("accounts.main.full_account"), Some((Layer::Policy, 4)));
    assert_eq!(from("accounts.main.username"), Some((Layer::User, 6)));
    assert_eq!(from("language"), None, "nobody says it");
}

#[test]
fn what_is_wrong_in_a_layer_is_told_with_that_layers_file() {
    let layers = [
        layer(Layer::User, "user.toml", SMALLEST),
        layer(Layer::Policy, "policy.toml", "\n[[accounts]]\nname = \"main\"\nbase_url = \"ftp://a\"\n"),
    ];
    let error = Settings::of_layers(&layers, descriptions()).unwrap_err();
    assert_eq!((error.file.as_deref(), error.line), (Some("policy.toml".as_ref()), Some(4)));
}
