//! Cards of our own, in vCard 4.0.

use std::io::Write as _;
use std::path::Path;

use timbre_domain::contact::{Contact, PhoneKind};
use timbre_domain::interchange::{ContactWriter, FileError};

use super::PRODUCT;
use crate::part::PartFile;
use crate::trouble::of_io;

/// The longest line before it is folded, bytes (RFC 6350, 3.2).
const LINE_AT_MOST: usize = 75;

/// Writes contacts as cards.
pub(crate) struct CardWriter {
    part: PartFile,
    text: String,
}

impl CardWriter {
    /// Begins a file of cards.
    pub(crate) fn create(path: &Path) -> Result<Self, FileError> {
        Ok(Self { part: PartFile::create(path)?, text: String::new() })
    }

    /// Writes one property and folds its long lines.
    fn put(&mut self, name: &str, value: &str) {
        let mut room = LINE_AT_MOST;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if c.len_utf8() > room {
                self.text.push_str("\r\n ");
                room = LINE_AT_MOST - 1;
            }
            self.text.push(c);
            room -= c.len_utf8();
        }
        self.text.push_str("\r\n");
    }

    fn put_field(&mut self, name: &str, value: &str) {
        match name {
            // Goes with the company.
            "department" => {}
            "note" => self.put("NOTE", &escaped(value)),
            "title" => self.put("TITLE", &escaped(value)),
            "role" => self.put("ROLE", &escaped(value)),
            "website" => self.put("URL", &escaped(value)),
            "nickname" => self.put("NICKNAME", &escaped(value)),
            "address" => self.put("ADR", &format!(";;{};;;;", escaped(value))),
            "birthday" if is_date(value) => self.put("BDAY", value),
            "labels" if value.split(", ").all(|label| !label.is_empty() && label.trim() == label) => {
                self.put("CATEGORIES", &value.split(", ").map(escaped).collect::<Vec<_>>().join(","));
            }
            _ => self.put(&format!("X-TIMBRE-FIELD;NAME=\"{}\"", careted(name)), &escaped(value)),
        }
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace("\r\n", "\n").replace(['\n', '\r'], "\\n");
    text.replace(',', "\\,").replace(';', "\\;")
}

/// A text as a quoted parameter may hold it (RFC 6868).
fn careted(text: &str) -> String {
    text.replace('^', "^^").replace("\r\n", "\n").replace(['\n', '\r'], "^n").replace('"', "^'")
}

fn is_date(text: &str) -> bool {
    matches!(text.len(), 8 | 10) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn kind_type(kind: PhoneKind) -> Option<&'static str> {
    match kind {
        PhoneKind::Mobile => Some("cell"),
        PhoneKind::Work => Some("work"),
        PhoneKind::Home => Some("home"),
        PhoneKind::Fax => Some("fax"),
        PhoneKind::Other => None,
    }
}

impl ContactWriter for CardWriter {
    fn write(&mut self, contact: &Contact) -> Result<(), FileError> {
        self.text.clear();
        self.put("BEGIN", "VCARD");
        self.put("VERSION", "4.0");
        self.put("PRODID", PRODUCT);
        self.put("UID", &format!("urn:uuid:{}", contact.id));
        if contact.name.is_empty() && !contact.company.is_empty() {
            self.put("KIND", "org");
        } else if contact.name.is_empty() {
            self.put("X-TIMBRE-UNNAMED", "TRUE");
        }
        self.put("FN", &escaped(contact.display_name()));
        let department = contact.fields.get("department");
        if !contact.company.is_empty() || department.is_some() {
            let department = department.map(|text| format!(";{}", escaped(text))).unwrap_or_default();
            self.put("ORG", &format!("{}{department}", escaped(&contact.company)));
        }
        for (at, phone) in contact.phones.iter().enumerate() {
            let kind = kind_type(phone.kind).map(|kind| format!(";TYPE={kind}")).unwrap_or_default();
            let preferred = if at == 0 && contact.phones.len() > 1 { ";PREF=1" } else { "" };
            let number = crate::written(&phone.number);
            if phone.number.e164() == Some(number) {
                self.put(&format!("TEL;VALUE=uri{kind}{preferred}"), &format!("tel:{number}"));
            } else {
                self.put(&format!("TEL;VALUE=text{kind}{preferred}"), &escaped(number));
            }
        }
        for (at, email) in contact.emails.iter().enumerate() {
            let preferred = if at == 0 && contact.emails.len() > 1 { ";PREF=1" } else { "" };
            self.put(&format!("EMAIL{preferred}"), &escaped(email));
        }
        for (name, value) in &contact.fields {
            self.put_field(name, value);
        }
        if let Some(owner) = &contact.owner {
            self.put("X-TIMBRE-OWNER", &escaped(owner));
        }
        if contact.do_not_call {
            self.put("X-TIMBRE-DO-NOT-CALL", "TRUE");
        }
        if let Some(origin) = &contact.origin {
            let external_id = origin.external_id.as_deref().map(|id| format!(";{}", escaped(id))).unwrap_or_default();
            self.put("X-TIMBRE-ORIGIN", &format!("{}{external_id}", escaped(&origin.source)));
        }
        self.put("END", "VCARD");
        self.part.write_all(self.text.as_bytes()).map_err(|error| of_io(&error))
    }

    fn finish(self: Box<Self>) -> Result<(), FileError> {
        self.part.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_characters() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CardWriter::create(&folder.path().join("a.vcf")).unwrap();
        writer.put("NOTE", &"ñ".repeat(100));
        assert!(writer.text.split("\r\n").all(|line| line.len() <= LINE_AT_MOST));
        assert_eq!(writer.text.replace("\r\n ", ""), format!("NOTE:{}\r\n", "ñ".repeat(100)));
    }

    #[test]
    fn what_separates_is_kept_apart() {
        assert_eq!(escaped("a\\b,c;d\r\ne"), "a\\\\b\\,c\\;d\\ne");
        assert_eq!(careted("a^b\"c\nd"), "a^^b^'c^nd");
    }
}
