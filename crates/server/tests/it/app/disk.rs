//! A small disk that a test fills, and files that nobody can write.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system in memory, unmounted when it is dropped.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// None where we may not mount one, which is then said.
    pub(crate) fn of_megabytes(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}m");
        let mounted = succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()));
        if !mounted {
            eprintln!("not tested: no file system can be mounted here");
        }
        mounted.then_some(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: threads of the database may still be about to close their files.
        let unmounted = succeeds(Command::new("umount").arg("--lazy").arg(self.path()));
        assert!(unmounted || std::thread::panicking(), "the file system of a test was not unmounted");
    }
}

/// Files that nobody can write, not even who has them open, as on a disk that the system made
/// read-only after an error. A mount cannot be asked for that while a database has files open.
pub(crate) struct ReadOnly(Vec<PathBuf>);

impl ReadOnly {
    /// None where we may not do that, which is then said.
    pub(crate) fn make(paths: Vec<PathBuf>) -> Option<Self> {
        let done = succeeds(Command::new("chattr").arg("+i").args(&paths));
        if !done {
            eprintln!("not tested: no file can be made immutable here");
        }
        // Made before the answer is known, so that what was done to some is undone.
        let read_only = Self(paths);
        done.then_some(read_only)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        succeeds(Command::new("chattr").arg("-i").args(&self.0));
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
