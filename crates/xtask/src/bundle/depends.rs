//! Which packages the .deb says it needs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Failure, answer};
use crate::workspace::Workspace;

/// Loaded while the program runs, so that no tool sees it in the program.
const LOADED_LATER: [&str; 1] = ["libayatana-appindicator3-1"];

/// Asks dpkg which packages have the libraries that the programs were linked with, and from which version on: a package
/// that was made on a newer system then says on an older one why it does not fit, instead of not starting.
pub(super) fn of(workspace: &Workspace, scratch: &Path, programs: &[PathBuf]) -> Result<Vec<String>, Failure> {
    // It wants to stand in a source package.
    let debian = scratch.join("debian");
    fs::create_dir_all(&debian)
        .and_then(|()| fs::write(debian.join("control"), "Source: timbre\n\nPackage: timbre\nArchitecture: any\n"))
        .map_err(|error| Failure::advice(format!("{}: {error}", debian.display())))?;
    let says = answer(workspace.command("dpkg-shlibdeps").arg("-O").args(programs).current_dir(scratch));
    let says = says.ok_or_else(|| {
        Failure::advice(
            "dpkg-shlibdeps (Debian: dpkg-dev) does not say which libraries the programs need; is this Debian?",
        )
    })?;
    let mut depends = linked(&says);
    depends.extend(LOADED_LATER.map(str::to_owned));
    Ok(depends)
}

/// `shlibs:Depends=libc6 (>= 2.34), libgtk-3-0 (>= 3.23.0)`
fn linked(says: &str) -> Vec<String> {
    let list = says.lines().find_map(|line| line.strip_prefix("shlibs:Depends=")).unwrap_or_default();
    list.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dpkg_says_is_taken_with_its_versions() {
        let says = "shlibs:Depends=libc6 (>= 2.34), libgtk-3-0 (>= 3.23.0) | libgtk-3-0t64\n";
        assert_eq!(linked(says), ["libc6 (>= 2.34)", "libgtk-3-0 (>= 3.23.0) | libgtk-3-0t64"]);
        assert_eq!(linked(""), [""; 0]);
    }
}
