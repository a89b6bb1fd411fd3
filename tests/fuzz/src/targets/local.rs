//! What stands on this machine: lines on the local socket, settings, and texts that secrets are taken out of.

use secrecy::SecretString;
use timbre_domain::redact::Redactor;
use timbre_engine::api::command::NAMES;
use timbre_engine::api::socket;
use timbre_settings::Settings;
use timbre_telephony::registry::descriptions;

use super::bytes;

pub(super) fn socket_line(input: &[u8]) {
    // Each is an answer to whoever asked.
    let _ = socket::understand(input);
}

pub(super) fn socket_lines() -> Vec<Vec<u8>> {
    let of_commands =
        NAMES.iter().map(|name| format!("{{\"id\":1,\"command\":\"{name}\",\"input\":{{}}}}").into_bytes());
    let others = bytes(&[
        "{\"protocol\":2}",
        "{\"id\":1,\"command\":\"watch\"}",
        "{\"id\":2,\"command\":\"read_number\",\"input\":{\"text\":\"8888\"}}",
    ]);
    of_commands.chain(others).collect()
}

pub(super) fn settings_file(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = Settings::parse(text, descriptions());
    }
}

pub(super) fn settings_files() -> Vec<Vec<u8>> {
    descriptions().iter().map(|vendor| timbre_settings::example(vendor.example).into_bytes()).collect()
}

const SECRET: &str = "Zq9#marcada ñ/\"w\\%&+=x";

pub(super) fn redactor(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut redactor = Redactor::default();
    redactor.learn(&SecretString::from(SECRET));
    redactor.learn_name("password");
    for cleaned in [redactor.clean(&text), redactor.clean_answer(&text)] {
        assert!(!cleaned.contains(SECRET), "the secret stands there whole");
        assert!(!redactor.finds(&cleaned), "a secret is found in what was cleaned: {cleaned:?}");
    }
}

pub(super) fn redacted() -> Vec<Vec<u8>> {
    bytes(&[
        SECRET,
        "password=Zq9%23marcada%20%C3%B1%2F%22w%5C%25%26%2B%3Dx&a=1",
        "Zq9%2523marcada%2520%25C3%25B1%252F%2522w%255C%2525%2526%252B%253Dx",
        "Zq9#marcada &ntilde;/&quot;w\\%&amp;+=x",
        "{\"p\":\"Zq9#marcada \\u00f1/\\\"w\\\\%&+=x\"}",
        "ZQ9#MARCADA Ñ/\"W\\%&+=X",
    ])
}
