//! Contacts as files carry them, before a country's rules have read their numbers: what an import reads, what it says of
//! what it can't use, and what an export writes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contact::{Contact, PhoneKind};
use crate::error::ErrorCode;

/// The formats contacts are exchanged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated values, with any delimiter (RFC 4180 and what spreadsheets make of it).
    Csv,
    /// vCard 2.1, 3.0 (RFC 2426) or 4.0 (RFC 6350).
    Vcard,
    /// A phone book in XML, as desk telephones take it. It is read, and never written.
    Xml,
}

/// How a file is to be read. What is left out is guessed from its content, as [`ColumnUse`] then says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// The format; by content where it is left out.
    pub format: Option<FileFormat>,
    /// A label of the WHATWG Encoding Standard, such as `utf-8`, `utf-16le`, `windows-1252`, `macintosh`, or `ibm850`, which
    /// that standard lacks; by content where left out.
    pub encoding: Option<String>,
    /// The character between two values; by content where left out.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns; by content where left out.
    pub header: Option<bool>,
    /// What columns mean, by name: before anything saved or guessed.
    pub mapping: BTreeMap<String, Target>,
    /// What columns of such a file were taken for the last time: before anything guessed.
    pub saved_mapping: BTreeMap<String, Target>,
}

/// What is known of a file before its rows are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLayout {
    /// The format that the file is read as.
    pub format: FileFormat,
    /// Its encoding, as the WHATWG Encoding Standard names it, or `ibm850`.
    pub encoding: String,
    /// Whether nothing but the look of its words tells the encoding: a person should look at the accents.
    pub encoding_guessed: bool,
    /// The character between two values; nothing in a vCard and in XML.
    pub delimiter: Option<char>,
    /// How many rows stand above the table, such as a list's title and its date: they are not read.
    pub rows_above: u64,
    /// Whether the first row of the table names the columns.
    pub header: bool,
    /// The program that writes such files, as far as its columns tell: `google`, `outlook`, `odoo`, `hubspot`, `zoho`,
    /// `salesforce`, `pipedrive`, `suitecrm`, `bitrix24`, `kommo`, `freepbx`, `vicidial`, `3cx`, `yealink`, `grandstream`,
    /// `timbre`; else `csv`, `vcard` or `xml`. It is the source of the contacts, unless another is named.
    pub program: String,
    /// The columns in their order, and what each is taken for; empty in a vCard and in XML.
    pub columns: Vec<ColumnUse>,
    /// Names the header, for saving the mapping: files with the same columns have the same. Nothing without a header.
    pub header_key: Option<String>,
    /// How long the file is, bytes.
    pub bytes: u64,
}

/// A column and what it is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnUse {
    /// Its name as it stands in the header; `column 3` without one.
    pub name: String,
    /// What it is taken for.
    pub target: Target,
    /// What the target was chosen by.
    pub by: ChosenBy,
}

/// Who said what a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// A person, for this import.
    Hand,
    /// A person, for an earlier import of such a file.
    Saved,
    /// The settings: it is a field of the organisation's own.
    Settings,
    /// Its name is known.
    Name,
    /// What stands in it looks so.
    Content,
    /// Nobody: it is kept as a field of its own name.
    Nobody,
}

/// What a column is taken for. As text: `id`, `name`, `given-name`, `middle-name`, `family-name`, `company`, `phone`,
/// `phone:mobile`, `kind-of:COLUMN`, `email`, `owner`, `do-not-call`, `field:NAME`, `ignore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The program's own id of the contact.
    ExternalId,
    /// The person's whole name.
    Name,
    /// The given name; parts of a name are joined where there is no whole one.
    GivenName,
    /// What stands between given and family name.
    MiddleName,
    /// The family name, or one of two.
    FamilyName,
    /// The name of the company.
    Company,
    /// One or several telephones of this kind.
    Phone(PhoneKind),
    /// The kind of the telephone in another column.
    KindOf(String),
    /// One or several e-mail addresses.
    Email,
    /// Whose contact it is.
    Owner,
    /// Whether the contact does not want to be called.
    DoNotCall,
    /// A field of the organisation's own.
    Field(String),
    /// The column is not read.
    Ignore,
}

