//! A file as a stream of UTF-8, whatever it is written in.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::FileError;

use crate::charset::{Charset, UTF8, of_ibm850};
use crate::encoding::Chosen;
use crate::trouble::of_io;

/// What is looked at before rows are read, bytes of decoded text.
const HEAD: u64 = 256 * 1024;

/// The mark some programs put before UTF-8.
pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file: bytes of UTF-8, valid where the file was. What is wrong in another encoding comes out as U+FFFD.
pub(crate) struct Source {
    text: Text,
    read: Arc<AtomicU64>,
}

enum Text {
    AsItIs(Counted),
    Decoded(Box<DecodeReaderBytes<Counted, Vec<u8>>>),
    Ibm850(Ibm850),
}

/// Text of code page 850 as UTF-8.
struct Ibm850 {
    input: Counted,
    decoded: Vec<u8>,
    given: usize,
}

impl Read for Ibm850 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.decoded.len() {
            let mut bytes = [0; 16 * 1024];
            let count = self.input.read(&mut bytes)?;
            let text: String = bytes[..count].iter().map(|byte| of_ibm850(*byte)).collect();
            (self.decoded, self.given) = (text.into_bytes(), 0);
        }
        let count = buffer.len().min(self.decoded.len() - self.given);
        buffer[..count].copy_from_slice(&self.decoded[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

/// The beginning of a file.
pub(crate) struct Head {
    pub(crate) text: Vec<u8>,
    /// Whether that is all there is.
    pub(crate) whole: bool,
    /// What the file is written in.
    pub(crate) encoding: Chosen,
    /// How long the file is, bytes.
    pub(crate) bytes: u64,
}

/// Opens a file, and says how long it is.
pub(crate) fn open(path: &Path) -> Result<(File, u64), FileError> {
    let meta = std::fs::metadata(path).map_err(|error| of_io(&error))?;
    if meta.is_dir() {
        return Err(of_io(&io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() {
        // A pipe would be waited for without end, and can't be read twice.
        return Err(FileError { code: ErrorCode::FileAccess, place: None, detail: "it is no ordinary file".into() });
    }
    let file = File::open(path).map_err(|error| of_io(&error))?;
    Ok((file, meta.len()))
}

/// The beginning of a file.
pub(crate) fn head(path: &Path, encoding: Chosen) -> Result<Head, FileError> {
    let (_, bytes) = open(path)?;
    let mut text = Vec::new();
    Source::open(path, encoding.charset)?.take(HEAD + 1).read_to_end(&mut text).map_err(|error| of_io(&error))?;
    let whole = text.len() as u64 <= HEAD;
    Ok(Head { text, whole, encoding, bytes })
}

impl Source {
    /// Opens a file behind its byte order mark.
    pub(crate) fn open(path: &Path, charset: Charset) -> Result<Self, FileError> {
        let (mut file, _) = open(path)?;
        let read = Arc::new(AtomicU64::new(0));
        let text = match charset {
            utf8 if utf8 == UTF8 => {
                let skipped = skip_mark(&mut file).map_err(|error| of_io(&error))?;
                read.store(skipped, Ordering::Relaxed);
                Text::AsItIs(Counted { file, read: Arc::clone(&read) })
            }
            Charset::Web(encoding) => {
                let decoder = DecodeReaderBytesBuilder::new()
                    .encoding(Some(encoding))
                    .bom_override(false)
                    .bom_sniffing(false)
                    .strip_bom(true)
                    .build_with_buffer(Counted { file, read: Arc::clone(&read) }, vec![0; 64 * 1024])
                    .map_err(|error| of_io(&error))?;
                Text::Decoded(Box::new(decoder))
            }
            Charset::Ibm850 => {
                let input = Counted { file, read: Arc::clone(&read) };
                Text::Ibm850(Ibm850 { input, decoded: Vec::new(), given: 0 })
            }
        };
        Ok(Self { text, read })
    }

    /// How much of the file was read, bytes.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

fn skip_mark(file: &mut File) -> io::Result<u64> {
    let mut mark = Vec::with_capacity(UTF8_MARK.len());
    file.take(UTF8_MARK.len() as u64).read_to_end(&mut mark)?;
    if mark == UTF8_MARK {
        return Ok(UTF8_MARK.len() as u64);
    }
    file.seek(SeekFrom::Start(0))
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.text {
            Text::AsItIs(text) => text.read(buffer),
            Text::Decoded(text) => text.read(buffer),
            Text::Ibm850(text) => text.read(buffer),
        }
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
