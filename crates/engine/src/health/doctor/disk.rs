//! The disk and the data folder: room, leave to write, and nobody else's eyes.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::finding::{Check, findings};
use crate::Context;

const MIB: u64 = 1024 * 1024;
/// Below this the next write may fail, bytes.
const FULL: u64 = 50 * MIB;
/// Below this it is time to make room, bytes.
const LOW: u64 = 500 * MIB;
/// Written and removed again to see whether the folder can be written.
const PROBE: &str = "timbre.probe";

findings! {
    /// What can be found of the disk.
    Disk in "disk" {
        Free = "free" => Good,
        Low = "low" => Warning,
        /// A backup would not fit beside the database.
        NoRoomForBackup = "no_room_for_backup" => Warning,
        Full = "full" => Failed,
        /// The system does not say how much is free.
        Unknown = "unknown" => NotChecked,
        Writable = "writable" => Good,
        NotWritable = "not_writable" => Failed,
        /// Other users of this machine can read the folder.
        OthersCanRead = "others_can_read" => Warning,
    }
}

pub(super) async fn check(context: &Arc<Context>) -> Vec<Check> {
    let disk = context.disk.clone();
    let looked = context.core.stored(move |store| {
        let folder = store.path().parent().unwrap_or(Path::new("."));
        let database = fs::metadata(store.path()).map_or(0, |meta| meta.len());
        let room = match disk.free(folder) {
            Ok(free) => room(free, database),
            Err(error) => Check::of(Disk::Unknown).detail(error.to_string()),
        };
        let mut checks = vec![room, writable(folder)];
        checks.extend(others_can_read(folder).then(|| Check::of(Disk::OthersCanRead)));
        Ok(checks)
    });
    looked.await.unwrap_or_else(|error| vec![Check::of(Disk::Unknown).detail(error.to_string())])
}

/// `free` and the database's size, bytes.
fn room(free: u64, database: u64) -> Check {
    let finding = match free {
        free if free < FULL => Disk::Full,
        free if free < LOW => Disk::Low,
        free if free < database => Disk::NoRoomForBackup,
        _ => Disk::Free,
    };
    Check::of(finding).with("free_bytes", free).with("database_bytes", database)
}

fn writable(folder: &Path) -> Check {
    match probe(&folder.join(PROBE)) {
        Ok(()) => Check::of(Disk::Writable),
        Err(error) => Check::of(Disk::NotWritable).detail(error.to_string()),
    }
}

fn probe(file: &Path) -> io::Result<()> {
    // What was left behind is not ours to write to: it may be a link by now.
    let _ = fs::remove_file(file);
    let written = timbre_files::private::create_new(file).and_then(|mut file| file.write_all(b"Timbre was here"));
    // A full disk may leave an empty file behind.
    let removed = fs::remove_file(file);
    written.and(removed)
}

#[cfg(unix)]
fn others_can_read(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // Without leave to enter the folder nobody reaches a file in it.
    fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o007 != 0)
}

/// Elsewhere a folder below the user's own inherits who may read it.
#[cfg(not(unix))]
fn others_can_read(_folder: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_below_50_mib_and_low_below_500_or_when_a_backup_does_not_fit() {
        for (free, database, wanted) in [
            (0, 0, "disk.full"),
            (50 * MIB - 1, 0, "disk.full"),
            (50 * MIB, 0, "disk.low"),
            (500 * MIB - 1, 0, "disk.low"),
            (500 * MIB, 500 * MIB, "disk.free"),
            (500 * MIB, 500 * MIB + 1, "disk.no_room_for_backup"),
        ] {
            assert_eq!(room(free, database).finding, wanted, "{free} {database}");
        }
    }
}
