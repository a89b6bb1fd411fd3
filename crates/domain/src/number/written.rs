//! The parts of a number as it was written: a label, a code that hides or shows the caller, the number, an extension.
//!
//! Every way in reads a text by these parts, whether an exchange, a person, a file or a link wrote it: so that what one of
//! them understands, the others do too.

use rlibphonenumber::Region;

use super::digits::plain_text;
use super::is_punctuation;
use crate::contact::PhoneKind;
use crate::normalize::fold;

/// An extension is looked for behind so many digits: fewer are no number that has one.
const SHORTEST_WITH_EXTENSION: usize = 7;
/// A word is dialled by its letters behind so many digits: the prefix of a toll-free number and what leads there.
const KEYED_BEHIND: std::ops::RangeInclusive<usize> = 3..=7;
/// The digits of an extension.
const EXTENSION: std::ops::RangeInclusive<usize> = 1..=6;

/// What a text that holds a number consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// The number alone: digits in ASCII, a plus in front where the text has one there.
    pub(super) number: String,
    /// Where the number begins in the text, in characters.
    pub(super) begins: usize,
    /// The code before the number that hides or shows the caller, as it was written: `#31#`, `*67`.
    pub(super) caller_id_code: Option<String>,
    /// The digits behind the number.
    pub(super) extension: Option<String>,
    /// The whole is a code of stars and hashes, which sets up a service and reaches no subscriber.
    pub(super) is_service_code: bool,
    /// What a label beside the number says that it is for.
    pub(super) kind: Option<PhoneKind>,
}

impl Parts {
    /// Takes a text apart from which everything around a number, such as `sip:` and `@host`, was taken off.
    pub(super) fn of(text: &str) -> Self {
        let plain = plain_text(text);
        let plain = without_decimals(&plain).to_owned();
        let (begins, ends, kind) = without_labels(&plain);
        let whole = &plain[begins..ends];
        let (code, number) = match caller_id_code(whole) {
            Some(length) => {
                let rest = whole[length..].trim_start_matches(|c: char| is_punctuation(c) && c != '(');
                (Some(whole[..length].to_owned()), rest)
            }
            None => (None, whole),
        };
        let is_service_code =
            number.trim_start_matches(is_punctuation).starts_with(['*', '#']) || number.is_empty() && code.is_some();
        let offset = ends - number.len();
        let (number, extension) = if is_service_code { (number, None) } else { extended(number) };
        Self {
            number: plus_first(number),
            begins: plain[..offset].chars().count(),
            caller_id_code: code,
            extension,
            is_service_code,
            kind,
        }
    }

    /// Every digit of the number.
    pub(super) fn digits(&self) -> String {
        self.number.chars().filter(char::is_ascii_digit).collect()
    }

    /// The number with the digits that a keypad has for its letters: `800-FLORES1` is `800-3567371`. Nothing where there are
    /// no letters, or too few for a word.
    pub(super) fn keyed(&self) -> Option<String> {
        let letters = self.number.chars().filter(char::is_ascii_alphabetic).count();
        let first = self.number.find(|c: char| c.is_ascii_alphabetic())?;
        let before = self.number[..first].bytes().filter(u8::is_ascii_digit).count();
        let fits = |c: char| c.is_ascii_alphanumeric() || is_punctuation(c) || c == '+';
        if letters < 3 || !KEYED_BEHIND.contains(&before) || !self.number.chars().all(fits) {
            return None;
        }
        Some(self.number.chars().map(|c| key_of(c).unwrap_or(c)).collect())
    }
}

/// The digit on whose key a letter stands (ITU-T E.161).
fn key_of(c: char) -> Option<char> {
    Some(match c.to_ascii_uppercase() {
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        _ => return None,
    })
}

/// Brackets before a plus are not part of what it says: `(+506) 8884-8787`.
fn plus_first(number: &str) -> String {
    let rest = number.trim_start_matches(is_punctuation);
    match rest.strip_prefix('+') {
        Some(rest) if rest.len() + 1 < number.len() => format!("+{}", rest.replacen([')', ']'], "", 1)),
        _ => number.trim().to_owned(),
    }
}

