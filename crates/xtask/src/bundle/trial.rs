//! `cargo xtask bundle --try`: what a person meets who installs the .deb, on this machine: it installs, its programs run,
//! the desktop knows it, it starts and ends when it is asked to, and nothing of it is left when it is removed.

mod display;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use self::display::Display;
use crate::icons::APP_SIZES;
use crate::process::{Failure, answer, run as run_command};
use crate::workspace::Workspace;

const PACKAGE: &str = "timbre";
const ENTRY: &str = "Timbre.desktop";
const SCHEMES: [&str; 3] = ["tel", "callto", "sip"];
const NOBODY_THERE: &str = "base_url = \"http://127.0.0.1:9\"";

/// Where packages put files, and where their scripts and the system's own lists could leave some.
const PLACES: [&str; 4] = ["/etc", "/opt", "/usr", "/var/lib"];
/// What the package manager itself writes down.
const ITS_OWN: [&str; 2] = ["/var/lib/apt", "/var/lib/dpkg"];

/// A person's own installation is not ours to remove.
pub(super) fn refuse_to_replace(workspace: &Workspace) -> Result<(), Failure> {
    if is_installed(workspace) {
        return Err(Failure::advice(format!("{PACKAGE} is installed here; remove it first: apt-get remove {PACKAGE}")));
    }
    Ok(())
}

pub(super) fn run(workspace: &Workspace, deb: &Path) -> Result<(), Failure> {
    println!("\n{}", answer(workspace.command("dpkg-deb").arg("--info").arg(deb)).unwrap_or_default());
    let home = workspace.package_trial();
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).map_err(|error| Failure::advice(format!("{}: {error}", home.display())))?;

    let before = files();
    let start = Instant::now();
    let installed = run_command(dpkg(workspace).arg("--install").arg(deb));
    println!("installed in {:.1} s", start.elapsed().as_secs_f64());
    // Whatever is wrong with it, it goes again.
    let checked = installed.and_then(|()| check(workspace, &before, &home));
    let start = Instant::now();
    let removed = run_command(dpkg(workspace).args(["--purge", PACKAGE]));
    println!("removed in {:.1} s", start.elapsed().as_secs_f64());
    checked?;
    removed?;
    let left: Vec<_> = files().difference(&before).cloned().collect();
    if !left.is_empty() {
        return Err(Failure::advice(format!("still there after it was removed:\n{}", lines(&left))));
    }
    if is_installed(workspace) {
        return Err(Failure::advice("dpkg still calls it installed after it was removed"));
    }
    println!("nothing is left of it\nThe .deb installs, starts, ends and goes.");
    fs::remove_dir_all(&home).map_err(|error| Failure::advice(format!("{}: {error}", home.display())))
}

fn check(workspace: &Workspace, before: &BTreeSet<PathBuf>, home: &Path) -> Result<(), Failure> {
    let new: Vec<_> = files().difference(before).cloned().collect();
    println!("{} new files:\n{}", new.len(), lines(&new));
    let in_home = |program: &str| {
        let mut command = workspace.command(program);
        command.env("HOME", home);
        for (name, folder) in
            [("CONFIG", ".config"), ("DATA", ".local/share"), ("CACHE", ".cache"), ("STATE", ".state")]
        {
            command.env(format!("XDG_{name}_HOME"), home.join(folder));
        }
        command
    };

    for program in ["timbre", "timbrectl"] {
        let path = format!("/usr/bin/{program}");
        let says = answer(in_home(&path).arg("--version")).unwrap_or_default();
        expect(says.trim() == format!("{program} {}", env!("CARGO_PKG_VERSION")), || {
            format!("{path} --version says {says:?}")
        })?;
        println!("{}", says.trim());
    }

    let entry = Path::new("/usr/share/applications").join(ENTRY);
    run_command(workspace.command("desktop-file-validate").arg("--warn-kde").arg(&entry))?;
    let metainfo = "/usr/share/metainfo/cr.timbre.desktop.metainfo.xml";
    run_command(workspace.command("appstreamcli").args(["validate", "--no-net", metainfo]))?;
    for scheme in SCHEMES {
        opens(&in_home, scheme)?;
    }
    for size in APP_SIZES {
        is_there(&format!("/usr/share/icons/hicolor/{size}x{size}/apps/timbre.png"))?;
    }
    is_there("/usr/share/icons/hicolor/scalable/apps/timbre.svg")?;
    println!("icons in {} sizes and scalable", APP_SIZES.len());
    set_up(&in_home, home)?;
    start_and_end(in_home)
}

