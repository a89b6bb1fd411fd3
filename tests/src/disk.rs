//! A disk of a few megabytes that really fills up and really turns read-only, whoever runs the test: a file system of its
//! own over one folder, in a namespace that only the programs started on it see.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What is written at a time to fill it: a page, of which the disk consists.
const PAGE: [u8; 4096] = [0; 4096];

/// The disk; it is gone when this is dropped.
pub struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

#[expect(clippy::expect_used, reason = "a test without its disk is over")]
impl SmallDisk {
    /// A disk of so many megabytes over a folder that exists.
    #[must_use]
    pub fn over(folder: &Path, megabytes: u32) -> Self {
        // It holds the namespace until its input ends.
        let script = r#"mount -t tmpfs -o size="$1"m tmpfs "$2" && echo ready && exec cat"#;
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(megabytes.to_string())
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        let mut ready = String::new();
        let output = holder.stdout.take().expect("its output is ours");
        BufReader::new(output).read_line(&mut ready).expect("its output can be read");
        assert_eq!(ready, "ready\n", "the disk could not be made");
        Self { holder, folder: folder.to_owned() }
    }

    /// A program that sees the disk.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.holder.id().to_string());
        command.args(["--user", "--preserve-credentials", "--mount", "--"]).arg(program);
        command
    }

    /// The folder as this process can reach it. SQLite can't: it would take the link apart.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap_or(&self.folder))
    }

    fn filler(&self) -> PathBuf {
        self.folder().join("filler")
    }

    /// Fills it up, but for so many pages of 4 KiB.
    pub fn fill_but(&self, pages: u64) {
        let mut filler = OpenOptions::new().create(true).append(true).open(self.filler()).expect("a file");
        while filler.write_all(&PAGE).is_ok() {}
        let length = filler.metadata().expect("it is there").len();
        filler.set_len((length / 4096 * 4096).saturating_sub(pages * 4096)).expect("it can be made shorter");
    }

    /// There is room again.
    pub fn make_room(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    /// Turns it read-only, or writable again. Nobody may have a file open for writing on it.
    pub fn set_read_only(&self, read_only: bool) {
        let options = if read_only { "remount,ro" } else { "remount,rw" };
        let done = self.command("mount").args(["-o", options]).arg(&self.folder).output().expect("nsenter starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(File::create(self.folder().join("probe")).is_err(), read_only, "it is as it was asked for");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It fails only for one that has ended.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
