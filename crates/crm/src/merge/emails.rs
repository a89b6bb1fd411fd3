//! Merges a contact's e-mail addresses: ours, and those that the CRM's record has beside them.

use timbre_domain::contact::{ContactPart, email_key};
use timbre_domain::crm::ContactReport;

use super::{Email, Theirs, put_first};
use crate::read;

/// The whole list as it is to stand in the CRM.
pub(crate) fn emails(theirs: &Theirs<'_>, report: &ContactReport) -> Vec<Email> {
    let there = theirs.record.map(|record| read::emails(theirs.shape, record)).unwrap_or_default();
    let kept: Vec<_> =
        there.iter().filter(|one| !report.changed.contains(&ContactPart::removed_email(&one.address))).collect();
    let mut keys: Vec<String> = kept.iter().map(|one| email_key(&one.address)).collect();
    let mut list: Vec<Email> = kept
        .iter()
        .map(|one| Email { address: one.written.clone(), theirs: one.record.clone(), ours: false, moved: false })
        .collect();
    // A change that an older version took down does not say which addresses are new: then all of ours may be.
    let says_which = report.changed.iter().any(ContactPart::is_mark_of_emails);
    for email in &report.contact.emails {
        let added = theirs.record.is_none() || !says_which || report.changed.contains(&ContactPart::added_email(email));
        let key = email_key(email);
        if added && !keys.contains(&key) {
            list.push(Email { address: email.clone().into(), theirs: None, ours: true, moved: false });
            keys.push(key);
        }
    }
    let stays = there.first().zip(kept.first()).is_some_and(|(first, kept)| std::ptr::eq(first, *kept));
    let first = if stays && !report.changed.contains(&ContactPart::FirstEmail) {
        Some(0)
    } else {
        report.contact.emails.iter().find_map(|email| keys.iter().position(|key| *key == email_key(email)))
    };
    let stays = stays && first == Some(0);
    let moved = !there.is_empty() && !stays;
    let mut list = put_first(list, first);
    list.iter_mut().for_each(|email| email.moved = moved);
    list
}
