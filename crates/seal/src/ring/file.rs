//! The key file on the disk: read with care, and never half written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::RingError;
use crate::digest::hex;
use crate::random::Random;

/// Far above what a ring with every key of a decade needs.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// Reads the text of a key file that is its owner's alone.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, RingError> {
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => RingError::Missing { path: path.to_owned() },
        _ => error(path, source),
    })?;
    // Asked of the open file, not of the path, so that both checks and the read see one file.
    let metadata = file.metadata().map_err(|source| error(path, source))?;
    if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
        return Err(RingError::UnknownVersion { path: path.to_owned() });
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(RingError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o7777 });
    }
    let capacity = usize::try_from(metadata.len()).expect("the size is below the limit");
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    match (&file).take(SIZE_LIMIT).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(RingError::UnknownVersion { path: path.to_owned() })
        }
        Err(source) => Err(error(path, source)),
    }
}

/// Makes a file with this text, unless there is one of its name.
pub(super) fn create(path: &Path, text: &str, random: &dyn Random) -> Result<(), RingError> {
    let new = write_beside(path, text, random)?;
    let linked = fs::hard_link(&new, path);
    // The link is what counts; a leftover second name is harmless.
    fs::remove_file(&new).ok();
    match linked {
        Ok(()) => sync_folder(path).map_err(|source| error(path, source)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(RingError::Exists { path: path.to_owned() }),
        Err(source) => Err(error(path, source)),
    }
}

/// Puts this text in the place of the file's: all of it, or none.
pub(super) fn replace(path: &Path, text: &str, random: &dyn Random) -> Result<(), RingError> {
    let new = write_beside(path, text, random)?;
    let replaced = fs::rename(&new, path).and_then(|()| sync_folder(path));
    replaced.map_err(|source| error(path, source))
}

/// Writes a new file in the folder of `path`, on the disk and under a name of its own.
fn write_beside(path: &Path, text: &str, random: &dyn Random) -> Result<PathBuf, RingError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", hex(&random.array::<4>())));
    let new = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    match written {
        Ok(()) => Ok(new),
        Err(source) => {
            fs::remove_file(&new).ok();
            Err(error(path, source))
        }
    }
}

fn error(path: &Path, source: io::Error) -> RingError {
    RingError::Io { path: path.to_owned(), source }
}

/// Makes the names in the folder of `path` durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