/// A text that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a column is one of id, name, given-name, middle-name, family-name, company, phone, phone:mobile|work|home|fax|other, \
     kind-of:COLUMN, email, owner, do-not-call, field:NAME, ignore"
)]
pub struct BadTarget;

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        Ok(match text.split_once(':') {
            Some(("phone", kind)) => Self::Phone(kind.parse().map_err(|_| BadTarget)?),
            Some(("kind-of", column)) if !column.trim().is_empty() => Self::KindOf(column.to_owned()),
            Some(("field", name)) if !name.trim().is_empty() => Self::Field(name.trim().to_owned()),
            Some(_) => return Err(BadTarget),
            None => match text {
                "id" => Self::ExternalId,
                "name" => Self::Name,
                "given-name" => Self::GivenName,
                "middle-name" => Self::MiddleName,
                "family-name" => Self::FamilyName,
                "company" => Self::Company,
                "phone" => Self::Phone(PhoneKind::Other),
                "email" => Self::Email,
                "owner" => Self::Owner,
                "do-not-call" => Self::DoNotCall,
                "ignore" => Self::Ignore,
                _ => return Err(BadTarget),
            },
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExternalId => f.write_str("id"),
            Self::Name => f.write_str("name"),
            Self::GivenName => f.write_str("given-name"),
            Self::MiddleName => f.write_str("middle-name"),
            Self::FamilyName => f.write_str("family-name"),
            Self::Company => f.write_str("company"),
            Self::Phone(kind) => write!(f, "phone:{}", kind.as_str()),
            Self::KindOf(column) => write!(f, "kind-of:{column}"),
            Self::Email => f.write_str("email"),
            Self::Owner => f.write_str("owner"),
            Self::DoNotCall => f.write_str("do-not-call"),
            Self::Field(name) => write!(f, "field:{name}"),
            Self::Ignore => f.write_str("ignore"),
        }
    }
}

crate::as_text::as_text!(Target, BadTarget);

/// A contact as a file carries it: texts, nothing read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactDraft {
    /// The writing program's own id.
    pub external_id: Option<String>,
    /// The person's name; empty for a company-only contact.
    pub name: String,
    /// The company's name; may be empty.
    pub company: String,
    /// Telephones as they were written, the preferred one first. One text may hold several, as people fill in cells.
    pub phones: Vec<DraftPhone>,
    /// E-mail addresses, the preferred one first.
    pub emails: Vec<String>,
    /// Whose contact it is.
    pub owner: Option<String>,
    /// Whether the contact does not want to be called.
    pub do_not_call: bool,
    /// Everything else that has a value, by field name.
    pub fields: BTreeMap<String, String>,
    /// What of the row could not be taken as it stands.
    pub problems: Vec<RowProblem>,
}

/// A telephone as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPhone {
    /// The text of the cell or property, unread.
    pub written: String,
    /// What it is for.
    pub kind: PhoneKind,
    /// The column or property it stands in, for saying what is wrong with it.
    pub column: String,
}

/// One row of a file: a row of a CSV, a card of a vCard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its number: the first row below the header, or the first card, is 1.
    pub row: u64,
    /// The line of the file it begins on, from 1.
    pub line: u64,
    /// What it holds, or why it can't be read.
    pub read: Result<ContactDraft, RowProblem>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// What it is; texts under `import.problem.*`.
    pub kind: ProblemKind,
    /// The column or property, where it is one.
    pub column: Option<String>,
    /// One line in English that holds nothing of what stands in the file.
    pub detail: String,
}

/// The kinds of what can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The row has more or fewer values than the file has columns. One with fewer is taken: its last columns are empty.
    Columns,
    /// A quoted value or a card is never closed: the file was cut short.
    CutShort,
    /// It is not written in the file's encoding. A card is taken with what the bytes are in Windows-1252.
    Encoding,
    /// It does not keep the format's rules.
    Malformed,
    /// A value is longer than any that a person would keep (64 KiB).
    TooLong,
    /// There is neither a name nor a company, nor a number, nor an address.
    Empty,
    /// A telephone's cell holds no telephone number; the rest of the row was taken, and the text kept as a field.
    NotANumber,
    /// The cell of an e-mail address holds none; the rest of the row was taken, and the text kept as a field.
    NotAnAddress,
    /// The cell that says whether the contact may be called holds neither yes nor no: it was taken for a wish not to be
    /// called, and the text kept as a field.
    NotYesOrNo,
}

