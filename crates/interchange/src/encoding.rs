//! What a file is written in, told by its bytes.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use timbre_domain::interchange::FileError;

use crate::sniff;
use crate::source::{self, UTF8_MARK};
use crate::trouble::of_io;

/// How much is looked at for byte order marks, for the pattern of UTF-16 and for what is no text at all.
const LOOK_AT: usize = 64 * 1024;

/// Chooses the encoding of a file: what a person said, else a byte order mark, else the pattern of UTF-16, else UTF-8
/// where the whole file keeps its rules, else windows-1252, of which Latin-1 is a part. What is no text is refused.
pub(crate) fn choose(path: &Path, label: Option<&str>) -> Result<&'static Encoding, FileError> {
    let said = label.map(source::encoding_of).transpose()?;
    let (mut file, _) = source::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(LOOK_AT as u64).read_to_end(&mut start).map_err(|error| of_io(&error))?;
    sniff::refuse_empty(&start)?;
    sniff::refuse_known_binary(&start)?;
    if let Some(said) = said {
        return Ok(said);
    }
    if let Some((marked, _)) = Encoding::for_bom(&start) {
        if marked == UTF_8 {
            sniff::refuse_no_text(&start)?;
        }
        return Ok(marked);
    }
    if let Some(wide) = utf16_by_pattern(&start) {
        return Ok(wide);
    }
    sniff::refuse_no_text(&start)?;
    let utf8 = file.seek(SeekFrom::Start(0)).and_then(|_| keeps_utf8(&mut file)).map_err(|error| of_io(&error))?;
    Ok(if utf8 { UTF_8 } else { WINDOWS_1252 })
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

/// Whether a whole file is UTF-8; a character cut off by its end still counts.
fn keeps_utf8(file: &mut File) -> io::Result<bool> {
    let mut buffer = vec![0; 256 * 1024];
    let mut kept = 0;
    loop {
        let count = file.read(&mut buffer[kept..])?;
        if count == 0 {
            return Ok(true);
        }
        let filled = kept + count;
        kept = match std::str::from_utf8(&buffer[..filled]) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_none() => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                filled - error.valid_up_to()
            }
            Err(_) => return Ok(false),
        };
    }
}

/// Text of an encoding that is not UTF-8, or of UTF-8; nothing where it does not keep the encoding's rules.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let bytes = bytes.strip_prefix(UTF8_MARK).filter(|_| encoding == UTF_8).unwrap_or(bytes);
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn chosen(bytes: &[u8], label: Option<&str>) -> Result<&'static str, FileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        choose(file.path(), label).map(Encoding::name)
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
        assert_eq!(chosen(&WINDOWS_1252.encode(text).0, None).unwrap(), "windows-1252");
    }

    #[test]
    fn a_character_cut_off_by_the_end_is_still_utf_8_and_one_far_inside_is_seen() {
        let long = "ñ".repeat(500_000);
        assert_eq!(chosen(&long.as_bytes()[..999_999], None).unwrap(), "UTF-8");
        let odd = [b"x".as_slice(), long.as_bytes(), b"\xf1a\n"].concat();
        assert_eq!(chosen(&odd, None).unwrap(), "windows-1252");
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
