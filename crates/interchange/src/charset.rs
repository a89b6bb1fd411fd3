//! The character sets of files: those of the web, and the one of DOS that accounting programs still write.

use encoding_rs::{Encoding, MACINTOSH_INIT, UTF_8, UTF_8_INIT, WINDOWS_1252_INIT};
use timbre_domain::interchange::FileError;

use crate::trouble::bad_request;

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// One of the WHATWG Encoding Standard.
    Web(&'static Encoding),
    /// Code page 850, in which DOS wrote Spanish and Portuguese. Their letters stand in code page 437 where they stand here.
    Ibm850,
}

pub(crate) static UTF8: Charset = Charset::Web(&UTF_8_INIT);
pub(crate) static LATIN: Charset = Charset::Web(&WINDOWS_1252_INIT);

const IBM850: &str = "ibm850";

/// The upper half of code page 850.
const IBM850_UPPER: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å', 'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û',
    'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ', 'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '®', '¬', '½', '¼', '¡',
    '«', '»', '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©', '╣', '║', '╗', '╝', '¢', '¥', '┐', '└', '┴', '┬', '├', '─',
    '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦', '╠', '═', '╬', '¤', 'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█',
    '▄', '¦', 'Ì', '▀', 'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´', '\u{ad}', '±',
    '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{a0}',
];

impl Charset {
    /// The character set of a label.
    pub(crate) fn of(label: &str) -> Result<Self, FileError> {
        let label = label.trim();
        let bare: String = label.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
        if matches!(bare.as_str(), "ibm850" | "cp850" | "850" | "dos850" | "ibm437" | "cp437" | "437") {
            return Ok(Self::Ibm850);
        }
        Encoding::for_label(label.as_bytes()).map(Self::Web).ok_or_else(|| {
            bad_request(
                "no encoding has this name; try utf-8, utf-16le, utf-16be, windows-1252, macintosh, ibm850 or another of the web's",
            )
        })
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Web(encoding) => encoding.name(),
            Self::Ibm850 => IBM850,
        }
    }

    /// The text of bytes; nothing where they do not keep the rules of the character set.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Web(encoding) => {
                let bytes = bytes.strip_prefix(crate::source::UTF8_MARK).filter(|_| encoding == UTF_8).unwrap_or(bytes);
                encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
            }
            Self::Ibm850 => Some(bytes.iter().map(|byte| of_ibm850(*byte)).collect()),
        }
    }
}

/// The text of bytes that are UTF-8 but for a few: those are what they are in Windows-1252. Whether there were any.
pub(crate) fn mended(bytes: &[u8]) -> (String, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut any = false;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        any |= !chunk.invalid().is_empty();
        text.push_str(&LATIN.decode(chunk.invalid()).unwrap_or_default());
    }
    (text, any)
}

/// The character of a byte in code page 850.
pub(crate) fn of_ibm850(byte: u8) -> char {
    match usize::from(byte).checked_sub(128) {
        Some(at) => IBM850_UPPER[at],
        None => char::from(byte),
    }
}

/// What tells the single-byte character sets apart in a text of Spanish or Portuguese: in which of them its accents are
/// letters that fit their neighbours.
#[derive(Debug)]
pub(crate) struct Guess {
    before: Option<u8>,
    pending: Option<(Option<u8>, u8)>,
    judged: usize,
    scores: [i64; 3],
    /// What the upper half of each candidate is.
    upper: [[char; 128]; 3],
}

/// So many characters beyond ASCII tell the character set of any file.
const ENOUGH: usize = 100_000;

/// The more usual ones first: among equals the first wins.
static CANDIDATES: [Charset; 3] = [Charset::Web(&WINDOWS_1252_INIT), Charset::Web(&MACINTOSH_INIT), Charset::Ibm850];

impl Guess {
    /// A guess that has seen nothing yet.
    pub(crate) fn new() -> Self {
        let of = |charset: &Charset| {
            std::array::from_fn(|at| {
                let byte = u8::try_from(at + 128).unwrap_or(u8::MAX);
                charset.decode(&[byte]).and_then(|text| text.chars().next()).unwrap_or('\u{fffd}')
            })
        };
        let upper = [of(&CANDIDATES[0]), of(&CANDIDATES[1]), of(&CANDIDATES[2])];
        Self { before: None, pending: None, judged: 0, scores: [0; 3], upper }
    }

