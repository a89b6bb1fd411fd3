//! How exchanges, vendors and SIP trunks write "the caller hides the number", or that there is none.

use super::{bare, plain_text};
use crate::normalize::fold;

/// Words that stand where a number would, without accents and in small letters (PROVIDERS.md, "Telephone numbers";
/// RFC 3323, section 4.1.1.3 for `anonymous@anonymous.invalid`; the texts exchanges in Spanish, Portuguese, English,
/// French and Italian show).
const WORDS: &[&str] = &[
    "absent",
    "anonimo",
    "anonima",
    "anonym",
    "anonyme",
    "anonymous",
    "asterisk",
    "bloqueado",
    "blocked",
    "blocked number",
    "caller id blocked",
    "caller unknown",
    "caracter oculto",
    "chamada anonima",
    "confidencial",
    "confidential",
    "desconhecida",
    "desconhecido",
    "desconocida",
    "desconocido",
    "hidden",
    "hidden number",
    "id bloqueado",
    "id desconocido",
    "id oculto",
    "identidad oculta",
    "inconnu",
    "indisponible",
    "indisponivel",
    "invalid",
    "llamada anonima",
    "llamada oculta",
    "llamada privada",
    "masque",
    "n/a",
    "na",
    "nao disponivel",
    "nao identificado",
    "nascosto",
    "no caller id",
    "no disponible",
    "no id",
    "no identificado",
    "no number",
    "none",
    "not available",
    "null",
    "nulo",
    "numero bloqueado",
    "numero confidencial",
    "numero desconhecido",
    "numero desconocido",
    "numero no disponible",
    "numero oculto",
    "numero privado",
    "numero restrito",
    "numero restringido",
    "numero sconosciuto",
    "ocultado",
    "oculta",
    "oculto",
    "out of area",
    "prive",
    "privada",
    "privado",
    "privato",
    "private",
    "private number",
    "restrita",
    "restrito",
    "restricted",
    "restricted number",
    "restringida",
    "restringido",
    "sconosciuto",
    "sem identificacao",
    "sin id",
    "sin identificar",
    "sin numero",
    "suppressed",
    "unavailable",
    "undefined",
    "unknown",
    "unknown caller",
    "unknown number",
    "withheld",
    "withheld number",
];

/// Whether a text says that there is no number to show.
pub(super) fn is_withheld(text: &str) -> bool {
    let text = plain_text(&bare(text));
    let digits_all_zero = text.chars().all(|c| c == '0' || !c.is_alphanumeric());
    digits_all_zero || says_so(&text)
}

fn says_so(text: &str) -> bool {
    // Dots, dashes and underscores stand for spaces: `caller-id-blocked`, `No_Disponible`.
    let spaced: String = fold(text).chars().map(|c| if matches!(c, '-' | '_' | '.') { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    WORDS.contains(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn withheld_is_known_in_every_spelling() {
        for text in [
            "",
            " ",
            "anonymous",
            "Anonymous",
            "ANÓNIMO",
            "Restricted",
            "PRIVATE",
            "unknown",
            "Número oculto",
            "Não identificado",
            "N/A",
            "<unknown>",
            "(null)",
            "No_Disponible",
            "0",
            "0000000",
            "００００",
            "٠٠٠",
            "+0",
            "anonymous@anonymous.invalid",
            "sip:anonymous@x",
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        ] {
            assert!(is_withheld(text), "{text:?}");
        }
    }

    #[test]
    fn a_number_or_a_persons_name_is_not_withheld() {
        for text in ["88848787", "1155", "*123", "911", "Privat 88848787", "Ana", "８８１１２２３３", "٨٨١١٢٢٣٣"]
        {
            assert!(!is_withheld(text), "{text:?}");
        }
    }
}
