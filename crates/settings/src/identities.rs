//! Who calls can be made as.

use timbre_domain::call::AccountName;
use timbre_domain::endpoint::Identity;

use crate::accounts::{Account, endpoint};
use crate::fault::{ConfigError, ValueFault};
use crate::read::Section;

/// The identities; one for each of the agent's endpoints where the file names none.
pub(crate) fn read(top: &Section<'_>, accounts: &[Account]) -> Result<Vec<Identity>, ConfigError> {
    let mut identities: Vec<Identity> = Vec::new();
    for section in top.sections("identities")? {
        section.only(&["label", "account", "endpoint", "withheld"])?;
        let account_text = section.required_text("account")?;
        let account: AccountName = account_text.parse(ValueFault::UnknownAccount, str::parse)?;
        let Some(of) = accounts.iter().find(|known| known.name == account) else {
            let message = format!("there is no account named {account}");
            return Err(account_text.error(ValueFault::UnknownAccount, message));
        };
        let label = section.required_text("label")?;
        let name = label.text.trim().to_owned();
        let taken = identities.iter().any(|known| known.label == name);
        if name.is_empty() || taken {
            let fault = if taken { ValueFault::Taken } else { ValueFault::Empty };
            return Err(label.error(fault, "each identity has a label of its own"));
        }
        let written = section.required_text("endpoint")?;
        // A vendor's endpoint may have a name in the account's section that is easier to write than its number.
        let named = of.own.iter().find(|own| own.label.as_deref() == Some(written.text.trim()));
        let endpoint = named.map_or_else(|| endpoint(&written), |own| Ok(own.number.clone()))?;
        identities.push(Identity { label: name, account, endpoint, withheld: section.switch("withheld", false)? });
    }
    if identities.is_empty() {
        for account in accounts {
            for own in &account.own {
                let label = own.label.clone().unwrap_or_else(|| own.number.to_string());
                let (account, endpoint) = (account.name.clone(), own.number.clone());
                identities.push(Identity { label, account, endpoint, withheld: false });
            }
        }
    }
    Ok(identities)
}
