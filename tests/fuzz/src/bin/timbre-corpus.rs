//! Between the corpora that are kept and the folders that libFuzzer wants, an input a file: `list`, `unpack TARGET FOLDER`,
//! `pack TARGET FOLDER`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's answer")]

use std::fs;
use std::io;
use std::path::Path;

use timbre_fuzz::{TARGETS, corpus, target};

/// What is kept of what a run found, bytes: what is long says little that a short one does not, and is read by nobody.
const LONGEST: usize = 256;
/// How many inputs of a run are kept, the shortest first.
const MOST: usize = 400;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => TARGETS.iter().for_each(|target| println!("{}", target.name)),
        ["unpack", name, folder] => unpack(name, Path::new(folder))?,
        ["pack", name, folder] => pack(name, Path::new(folder))?,
        _ => {
            eprintln!("timbre-corpus list | unpack TARGET FOLDER | pack TARGET FOLDER");
            std::process::exit(2);
        }
    }
    Ok(())
}

/// Writes what is kept and the fixtures into a folder.
fn unpack(name: &str, folder: &Path) -> io::Result<()> {
    let target = target(name).ok_or_else(|| io::Error::other(format!("there is no target {name}")))?;
    fs::create_dir_all(folder)?;
    for (at, input) in corpus::read(name)?.into_iter().chain((target.seeds)()).enumerate() {
        fs::write(folder.join(format!("kept-{at}")), input)?;
    }
    Ok(())
}

/// Keeps the inputs of a folder, beside what was kept: what broke something once stays, whatever it reaches now.
fn pack(name: &str, folder: &Path) -> io::Result<()> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let input = fs::read(entry?.path())?;
        if input.len() <= LONGEST {
            inputs.push(input);
        }
    }
    inputs.sort_by_key(Vec::len);
    inputs.truncate(MOST);
    inputs.extend(corpus::read(name)?);
    corpus::write(name, &inputs)
}
