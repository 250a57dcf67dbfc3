//! A file that appears under its name only when it is whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// A file being written, under another name beside its own.
pub(crate) struct Draft {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    replace: bool,
}

impl Draft {
    /// Begins a file. One that is there is replaced only if that is wanted.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self> {
        let shown = path.display();
        let Some(name) = path.file_name() else { bail!("{shown} is no name of a file") };
        if path.is_dir() {
            bail!("{shown} is a directory; name a file in it");
        }
        if !replace && path.symlink_metadata().is_ok() {
            bail!("{shown} is there already; --force replaces it");
        }
        let temporary = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let file = File::create_new(&temporary).with_context(|| format!("{shown} cannot be written"))?;
        Ok(Self { file, temporary, path: path.to_owned(), replace })
    }

    /// Gives the whole file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let shown = self.path.display();
        self.file.sync_all().and_then(|()| self.publish()).with_context(|| format!("{shown} cannot be written"))
    }

    fn publish(&self) -> io::Result<()> {
        if self.replace {
            return fs::rename(&self.temporary, &self.path);
        }
        // A link fails where a name is taken, which a rename does not. Some file systems have none.
        match fs::hard_link(&self.temporary, &self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists && self.path.symlink_metadata().is_err() => {
                fs::rename(&self.temporary, &self.path)
            }
            done => done,
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it was renamed, there is none.
        let _ = fs::remove_file(&self.temporary);
    }
}
