//! The catalogue of dispositions as an indented tree: what each requires and brings about.

use timbre_domain::disposition::{Action, Disposition, DispositionCatalogue, Requirement};

use super::print::charge;
use crate::print::{Printer, clean};

pub(crate) fn tree(printer: &Printer, catalogue: &DispositionCatalogue) -> Vec<String> {
    if catalogue.is_empty() {
        return vec![printer.text("dispositions.none")];
    }
    let mut lines = Vec::new();
    below(printer, catalogue.all(), None, "", &mut lines);
    lines
}

fn below(printer: &Printer, all: &[Disposition], under: Option<&str>, indent: &str, lines: &mut Vec<String>) {
    for one in all.iter().filter(|one| one.under.as_deref() == under) {
        lines.push(format!("{indent}{}  [{}]", clean(&one.name), clean(&one.code)));
        if !one.requires.is_empty() {
            let what: Vec<_> = one.requires.iter().map(|requirement| required(printer, requirement)).collect();
            lines.push(format!("{indent}    {}", printer.fill("disposition.requires", &[("what", &what.join(", "))])));
        }
        for action in &one.actions {
            lines.push(format!("{indent}    → {}", brought_about(printer, action)));
        }
        below(printer, all, Some(&one.code), &format!("{indent}  "), lines);
    }
}

fn required(printer: &Printer, requirement: &Requirement) -> String {
    match requirement {
        Requirement::Disposition => printer.text("disposition.requires.disposition"),
        Requirement::Comment => printer.text("disposition.requires.comment"),
        Requirement::Contact => printer.text("disposition.requires.contact"),
        Requirement::FollowUp => printer.text("disposition.requires.follow_up"),
        Requirement::Charge => printer.text("disposition.requires.charge"),
        Requirement::Field(name) => printer.fill("disposition.requires.field", &[("name", &clean(name))]),
    }
}

fn brought_about(printer: &Printer, action: &Action) -> String {
    match action {
        Action::FollowUp { after_days, what } => {
            let said = printer.fill("disposition.follow_up", &[("days", &after_days.to_string())]);
            if what.trim().is_empty() { said } else { format!("{said} · {}", clean(what)) }
        }
        Action::Charge(one) => charge(printer, one),
        Action::DoNotCall => printer.text("disposition.do_not_call"),
        Action::Note => printer.text("disposition.note"),
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn one(code: &str, under: Option<&str>, requires: &[&str], actions: Vec<Action>) -> Disposition {
        Disposition {
            code: code.into(),
            name: code.to_uppercase(),
            under: under.map(str::to_owned),
            requires: requires.iter().map(|text| (*text).to_owned().try_into().unwrap()).collect(),
            actions,
        }
    }

    #[test]
    fn the_catalogue_is_a_tree_whatever_the_order_of_its_branches() {
        let later = Action::FollowUp { after_days: 3, what: "Volver a llamar".into() };
        let catalogue = DispositionCatalogue::new(vec![
            one("venta", None, &["comment", "field:pedido"], vec![]),
            one("luego", None, &[], vec![later, Action::DoNotCall]),
            one("contado", Some("venta"), &[], vec![Action::Note]),
        ])
        .unwrap();
        let lines = tree(&Printer::speaking(Language::En), &catalogue);
        let expected = [
            "VENTA  [venta]",
            "    requires: comment, field pedido",
            "  CONTADO  [contado]",
            "      → the comment also goes to the contact's record as a note",
            "LUEGO  [luego]",
            "    → follow-up after so many days: 3 · Volver a llamar",
            "    → the contact is not to be called any more",
        ];
        assert_eq!(lines, expected);
        for language in Language::ALL {
            let lines = tree(&Printer::speaking(language), &catalogue).join("\n");
            assert!(!lines.contains("disposition."), "{lines}");
        }
    }

    #[test]
    fn a_place_without_a_catalogue_says_that_none_is_needed() {
        let lines = tree(&Printer::speaking(Language::Es), &DispositionCatalogue::default());
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("[[dispositions]]"), "{lines:?}");
    }
}