/// A package makes itself one of those that can open a link; which of them does is the person's choice. In a home where
/// nothing was chosen yet, choosing us must be enough.
fn opens(in_home: &impl Fn(&str) -> Command, scheme: &str) -> Result<(), Failure> {
    let kind = format!("x-scheme-handler/{scheme}");
    let known = answer(in_home("gio").args(["mime", &kind])).unwrap_or_default();
    expect(known.contains(ENTRY), || format!("gio does not offer {ENTRY} for {kind}; it says: {known}"))?;
    let query = || answer(in_home("xdg-mime").args(["query", "default", &kind])).unwrap_or_default();
    let by_itself = query();
    run_command(in_home("xdg-mime").args(["default", ENTRY, &kind]))?;
    let chosen = query();
    expect(chosen.trim() == ENTRY, || format!("{kind} was given to {ENTRY}, and {chosen:?} opens it"))?;
    println!("{kind}: offered; by itself {}, once chosen {}", by_itself.trim(), chosen.trim());
    Ok(())
}

/// The settings that timbrectl gives as an example, with nobody at the vendor's address: a trial calls no real one.
fn set_up(in_home: &impl Fn(&str) -> Command, home: &Path) -> Result<(), Failure> {
    let example = answer(in_home("/usr/bin/timbrectl").args(["config", "example"])).unwrap_or_default();
    let settings: Vec<_> =
        example.lines().map(|line| if line.starts_with("base_url") { NOBODY_THERE } else { line }).collect();
    expect(settings.contains(&NOBODY_THERE), || format!("the example of the settings has no address: {example}"))?;
    let folder = home.join(".config/timbre");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("timbre.toml"), settings.join("\n")))
        .map_err(|error| Failure::advice(format!("{}: {error}", folder.display())))?;
    run_command(in_home("/usr/bin/timbrectl").args(["config", "check"]))
}

fn start_and_end(in_home: impl Fn(&str) -> Command) -> Result<(), Failure> {
    let display = Display::start(&in_home)?;
    let start = Instant::now();
    let mut timbre = display
        .inside(in_home("/usr/bin/timbre"))
        .spawn()
        .map_err(|error| Failure::advice(format!("the installed program could not be started: {error}")))?;
    let lived = live_and_end(&display, &mut timbre, start);
    // Where it did not end by itself. Its page's process ends with it.
    let _ = timbre.kill();
    let _ = timbre.wait();
    lived
}

fn live_and_end(display: &Display, timbre: &mut Child, start: Instant) -> Result<(), Failure> {
    display.until_a_window_of("timbre", timbre)?;
    let windows = start.elapsed().as_secs_f64();
    display::until_it_listens(timbre)?;
    let engine = start.elapsed().as_secs_f64();
    let (took, status) = display::end(timbre, Duration::from_secs(20))?;
    expect(status.success(), || format!("asked to end, it ended with {status}"))?;
    println!("started: windows after {windows:.2} s, engine after {engine:.2} s");
    println!("asked to end: gone after {:.2} s, {status}", took.as_secs_f64());
    Ok(())
}

fn expect(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(Failure::advice(otherwise())) }
}

fn is_there(path: &str) -> Result<(), Failure> {
    expect(Path::new(path).is_file(), || format!("{path} is missing"))
}

fn is_installed(workspace: &Workspace) -> bool {
    let says = answer(workspace.command("dpkg-query").args(["--show", "--showformat", "${db:Status-Status}", PACKAGE]));
    // Never seen, or removed with its settings.
    says.is_some_and(|status| status != "not-installed")
}

/// dpkg as it can be run here; sudo asks whoever sits there.
fn dpkg(workspace: &Workspace) -> Command {
    let root = answer(workspace.command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    let mut command = workspace.command(if root { "dpkg" } else { "sudo" });
    if !root {
        command.arg("dpkg");
    }
    command
}

/// Every file and folder where packages put some. What cannot be read is not there, before and after.
fn files() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = PLACES.map(PathBuf::from).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if ITS_OWN.iter().any(|own| path == Path::new(own)) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

fn lines(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("  {}", path.display())).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_names_link_schemes_names_all_of_them() {
        let entry = include_str!("../../../../src-tauri/linux/timbre.desktop");
        let schemes = SCHEMES.map(|scheme| format!("x-scheme-handler/{scheme};")).concat();
        assert!(entry.lines().any(|line| line == format!("MimeType={schemes}")), "the menu entry: {schemes}");

        let metainfo = include_str!("../../../../src-tauri/linux/cr.timbre.desktop.metainfo.xml");
        for scheme in SCHEMES {
            assert!(metainfo.contains(&format!("<mediatype>x-scheme-handler/{scheme}</mediatype>")), "{scheme}");
        }
        let config = include_str!("../../../../src-tauri/tauri.conf.json");
        let (_, plug_in) = config.split_once("\"deep-link\"").expect("Windows and macOS know the schemes from there");
        for scheme in SCHEMES {
            assert!(plug_in.contains(&format!("\"{scheme}\"")), "Windows and macOS: {scheme}");
        }
    }

    #[test]
    fn the_menu_entry_speaks_the_three_languages() {
        let entry = include_str!("../../../../src-tauri/linux/timbre.desktop");
        for key in ["GenericName", "Comment", "Keywords"] {
            for language in ["", "[es]", "[pt_BR]"] {
                assert!(entry.contains(&format!("\n{key}{language}=")), "{key}{language}");
            }
        }
    }
}
