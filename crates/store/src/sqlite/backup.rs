//! Copies of the database while it is in use.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::StepResult;

use super::File;
use crate::StoreError;
use crate::store::BackupProgress;

/// How many pages are copied between two words on the progress: 16 MiB.
const PAGES: i32 = 4_096;

/// A whole copy of a database, on the disk, that has no name yet. Dropped before it has one, it is removed.
pub struct Backup {
    partial: Partial,
    to: PathBuf,
}

impl Backup {
    /// Where its bytes are until it has its name.
    pub fn path(&self) -> &Path {
        &self.partial.0
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), StoreError> {
        let to = &self.to;
        let finish = || {
            // Unlike a new name, a second one never replaces a file that came to be meanwhile.
            fs::hard_link(&self.partial.0, to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::File::open(folder)?.sync_all()
        };
        finish().map_err(|source| failed("a backup cannot be finished as", to, source))
    }
}

fn failed(what: &str, to: &Path, source: io::Error) -> StoreError {
    StoreError::Io { what: format!("{what} {}", to.display()), source }
}

/// Copies the database, as it is now, beside where nothing is yet. The copy is one file that only its owner
/// can read.
pub(super) fn copy(file: &File, to: PathBuf, progress: &mut dyn FnMut(BackupProgress)) -> Result<Backup, StoreError> {
    if to.try_exists().map_err(|error| failed("nothing can be seen of", &to, error))? {
        return Err(failed("a backup does not replace", &to, io::ErrorKind::AlreadyExists.into()));
    }
    let partial = Partial::create(&to).map_err(|error| failed("a backup cannot be written beside", &to, error))?;
    copy_pages(file, &partial.0, progress)?;
    let sync = fs::File::open(&partial.0).and_then(|copy| copy.sync_all());
    sync.map_err(|error| failed("a backup cannot be written beside", &to, error))?;
    Ok(Backup { partial, to })
}

fn copy_pages(file: &File, to: &Path, progress: &mut dyn FnMut(BackupProgress)) -> Result<(), StoreError> {
    let source = file.reader()?;
    // One snapshot from the first page to the last. Without it each commit would begin the copy anew.
    source.execute_batch("BEGIN; SELECT number FROM schema_migration LIMIT 1")?;
    let mut copy = Connection::open(to)?;
    let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let counts = backup.progress();
        let [total, left] = [counts.pagecount, counts.remaining].map(|pages| u64::try_from(pages).unwrap_or(0));
        progress(BackupProgress { pages: total - left, total });
        if step == StepResult::Done {
            break;
        }
    }
    drop(backup);
    copy.close().map_err(|(_, error)| error.into())
}

/// The file that a copy is made in. It goes when the copy has its name, or failed.
struct Partial(PathBuf);

impl Partial {
    fn create(to: &Path) -> io::Result<Self> {
        let mut name = to.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(".partial");
        let path = to.with_file_name(name);
        // What a process that ended amid a copy left behind.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(error = &error as &dyn std::error::Error, "a half-written backup could not be removed");
        }
    }
}
