//! Technical details are in English, for the log and for whoever helps. People who read another language are told so, and
//! before it, in their own words, where the fault is.

use timbre_domain::texts::Catalogue;

use super::clean;
use crate::exit::Failure;

/// A detail for people.
pub(super) fn detail(texts: &Catalogue, detail: &str) -> String {
    texts.fill("detail.technical", &[("detail", &clean(detail))])
}

/// A failure as it is told: what happened, where, the detail and what to do.
pub(super) fn failure(texts: &Catalogue, failure: &Failure, detail: &str, (what, what_to_do): (&str, &str)) -> String {
    let said = match failure.words.as_deref() {
        Some((key, values)) => {
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, clean(value))).collect();
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            texts.fill(key, &values)
        }
        None => self::detail(texts, detail),
    };
    if what.is_empty() {
        return format!("timbrectl: {said}");
    }
    let mut lines = vec![format!("timbrectl: {what}")];
    // In English the detail says both.
    if !is_english(texts) {
        let place = failure.place.as_deref().map(|place| in_words(texts, place)).filter(|place| !place.is_empty());
        lines.extend(place.map(|place| format!("  {}", texts.fill("detail.place", &[("place", &place)]))));
        lines.extend(failure.fault.map(|fault| format!("  {}", texts.text(&format!("fault.{fault}.what")))));
    }
    lines.extend([format!("  {said}"), format!("  {what_to_do}")]);
    lines.join("\n")
}

/// Whether these are the texts of the language that details are in.
fn is_english(texts: &Catalogue) -> bool {
    texts.text("detail.technical") == "{detail}"
}

/// A place in words, such as `phone 2`; as it is where it has none, such as a file's line.
fn in_words(texts: &Catalogue, place: &str) -> String {
    let end = place.find(|c: char| c.is_ascii_digit() || c == '[' || c == ':').unwrap_or(place.len());
    let (name, rest) = place.split_at(end);
    let key = format!("place.{}", name.trim());
    match texts.text(&key) {
        word if word == key => clean(place),
        word => format!("{word} {}", clean(rest.trim())).trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::error::ErrorCode;
    use timbre_domain::texts::Language;

    use super::*;

    #[test]
    fn an_english_detail_is_called_one_where_another_language_is_read_and_its_place_is_told_in_that_language() {
        let of = |language: Language| {
            let texts = Catalogue::of(language);
            let failed = Failure { place: Some("phone 2".into()), ..Failure::of(ErrorCode::BadNumber, "x") };
            failure(texts, &failed, "phone 2: there are no digits in it", ("What.", "Do."))
        };
        assert_eq!(of(Language::En), "timbrectl: What.\n  phone 2: there are no digits in it\n  Do.");
        let es = "timbrectl: What.\n  Dónde: teléfono 2\n  Detalle técnico (en inglés): phone 2: there are no digits in it\n  Do.";
        assert_eq!(of(Language::Es), es);
        assert!(of(Language::Pt).contains("Onde: telefone 2"));
    }

    #[test]
    fn what_has_words_of_its_own_has_no_english_beside_them() {
        let told = Failure::interrupted("interrupted; the call goes on").told("cli.interrupted.dial", &[]);
        let said = failure(Catalogue::of(Language::Es), &told, "interrupted; the call goes on", ("", ""));
        assert_eq!(said, "timbrectl: Interrumpido; la llamada sigue.");
        let broken = Failure::internal("no runtime".into());
        let said = failure(Catalogue::of(Language::Pt), &broken, "no runtime", ("", ""));
        assert_eq!(said, "timbrectl: Detalhe técnico (em inglês): no runtime");
    }

    #[test]
    fn a_wrong_setting_is_told_with_its_line_in_the_readers_words_and_the_detail_that_names_it() {
        let failed = Failure {
            place: Some("/etc/timbre.toml:9:1".into()),
            fault: Some("unknown_key"),
            ..Failure::of(ErrorCode::BadConfig, "x")
        };
        let texts = Catalogue::of(Language::Es);
        let said = failure(texts, &failed, "/etc/timbre.toml:9:1: there is no `colour`", ("What.", "Do."));
        assert!(
            said.contains("Dónde: /etc/timbre.toml:9:1") && said.contains(texts.text("fault.unknown_key.what")),
            "{said}"
        );
        assert!(said.contains("`colour`"), "{said}");
        assert_eq!(
            failure(Catalogue::of(Language::En), &failed, "x", ("What.", "Do.")),
            "timbrectl: What.\n  x\n  Do."
        );
    }
}
