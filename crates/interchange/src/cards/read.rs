//! From cards to drafts.

use std::path::Path;

use encoding_rs::{UTF_16BE, UTF_16LE};
use timbre_domain::contact::PhoneKind;
use timbre_domain::draft::{EXPORTED_ID, EXPORTED_SOURCE, keep};
use timbre_domain::identity::{OURSELVES, is_generation};
use timbre_domain::interchange::{
    ContactDraft, ContactReader, DraftPhone, FileError, FileLayout, FileRow, ProblemKind, RowProblem,
};

use super::property::Property;
use super::split::{Card, Splitter};
use crate::charset::{Charset, UTF8};
use crate::source::Source;
use crate::trouble::{of_io, problem};
use crate::{LONGEST_VALUE, kinds, titles};

/// Reads a file's cards.
pub(crate) struct Cards {
    splitter: Splitter<Source>,
    /// What bytes are taken for that are no UTF-8.
    fallback: Charset,
    /// What was decoded as a whole shows what could not be by U+FFFD.
    decoded: bool,
    card: Card,
    row: u64,
    own: bool,
    ended: bool,
}

impl Cards {
    /// Opens a file of cards.
    pub(crate) fn open(path: &Path, layout: &FileLayout) -> Result<Self, FileError> {
        let charset = Charset::of(&layout.encoding)?;
        // Properties have character sets of their own: only what is no ASCII at all is decoded as a whole.
        let wide = charset == Charset::Web(UTF_16LE) || charset == Charset::Web(UTF_16BE);
        let source = Source::open(path, if wide { charset } else { UTF8 })?;
        Ok(Self {
            splitter: Splitter::new(source),
            fallback: if wide { UTF8 } else { charset },
            decoded: wide,
            card: Card::default(),
            row: 0,
            own: layout.program == OURSELVES,
            ended: false,
        })
    }
}

impl ContactReader for Cards {
    fn next_row(&mut self) -> Option<Result<FileRow, FileError>> {
        if self.ended {
            return None;
        }
        match self.splitter.next(&mut self.card) {
            Ok(true) => {
                self.row += 1;
                let read = draft(&self.card, self.fallback, self.decoded, self.own);
                Some(Ok(FileRow { row: self.row, line: self.card.line, read }))
            }
            Ok(false) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(of_io(&error)))
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.splitter.input().bytes_read()
    }
}

/// What a card holds. A property that can't be read as it stands is told, and the rest of the card taken.
fn draft(card: &Card, fallback: Charset, decoded: bool, own: bool) -> Result<ContactDraft, RowProblem> {
    if let Some((kind, detail)) = card.fault {
        return Err(problem(kind, None, detail));
    }
    let mut making = Making::default();
    for line in card.properties.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let Some(mut property) = Property::read(line, fallback) else {
            making.tell(problem(
                ProblemKind::Malformed,
                None,
                "a line is no property: it has no colon; it was kept as a field",
            ));
            keep(&mut making.draft.fields, "vcard", String::from_utf8_lossy(line).trim());
            continue;
        };
        let column = Some(property.name.as_str());
        if property.value.len() > LONGEST_VALUE {
            making.tell(problem(ProblemKind::TooLong, column, "the value is longer than 64 KiB and was left out"));
            continue;
        }
        if property.mended || decoded && property.value.contains('\u{fffd}') {
            let detail = "some of its bytes are not of its character set; they are what they are in Windows-1252";
            making.tell(problem(ProblemKind::Encoding, column, detail));
        }
        if property.value.contains('\0') {
            making.tell(problem(
                ProblemKind::Malformed,
                column,
                "there are zero bytes in the value; they were left out",
            ));
            property.value.retain(|c| c != '\0');
        }
        making.take(property);
    }
    Ok(making.finish(own))
}

/// A draft in the making.
#[derive(Default)]
struct Making {
    draft: ContactDraft,
    name_parts: Vec<String>,
    phones: Vec<(Property, Option<PhoneKind>)>,
    emails: Vec<(u32, String)>,
    labels: Vec<(String, String)>,
    of_company: bool,
    unnamed: bool,
}

impl Making {
    fn tell(&mut self, problem: RowProblem) {
        self.draft.problems.push(problem);
    }