/// How long the code is that a text begins with, where it is one that hides or shows the caller.
///
/// GSM networks and the landlines that follow them have `#31#` and `*31#` (3GPP TS 22.030, annex B), some of them with
/// another last sign (`*31*`, `#31*`) or none; North America has `*67` and `*82`; Italy `*67#`, Israel `*43`, Korea `*23`
/// and `*23#`.
fn caller_id_code(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['*', '#'])?;
    let signs = text.len() - digits.len();
    let digits = digits.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_digit()))?;
    let length = signs + digits.len();
    let closing = text[length..].starts_with(['*', '#']);
    match digits {
        "31" | "30" | "67" | "23" if closing => Some(length + 1),
        // Without a sign behind it, it is a longer code where digits follow at once, unless these are a whole number.
        "31" | "67" | "82" | "43" | "23" if !closing => {
            let behind = text[length..].chars().filter(|c| c.is_ascii_digit()).count();
            (behind >= SHORTEST_WITH_EXTENSION).then_some(length)
        }
        _ => None,
    }
}

/// The digits that a country dials before a number to hide the caller or to show them, with no star or hash.
///
/// North America's are those of rotary telephones. Spain: 067 and 068 (Telefónica); the United Kingdom: 141 and 1470;
/// Ireland: 141 and 142; Australia: 1831 and 1832; New Zealand: 0197 and 0196; Japan: 184 and 186; Hong Kong: 133 and 1357;
/// France: 3651; Singapore: 1331.
pub(super) fn caller_id_digits(region: Region) -> &'static [&'static str] {
    match region {
        Region::US | Region::CA => &["1167", "1182"],
        Region::ES => &["067", "068"],
        Region::GB | Region::GG | Region::JE | Region::IM => &["141", "1470"],
        Region::IE => &["141", "142"],
        Region::AU => &["1831", "1832"],
        Region::NZ => &["0197", "0196"],
        Region::JP => &["184", "186"],
        Region::HK => &["133", "1357"],
        Region::FR => &["3651"],
        Region::SG => &["1331"],
        _ => &[],
    }
}

/// The number before `ext. 12`, `x12`, `anexo 12`, `ramal 12`, `#12`, `,12`: what stands before the first letter (or dialling
/// pause) behind enough digits for a number, where nothing but a short extension follows.
fn extended(text: &str) -> (&str, Option<String>) {
    // `+506/8888/4787` has no line of a group behind it.
    let grouped = text.matches('/').count() == 1;
    let mut digits = 0;
    for (at, c) in text.char_indices() {
        digits += usize::from(c.is_ascii_digit());
        let rest = &text[at..];
        let remark = c == '(' && rest[1..].split(')').next().is_some_and(|inside| inside.contains(char::is_alphabetic));
        let begins = c.is_alphabetic() || matches!(c, '#' | ',' | ';' | ':') || c == '/' && grouped || remark;
        if digits < SHORTEST_WITH_EXTENSION || !begins {
            continue;
        }
        let behind: String = rest.chars().filter(char::is_ascii_digit).collect();
        let word: String = rest.trim_start_matches('(').chars().take_while(|c| c.is_alphabetic()).collect();
        if !EXTENSION.contains(&behind.len()) || joins(&word) || label(&word).is_some() {
            return (text, None);
        }
        let number = text[..at].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '-' | '/'));
        // Hours, the next line of a group (`2222-3333/34`) and cents are no extension.
        let is_one = match c {
            '/' => false,
            '(' => means_extension(&word),
            _ => word.is_empty() || means_extension(&word),
        };
        return (number, (is_one && behind.contains(|c| c != '0')).then_some(behind));
    }
    (text, None)
}

/// Whether a word stands before an extension, in the languages of the people whose files we read.
fn means_extension(word: &str) -> bool {
    let word = fold(word);
    let words = "x ext exts extn extension extensao ex int interno intern interior anexo anx an ramal r ram ramais nebenstelle \
                 durchwahl dw poste toestel tst wew vnitrni derivacion";
    words.split_whitespace().any(|known| known == word)
}

/// What a spreadsheet makes of a number that it takes for an amount: `88848787.0`.
fn without_decimals(text: &str) -> &str {
    let Some(whole) = [".00", ",00", ".0"].iter().find_map(|cents| text.trim_end().strip_suffix(cents)) else {
        return text;
    };
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    let is_amount = whole.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+'));
    if is_amount && digits >= SHORTEST_WITH_EXTENSION { whole } else { text }
}

