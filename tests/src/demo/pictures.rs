//! The pictures: one of each situation, numbered as they come.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use timbre_domain::ports::Clock as _;
use timbre_simulator::RealClock;

#[cfg(target_os = "linux")]
use super::desk::Desk;
#[cfg(not(target_os = "linux"))]
use super::no_desktop::Desk;

/// Where they go, and those there are.
pub(super) struct Pictures {
    folder: PathBuf,
    taken: Vec<PathBuf>,
    clock: RealClock,
}

impl Pictures {
    pub(super) fn into(folder: PathBuf, clock: RealClock) -> Self {
        Self { folder, taken: Vec::new(), clock }
    }

    /// Takes away what an earlier demo left: its numbers would mix with ours.
    pub(super) fn clear(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let begins = name.split_once('-').is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()));
            if begins && name.ends_with(".png") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Takes a picture of the whole screen.
    pub(super) async fn take(&mut self, desk: &Desk, situation: &str) -> io::Result<()> {
        // What is told is painted; the display server draws it when it gets to it, and nothing tells when it has.
        self.clock.sleep(Duration::from_millis(600)).await;
        let file = self.folder.join(format!("{:02}-{situation}.png", self.taken.len() + 1));
        desk.screenshot(&file)?;
        self.taken.push(file);
        Ok(())
    }

    pub(super) fn taken(&self) -> &[PathBuf] {
        &self.taken
    }
}
