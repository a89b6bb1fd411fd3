//! A secret that is kept goes to the places it was given for and to no other: for another one a person types it again.

use tauri::Url;
use timbre_domain::vendor::{FieldKind, Vendors};
use timbre_settings::address;
use timbre_settings::edit::AccountDraft;

/// The addresses that an account's secret may go to: every field of its vendor's form that holds one, each with the address
/// that a form fills in where nothing was typed.
pub(super) fn account_addresses(vendors: Vendors, account: &AccountDraft) -> Vec<String> {
    let vendor = vendors.iter().find(|vendor| vendor.id.as_str() == account.provider);
    let fields = vendor.map(|vendor| vendor.fields).unwrap_or_default();
    let addresses = fields.iter().filter_map(|field| {
        let FieldKind::Address { usual } = field.kind else { return None };
        Some(account.text(field.name)).filter(|typed| !typed.trim().is_empty()).or(usual)
    });
    addresses.map(str::to_owned).collect()
}

/// Whether each of the wanted addresses has scheme, host and port of a known one.
pub(super) fn all_known(known: &[String], wanted: &[String]) -> bool {
    let origin = |text: &String| Url::parse(&address(text)).ok().map(|url| url.origin());
    let known: Vec<_> = known.iter().map(origin).collect();
    wanted.iter().all(|wanted| known.contains(&origin(wanted)))
}

#[cfg(test)]
mod tests {
    use timbre_domain::vendor::{AccountField, VendorDescription, VendorId};
    use timbre_settings::edit::FieldDraft;

    use super::*;

    static ACME: VendorDescription = VendorDescription {
        id: VendorId::known("acme"),
        title: "Acme",
        capabilities: &[],
        fields: &[
            AccountField::required("password", FieldKind::Secret),
            AccountField::base_url("https://acme.example"),
            AccountField::optional("dial_url", FieldKind::Address { usual: None }),
        ],
        example: "",
        own_endpoints: |_, _| Vec::new(),
    };

    static VENDORS: Vendors = &[&ACME];

    fn account(base_url: &str, dial_url: &str) -> AccountDraft {
        let values = [("base_url", base_url), ("dial_url", dial_url)];
        let values = values.map(|(name, text)| (name.to_owned(), FieldDraft::Text(text.to_owned()))).into();
        AccountDraft { provider: "acme".into(), values, ..AccountDraft::default() }
    }

    #[test]
    fn a_kept_password_goes_to_no_address_that_it_was_not_given_for() {
        let stays = |known: (&str, &str), wanted: (&str, &str)| {
            let addresses = |(base_url, dial_url)| account_addresses(VENDORS, &account(base_url, dial_url));
            all_known(&addresses(known), &addresses(wanted))
        };
        let usual = ("https://acme.example", "");
        assert!(stays(usual, usual));
        assert!(stays(usual, ("acme.example/other/path", "")), "the same server, typed as people do");
        assert!(stays(usual, ("", "")), "what was not typed is the vendor's own address");
        assert!(stays(usual, ("https://acme.example", "https://acme.example/dial")));
        assert!(stays(("https://acme.example", "https://dial.example"), usual));

        assert!(!stays(usual, ("https://elsewhere.example", "")));
        assert!(!stays(usual, ("https://acme.example", "https://elsewhere.example")), "every address counts");
        assert!(!stays(usual, ("https://acme.example", "http://acme.example")), "not without encryption");
        assert!(!stays(usual, ("https://acme.example:8443", "")), "another port is another program");
        assert!(!stays(("https://stand-in.example", ""), ("", "")));
    }
}
