//! The port [`Disk`] on the system's file systems.

use std::path::Path;

use timbre_domain::ports::Disk;

/// What the system says of its disks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn free(&self, folder: &Path) -> std::io::Result<u64> {
        fs4::available_space(folder)
    }
}
