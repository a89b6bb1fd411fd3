//! Bodies that a server compressed although nobody asked it to.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::unread::Unread;

/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// A proxy may compress what is compressed already.
const LAYERS_AT_MOST: usize = 3;
/// How many bytes of an unreadable body are kept.
const BEGINNING: usize = 32;

/// The body as it was before it was compressed, at most so many bytes of it. What is not compressed comes back as it is,
/// whatever the header `Content-Encoding` says.
///
/// # Errors
/// [`ErrorCode::TooLarge`], or [`ErrorCode::Unreadable`] for a body that is cut short or packed in a way we don't know.
pub(crate) fn unpacked(mut body: Vec<u8>, encoding: Option<&str>, at_most: usize) -> Result<Vec<u8>, PortError> {
    for _ in 0..LAYERS_AT_MOST {
        if !body.starts_with(GZIP) {
            break;
        }
        body = read(MultiGzDecoder::new(body.as_slice()), at_most).map_err(|error| match error.code {
            ErrorCode::Unreadable => unreadable(error.detail, &body),
            _ => error,
        })?;
    }
    match encoding.map(|encoding| encoding.trim().to_ascii_lowercase()).as_deref() {
        Some("deflate") => Ok(match read(ZlibDecoder::new(body.as_slice()), at_most) {
            Ok(unpacked) => unpacked,
            Err(error) if error.code == ErrorCode::TooLarge => return Err(error),
            // Some servers leave the wrapping out; others only say that they pack.
            Err(_) => read(DeflateDecoder::new(body.as_slice()), at_most).unwrap_or(body),
        }),
        Some(other @ ("br" | "zstd" | "compress")) if std::str::from_utf8(&body).is_err() => {
            Err(unreadable(format!("the answer is packed with {other}, which was not asked for"), &body))
        }
        _ => Ok(body),
    }
}

fn read(packed: impl std::io::Read, at_most: usize) -> Result<Vec<u8>, PortError> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(at_most).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(limit).read_to_end(&mut unpacked).map_err(|error| {
        PortError::new(ErrorCode::Unreadable, "the packed answer can't be unpacked").caused_by(error)
    })?;
    if unpacked.len() > at_most {
        return Err(PortError::new(ErrorCode::TooLarge, format!("the answer is larger than {at_most} bytes")));
    }
    Ok(unpacked)
}

/// Kept for diagnosis: how it begins tells what it is packed with.
fn unreadable(reason: String, body: &[u8]) -> PortError {
    let beginning: Vec<_> = body.iter().take(BEGINNING).map(|byte| format!("{byte:02x}")).collect();
    let raw = format!("{} bytes, beginning with {}", body.len(), beginning.join(" "));
    let mut error = PortError::new(ErrorCode::Unreadable, reason.clone());
    error.unread = Some(Box::new(Unread { place: "answer".into(), reason, raw }));
    error
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = br#"{"status":200,"message":"","cdrs":[]}"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_was_packed_is_read_whether_it_is_said_or_not() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(TEXT).unwrap();
        for (body, encoding) in [
            (TEXT.to_vec(), None),
            (TEXT.to_vec(), Some("gzip")),
            (TEXT.to_vec(), Some("br")),
            (TEXT.to_vec(), Some("deflate")),
            (gzip(TEXT), None),
            (gzip(TEXT), Some("gzip")),
            (gzip(&gzip(TEXT)), Some("x-gzip")),
            (zlib.finish().unwrap(), Some("Deflate")),
            (raw.finish().unwrap(), Some("deflate")),
        ] {
            assert_eq!(unpacked(body, encoding, 1_000).unwrap(), TEXT, "{encoding:?}");
        }
    }

    #[test]
    fn a_small_body_that_unpacks_to_a_huge_one_is_stopped_and_one_cut_short_is_told() {
        let bomb = gzip(&vec![b' '; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(unpacked(bomb.clone(), None, 1_000_000).unwrap_err().code, ErrorCode::TooLarge);
        let cut = bomb[..bomb.len() / 2].to_vec();
        let error = unpacked(cut, None, 100_000_000).unwrap_err();
        assert_eq!(error.code, ErrorCode::Unreadable);
        assert!(error.unread.unwrap().raw.contains("1f 8b"));
        assert_eq!(unpacked(b"\x0b\x02\x80\xff".to_vec(), Some("br"), 100).unwrap_err().code, ErrorCode::Unreadable);
    }
}