impl ProblemKind {
    /// Every kind, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 9] = [
        Self::Columns,
        Self::CutShort,
        Self::Encoding,
        Self::Malformed,
        Self::TooLong,
        Self::Empty,
        Self::NotANumber,
        Self::NotAnAddress,
        Self::NotYesOrNo,
    ];

    /// Its name in JSON and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::CutShort => "cut_short",
            Self::Encoding => "encoding",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Empty => "empty",
            Self::NotANumber => "not_a_number",
            Self::NotAnAddress => "not_an_address",
            Self::NotYesOrNo => "not_yes_or_no",
        }
    }
}

/// Why a file can't be read or written at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct FileError {
    /// [`BadFile`](ErrorCode::BadFile), [`FileAccess`](ErrorCode::FileAccess), [`DiskFull`](ErrorCode::DiskFull), or
    /// [`BadRequest`](ErrorCode::BadRequest) where an option does not fit the file.
    pub code: ErrorCode,
    /// Where in the file, such as `row 3, column Phone` or `line 1`.
    pub place: Option<String>,
    /// One line in English that holds nothing of what stands in the file.
    pub detail: String,
}

/// A column of which something is to be told once the whole file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnNote {
    /// Its name, as [`ColumnUse::name`].
    pub column: String,
    /// What it is; texts under `import.column.*`.
    pub kind: ColumnNoteKind,
    /// How many of its values are concerned.
    pub values: u64,
}

/// What there is to tell of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnNoteKind {
    /// Values that look like telephones were kept as a field, because nothing says that the column is one of telephones.
    LooksLikePhones,
    /// Values that look like e-mail addresses were kept as a field.
    LooksLikeEmails,
}

impl ColumnNoteKind {
    /// Every kind, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 2] = [Self::LooksLikePhones, Self::LooksLikeEmails];

    /// Its name in JSON and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LooksLikePhones => "looks_like_phones",
            Self::LooksLikeEmails => "looks_like_emails",
        }
    }
}

/// Reads a file's rows one by one.
pub trait ContactReader: Send {
    /// The next row; nothing at the end. After an error there is nothing more.
    fn next_row(&mut self) -> Option<Result<FileRow, FileError>>;

    /// How much of the file was read, bytes.
    fn bytes_read(&self) -> u64;

    /// What is to be told of columns, once there are no more rows.
    fn column_notes(&self) -> Vec<ColumnNote> {
        Vec::new()
    }
}

/// What an export must know before the first contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportShape {
    /// The most telephones a contact has.
    pub phones: usize,
    /// The most e-mail addresses a contact has.
    pub emails: usize,
    /// Every field that a contact has.
    pub fields: Vec<String>,
}

/// Writes contacts one by one.
pub trait ContactWriter: Send {
    /// Writes one.
    ///
    /// # Errors
    /// When it can't be written; the file is then not there, or as it was before.
    fn write(&mut self, contact: &Contact) -> Result<(), FileError>;

    /// Puts the whole file in its place. A writer dropped before leaves nothing.
    ///
    /// # Errors
    /// When it can't be written; the file is then not there, or as it was before.
    fn finish(self: Box<Self>) -> Result<(), FileError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_is_for_reads_as_it_is_written() {
        for text in [
            "id",
            "name",
            "given-name",
            "middle-name",
            "family-name",
            "company",
            "phone:mobile",
            "phone:fax",
            "kind-of:Phone 1 - Value",
            "email",
            "owner",
            "do-not-call",
            "field:cedula",
            "ignore",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!("phone".parse(), Ok(Target::Phone(PhoneKind::Other)));
        for text in ["", "telephone", "phone:pager", "field:", "kind-of: ", "name:x"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_problem_reads_the_same_in_json_and_in_the_catalogue() {
        for kind in ProblemKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for kind in ColumnNoteKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
