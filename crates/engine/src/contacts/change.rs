//! Contacts that a person adds, changes, merges or removes here, and the CRMs that are told of it.

use std::sync::Arc;

use timbre_domain::contact::{Contact, ContactId, PhoneKind};
use timbre_domain::error::ErrorCode;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::RecordKind;
use timbre_store::CallRecord;
use uuid::Uuid;

use super::edit::{ContactEdit, edited};
use super::lookup::no_contact;
use crate::Context;
use crate::crm::connector::ConnectorHandle;
use crate::crm::connectors::Connectors;
use crate::error::CommandError;

/// The CRMs that are told of a contact that a person made or changed here: where it came from, or all of them where it was
/// typed here. What came from a file stays here until somebody brings it there.
fn tell(crms: &Connectors, contact: &Contact) -> Vec<ConnectorName> {
    let takes = |crm: &&Arc<ConnectorHandle>| {
        let able = crm.connector.about().abilities.records.contains(&RecordKind::Contact);
        let whose = contact.origin.as_ref().is_none_or(|origin| origin.source == crm.name().as_str());
        able && crm.settings.push_contacts && whose
    };
    crms.iter().filter(takes).map(|crm| crm.name().clone()).collect()
}

impl Context {
    pub(crate) fn crms_to_tell(&self, contact: &Contact) -> Vec<ConnectorName> {
        tell(&self.connectors, contact)
    }

    pub(crate) async fn add_contact(&self, edit: ContactEdit) -> Result<Contact, CommandError> {
        let contact = edited(Contact::empty(ContactId(Uuid::now_v7())), edit, self.core.settings.country)?;
        let (saved, now) = (contact.clone(), self.core.clock.now());
        let tell = self.crms_to_tell(&contact);
        let waiting = self.core.stored(move |store| store.add_contact(&saved, &tell, now)).await?;
        self.connectors.waits(&waiting);
        Ok(contact)
    }

    /// The contact that an agent made of a caller while they wrote the result.
    pub(crate) fn new_caller(
        &self,
        name: String,
        company: String,
        call: Option<&CallRecord>,
    ) -> Result<Contact, CommandError> {
        let number = call.and_then(|record| record.call.party.number()).map(|number| number.dials().to_owned());
        let add_phones = number.into_iter().map(|number| (number, PhoneKind::Other)).collect();
        let edit = ContactEdit { name: Some(name), company: Some(company), add_phones, ..ContactEdit::default() };
        edited(Contact::empty(ContactId(Uuid::now_v7())), edit, self.core.settings.country)
    }

    pub(crate) async fn edit_contact(&self, id: ContactId, edit: ContactEdit) -> Result<Contact, CommandError> {
        let (country, now) = (self.core.settings.country, self.core.clock.now());
        // What is changed is the contact as it is at that moment: an import or a merge may be at it too.
        let crms = self.connectors.clone();
        let tell = move |contact: &Contact| tell(&crms, contact);
        let change = move |contact| edited(contact, edit, country);
        let changed = self.core.stored(move |store| store.change_contact(id, now, tell, change)).await?;
        let (contact, waiting) = changed.ok_or_else(|| no_contact(id))??;
        self.connectors.waits(&waiting);
        Ok(contact)
    }

    pub(crate) async fn remove_contact(&self, id: ContactId) -> Result<(), CommandError> {
        match self.core.stored(move |store| store.remove_contact(id)).await? {
            true => Ok(()),
            false => Err(no_contact(id)),
        }
    }

    pub(crate) async fn merge_contacts(
        &self,
        kept: ContactId,
        others: Vec<ContactId>,
    ) -> Result<Contact, CommandError> {
        self.index_ready().await?;
        if others.is_empty() || others.contains(&kept) {
            let detail = "name the contact to keep, and then others that it takes in";
            return Err(CommandError::new(ErrorCode::BadRequest, detail).at("others"));
        }
        for id in others.iter().chain([&kept]) {
            self.contact_with(*id).await?;
        }
        let now = self.core.clock.now();
        let crms = self.connectors.clone();
        let tell = move |contact: &Contact| tell(&crms, contact);
        let merged = self.core.stored(move |store| store.merge_contacts(kept, &others, now, tell)).await?;
        let (contact, waiting) = merged.ok_or_else(|| no_contact(kept))?;
        self.connectors.waits(&waiting);
        self.connectors.wake();
        Ok(contact)
    }
}
