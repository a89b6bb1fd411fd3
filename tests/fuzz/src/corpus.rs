//! Inputs, one a line, with everything but printable ASCII percent-encoded: a corpus can be read, and its changes too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// The file with a target's inputs.
#[must_use]
pub fn file(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.txt"))
}

/// The inputs that are kept for a target; none where there is no file yet.
///
/// # Errors
/// When the file can't be read.
pub fn read(target: &str) -> io::Result<Vec<Vec<u8>>> {
    match fs::read_to_string(file(target)) {
        Ok(text) => Ok(text.lines().map(|line| percent_decode_str(line).collect()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps these inputs for a target, sorted, each once, in place of those before.
///
/// # Errors
/// When the file can't be written.
pub fn write(target: &str, inputs: &[Vec<u8>]) -> io::Result<()> {
    let mut lines: Vec<_> = inputs.iter().map(|input| percent_encode(input, ENCODED).to_string()).collect();
    lines.sort();
    lines.dedup();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = file(target);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}
