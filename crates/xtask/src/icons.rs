//! `cargo xtask icons`: makes the pictures that systems want from the drawings in icons/. They are committed, so that
//! only who changes a drawing runs it; a test notices who forgot.
//!
//! The app's icon in each size that a Linux icon theme has, and as ICO and ICNS. The tray's states in each of [`INKS`], in
//! the sizes of usual panels; `icons/tray/*.png` are the largest, for who scales them himself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::process::{Failure, run as run_command};
use crate::set_up::{self, Need};
use crate::tauri::tauri;
use crate::workspace::Workspace;

const APP: &str = "timbre";
/// Of the hicolor theme. `tauri.conf.json` names each; what has no size of its own is drawn from the SVG.
pub(crate) const APP_SIZES: [u32; 9] = [16, 22, 24, 32, 48, 64, 128, 256, 512];

const TRAY_STATES: [&str; 6] = ["ready", "ringing", "call", "unreachable", "waiting", "dnd"];
/// 22 points of a macOS menu bar at double resolution; what a program gets that asks for no size.
const TRAY_LARGEST: u32 = 44;
const TRAY_SMALLER: [u32; 4] = [16, 22, 24, 32];

/// What is drawn with: light with a dark edge, for panels of any colour; and black for macOS, which takes only the shape of a
/// template image and inks it itself.
const INKS: [&str; 2] = ["any", "template"];
/// How a drawing says that its ink is to be chosen; all its shapes are `currentColor`.
const ANY_INK: &str = r##"color="#000""##;
/// Around what a drawing has, which becomes a little smaller to make room for it.
const EDGED: (&str, &str) = (
    r##"<filter id="edge" filterUnits="userSpaceOnUse" x="0" y="0" width="16" height="16" color-interpolation-filters="sRGB">
  <feMorphology in="SourceAlpha" operator="dilate" radius="1" result="wide"/>
  <feFlood flood-color="#15171a"/>
  <feComposite in2="wide" operator="in"/>
  <feMerge><feMergeNode/><feMergeNode in="SourceGraphic"/></feMerge>
</filter>
<g filter="url(#edge)"><g transform="translate(1 1) scale(0.875)">"##,
    "</g></g></svg>",
);

/// Which drawings the pictures were made from.
const MADE_FROM: &str = "made-from.txt";

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    set_up::run(workspace, &[Need::Node])?;
    let icons = workspace.path("icons");
    let scratch = workspace.tools().join("icons");
    make(workspace, &icons, &scratch)?;
    fs::write(icons.join(MADE_FROM), made_from(&icons).map_err(|error| at(&icons, &error))?)
        .map_err(|error| at(&icons, &error))?;
    fs::remove_dir_all(&scratch).map_err(|error| at(&scratch, &error))
}

fn make(workspace: &Workspace, icons: &Path, scratch: &Path) -> Result<(), Failure> {
    let app = icons.join(APP).with_extension("svg");
    // Without sizes it makes what each system's package wants, of which we take two.
    run_command(tauri(workspace)?.arg("icon").arg(&app).arg("--output").arg(scratch))?;
    take(&scratch.join("icon.ico"), &icons.join("icon.ico"))?;
    let icns = scratch.join("icon.icns");
    let family = fs::read(&icns).map_err(|error| at(&icns, &error))?;
    let ordered = in_order(&family).ok_or_else(|| Failure::advice(format!("{}: not an ICNS", icns.display())))?;
    fs::write(icons.join("icon.icns"), ordered).map_err(|error| at(icons, &error))?;
    render(workspace, &app, scratch, &APP_SIZES)?;
    for size in APP_SIZES {
        take(&scratch.join(file(size)), &icons.join(file(size)))?;
    }
    let tray = icons.join("tray");
    for state in TRAY_STATES {
        let source = tray.join(state).with_extension("svg");
        let drawing = fs::read_to_string(&source).map_err(|error| at(&source, &error))?;
        for ink in INKS {
            let inked = scratch.join("inked.svg");
            let drawing = drawn_with(ink, &drawing)
                .ok_or_else(|| Failure::advice(format!("{}: not a drawing", source.display())))?;
            fs::write(&inked, drawing).map_err(|error| at(&inked, &error))?;
            let sizes = tray_sizes(ink);
            render(workspace, &inked, scratch, &sizes)?;
            for size in sizes {
                take(&scratch.join(file(size)), &tray.join(tray_file(state, ink, size)))?;
            }
        }
    }
    Ok(())
}