/// Whether a word joins two numbers: `y`, `ó`, `and`.
pub(crate) fn joins(word: &str) -> bool {
    matches!(fold(word).as_str(), "y" | "e" | "o" | "u" | "ou" | "or" | "and" | "et")
}

/// Words that people put beside a number to say what it is, and the kind that each names.
const LABELS: &[(&str, Option<PhoneKind>)] = &[
    ("tel tels telf telefono telefonos telefone telefones telephone tlf tlfn tlfno tfno fono fonos phone ph", None),
    ("numero num nro n contacto call directo direto direct principal central pbx t", None),
    (
        "cel cels celu celular celulares cell cellular movil moviles mobile mob mov m telemovel whatsapp whats wsp wpp wapp wa",
        { Some(PhoneKind::Mobile) },
    ),
    ("casa home residencia residencial particular domicilio hab", Some(PhoneKind::Home)),
    ("oficina ofic ofi of office trabajo trab trabalho work empresa comercial escritorio", Some(PhoneKind::Work)),
    ("fax", Some(PhoneKind::Fax)),
];

/// The kind that a word beside a number names; nothing where it is no such word.
pub(super) fn label(word: &str) -> Option<Option<PhoneKind>> {
    let word = fold(word);
    LABELS.iter().find(|(words, _)| words.split(' ').any(|known| known == word)).map(|(_, kind)| *kind)
}

/// Where the number begins and ends once the labels before and behind it are left out, and the kind that they name.
fn without_labels(text: &str) -> (usize, usize, Option<PhoneKind>) {
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
    let (Some(first), Some(last)) = (text.find(of_number), text.rfind(|c: char| c.is_ascii_digit())) else {
        return (0, text.len(), None);
    };
    let before = text[..first].trim_end_matches('(');
    let behind = &text[last + 1..];
    let (before_kind, behind_kind) = (labels(before), labels(behind));
    let begins = if before_kind.is_some() { before.len() } else { 0 };
    let begins = begins + (text[begins..].len() - text[begins..].trim_start().len());
    // `800-FAX` is a number to its end.
    let whole = text[..last].bytes().filter(u8::is_ascii_digit).count() + 1 >= SHORTEST_WITH_EXTENSION;
    let ends = if behind_kind.is_some() && whole { last + 1 } else { text.len() };
    // A bracket that is opened within the number is closed there.
    let ends = if text[begins..ends].matches('(').count() > text[begins..ends].matches(')').count()
        && behind.starts_with(')')
    {
        ends.max(last + 2)
    } else {
        ends
    };
    (begins, ends, before_kind.flatten().or(behind_kind.flatten()))
}

