//! Who was erased, put down outside of the database: a restored backup would bring them back, and the record of their
//! erasure is among the entries that such a restoration loses.
//!
//! The file holds identifiers, which lead to nobody once the erasure is done.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ledger::AnyId;
use thiserror::Error;

const HEADING: &str = "escriba erasures, version 1";

/// Who was erased: accounts, and the identifiers of members in logs of organisations.
#[derive(Clone)]
pub struct Erasures {
    path: Arc<Path>,
    /// Held while the file is replaced.
    turn: Arc<Mutex<()>>,
}

/// Why the list cannot be used.
#[derive(Debug, Error)]
pub enum ErasuresError {
    /// It cannot be read or written.
    #[error("the list of who was erased, {path}, cannot be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no such list.
    #[error("the list of who was erased, {path}, is damaged at line {line}; bring back a copy of it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
}

impl Erasures {
    /// The list in this file, whether it is there yet or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path: path.into(), turn: Arc::default() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of them.
    pub(super) async fn load(&self) -> Result<BTreeSet<AnyId>, ErasuresError> {
        let path = Arc::clone(&self.path);
        self.apart(move || read(&path)).await
    }

    /// Puts down more. Nothing is written where all are there already.
    pub(super) async fn add(&self, more: Vec<AnyId>) -> Result<(), ErasuresError> {
        let (path, turn) = (Arc::clone(&self.path), Arc::clone(&self.turn));
        self.apart(move || {
            let _turn = turn.lock().expect("no one panics while writing");
            let mut all = read(&path)?;
            let before = all.len();
            all.extend(more);
            if all.len() == before {
                return Ok(());
            }
            write(&path, &all).map_err(|source| ErasuresError::Io { path: path.to_path_buf(), source })
        })
        .await
    }

    /// Does what waits for the disk on a thread that may.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ErasuresError> + Send + 'static,
    ) -> Result<T, ErasuresError> {
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| {
            Err(ErasuresError::Io { path: self.path.to_path_buf(), source: io::Error::other(error) })
        })
    }
}

fn read(path: &Path) -> Result<BTreeSet<AnyId>, ErasuresError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(source) => return Err(ErasuresError::Io { path: path.to_owned(), source }),
    };
    let damaged = |line| ErasuresError::Damaged { path: path.to_owned(), line };
    let mut lines = text.lines().zip(1..);
    if lines.next().is_none_or(|(heading, _)| heading != HEADING) {
        return Err(damaged(1));
    }
    lines.map(|(id, line)| id.parse().map_err(|_| damaged(line))).collect()
}

/// Written beside, then put in the place of the one before, so that a crash leaves either.
fn write(path: &Path, all: &BTreeSet<AnyId>) -> io::Result<()> {
    let mut new = path.file_name().unwrap_or_default().to_owned();
    new.push(".new");
    let new = path.with_file_name(new);
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    writeln!(file, "{HEADING}")?;
    for id in all {
        writeln!(file, "{}", id.as_str())?;
    }
    file.sync_all()?;
    fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use ledger::AccountId;

    use super::*;

    #[tokio::test]
    async fn who_was_put_down_stays_and_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let list = Erasures::new(folder.path().join("erased"));
        let [one, two] = [1, 2].map(|number| AnyId::from(AccountId::from_random([number; 10])));
        assert!(list.load().await.unwrap().is_empty());

        list.add(vec![two]).await.unwrap();
        list.add(vec![one, two]).await.unwrap();

        let again = Erasures::new(folder.path().join("erased"));
        assert_eq!(again.load().await.unwrap(), BTreeSet::from([one, two]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_list_that_is_damaged_is_neither_believed_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erased");
        for (text, at) in [("", 1), ("something\n", 1), ("escriba erasures, version 1\nnobody\n", 2)] {
            fs::write(&path, text).unwrap();
            let list = Erasures::new(path.clone());
            let error = list.add(vec![AccountId::from_random([1; 10]).into()]).await.unwrap_err();
            assert!(matches!(error, ErasuresError::Damaged { line, .. } if line == at), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
