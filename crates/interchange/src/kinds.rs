//! What a telephone is for, as people and programs label it: `Mobile`, `Trabajo`, `_$!<HomeFAX>!$_`, `Business Phone 2`.

use timbre_domain::contact::PhoneKind;
use timbre_domain::normalize::fold;

const FAX: &str = "fax faks facsimil";
const MOBILE: &str = "mobile cell movil celular telemovel whatsapp iphone handy gsm cel wa";
const WORK: &str = "work business office company main assistant asst trabajo trabalho oficina escritorio empresa comercial \
    compania organizacion organizacao laboral principal primary centralita central asistente ayudante assistente \
    direct switchboard pbx planta profesional corporativo";
const HOME: &str = "home casa particular residencial residencia domicilio hogar personal";
const OTHER: &str = "other otro outro pager car carro automovil localizador beeper voice";

/// The kind the types of a vCard's telephone name: `WORK` and `FAX` together are a fax.
pub(crate) fn typed<'a>(types: impl Iterator<Item = &'a str> + Clone) -> Option<PhoneKind> {
    const SILENT: [&str; 8] = ["voice", "pref", "text", "video", "msg", "textphone", "internet", "type"];
    let (mut cell, mut work, mut home) = (false, false, false);
    for said in types.clone() {
        let is = |word: &str| said.eq_ignore_ascii_case(word);
        if is("cell") {
            cell = true;
        } else if is("work") {
            work = true;
        } else if is("home") {
            home = true;
        } else if !SILENT.into_iter().any(is) {
            return labelled(&types.collect::<Vec<_>>().join(" "));
        }
    }
    let said = [(cell, PhoneKind::Mobile), (work, PhoneKind::Work), (home, PhoneKind::Home)];
    said.into_iter().find(|(said, _)| *said).map(|(_, kind)| kind)
}

/// The kind a label names; nothing where it names none.
pub(crate) fn labelled(label: &str) -> Option<PhoneKind> {
    // Nearly all labels of a large file are one of these.
    const USUAL: [(&str, PhoneKind); 4] = [
        ("mobile", PhoneKind::Mobile),
        ("cell", PhoneKind::Mobile),
        ("work", PhoneKind::Work),
        ("home", PhoneKind::Home),
    ];
    if label.is_empty() {
        return None;
    }
    if let Some((_, kind)) = USUAL.iter().find(|(usual, _)| label.eq_ignore_ascii_case(usual)) {
        return Some(*kind);
    }
    let label = fold(label);
    let is = |part: &str, word: &str| part == word || (word.len() >= 4 && part.starts_with(word));
    let has = |words: &str| {
        label.split(|c: char| !c.is_alphanumeric()).any(|part| words.split(' ').any(|word| is(part, word)))
    };
    if has(FAX) || label.contains("fax") {
        Some(PhoneKind::Fax)
    } else if has(MOBILE) {
        Some(PhoneKind::Mobile)
    } else if has(WORK) {
        Some(PhoneKind::Work)
    } else if has(HOME) {
        Some(PhoneKind::Home)
    } else if has(OTHER) {
        Some(PhoneKind::Other)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_together_name_one_kind() {
        for (types, kind) in [
            (&["WORK", "VOICE"][..], Some(PhoneKind::Work)),
            (&["work", "CELL", "pref"], Some(PhoneKind::Mobile)),
            (&["WORK", "FAX"], Some(PhoneKind::Fax)),
            (&["MAIN"], Some(PhoneKind::Work)),
            (&["iPhone", "VOICE"], Some(PhoneKind::Mobile)),
            (&["PAGER"], Some(PhoneKind::Other)),
            (&["X-Bodega"], None),
            (&["VOICE"], None),
        ] {
            assert_eq!(typed(types.iter().copied()), kind, "{types:?}");
        }
    }

    #[test]
    fn labels_of_three_languages_name_a_kind() {
        for (label, kind) in [
            ("Mobile", Some(PhoneKind::Mobile)),
            ("* Móvil", Some(PhoneKind::Mobile)),
            ("Telemóvel", Some(PhoneKind::Mobile)),
            ("Work Mobile", Some(PhoneKind::Mobile)),
            ("Trabajo", Some(PhoneKind::Work)),
            ("Business Phone 2", Some(PhoneKind::Work)),
            ("Número de centralita de la organización", Some(PhoneKind::Work)),
            ("Teléfono principal", Some(PhoneKind::Work)),
            ("Asst Phone", Some(PhoneKind::Work)),
            ("Telefone Residencial", Some(PhoneKind::Home)),
            ("_$!<HomeFAX>!$_", Some(PhoneKind::Fax)),
            ("Work Fax", Some(PhoneKind::Fax)),
            ("Teléfono del automóvil", Some(PhoneKind::Other)),
            ("Car Phone", Some(PhoneKind::Other)),
            ("Pager", Some(PhoneKind::Other)),
            ("Google Voice", Some(PhoneKind::Other)),
            ("Phone", None),
            ("", None),
        ] {
            assert_eq!(labelled(label), kind, "{label}");
        }
    }
}