/// Whether a text beside a number consists of labels alone, and the kind that the first of them names.
fn labels(text: &str) -> Option<Option<PhoneKind>> {
    let mut kinds = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(label).peekable();
    kinds.peek()?;
    let marks = |c: char| {
        c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | ':' | '(' | ')' | '[' | ']' | '-' | '/' | '°' | 'º')
    };
    if !text.chars().all(marks) {
        return None;
    }
    let kinds: Vec<Option<PhoneKind>> = kinds.collect::<Option<_>>()?;
    let kind = kinds.iter().flatten().next().copied();
    // What is a telephone and a fax is a telephone.
    Some(kind.filter(|kind| *kind != PhoneKind::Fax || kinds.iter().all(Option::is_some)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let parts = Parts::of(text);
        assert!(!parts.is_service_code, "{text}");
        (parts.digits(), parts.caller_id_code, parts.extension)
    }

    #[test]
    fn a_code_that_hides_or_shows_the_caller_is_no_part_of_the_number() {
        for (text, digits, code) in [
            ("#31#612345678", "612345678", Some("#31#")),
            ("*31#612 34 56 78", "612345678", Some("*31#")),
            ("#31# +34 612 345 678", "34612345678", Some("#31#")),
            ("*31*612345678", "612345678", Some("*31*")),
            ("*67 305-555-0123", "3055550123", Some("*67")),
            ("*673055550123", "3055550123", Some("*67")),
            ("*82(305)555-0123", "3055550123", Some("*82")),
            ("＃３１＃６１２３４５６７８", "612345678", Some("#31#")),
            ("612345678", "612345678", None),
            ("(0**11) 98765-4321", "011987654321", None),
        ] {
            assert_eq!(parts(text), (digits.to_owned(), code.map(str::to_owned), None), "{text}");
        }
        for text in ["*21*612345678#", "*#06#", "##002#", "*100#", "*123", "#31#", "**21*88884787#", "*72 3055550123"] {
            assert!(Parts::of(text).is_service_code, "{text}");
        }
    }

    #[test]
    fn an_extension_is_told_from_the_number() {
        for (text, digits, extension) in [
            ("2222-3333 ext. 105", "22223333", Some("105")),
            ("2222-3333x105", "22223333", Some("105")),
            ("2222-3333 (ext 105)", "22223333", Some("105")),
            ("2222-3333 #105", "22223333", Some("105")),
            ("2222-3333,,105", "22223333", Some("105")),
            ("+506 2222 3333 ramal ١٠٥", "50622223333", Some("105")),
            ("2222-3333", "22223333", None),
            ("2222-3333, 2222-4444", "2222333322224444", None),
            ("2222-3333 y 1155", "222233331155", None),
            ("2222-3333 cel 1155", "222233331155", None),
        ] {
            assert_eq!(parts(text), (digits.to_owned(), None, extension.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn words_that_say_what_a_number_is_are_no_part_of_it() {
        for (text, digits, kind) in [
            ("Cel. 8884-8787", "88848787", Some(PhoneKind::Mobile)),
            ("Tel: (506) 2222-3333", "50622223333", None),
            ("Tel/Fax: 2222-3333", "22223333", None),
            ("Fax 2222-3333", "22223333", Some(PhoneKind::Fax)),
            ("8884-8787 (casa)", "88848787", Some(PhoneKind::Home)),
            ("8884-8787 - móvil", "88848787", Some(PhoneKind::Mobile)),
            ("N° 2222-3333", "22223333", None),
            ("2222-3333", "22223333", None),
        ] {
            let parts = Parts::of(text);
            assert_eq!((parts.digits(), parts.kind), (digits.to_owned(), kind), "{text}");
            assert!(!parts.number.chars().any(char::is_alphabetic), "{text}: {parts:?}");
        }
        assert!(Parts::of("Ana 8884-8787").number.contains("Ana"), "a name is no label");
    }

    #[test]
    fn the_place_of_the_number_is_counted_in_characters() {
        for (text, begins) in [("8884", 0), ("Móvil: 8884-8787", 7), ("#31#612345678", 4), ("(506) 8884-8787", 0)] {
            assert_eq!(Parts::of(text).begins, begins, "{text}");
        }
    }

    #[test]
    fn letters_are_dialled_by_the_keys_they_stand_on() {
        let keyed = |text: &str| Parts::of(text).keyed();
        assert_eq!(keyed("800-FLORES1").as_deref(), Some("800-3567371"));
        assert_eq!(keyed("1-800-GO-FEDEX").as_deref(), Some("1-800-46-33339"));
        for text in ["8884-87x7", "FLORES1", "echo123", "88&first_num=1", "8884-8787", "88884787 Ana"] {
            assert_eq!(keyed(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_people_write_before_an_extension_makes_one() {
        for (text, number, extension) in [
            ("2222-3333 ext. 105", "2222-3333", Some("105")),
            ("2222-3333 x105", "2222-3333", Some("105")),
            ("2222-3333 (ramal 7)", "2222-3333", Some("7")),
            ("2222-3333#105", "2222-3333", Some("105")),
            ("2222 3333 al 3336", "2222 3333", None),
            ("8812-3456 (de 8 a 5)", "8812-3456", None),
            ("8812-3456 (8am-5pm)", "8812-3456", None),
            ("2222-3333 Apto. 12", "2222-3333", None),
            ("2222-3333/34", "2222-3333", None),
            ("88848787.0", "88848787", None),
            ("+50688848787.00", "+50688848787", None),
            ("8884 87 87,00", "8884 87 87", None),
        ] {
            let parts = Parts::of(text);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            assert_eq!((parts.digits(), parts.extension.as_deref()), (digits(number), extension), "{text}");
        }
    }
}