    fn take(&mut self, property: Property) {
        match property.name.as_str() {
            "FN" if self.draft.name.is_empty() => self.draft.name = property.text(),
            "N" if self.name_parts.is_empty() => self.name_parts = property.parts(),
            "ORG" if self.draft.company.is_empty() => {
                let mut parts = property.parts().into_iter();
                self.draft.company = parts.next().unwrap_or_default();
                self.add("department", &parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "), ", ");
            }
            "TEL" => {
                let kind = kinds::typed(property.types());
                self.phones.push((property, kind));
            }
            "EMAIL" => {
                let text = property.text();
                let address = without_scheme(&text, "mailto:");
                if !address.is_empty() {
                    self.emails.push((property.preference(), address.to_owned()));
                }
            }
            "UID" => self.draft.external_id = Some(property.text()).filter(|id| !id.is_empty()),
            "NOTE" => self.add("note", &property.text(), "\n"),
            "TITLE" => self.add("title", &property.text(), ", "),
            "ROLE" => self.add("role", &property.text(), ", "),
            "URL" => self.add("website", &property.text(), ", "),
            "NICKNAME" => self.add("nickname", &property.text(), ", "),
            "BDAY" => self.add("birthday", &property.text(), ", "),
            "CATEGORIES" => self.add("labels", &property.items().join(", "), ", "),
            "ADR" => {
                let parts: Vec<String> = property.parts().into_iter().filter(|part| !part.is_empty()).collect();
                self.add("address", &parts.join(", "), "; ");
            }
            "KIND" => self.of_company |= property.text().eq_ignore_ascii_case("org"),
            "X-ABSHOWAS" => self.of_company |= property.text().eq_ignore_ascii_case("company"),
            "X-ABLABEL" => self.labels.push((property.group.clone(), property.text())),
            "X-TIMBRE-OWNER" => self.draft.owner = Some(property.text()).filter(|owner| !owner.is_empty()),
            "X-TIMBRE-DO-NOT-CALL" => self.draft.do_not_call = property.text().eq_ignore_ascii_case("true"),
            "X-TIMBRE-UNNAMED" => self.unnamed = true,
            "X-TIMBRE-ORIGIN" => {
                let parts = property.parts();
                for (name, part) in [EXPORTED_SOURCE, EXPORTED_ID].into_iter().zip(&parts) {
                    self.add(name, part, ", ");
                }
            }
            "X-TIMBRE-FIELD" => {
                let name = property.parameter("NAME").next().unwrap_or_default().to_owned();
                if !name.is_empty() {
                    self.add(&name, &property.text(), "\n");
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, field: &str, text: &str, between: &str) {
        if text.is_empty() {
            return;
        }
        let value = self.draft.fields.entry(field.to_owned()).or_default();
        if !value.is_empty() {
            value.push_str(between);
        }
        value.push_str(text);
    }

    fn finish(mut self, own: bool) -> ContactDraft {
        self.phones.sort_by_key(|(property, _)| property.preference());
        let labelled = |group: &str| {
            let label = self.labels.iter().find(|(of, _)| of == group && !group.is_empty());
            label.and_then(|(_, label)| kinds::labelled(label))
        };
        let phones = self.phones.iter().filter_map(|(property, kind)| {
            let written = telephone(property);
            let kind = kind.or_else(|| labelled(&property.group)).unwrap_or(PhoneKind::Other);
            (!written.is_empty()).then(|| DraftPhone { written, kind, column: "TEL".into() })
        });
        self.draft.phones = phones.collect();
        self.emails.sort_by_key(|(preference, _)| *preference);
        self.draft.emails = std::mem::take(&mut self.emails).into_iter().map(|(_, address)| address).collect();
        self.draft.name = person(&self.draft, &self.name_parts, self.of_company);
        // What stands before and behind a name tells people of one name apart.
        for (at, field) in [(3, "prefix"), (4, "suffix")] {
            let title = self.name_parts.get(at).cloned().unwrap_or_default();
            self.add(field, &title, " ");
        }
        if self.unnamed {
            self.draft.name.clear();
        }
        if own
            && let Some(id) = &mut self.draft.external_id
            && let Some(bare) = id.strip_prefix("urn:uuid:")
        {
            *id = bare.to_owned();
        }
        self.draft
    }
}

/// The person's name: the formatted one without titles, else its parts; nothing where it only repeats the company.
fn person(draft: &ContactDraft, parts: &[String], of_company: bool) -> String {
    let part = |at: usize| parts.get(at).map(String::as_str).unwrap_or_default();
    let (family, given, middle, prefix, suffix) = (part(0), part(1), part(2), part(3), part(4));
    let generation = if is_generation(suffix) { suffix } else { "" };
    let joined = [given, middle, family].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let joined = if joined.is_empty() { joined } else { format!("{joined} {generation}").trim_end().to_owned() };
    let repeats_company = !draft.name.is_empty() && draft.name == draft.company;
    if draft.name.is_empty() || (repeats_company && !joined.is_empty()) {
        return joined;
    }
    if repeats_company && (of_company || !parts.is_empty()) {
        return String::new();
    }
    if joined.is_empty() {
        return draft.name.clone();
    }
    titles::taken_off(&draft.name, prefix, suffix).to_owned()
}

/// The number in a `TEL`, which is a text or a `tel:` URI with an extension.
fn telephone(property: &Property) -> String {
    let text = property.text();
    let bare = without_scheme(&text, "tel:");
    if bare.len() == text.len() {
        return text;
    }
    let mut parts = bare.split(';');
    let number = parts.next().unwrap_or_default();
    let extension = parts.find_map(|part| part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("ext")));
    extension.map_or_else(|| number.to_owned(), |(_, extension)| format!("{number} ext. {extension}"))
}

fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => text[scheme.len()..].trim(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(properties: &str) -> ContactDraft {
        let card = Card { properties: properties.as_bytes().to_vec(), line: 1, fault: None };
        draft(&card, UTF8, false, false).unwrap()
    }

    #[test]
    fn a_name_is_the_formatted_one_without_titles_else_its_parts() {
        for (properties, name) in [
            ("FN:Ana Rojas", "Ana Rojas"),
            ("FN:Dr. José Peña, Jr.\nN:Peña;José;;Dr.;Jr.", "José Peña"),
            ("FN:Lic. José Peña MBA\nN:Peña;José;;Lic.;MBA", "José Peña"),
            ("N:Rojas;Ana;María;;", "Ana María Rojas"),
            ("N:Castro;Mario;;;Sr.", "Mario Castro Sr."),
            ("N:Castro;Mario;;Ing.;MBA", "Mario Castro"),
            ("FN:\nN:Rojas;Ana;;;", "Ana Rojas"),
            ("FN:Acme\nORG:Acme\nN:Rojas;Ana;;;", "Ana Rojas"),
            ("FN:Acme\nORG:Acme\nX-ABShowAs:COMPANY", ""),
            ("FN:Acme\nORG:Acme\nKIND:org", ""),
            ("FN:Acme\nORG:Acme;Ventas\nN:;;;;", ""),
            ("FN:Acme\nORG:Acme", "Acme"),
        ] {
            assert_eq!(read(properties).name, name, "{properties}");
        }
    }

    #[test]
    fn telephones_come_in_the_order_of_preference_with_their_kinds() {
        let draft = read(
            "TEL;HOME:1\nTEL;CELL;PREF:2\nTEL;VALUE=uri;TYPE=\"work,voice\":tel:+506-2222;ext=12\n\
             a.TEL:3\na.X-ABLabel:_$!<Home>!$_\nb.TEL;TYPE=WORK;TYPE=FAX:4\nTEL:",
        );
        let phones: Vec<_> = draft.phones.iter().map(|phone| (phone.written.as_str(), phone.kind)).collect();
        assert_eq!(
            phones,
            [
                ("2", PhoneKind::Mobile),
                ("1", PhoneKind::Home),
                ("+506-2222 ext. 12", PhoneKind::Work),
                ("3", PhoneKind::Home),
                ("4", PhoneKind::Fax),
            ]
        );
    }

    #[test]
    fn what_can_not_be_read_is_told_and_the_rest_of_the_card_taken() {
        let properties = b"FN:Mar\xeda \xc3\x91ata\nN:x;y;;Dr.;Jr.\nTEL:8884-8787\nno property\nNOTE:a\0b\n";
        let card = Card { properties: properties.to_vec(), line: 1, fault: None };
        let draft = draft(&card, UTF8, false, false).unwrap();
        assert_eq!((draft.name.as_str(), draft.phones.len()), ("María Ñata", 1));
        let told: Vec<_> = draft.problems.iter().map(|told| (told.kind, told.column.as_deref())).collect();
        use ProblemKind::{Encoding, Malformed};
        assert_eq!(told, [(Encoding, Some("FN")), (Malformed, None), (Malformed, Some("NOTE"))]);
        let fields: Vec<_> = draft.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("note", "ab"), ("prefix", "Dr."), ("suffix", "Jr."), ("vcard", "no property")]);
    }

    #[test]
    fn the_rest_becomes_fields() {
        let draft = read(
            "ORG:Acme;Ventas;Sur\nNOTE:a\nNOTE:b\\, c\nADR:;;Calle 1;San José;;1000;CR\nBDAY:--0412\n\
             CATEGORIES:x,y\nURL:http://a.example\nUID:urn:uuid:1\nEMAIL;PREF=2:b@x.example\nEMAIL;PREF=1:a@x.example",
        );
        let fields: Vec<_> = draft.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("address", "Calle 1, San José, 1000, CR"),
                ("birthday", "--0412"),
                ("department", "Ventas, Sur"),
                ("labels", "x, y"),
                ("note", "a\nb, c"),
                ("website", "http://a.example"),
            ]
        );
        assert_eq!(draft.external_id.as_deref(), Some("urn:uuid:1"));
        assert_eq!(draft.emails, ["a@x.example", "b@x.example"]);
    }
}
