//! A contact's telephones and e-mail addresses, brought together with those the CRM has.
//!
//! What nobody touched here goes back to the letter, with all that stands around it: a list is replaced as a whole over
//! there. What the CRM took away since stays away, and what a person added or took away here is added or taken away.

mod emails;
mod phones;

use serde_json::Value as Json;
use timbre_domain::number::Country;

pub(crate) use emails::emails;
pub(crate) use phones::{in_e164, not_in_e164, phones};

use crate::connector::ContactShape;

/// A contact's lists as they are to stand in the CRM.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Lists {
    pub(crate) phones: Vec<Phone>,
    pub(crate) emails: Vec<Email>,
}

/// A telephone as it is to stand there: one that the CRM has, or one of ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phone {
    /// As it is written; as it came, type and all, where nobody touched it.
    pub(crate) number: Json,
    pub(crate) kind: timbre_domain::contact::PhoneKind,
    /// The CRM's word for the kind.
    pub(crate) kind_there: Option<String>,
    /// The CRM's own record of it, with attributes we know nothing of.
    pub(crate) theirs: Option<Json>,
    /// It is new there, or its kind was changed here.
    pub(crate) ours: bool,
    /// Another telephone came first in the CRM.
    pub(crate) moved: bool,
}

/// An e-mail address as it is to stand there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Email {
    pub(crate) address: Json,
    /// The CRM's own record of it.
    pub(crate) theirs: Option<Json>,
    /// It is new there.
    pub(crate) ours: bool,
    /// Another address came first in the CRM.
    pub(crate) moved: bool,
}

/// What both lists are brought together with.
pub(crate) struct Theirs<'a> {
    pub(crate) shape: &'a ContactShape,
    /// Whose rules read numbers without a country code.
    pub(crate) country: Country,
    /// The connector's name, which is the source of what it brought.
    pub(crate) source: &'a str,
    /// The CRM's record of the contact, where it has one.
    pub(crate) record: Option<&'a Json>,
}

/// The list with the one at this place first.
fn put_first<T>(mut list: Vec<T>, wanted: Option<usize>) -> Vec<T> {
    if let Some(at) = wanted.filter(|at| *at > 0 && *at < list.len()) {
        let first = list.remove(at);
        list.insert(0, first);
    }
    list
}