    /// Looks at more of the text. Whether more of it may tell anything.
    pub(crate) fn look(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if let Some((before, odd)) = self.pending.take() {
                self.judge(before, odd, Some(*byte));
            }
            if *byte >= 0x80 {
                self.pending = Some((self.before, *byte));
            }
            self.before = Some(*byte);
        }
        self.judged < ENOUGH
    }

    /// The character set that fits best.
    pub(crate) fn best(mut self) -> Charset {
        if let Some((before, odd)) = self.pending.take() {
            self.judge(before, odd, None);
        }
        let best = self.scores.into_iter().max().unwrap_or_default();
        let at = self.scores.iter().position(|score| *score == best).unwrap_or_default();
        CANDIDATES[at]
    }

    fn judge(&mut self, before: Option<u8>, odd: u8, after: Option<u8>) {
        self.judged += 1;
        for (upper, score) in self.upper.iter().zip(&mut self.scores) {
            let of = |byte: u8| match usize::from(byte).checked_sub(128) {
                None => char::from(byte),
                Some(at) => upper[at],
            };
            *score += fit(before.map_or(' ', of), of(odd), after.map_or(' ', of));
        }
    }
}

/// The letters of Spanish and Portuguese that ASCII lacks.
const LETTERS: &str = "áéíóúüñçãõâêôàÁÉÍÓÚÜÑÇÃÕÂÊÔÀ";

/// How well a character fits between its neighbours.
fn fit(before: char, c: char, after: char) -> i64 {
    let in_word = before.is_alphabetic() || after.is_alphabetic();
    if c == '\u{fffd}' || c.is_control() {
        return -3;
    }
    if LETTERS.contains(c) {
        let among_capitals = before.is_uppercase() || after.is_uppercase();
        let among_small = before.is_lowercase() || after.is_lowercase();
        return match c.is_lowercase() {
            true if after.is_uppercase()
                || (before.is_uppercase() && !after.is_lowercase() && after.is_alphabetic()) =>
            {
                -2
            }
            true if among_small || before.is_uppercase() => 2,
            true => 0,
            // A word begins with a capital, or all of it is written in them.
            false if before.is_lowercase() => -2,
            false if among_capitals || among_small => 2,
            false => 0,
        };
    }
    match c {
        '¿' | '¡' if before.is_alphabetic() => -2,
        '¿' | '¡' => 1,
        'ª' | 'º' | '°' if before.is_ascii_digit() || before.eq_ignore_ascii_case(&'n') => 1,
        'ª' | 'º' | '°' => -1,
        '’' | '‘' => 0,
        _ if in_word => -2,
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(bytes: &[u8]) -> Charset {
        // Wherever the text is divided.
        let whole = {
            let mut guess = Guess::new();
            guess.look(bytes);
            guess.best()
        };
        let mut by_one = Guess::new();
        for byte in bytes {
            by_one.look(std::slice::from_ref(byte));
        }
        assert_eq!(by_one.best(), whole);
        whole
    }

    fn in_charset(text: &str, charset: Charset) -> Vec<u8> {
        match charset {
            Charset::Web(encoding) => encoding.encode(text).0.into_owned(),
            Charset::Ibm850 => text
                .chars()
                .map(|c| (0..=255).find(|byte| of_ibm850(*byte) == c).unwrap_or_else(|| panic!("{c}")))
                .collect(),
        }
    }

    #[test]
    fn the_words_of_spanish_and_portuguese_tell_the_character_set() {
        for text in [
            "Nombre,Teléfono\nJosé Núñez,8884-8787\n",
            "José",
            "NÚMERO;DIRECCIÓN\nPEÑA GARCÍA, MARÍA;SAN JOSÉ\n",
            "João Conceição;São Paulo",
            "Ángel Íñiguez;Óscar Muñoz",
            "Peña",
            "Lucía Güell",
            "¿Dónde? En Belén, 2.º piso",
        ] {
            for charset in CANDIDATES {
                assert_eq!(guessed(&in_charset(text, charset)), charset, "{text}");
                assert_eq!(charset.decode(&in_charset(text, charset)).as_deref(), Some(text));
            }
        }
        assert_eq!(guessed(&in_charset("O’Brien, d’Ávila", LATIN)), LATIN);
        assert_eq!(guessed(b"plain"), LATIN);
    }

    #[test]
    fn the_old_character_sets_have_many_names() {
        for label in ["cp850", "IBM850", "ibm-850", "CP 850", "437"] {
            assert_eq!(Charset::of(label), Ok(Charset::Ibm850), "{label}");
        }
        assert_eq!(Charset::of("mac"), Ok(CANDIDATES[1]));
        assert_eq!(Charset::of("latin1"), Ok(LATIN));
        assert!(Charset::of("klingon").is_err());
    }
}
