//! `timbrectl contacts` on the command line.

use std::path::PathBuf;

use clap::Subcommand;
use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_domain::crm::ConnectorName;
use timbre_domain::identity::MergeRule;
use timbre_domain::interchange::{FileFormat, Target};

#[derive(Debug, Subcommand)]
pub(crate) enum Contacts {
    /// Add a contact of your own.
    Add(Details),
    /// Change a contact; what is not named stays as it is.
    Edit {
        /// The contact's id, as lists show it.
        id: ContactId,
        #[command(flatten)]
        details: Details,
        /// A telephone beside those there are.
        #[arg(long = "add-phone", value_name = "[KIND=]NUMBER", value_parser = phone)]
        add_phones: Vec<(String, PhoneKind)>,
        /// A telephone to take away, in any form.
        #[arg(long = "remove-phone", value_name = "NUMBER")]
        remove_phones: Vec<String>,
    },
    /// Show all that is known of a contact.
    Show {
        /// The contact's id, as lists show it.
        id: ContactId,
    },
    /// A contact's case file: calls, what came of them, charges, and where that stands in the CRM, the newest first.
    CaseFile {
        /// The contact's id, as lists show it.
        id: ContactId,
        /// Only what began before this time: the next page.
        #[arg(long, value_name = "TIME", value_parser = crate::ask::time)]
        before: Option<chrono::DateTime<chrono::Utc>>,
        /// At most so many entries.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
    /// Remove a contact; its calls stay in the history.
    Remove {
        /// The contact's id, as lists show it.
        id: ContactId,
    },
    /// Make one contact of several: the first stays and takes in the others.
    Merge {
        /// The contact that stays.
        kept: ContactId,
        /// Those it takes in; they are gone afterwards.
        #[arg(required = true)]
        others: Vec<ContactId>,
    },
    /// Who has this number?
    Lookup {
        /// As an exchange or a person writes it.
        number: String,
    },
    /// Find contacts by the beginnings of words and any part of a number.
    Search {
        /// Names, companies, e-mail addresses, digits, in any order.
        #[arg(required = true)]
        text: Vec<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Bring the contacts of the CRMs here: all of them the first time, then what has changed.
    Sync {
        /// Only this CRM: its name in the settings.
        #[arg(value_name = "NAME")]
        connector: Option<ConnectorName>,
        /// All contacts again, and which of them the CRM still has.
        #[arg(long)]
        full: bool,
    },
    /// Import contacts from a CSV or vCard file; the same file again updates them.
    Import(Import),
    /// The imports so far, the last first.
    Imports,
    /// Take back what an import changed: contacts that it added go, those that it changed are as they were before. What
    /// somebody changed since stays, and is told.
    UndoImport {
        /// The import's id, as the import itself and `timbrectl contacts imports` say it.
        id: uuid::Uuid,
    },
    /// Write all contacts to a file: vCard if its name ends in .vcf, else CSV.
    Export {
        /// The file; one that is there is replaced.
        file: PathBuf,
        /// The format, whatever the file's name.
        #[arg(long, value_name = "csv|vcard", value_parser = file_format)]
        format: Option<FileFormat>,
    },
}

/// What a person says of a contact.
#[derive(Debug, clap::Args)]
pub(crate) struct Details {
    /// The person's name; empty for a company.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The company they work for.
    #[arg(long)]
    pub(crate) company: Option<String>,
    /// A telephone, the preferred one first: NUMBER or KIND=NUMBER with mobile, work, home, fax or other. All those named
    /// replace all those there were.
    #[arg(long = "phone", value_name = "[KIND=]NUMBER", value_parser = phone)]
    pub(crate) phones: Vec<(String, PhoneKind)>,
    /// An e-mail address, the preferred one first; all those named replace those there were, an empty one removes them.
    #[arg(long = "email", value_name = "ADDRESS")]
    pub(crate) emails: Vec<String>,
    /// Whose contact it is.
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Whether the contact does not want to be called.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(crate) do_not_call: Option<bool>,
    /// A field of your own, such as cedula=1-0234-0567; without a value it is removed.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub(crate) fields: Vec<(String, String)>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file: CSV with any delimiter, vCard, or the XML phone book of a desk telephone. Its encoding, its columns and what
    /// they mean are guessed.
    pub(crate) file: PathBuf,
    /// Say what would become of it, with what it would make one contact of, and change nothing. It ends as the import would.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What a column is: id, name, given-name, middle-name, family-name, company, phone, phone:mobile|work|home|fax,
    /// kind-of:COLUMN, email, owner, do-not-call, field:NAME or ignore. Remembered for files with the same columns.
    #[arg(long = "map", value_name = "COLUMN=TARGET", value_parser = mapping)]
    pub(crate) mapping: Vec<(String, Target)>,
    /// Where the contacts come from; their ids are looked for among those of this source. Where it is left out, the
    /// program that wrote the file, or for a plain list the file's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// When a row without a known id is one of our contacts: name-and-number (the same name, and a mobile or a personal
    /// address in common; a landline or a general mailbox where nothing else differs), number, email, or never.
    #[arg(long, value_name = "RULE", default_value = "name-and-number")]
    pub(crate) duplicates: MergeRule,
    /// The format, whatever the file looks like.
    #[arg(long, value_name = "csv|vcard|xml", value_parser = import_format)]
    pub(crate) format: Option<FileFormat>,
    /// The encoding, such as utf-8, utf-16le, windows-1252, macintosh, cp850.
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// What stands between two values: one character, or tab.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<char>,
    /// The first row is a contact, not the columns' names.
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Writes every row that was refused or not taken whole, and why, to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

fn phone(text: &str) -> Result<(String, PhoneKind), String> {
    let Some((kind, number)) = text.split_once('=') else { return Ok((text.to_owned(), PhoneKind::Other)) };
    let kind = kind.parse().map_err(|error: timbre_domain::contact::BadPhoneKind| error.to_string())?;
    Ok((number.to_owned(), kind))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no".into()),
    }
}

pub(super) fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn mapping(text: &str) -> Result<(String, Target), String> {
    // A column's name may hold the sign itself: the target can not.
    let (column, target) = text.rsplit_once('=').ok_or("COLUMN=TARGET")?;
    let target = target.parse().map_err(|error: timbre_domain::interchange::BadTarget| error.to_string())?;
    Ok((column.to_owned(), target))
}

fn file_format(text: &str) -> Result<FileFormat, String> {
    match text {
        "csv" => Ok(FileFormat::Csv),
        "vcard" => Ok(FileFormat::Vcard),
        _ => Err("csv or vcard".into()),
    }
}

fn import_format(text: &str) -> Result<FileFormat, String> {
    match text {
        "xml" => Ok(FileFormat::Xml),
        _ => file_format(text).map_err(|_| "csv, vcard or xml".into()),
    }
}

fn delimiter(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(one), None) if one.is_ascii() && !one.is_alphanumeric() && one != '"' => Ok(one),
        _ => Err("one character that is neither a letter, a digit nor a quote, or the word tab".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_may_name_its_kind() {
        assert_eq!(phone("8884-8787"), Ok(("8884-8787".into(), PhoneKind::Other)));
        assert_eq!(phone("mobile=8884-8787"), Ok(("8884-8787".into(), PhoneKind::Mobile)));
        assert!(phone("pager=1").is_err());
    }

    #[test]
    fn a_column_and_what_it_is_are_parted_at_the_last_sign() {
        assert_eq!(mapping("a=b=phone:work"), Ok(("a=b".into(), Target::Phone(PhoneKind::Work))));
        assert!(mapping("Tel").is_err());
        assert!(mapping("Tel=telephone").is_err());
    }

    #[test]
    fn a_delimiter_is_one_character_or_the_word_tab() {
        assert_eq!((delimiter(";"), delimiter("tab")), (Ok(';'), Ok('\t')));
        for text in ["", ";;", "a", "\""] {
            assert!(delimiter(text).is_err(), "{text}");
        }
    }
}
