//! What came here, and what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use timbre_domain::contact::Contact;
use timbre_domain::number::{PhoneNumber, ReadNumber};
use timbre_simulator::crm::Crm;

use crate::contacts::Opened;
use crate::{Failure, HOME};

/// The CRM's name in the settings.
pub(super) const CONNECTOR: &str = "crm";

/// What both sides must agree in.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    name: String,
    company: String,
    emails: BTreeSet<String>,
    /// The keys of the numbers: how they are written is each side's own business.
    numbers: BTreeSet<String>,
}

/// All contacts of one side, by the CRM's ids.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contacts(BTreeMap<String, Known>);

impl Contacts {
    /// Those the CRM has.
    pub(super) fn at(crm: &Crm) -> Result<Self, Failure> {
        let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let all = |record: &Value, list: &str, name: &str| -> Vec<String> {
            record[list].as_array().into_iter().flatten().map(|one| text(one, name)).collect()
        };
        let known = |record: Value| {
            let numbers = all(&record, "phoneNumberData", "phoneNumber");
            let known = Known {
                name: text(&record, "name"),
                company: text(&record, "accountName"),
                emails: all(&record, "emailAddressData", "emailAddress").into_iter().collect(),
                numbers: numbers.iter().map(|number| key(number)).collect::<Result<_, _>>()?,
            };
            Ok((text(&record, "id"), known))
        };
        crm.records("Contact").into_iter().map(known).collect::<Result<_, Failure>>().map(Self)
    }

    /// Those a data folder has.
    pub(super) fn in_folder(data: &Path) -> Result<Self, Failure> {
        let opened = Opened::open(data)?;
        let (mut contacts, mut last) = (BTreeMap::new(), None);
        let view = opened.store.contacts_view()?;
        loop {
            let page = view.after(last)?;
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            for contact in page {
                let (id, known) = read(contact)?;
                if let Some(twice) = contacts.insert(id, known) {
                    return Err(format!("two contacts here are one in the CRM: {twice:?}").into());
                }
            }
        }
        drop(view);
        opened.store.close()?;
        Ok(Self(contacts))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Says what these have that the others have not, or have otherwise; nothing where both are the same.
    pub(super) fn other_than(&self, others: &Self) -> Option<String> {
        let other = self.0.iter().find(|(id, known)| others.0.get(*id) != Some(known));
        let (there, here) = (self.len(), others.len());
        match other {
            Some((id, known)) => {
                Some(format!("{there} there, {here} here; {id} is {known:?} there, {:?} here", others.0.get(id)))
            }
            None if there != here => Some(format!("{there} there, {here} here")),
            None => None,
        }
    }
}

fn read(contact: Contact) -> Result<(String, Known), Failure> {
    let origin = contact.origin.filter(|origin| origin.source == CONNECTOR);
    let Some(id) = origin.and_then(|origin| origin.external_id) else {
        return Err(format!("{} does not come from the CRM", contact.name).into());
    };
    let numbers = contact.phones.iter().map(|phone| phone.number.key()).collect();
    let emails = contact.emails.into_iter().collect();
    Ok((id, Known { name: contact.name, company: contact.company, emails, numbers }))
}

fn key(number: &str) -> Result<String, Failure> {
    match PhoneNumber::read(number, HOME) {
        ReadNumber::Number(number) => Ok(number.key()),
        ReadNumber::Withheld => Err(format!("{number:?} is no number").into()),
    }
}
