//! The windows' pages: checked and built with npm, embedded into the desktop program when that is compiled.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::process::{Failure, run};
use crate::workspace::Workspace;

/// Folders in ui/ that hold no source.
const NOT_SOURCE: [&str; 6] = ["node_modules", "dist", "coverage", "test-results", "playwright-report", "screenshots"];

/// The `ui` step of `cargo xtask test`.
pub(crate) fn check_and_build(workspace: &Workspace) -> Result<(), Failure> {
    install(workspace)?;
    run(&mut workspace.npm(["run", "check"]))?;
    run(&mut workspace.npm(["test"]))?;
    run(&mut workspace.npm(["run", "build"]))?;
    run(&mut workspace.npm(["run", "test:browser"]))
}

/// Builds ui/dist unless it is newer than everything it is made from. The desktop program does not compile without it.
pub(crate) fn build_if_stale(workspace: &Workspace) -> Result<(), Failure> {
    let ui = workspace.path("ui");
    let texts = workspace.path("crates/domain/texts");
    if is_built(&ui.join("dist"), &[&ui, &texts]) {
        return Ok(());
    }
    install(workspace)?;
    run(&mut workspace.npm(["run", "build"]))
}

fn install(workspace: &Workspace) -> Result<(), Failure> {
    run(&mut workspace.npm(["ci", "--no-audit", "--no-fund"]))
}

/// A folder that cannot be read counts as not built: npm will say what is wrong with it.
fn is_built(pages: &Path, sources: &[&Path]) -> bool {
    let built = newest_file(pages);
    let newest = sources.iter().map(|folder| newest_file(folder)).collect::<io::Result<Vec<_>>>();
    match (built, newest) {
        (Ok(built), Ok(newest)) => newest.into_iter().all(|source| source <= built),
        _ => false,
    }
}

fn newest_file(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let changed = if !entry.file_type()?.is_dir() {
            entry.metadata()?.modified()?
        } else if name.starts_with('.') || NOT_SOURCE.contains(&name.as_ref()) {
            continue;
        } else {
            newest_file(&entry.path())?
        };
        newest = newest.max(changed);
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir_all};
    use std::path::PathBuf;
    use std::time::Duration;

    /// A folder like ui/, with files of given ages; gone at the end of the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("timbre-xtask-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }

        fn file(&self, name: &str, changed_at: u64) {
            let path = self.0.join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            let file = File::create(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(changed_at)).unwrap();
        }

        fn is_built(&self) -> bool {
            is_built(&self.0.join("dist"), &[&self.0])
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn pages_are_built_again_when_a_source_is_newer_or_there_are_none() {
        let ui = Folder::new("stale");
        ui.file("src/main/App.svelte", 100);
        assert!(!ui.is_built());

        ui.file("dist/popup.html", 200);
        assert!(ui.is_built());

        ui.file("src/main/App.svelte", 300);
        assert!(!ui.is_built());
    }

    #[test]
    fn a_changed_lock_file_counts_and_what_npm_itself_writes_does_not() {
        let ui = Folder::new("lock");
        ui.file("package-lock.json", 100);
        ui.file("dist/popup.html", 200);
        ui.file("node_modules/.package-lock.json", 300);
        ui.file(".vite/cache", 300);
        assert!(ui.is_built());

        ui.file("package-lock.json", 300);
        assert!(!ui.is_built());
    }
}