/// A drawing with one of [`INKS`].
fn drawn_with(ink: &str, drawing: &str) -> Option<String> {
    if ink == "template" {
        return Some(drawing.to_owned());
    }
    let (head, rest) = drawing.split_once('>')?;
    let (body, _) = rest.rsplit_once("</svg>")?;
    let (before, after) = EDGED;
    Some(format!("{}>{before}{body}{after}", head.replacen(ANY_INK, r##"color="#fff""##, 1)))
}

fn render(workspace: &Workspace, drawing: &Path, into: &Path, sizes: &[u32]) -> Result<(), Failure> {
    let mut command = tauri(workspace)?;
    command.arg("icon").arg(drawing).arg("--output").arg(into);
    for size in sizes {
        command.args(["--png", &size.to_string()]);
    }
    run_command(&mut command)
}

fn take(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    fs::copy(from, to).map(drop).map_err(|error| at(to, &error))
}

/// The same pictures in the order of their types. Tauri writes them in any, and a run that changes nothing is to change no
/// file. An ICNS is its name and length, then each picture with its type and length; lengths count themselves.
fn in_order(icns: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = icns.split_at_checked(8)?;
    let mut pictures = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?);
        let (picture, after) = rest.split_at_checked(usize::try_from(length).ok()?.max(8))?;
        pictures.push(picture);
        rest = after;
    }
    pictures.sort_unstable();
    Some([head, &pictures.concat()].concat())
}

fn at(path: &Path, error: &io::Error) -> Failure {
    Failure::advice(format!("{}: {error}", path.display()))
}

fn file(size: u32) -> String {
    format!("{size}x{size}.png")
}

/// macOS scales its one template image itself.
fn tray_sizes(ink: &str) -> Vec<u32> {
    let smaller: &[u32] = if ink == "template" { &[] } else { &TRAY_SMALLER };
    smaller.iter().copied().chain([TRAY_LARGEST]).collect()
}

fn tray_file(state: &str, ink: &str, size: u32) -> PathBuf {
    let name = format!("{state}-{ink}.png");
    if size == TRAY_LARGEST { name.into() } else { Path::new(&size.to_string()).join(name) }
}

/// Each drawing with the sum of its bytes' hash: who changes a drawing changes a line here.
fn made_from(icons: &Path) -> io::Result<String> {
    let states = TRAY_STATES.map(|state| format!("tray/{state}.svg"));
    let mut lines = String::from("# Written by cargo xtask icons, which makes the pictures from these drawings.\n");
    for drawing in std::iter::once(format!("{APP}.svg")).chain(states) {
        let bytes = fs::read(icons.join(&drawing))?;
        lines.push_str(&format!("{drawing} {:016x}\n", hash(&bytes)));
    }
    Ok(lines)
}

/// FNV-1a. Line ends as git may write them on Windows make no difference.
fn hash(bytes: &[u8]) -> u64 {
    let counted = bytes.iter().filter(|byte| **byte != b'\r');
    counted.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icons() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../icons")
    }

    /// Width and height, as a PNG says them in its first chunk.
    fn size_of(picture: &Path) -> (u32, u32) {
        let bytes = fs::read(picture).unwrap_or_else(|error| panic!("{}: {error}", picture.display()));
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{} is a PNG", picture.display());
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    #[test]
    fn every_picture_is_there_and_has_its_size() {
        for size in APP_SIZES {
            assert_eq!(size_of(&icons().join(file(size))), (size, size));
        }
        for state in TRAY_STATES {
            for ink in INKS {
                for size in tray_sizes(ink) {
                    let picture = icons().join("tray").join(tray_file(state, ink, size));
                    assert_eq!(size_of(&picture), (size, size), "{}", picture.display());
                }
            }
        }
        assert_eq!(&fs::read(icons().join("icon.ico")).unwrap()[..4], b"\0\0\x01\0");
        assert_eq!(&fs::read(icons().join("icon.icns")).unwrap()[..4], b"icns");
    }

    #[test]
    fn the_pictures_are_made_from_the_drawings_as_they_are() {
        let written = fs::read_to_string(icons().join(MADE_FROM)).unwrap().replace('\r', "");
        assert_eq!(written, made_from(&icons()).unwrap(), "run cargo xtask icons");
    }

    #[test]
    fn the_pictures_of_an_icns_get_one_order_and_a_broken_one_none() {
        let part = |kind: &[u8; 4], bytes: &[u8]| [&kind[..], &[0, 0, 0, 8 + bytes.len() as u8], bytes].concat();
        let head = b"icns\0\0\0\x20".to_vec();
        let (first, second) = (part(b"ic07", b"abc"), part(b"ic12", b"d"));
        let ordered = [head.clone(), first.clone(), second.clone()].concat();

        assert_eq!(in_order(&[head.clone(), second, first].concat()).unwrap(), ordered);
        assert_eq!(in_order(&ordered[..ordered.len() - 1]), None);
        assert_eq!(in_order(b"icns"), None);
    }

    #[test]
    fn each_state_of_the_tray_can_be_drawn_in_any_ink() {
        for state in TRAY_STATES {
            let drawing = fs::read_to_string(icons().join(format!("tray/{state}.svg"))).unwrap();
            let body = drawing.split_once('>').unwrap().1;
            assert!(drawing.contains(ANY_INK), "{state} lets its ink be chosen");
            // Black and white are also the two sides of a mask, which is no ink.
            let shapes = body.split("</mask>").last().unwrap();
            assert!(!shapes.contains("=\"#"), "{state} names no colour of its own");
        }
    }

    #[test]
    fn no_two_states_of_the_tray_look_alike() {
        for size in ["", "16/"] {
            let pictures =
                TRAY_STATES.map(|state| fs::read(icons().join(format!("tray/{size}{state}-any.png"))).unwrap());
            for (at, picture) in pictures.iter().enumerate() {
                assert!(!pictures[..at].contains(picture), "{} looks like another", TRAY_STATES[at]);
            }
        }
    }
}
