//! Debian's and Ubuntu's packages: which ones and why, and how they are installed with the person's leave.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use super::Need;
use crate::process::{Failure, answer, run};
use crate::workspace::{Workspace, on_a_build_server};

pub(super) struct Group {
    pub(super) need: Need,
    what_for: &'static str,
    packages: &'static [Package],
}

struct Package {
    name: &'static str,
    why: &'static str,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

pub(super) const GROUPS: &[Group] = &[
    Group {
        need: Need::Shell,
        what_for: "to compile the desktop program",
        packages: &[
            package("build-essential", "the C compiler and linker"),
            package("pkg-config", "finds the libraries below"),
            package("libwebkit2gtk-4.1-dev", "the web view that the windows are drawn with"),
            package("libayatana-appindicator3-dev", "the icon in the tray"),
            package("librsvg2-dev", "icons as SVG"),
            package("libxdo-dev", "the menu's keyboard shortcuts on X11"),
            package("libssl-dev", "on Tauri's own list: some of its plug-ins link OpenSSL"),
            package("file", "recognises file types when bundling"),
            package("curl", "downloads while bundling"),
            package("wget", "downloads while bundling"),
        ],
    },
    Group {
        need: Need::Browser,
        what_for: "to test the windows' pages",
        packages: &[package("chromium", "the browser they are opened in; TIMBRE_CHROMIUM names another")],
    },
    Group {
        need: Need::TestDesktop,
        what_for: "for a desktop on a virtual display, where real windows are driven",
        packages: &[
            package("xvfb", "the display, in memory"),
            package("dbus", "the session bus: tray, notifications, one running copy"),
            package("dbus-x11", "starts a session bus for one display"),
            package("openbox", "a window manager, which gives the focus and may refuse it"),
            package("xdotool", "types and clicks as an agent does"),
            package("x11-utils", "xprop and xwininfo: where windows are and who has the focus"),
            package("wmctrl", "lists windows in the order they are stacked"),
            package("imagemagick", "takes screenshots and compares them"),
            package("fonts-dejavu-core", "letters; without any font the pages are blank"),
            package("xsettingsd", "the desktop's settings: theme, size of text"),
            package("xdg-desktop-portal", "the same as newer desktops tell them"),
            package("xdg-desktop-portal-gtk", "where it takes them from"),
            package("gsettings-desktop-schemas", "their names"),
            package("adwaita-icon-theme", "GTK's own icons"),
            package("libglib2.0-bin", "gdbus: speaks to programs on the session bus"),
            package("python3-gi", "a stand-in for the program that the agent types in"),
            package("gir1.2-gtk-3.0", "its window"),
            package("tigervnc-standalone-server", "a display with two screens"),
            package("xclip", "what was copied, and what was marked"),
            package("xfce4-panel", "a tray, where the icon can be seen"),
            package("gir1.2-ayatanaappindicator3-0.1", "another program's icon in it, to try the tray's driver on"),
            package("libnotify-bin", "notify-send: another program's notifications"),
            package("dunst", "shows notifications, for pictures of them"),
            package("gnome-keyring", "the Secret Service, where passwords are kept"),
            package("libsecret-tools", "secret-tool: another program's secrets in it"),
            package("at-spi2-core", "tells a screen reader what stands in the windows"),
            package("gir1.2-atspi-2.0", "listens to it as a screen reader"),
        ],
    },
    Group {
        need: Need::Yardsticks,
        what_for: "for what Timbre is measured beside",
        packages: &[
            package("sqlite3", "the shell, which imports the same contacts"),
            package("linphone-desktop", "a telephone, beside the start, memory and processor of the windows"),
            package("gnome-calls", "another"),
        ],
    },
    Group {
        need: Need::PackageTrial,
        what_for: "to try the package out",
        packages: &[
            package("desktop-file-utils", "checks the menu entry, and keeps the list of who opens which link"),
            package("xdg-utils", "asks who opens a link, as other programs do"),
            package("appstream", "checks what software centres show"),
        ],
    },
    Group {
        need: Need::WindowsCheck,
        what_for: "to compile for Windows without Windows",
        packages: &[
            package("rustc-web", "Debian's current Rust"),
            package("cargo-web", "its cargo"),
            package("rust-web-src", "the standard library's sources, to be compiled for Windows"),
            package("gcc-mingw-w64-x86-64", "the C compiler for it: SQLite, cryptography, the program's icon"),
        ],
    },
    Group {
        need: Need::Wine,
        what_for: "to run what was compiled for Windows",
        packages: &[package("wine", "a Windows of its own"), package("wine64", "its part for 64 bits")],
    },
];

/// Installs what is missing of these groups. Where apt is not the way, says what to install and goes on.
pub(super) fn install(workspace: &Workspace, groups: &[&Group]) -> Result<(), Failure> {
    let wanted: Vec<&Package> = groups.iter().flat_map(|group| group.packages).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let Some(missing) = look_up(workspace, &wanted) else {
        println!(
            "This Linux has no dpkg. Timbre needs what Debian calls {}; if it is here already, all is well. Going on.",
            names(&wanted).join(" ")
        );
        return Ok(());
    };
    if missing.is_empty() {
        println!("{} packages of the system", wanted.len());
        return Ok(());
    }
    for group in groups {
        let lacking = group.packages.iter().filter(|package| missing.iter().any(|other| other.name == package.name));
        let lines: Vec<_> = lacking.map(|package| format!("  {:<29} {}", package.name, package.why)).collect();
        if !lines.is_empty() {
            println!("Missing {}:\n{}", group.what_for, lines.join("\n"));
        }
    }
    let mut apt = get_leave(workspace, &names(&missing))?;
    // Old lists are the usual reason why an installation fails, and a broken foreign source is no reason why ours
    // should: what cannot be fetched is said by the installation itself.
    if let Err(failure) = run(apt().arg("update")) {
        println!("{failure}; trying with the lists there are");
    }
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(names(&missing)))
}

