//! Connectors' files, and what their templates make of a CRM's answers.

use serde_json::Value as Json;
use timbre_crm::{BUILT_IN, Connector};

use super::bytes;

pub(super) fn connector_file(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = Connector::load(text, "fuzzed.toml");
    }
}

pub(super) fn connector_files() -> Vec<Vec<u8>> {
    let mut seeds = bytes(&[&with_template("{{ record.name }}")]);
    seeds.extend(BUILT_IN.iter().map(|(_, text)| text.as_bytes().to_vec()));
    seeds
}

/// A template up to the first line end, and behind it the answer of which it makes contacts.
pub(super) fn template(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (template, answer) = text.split_once('\n').unwrap_or((text, "{\"list\":[{\"id\":\"1\",\"name\":\"Ana\"}]}"));
    let Ok(file) = Connector::load(&with_template(template), "fuzzed.toml") else { return };
    let Ok(answer) = serde_json::from_str::<Json>(answer) else { return };
    let _ = timbre_crm::reading::contacts(&file, &answer);
}

/// A small file with this template in it.
fn with_template(template: &str) -> String {
    // A text in JSON is one in TOML.
    let template = Json::String(template.to_owned()).to_string();
    format!(
        "format = 1\nname = \"small\"\ntitle = \"Small\"\n\
         [sign_in]\nkind = \"key-header\"\nheader = \"X-Key\"\n[sign_in.probe]\npath = \"me\"\nid = \"$.id\"\n\
         [limits]\nper_second = 5\n\
         [contacts.pull]\npath = \"people\"\npage_size = 10\nrecords = \"$.list[*]\"\nmore = false\n\
         cursor = {{ id = \"{{{{ last.id }}}}\" }}\n\
         [contact]\nid = \"$.id\"\nname = {template}\n"
    )
}

pub(super) fn templates() -> Vec<Vec<u8>> {
    bytes(&[
        "{{ record.name }}",
        "{{ record.name|lower }}\n{\"list\":[{\"id\":1,\"name\":\"ANA\"}]}",
        "{{ [record.first, record.last]|select|join(' ') }}\n{\"list\":[{\"id\":1,\"first\":\"A\",\"last\":null}]}",
        "{% for p in record.phones %}{{ p.number }}{% endfor %}\n{\"list\":[{\"id\":1,\"phones\":[{\"number\":\"1\"}]}]}",
    ])
}
