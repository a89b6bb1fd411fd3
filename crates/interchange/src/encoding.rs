//! What a file is written in, told by its bytes.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use timbre_domain::interchange::FileError;

use crate::charset::{Charset, Guess, UTF8};
use crate::trouble::of_io;
use crate::{sniff, source};

/// How much is looked at for byte order marks, for the pattern of UTF-16 and for what is no text at all.
const LOOK_AT: usize = 64 * 1024;

/// UTF-8 with a few wrong bytes in it is UTF-8 still: so many of its characters beyond ASCII are right for each that is not.
const RIGHT_FOR_EACH_WRONG: u64 = 4;

/// What a file is written in, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) charset: Charset,
    /// Nothing but the look of its words tells it.
    pub(crate) guessed: bool,
}

/// Chooses the encoding of a file: what a person said, else a byte order mark, else the pattern of UTF-16, else UTF-8
/// where the file keeps its rules, else the one of Windows, of the Macintosh or of DOS in which its words are Spanish or
/// Portuguese. What is no text is refused.
pub(crate) fn choose(path: &Path, label: Option<&str>) -> Result<Chosen, FileError> {
    let known = |charset| Chosen { charset, guessed: false };
    let said = label.map(Charset::of).transpose()?;
    let (mut file, _) = source::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(LOOK_AT as u64).read_to_end(&mut start).map_err(|error| of_io(&error))?;
    sniff::refuse_empty(&start)?;
    sniff::refuse_known_binary(&start)?;
    if let Some(said) = said {
        return Ok(known(said));
    }
    if let Some((marked, _)) = Encoding::for_bom(&start) {
        if marked == UTF_8 {
            sniff::refuse_no_text(&start)?;
        }
        return Ok(known(Charset::Web(marked)));
    }
    if let Some(wide) = utf16_by_pattern(&start) {
        return Ok(known(Charset::Web(wide)));
    }
    sniff::refuse_no_text(&start)?;
    let look = file.seek(SeekFrom::Start(0)).and_then(|_| look_through(&mut file)).map_err(|error| of_io(&error))?;
    Ok(match look {
        Look { wrong: 0, .. } => known(UTF8),
        Look { right, wrong, .. } if right >= wrong * RIGHT_FOR_EACH_WRONG => known(UTF8),
        Look { .. } => {
            let best = file.seek(SeekFrom::Start(0)).and_then(|_| guess(&mut file)).map_err(|error| of_io(&error))?;
            Chosen { charset: best, guessed: true }
        }
    })
}

/// What the bytes of a whole file tell.
#[derive(Debug, Default)]
struct Look {
    /// Characters beyond ASCII that are UTF-8.
    right: u64,
    /// Bytes that are not.
    wrong: u64,
}

/// The single-byte character set in which the words of a file look right.
fn guess(file: &mut File) -> io::Result<Charset> {
    let mut guess = Guess::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 || !guess.look(&buffer[..count]) {
            return Ok(guess.best());
        }
    }
}

/// Text of our languages in UTF-16 has a zero in nearly every pair of bytes, always on the same side.
fn utf16_by_pattern(start: &[u8]) -> Option<&'static Encoding> {
    let pairs = start.len() / 2;
    let zeros = |side: usize| start.chunks_exact(2).filter(|pair| pair[side] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let most = |zeros: usize| pairs >= 2 && zeros * 10 >= pairs * 7;
    let few = |zeros: usize| zeros * 50 <= pairs;
    match (most(first), most(second)) {
        (false, true) if few(first) => Some(UTF_16LE),
        (true, false) if few(second) => Some(UTF_16BE),
        _ => None,
    }
}

/// Reads a whole file; a character of UTF-8 that is cut off by its end still counts.
fn look_through(file: &mut File) -> io::Result<Look> {
    let mut look = Look::default();
    let mut buffer = vec![0; 256 * 1024];
    let mut kept = 0;
    loop {
        let count = file.read(&mut buffer[kept..])?;
        if count == 0 {
            return Ok(look);
        }
        let filled = kept + count;
        let mut rest = &buffer[..filled];
        loop {
            let error = std::str::from_utf8(rest).err();
            let valid = &rest[..error.map_or(rest.len(), |error| error.valid_up_to())];
            look.right += valid.iter().filter(|byte| **byte >= 0xc0).count() as u64;
            rest = &rest[valid.len()..];
            match error.map(|error| error.error_len()) {
                None | Some(None) => break,
                Some(Some(length)) => {
                    look.wrong += length as u64;
                    rest = &rest[length..];
                }
            }
        }
        kept = rest.len();
        let from = filled - kept;
        buffer.copy_within(from..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use encoding_rs::{MACINTOSH, WINDOWS_1252};

    use super::*;

    fn chosen(bytes: &[u8], label: Option<&str>) -> Result<&'static str, FileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        choose(file.path(), label).map(|chosen| chosen.charset.name())
    }

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn the_bytes_tell_the_encoding() {
        let text = "Nombre;Teléfono\nMaría Núñez;8888-4787\n";
        assert_eq!(chosen(text.as_bytes(), None).unwrap(), "UTF-8");
        assert_eq!(chosen(b"Name,Phone\nAna,1\n", None).unwrap(), "UTF-8");
        assert_eq!(chosen(&wide(text, true), None).unwrap(), "UTF-16LE");
        assert_eq!(chosen(&wide(text, false), None).unwrap(), "UTF-16BE");
        assert_eq!(chosen(&[b"\xff\xfe".to_vec(), wide(text, true)].concat(), None).unwrap(), "UTF-16LE");
        assert_eq!(chosen(&[b"\xfe\xff".to_vec(), wide(text, false)].concat(), None).unwrap(), "UTF-16BE");
        for encoding in [WINDOWS_1252, MACINTOSH] {
            assert_eq!(chosen(&encoding.encode(text).0, None).unwrap(), encoding.name());
        }
        assert_eq!(chosen(b"Nombre;Tel\x82fono\nMar\xa1a N\xa3\xa4ez;8888-4787\n", None).unwrap(), "ibm850");
    }

    #[test]
    fn utf_8_stays_utf_8_with_a_character_cut_off_and_a_few_wrong_bytes() {
        let long = "ñ".repeat(500_000);
        assert_eq!(chosen(&long.as_bytes()[..999_999], None).unwrap(), "UTF-8");
        let odd = [b"x".as_slice(), long.as_bytes(), b"\xf1a\n"].concat();
        assert_eq!(chosen(&odd, None).unwrap(), "UTF-8");
        let latin = [b"x".repeat(300_000).as_slice(), b"Mar\xeda Nu\xf1ez"].concat();
        assert_eq!(chosen(&latin, None).unwrap(), "windows-1252", "what is far inside is seen");
    }

    #[test]
    fn a_byte_order_mark_stands_whatever_follows() {
        assert_eq!(chosen(b"\xef\xbb\xbfName\nMar\xeda\n", None).unwrap(), "UTF-8");
    }

    #[test]
    fn what_a_person_says_goes_first() {
        assert_eq!(chosen("María".as_bytes(), Some("latin1")).unwrap(), "windows-1252");
        assert_eq!(chosen(b"Ana", Some("klingon")).unwrap_err().code.as_str(), "bad_request");
    }
}