fn names<'a>(packages: &[&'a Package]) -> Vec<&'a str> {
    packages.iter().map(|package| package.name).collect()
}

/// The packages that are not installed; nothing when there is no dpkg to ask.
fn look_up<'a>(workspace: &Workspace, wanted: &[&'a Package]) -> Option<Vec<&'a Package>> {
    answer(workspace.command("dpkg-query").arg("--version"))?;
    // dpkg-query fails when one of them is unknown to it, and answers for the others all the same.
    let mut query = workspace.command("dpkg-query");
    query.args(["--show", "--showformat", "${Package} ${db:Status-Status}\\n"]).args(names(wanted));
    let output = query.output().ok()?;
    Some(missing(wanted, &String::from_utf8_lossy(&output.stdout)))
}

fn missing<'a>(wanted: &[&'a Package], dpkg_says: &str) -> Vec<&'a Package> {
    let installed = |name: &str| dpkg_says.lines().any(|line| line.split_once(' ') == Some((name, "installed")));
    wanted.iter().copied().filter(|package| !installed(package.name)).collect()
}

/// How apt-get can be run here.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Directly,
    Sudo,
    /// Neither root nor sudo without a question: the person runs it.
    NotByUs,
}

/// What is known about this machine and who sits at it.
#[derive(Clone, Copy, Default)]
struct Circumstances {
    root: bool,
    sudo: bool,
    sudo_without_password: bool,
    somebody_there: bool,
}

fn way(here: Circumstances) -> Way {
    if here.root {
        Way::Directly
    } else if here.sudo_without_password || (here.sudo && here.somebody_there) {
        Way::Sudo
    } else {
        Way::NotByUs
    }
}

/// Asks where somebody can answer; hands back what makes an apt-get command.
fn get_leave<'a>(workspace: &'a Workspace, packages: &[&str]) -> Result<impl FnMut() -> Command + 'a, Failure> {
    let asks = |program: &str, arguments: &[&str]| answer(workspace.command(program).args(arguments));
    let here = Circumstances {
        root: asks("id", &["-u"]).is_some_and(|id| id.trim() == "0"),
        sudo: asks("sudo", &["--version"]).is_some(),
        sudo_without_password: asks("sudo", &["-n", "true"]).is_some(),
        somebody_there: io::stdin().is_terminal() && !on_a_build_server(),
    };
    let way = way(here);
    let prefix = if here.root { "" } else { "sudo " };
    let by_hand = format!(
        "{prefix}apt-get update && {prefix}apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    if way == Way::NotByUs {
        return Err(Failure::advice(format!("these packages are to be installed by somebody who may:\n{by_hand}")));
    }
    if here.somebody_there && !agrees()? {
        return Err(Failure::advice(format!("nothing was installed; to do it by hand:\n{by_hand}")));
    }
    Ok(move || {
        // apt's own questions would wait for ever on a build server.
        let mut command = workspace.command(if way == Way::Sudo { "sudo" } else { "env" });
        if way == Way::Sudo {
            command.arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    })
}

fn agrees() -> Result<bool, Failure> {
    print!("Install them with apt-get? [y/N] ");
    let mut reply = String::new();
    io::stdout()
        .flush()
        .and_then(|()| io::stdin().read_line(&mut reply))
        .map_err(|error| Failure::advice(format!("the reply could not be read: {error}")))?;
    Ok(is_yes(&reply))
}

fn is_yes(reply: &str) -> bool {
    matches!(reply.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_missing_unless_dpkg_calls_it_installed() {
        let wanted = [&package("xvfb", ""), &package("dbus", ""), &package("openbox", ""), &package("file", "")];
        let dpkg_says = "xvfb installed\ndbus config-files\nfile installed\nlibopenbox installed\n";

        assert_eq!(names(&missing(&wanted, dpkg_says)), ["dbus", "openbox"]);
        assert_eq!(missing(&wanted, "").len(), 4);
    }

    #[test]
    fn root_needs_no_sudo() {
        assert_eq!(way(Circumstances { root: true, ..Circumstances::default() }), Way::Directly);
    }

    #[test]
    fn sudo_is_used_when_it_asks_nothing_or_somebody_is_there_to_answer() {
        let asks_nothing = Circumstances { sudo: true, sudo_without_password: true, ..Circumstances::default() };
        let somebody = Circumstances { sudo: true, somebody_there: true, ..Circumstances::default() };
        assert_eq!(way(asks_nothing), Way::Sudo);
        assert_eq!(way(somebody), Way::Sudo);
    }

    #[test]
    fn without_root_and_without_anybody_to_type_a_password_nothing_is_installed() {
        assert_eq!(way(Circumstances { sudo: true, ..Circumstances::default() }), Way::NotByUs);
        assert_eq!(way(Circumstances { somebody_there: true, ..Circumstances::default() }), Way::NotByUs);
    }

    #[test]
    fn silence_is_not_a_yes() {
        assert!(is_yes("y\n") && is_yes("Yes\n"));
        assert!(!is_yes("\n") && !is_yes("") && !is_yes("n\n"));
    }

    #[test]
    fn no_package_is_listed_twice() {
        let mut all: Vec<_> = GROUPS.iter().flat_map(|group| group.packages).map(|package| package.name).collect();
        let listed = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), listed);
    }
}
