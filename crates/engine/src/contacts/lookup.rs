//! Who has a number, whom a person means by what they type, and what is known of a contact.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::{Contact, ContactId, ContactPhone};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::error::ErrorCode;
use timbre_domain::history::{FoundContact, NumberRead};
use timbre_domain::matching::{self, MatchKind};
use timbre_domain::number::{PhoneNumber, ReadNumber, ascii_digit};
use timbre_domain::popup::ContactSummary;
use timbre_store::{CaseFile, IndexState};

use crate::Context;
use crate::calls::popup_card;
use crate::error::CommandError;

/// How many entries of a case file are given where nobody says how many.
const DEFAULT_ENTRIES: usize = 50;

/// A contact and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KnownContact {
    pub contact: Contact,
    pub contact_summary: ContactSummary,
}

/// A contact that has a number, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedContact {
    /// How the number led to it.
    pub match_kind: MatchKind,
    #[serde(flatten)]
    pub contact: Contact,
}

/// Who has a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedUp {
    /// The number in E.164, where it is a valid one of a country.
    pub e164: Option<String>,
    /// The digits of the extension behind it, which no contact is found by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Whether it is a withheld one.
    pub withheld: bool,
    /// The endpoint of an account of ours that has this very number: it is no contact's then.
    pub endpoint: Option<EndpointNumber>,
    /// Those who have it, the surest match first.
    pub contacts: Vec<MatchedContact>,
}

impl Context {
    /// Rebuilds the lookup index where an older version or another country made it. A program that runs all day does that in
    /// the background, and answers meanwhile with the index there is.
    pub(crate) async fn index_ready(&self) -> Result<(), CommandError> {
        if self.follows { Ok(()) } else { self.rebuild_index().await }
    }

    pub(crate) async fn rebuild_index(&self) -> Result<(), CommandError> {
        let country = self.core.settings.country;
        let mut state = self.core.stored(move |store| store.index_state(country)).await?;
        while state == IndexState::Behind {
            state = self.core.stored(move |store| store.bring_index_in_step(country)).await?;
        }
        Ok(())
    }

    pub(crate) async fn contact_with(&self, id: ContactId) -> Result<Contact, CommandError> {
        self.core.stored(move |store| store.contact(id)).await?.ok_or_else(|| no_contact(id))
    }

    pub(crate) async fn search_contacts(&self, text: String, limit: usize) -> Result<Vec<Contact>, CommandError> {
        self.index_ready().await?;
        let country = self.core.settings.country;
        Ok(self.core.stored(move |store| store.search_contacts(&text, country, limit)).await?)
    }

    /// Contacts as a person types, with their telephones as they are shown.
    pub(crate) async fn find_contacts(&self, text: String, limit: usize) -> Result<Vec<FoundContact>, CommandError> {
        let country = self.core.settings.country;
        let found = |contact: Contact| {
            let shown = |phone: &ContactPhone| popup_card::shown(&phone.number, phone.kind, country);
            FoundContact { phones: contact.phones.iter().map(shown).collect(), contact }
        };
        Ok(self.search_contacts(text, limit).await?.into_iter().map(found).collect())
    }

    pub(crate) async fn known_contact(&self, id: ContactId, entries: usize) -> Result<KnownContact, CommandError> {
        let file = self.case_file(id, None, entries).await?;
        let contact = file.contact.clone();
        let contact_summary = popup_card::contact_summary(file, &self.core.settings);
        Ok(KnownContact { contact, contact_summary })
    }

    pub(crate) async fn case_file(
        &self,
        contact: ContactId,
        before: Option<DateTime<Utc>>,
        limit: usize,
    ) -> Result<CaseFile, CommandError> {
        let limit = if limit == 0 { DEFAULT_ENTRIES } else { limit };
        let file = self.core.stored(move |store| store.case_file(contact, before, limit)).await?;
        file.ok_or_else(|| no_contact(contact))
    }

    pub(crate) async fn read_number(&self, text: &str) -> Result<NumberRead, CommandError> {
        let country = self.core.settings.country;
        let number = PhoneNumber::typed(text, country)
            .map_err(|error| CommandError::new(ErrorCode::BadNumber, error.to_string()).at("number"))?;
        let (written, dial) = (number.written(country), number.dialable(country));
        let (extension, caller_id_code) = (number.extension(), number.caller_id_code());
        let contacts = self.core.stored(move |store| store.contacts_by_number(&number)).await?;
        Ok(NumberRead { written, dial, extension, caller_id_code, contacts })
    }

    pub(crate) async fn look_up(&self, text: &str) -> Result<LookedUp, CommandError> {
        self.index_ready().await?;
        if !text.contains(|c: char| ascii_digit(c).is_some()) && !PhoneNumber::is_withheld(text) {
            return Err(CommandError::new(ErrorCode::BadNumber, "there are no digits in it").at("number"));
        }
        // Endpoints are matched first and to the letter, as they are when a call comes.
        let endpoint = self.sessions.iter().find_map(|session| session.served().of_account(text.trim()).cloned());
        if endpoint.is_some() {
            return Ok(LookedUp { endpoint, ..LookedUp::default() });
        }
        let number = match PhoneNumber::read(text, self.core.settings.country) {
            ReadNumber::Withheld => return Ok(LookedUp { withheld: true, ..LookedUp::default() }),
            ReadNumber::Number(number) => number,
        };
        let sought = number.clone();
        let contacts = self.core.stored(move |store| store.contacts_by_number(&sought)).await?;
        let found = |contact: Contact| matching::kind_of(&contact, &number).map(|kind| (kind, contact));
        let mut found: Vec<_> = contacts.into_iter().filter_map(found).collect();
        matching::sort_by_strength(&mut found);
        let contacts = found.into_iter().map(|(match_kind, contact)| MatchedContact { match_kind, contact }).collect();
        Ok(LookedUp {
            e164: number.valid_e164().map(str::to_owned),
            extension: number.extension(),
            contacts,
            ..LookedUp::default()
        })
    }
}

pub(crate) fn no_contact(id: ContactId) -> CommandError {
    CommandError::new(ErrorCode::NotFound, format!("there is no contact {id}")).at("contact")
}
