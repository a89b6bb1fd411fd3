//! Which calls pop up, and what pop-ups show.

use timbre_domain::normalize::fold;
use timbre_domain::popup::PopupPolicy;

use crate::contact_fields::ContactField;
use crate::fault::{ConfigError, ValueFault};
use crate::read::Section;

/// Timbre's own fields of contacts, as pop-ups can show them.
const OWN: [&str; 3] = ["email", "owner", "company"];

/// The policy, and the fields that pop-ups show: all of the organisation's own where the file says nothing.
pub(crate) fn read(top: &Section<'_>, fields: &[ContactField]) -> Result<(PopupPolicy, Vec<String>), ConfigError> {
    let default = PopupPolicy::default();
    let all = || fields.iter().map(|field| field.name.clone()).collect();
    let Some(popup) = top.section("popup")? else { return Ok((default, all())) };
    popup.only(&["incoming", "outgoing", "on_ring", "on_answer", "fields"])?;
    let policy = PopupPolicy {
        incoming: popup.switch("incoming", default.incoming)?,
        outgoing: popup.switch("outgoing", default.outgoing)?,
        on_ring: popup.switch("on_ring", default.on_ring)?,
        on_answer: popup.switch("on_answer", default.on_answer)?,
    };
    if popup.get("fields").is_none() {
        return Ok((policy, all()));
    }
    let mut shown = Vec::new();
    for name in popup.texts("fields")? {
        let wanted = name.text.trim();
        let known = fields.iter().map(|field| field.name.as_str()).chain(OWN).find(|known| fold(known) == fold(wanted));
        let known = known.ok_or_else(|| {
            let own = OWN.join(", ");
            let message = format!("there is no [[contact_fields]] named {wanted:?}, and it is none of {own}");
            name.error(ValueFault::Other, message)
        })?;
        shown.push(known.to_owned());
    }
    Ok((policy, shown))
}
