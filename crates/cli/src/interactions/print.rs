//! What results look like to people.

use timbre_domain::disposition::ChosenLevel;
use timbre_domain::interaction::{Charge, FollowUp, Interaction, InteractionState};
use timbre_engine::calls::results::SavedInteraction;

use super::Listed;
use crate::outbox;
use crate::print::{Printer, clean, clean_lines, moment};

/// Characters of a comment that fit a line of a list.
const SHOWN: usize = 60;

pub(crate) fn list(printer: &Printer, interactions: &[Listed]) -> Vec<String> {
    if interactions.is_empty() {
        return vec![printer.text("interactions.none")];
    }
    interactions.iter().map(|one| line(printer, one)).collect()
}

/// One line: when, id, with whom, draft or not, disposition, the comment's beginning.
fn line(printer: &Printer, Listed { interaction: one, name }: &Listed) -> String {
    let draft = match one.state {
        InteractionState::Draft => format!("[{}]", printer.text("interaction.state.draft")),
        InteractionState::Final => String::new(),
    };
    let first = clean_lines(&one.comment).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut comment: String = first.chars().take(SHOWN).collect();
    if comment.trim().chars().count() < one.comment.trim().chars().count() {
        comment.push('…');
    }
    let parts = [moment(one.created_at), one.id.to_string(), clean(name), draft, levels(&one.disposition), comment];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

/// All there is, a line each, and where it stands in the CRMs.
pub(crate) fn card(printer: &Printer, saved: &SavedInteraction) -> Vec<String> {
    let one = &saved.interaction;
    let state = match one.state {
        InteractionState::Draft => "interaction.state.draft",
        InteractionState::Final => "interaction.state.final",
    };
    let mut lines = vec![format!("{}  {}  {}", one.id, printer.text(state), moment(one.updated_at))];
    if let Some(call) = &one.call {
        lines.push(format!("  {}", printer.fill("interaction.call", &[("call", &clean(&call.to_string()))])));
    }
    if let Some(contact) = &one.contact {
        lines.push(format!("  {}", printer.fill("interaction.contact", &[("contact", &contact.to_string())])));
    }
    lines.extend(said(printer, one).into_iter().map(|line| format!("  {line}")));
    lines.extend(
        saved
            .outbox
            .iter()
            .flat_map(|item| outbox::item(printer, item, saved.call_goes_on))
            .map(|line| format!("  {line}")),
    );
    lines
}

/// What a person said in it, a line each.
pub(crate) fn said(printer: &Printer, one: &Interaction) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(agent) = &one.agent {
        lines.push(printer.fill("crm.agent", &[("agent", &clean(agent))]));
    }
    if !one.disposition.is_empty() {
        lines.push(printer.fill("crm.disposition", &[("levels", &levels(&one.disposition))]));
    }
    lines.extend(clean_lines(&one.comment).map(|line| format!("│ {line}")));
    lines.extend(one.fields.iter().map(|(name, value)| {
        let value: Vec<_> = clean_lines(value).collect();
        format!("{}: {}", clean(name), value.join(" / "))
    }));
    lines.extend(one.follow_up.iter().map(|follow_up| to_do(printer, follow_up)));
    lines.extend(one.charges.iter().map(|one| charge(printer, one)));
    lines
}

fn levels(levels: &[ChosenLevel]) -> String {
    levels.iter().map(|level| clean(&level.name)).collect::<Vec<_>>().join(" › ")
}

fn to_do(printer: &Printer, follow_up: &FollowUp) -> String {
    let said =
        printer.fill("interaction.follow_up", &[("at", &moment(follow_up.at)), ("what", &clean(&follow_up.what))]);
    match &follow_up.whom {
        Some(whom) => format!("{said} ({})", clean(whom)),
        None => said,
    }
}

pub(crate) fn charge(printer: &Printer, charge: &Charge) -> String {
    let (amount, currency) = (charge.amount.to_string(), charge.currency.to_string());
    let values = [("amount", amount.as_str()), ("currency", &currency), ("concept", &clean(&charge.concept))];
    printer.fill("crm.charge", &values)
}

#[cfg(test)]
pub(crate) mod tests {
    use timbre_domain::interaction::InteractionId;
    use timbre_domain::texts::Language;

    use super::*;

    pub(crate) fn result() -> Interaction {
        let at = "2026-11-20T14:00:00Z".parse().unwrap();
        let id: InteractionId = "01932b5e-0000-7000-8000-000000000001".parse().unwrap();
        let level = |code: &str, name: &str| ChosenLevel { code: code.into(), name: name.into() };
        let money = |amount: &str, concept: &str| Charge {
            id: Default::default(),
            amount: amount.parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: concept.into(),
        };
        Interaction {
            agent: Some("Eva".into()),
            disposition: vec![level("venta", "Venta"), level("contado", "De contado")],
            comment: "Compró\n\u{1b}[2Jdos".into(),
            fields: [("pedido".to_owned(), "17".to_owned())].into(),
            follow_up: Some(FollowUp { at, what: "Entregar".into(), whom: Some("Luis".into()) }),
            charges: vec![money("2500.10", "Visita")],
            state: InteractionState::Final,
            ..Interaction::begun(id, Some("acme:main:1".to_owned().try_into().unwrap()), None, at)
        }
    }

    #[test]
    fn a_result_is_read_line_by_line_in_every_language_and_nothing_in_it_moves_the_cursor() {
        let saved = SavedInteraction { interaction: result(), outbox: Vec::new(), call_goes_on: false };
        for language in Language::ALL {
            let lines = card(&Printer::speaking(language), &saved).join("\n");
            for part in
                ["acme:main:1", "Venta › De contado", "│ Compró", "pedido: 17", "Entregar (Luis)", "2500.10 CRC"]
            {
                assert!(lines.contains(part), "{language:?} {part}: {lines}");
            }
            assert!(!lines.contains('\u{1b}') && !lines.contains('{') && !lines.contains("interaction."), "{lines}");
        }
    }

    #[test]
    fn a_list_shows_a_line_a_result_and_says_when_there_is_none() {
        let printer = Printer::speaking(Language::En);
        assert_eq!(list(&printer, &[]), ["No result found"]);
        let of = |interaction: Interaction| Listed { interaction, name: "Ana\u{9b}2J".into() };
        let draft = Interaction { state: InteractionState::Draft, comment: "x".repeat(99), ..result() };
        let lines = list(&printer, &[of(draft)]);
        assert!(lines[0].contains("  Ana\u{fffd}2J  [draft]"), "with whom it was: {lines:?}");
        assert!(lines[0].contains("[draft]") && lines[0].ends_with(&format!("{}…", "x".repeat(SHOWN))), "{lines:?}");
        assert!(list(&printer, &[of(result())])[0].ends_with("Compró…"), "there is more of it");
        let short = Interaction { comment: "Sí\n".into(), ..result() };
        assert!(list(&printer, &[of(short)])[0].ends_with("Sí"));
    }
}
