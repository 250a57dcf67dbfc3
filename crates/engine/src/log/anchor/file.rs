//! An anchor in a file of this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Anchor, AnchorError, Anchored, Anchoring, Step, text};

/// Far above what an anchor of a hundred thousand logs needs.
const SIZE_LIMIT: u64 = 64 << 20;

/// An anchor in a file: written beside, then put in the place of the one before, so that a crash leaves either.
pub struct AnchorFile {
    path: PathBuf,
}

impl AnchorFile {
    /// The anchor in this file, whether it is there yet or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Anchor for AnchorFile {
    fn load(&self) -> Anchoring<'_, Option<Anchored>> {
        let path = self.path.clone();
        Box::pin(apart(self.path.clone(), move || read(&path)))
    }

    fn advance<'a>(&'a self, steps: &'a [Step]) -> Anchoring<'a, ()> {
        let (path, steps) = (self.path.clone(), steps.to_vec());
        Box::pin(apart(self.path.clone(), move || advance(&path, &steps)))
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}

/// Does what waits for the disk on a thread that may.
async fn apart<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> Result<T, AnchorError> + Send + 'static,
) -> Result<T, AnchorError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(AnchorError::Unknown { path, source: io::Error::other(error) }),
    }
}

fn read(path: &Path) -> Result<Option<Anchored>, AnchorError> {
    let io = |source| AnchorError::Io { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let metadata = file.metadata().map_err(io)?;
    // It holds no secret: others may read it, but whoever may write it may choose what is believed.
    if metadata.mode() & 0o022 != 0 {
        return Err(AnchorError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o7777 });
    }
    let damaged = |what| AnchorError::Damaged { path: path.to_owned(), what };
    if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
        return Err(damaged("it is no anchor that this version knows"));
    }
    let mut content = String::new();
    match file.take(SIZE_LIMIT).read_to_string(&mut content) {
        Ok(_) => text::parse(&content).map(Some).map_err(damaged),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(damaged("it is no text")),
        Err(error) => Err(io(error)),
    }
}

fn advance(path: &Path, steps: &[Step]) -> Result<(), AnchorError> {
    // Two processes that share an anchor take turns. The lock is a file of its own, for the anchor is replaced.
    let _turn = lock(path).map_err(|source| AnchorError::Io { path: path.to_owned(), source })?;
    let mut anchored = read(path)?.unwrap_or_default();
    for step in steps {
        if anchored.get(&step.origin) != step.from.as_ref() {
            return Err(AnchorError::Moved { origin: step.origin.clone() });
        }
        match step.to {
            Some(head) => anchored.insert(step.origin.clone(), head),
            None => anchored.remove(&step.origin),
        };
    }
    let new = beside(path, ".new");
    write(&new, &text::write(&anchored)).map_err(|source| AnchorError::Io { path: path.to_owned(), source })?;
    // From here on it may have happened, whatever the file system says.
    let replaced = fs::rename(&new, path).and_then(|()| sync_folder(path));
    replaced.map_err(|source| AnchorError::Unknown { path: path.to_owned(), source })
}

fn lock(path: &Path) -> io::Result<File> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(beside(path, ".lock"))?;
    lock.lock()?;
    Ok(lock)
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Makes the names in the folder of `path` durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use ledger::Origin;

    use super::*;
    use crate::log::anchor::TreeHead;

    fn origin(log: &str) -> Origin {
        format!("aaaaaaaaaaaaaaaa.escriba/org/{log}").parse().unwrap()
    }

    fn head(size: u64) -> TreeHead {
        TreeHead { size, root: [u8::try_from(size).unwrap(); 32] }
    }

    fn step(log: &str, from: Option<u64>, to: u64) -> Step {
        Step { origin: origin(log), from: from.map(head), to: Some(head(to)) }
    }

    const ONE: &str = "bbbbbbbbbbbbbbbb";
    const TWO: &str = "cccccccccccccccc";

    #[tokio::test]
    async fn an_anchor_holds_what_it_was_advanced_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchor");
        let anchor = AnchorFile::new(path.clone());
        assert!(anchor.load().await.unwrap().is_none());

        anchor.advance(&[step(ONE, None, 1), step(TWO, None, 2)]).await.unwrap();
        anchor.advance(&[step(ONE, Some(1), 3)]).await.unwrap();

        let step = Step { to: None, ..step(TWO, Some(2), 0) };
        assert!(anchor.advance(&[Step { from: None, ..step.clone() }]).await.is_err());
        let held = AnchorFile::new(path.clone()).load().await.unwrap().unwrap();
        assert_eq!(held, Anchored::from([(origin(ONE), head(3)), (origin(TWO), head(2))]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        anchor.advance(&[step]).await.unwrap();
        assert_eq!(anchor.load().await.unwrap().unwrap(), Anchored::from([(origin(ONE), head(3))]));
    }

    #[tokio::test]
    async fn steps_from_elsewhere_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let anchor = AnchorFile::new(folder.path().join("anchor"));
        anchor.advance(&[step(ONE, None, 1)]).await.unwrap();
        let before = anchor.load().await.unwrap();
        for steps in
            [vec![step(ONE, None, 2)], vec![step(ONE, Some(2), 3)], vec![step(ONE, Some(1), 2), step(TWO, Some(1), 2)]]
        {
            let error = anchor.advance(&steps).await.unwrap_err();
            assert!(matches!(error, AnchorError::Moved { .. }), "{error}");
            assert_eq!(anchor.load().await.unwrap(), before);
        }
    }

    #[tokio::test]
    async fn of_two_who_take_the_same_step_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchor");
        let (one, two) = (AnchorFile::new(path.clone()), AnchorFile::new(path));
        let steps = [step(ONE, None, 1)];
        let (one, two) = tokio::join!(one.advance(&steps), two.advance(&steps));
        assert!(one.is_ok() != two.is_ok());
    }

    #[tokio::test]
    async fn an_anchor_that_others_may_write_or_that_is_damaged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchor");
        let anchor = AnchorFile::new(path.clone());
        anchor.advance(&[step(ONE, None, 1)]).await.unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
        let error = anchor.load().await.unwrap_err().to_string();
        assert!(error.ends_with(&format!("chmod 600 {}", path.display())), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "escriba anchor, version 1\n").unwrap();
        assert!(matches!(anchor.load().await, Err(AnchorError::Damaged { .. })));
        assert!(matches!(anchor.advance(&[step(ONE, Some(1), 2)]).await, Err(AnchorError::Damaged { .. })));
    }

    #[tokio::test]
    async fn a_write_that_fails_leaves_the_anchor_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchor");
        let anchor = AnchorFile::new(path.clone());
        anchor.advance(&[step(ONE, None, 1)]).await.unwrap();
        // Nothing can be written where a folder is.
        fs::create_dir(beside(&path, ".new")).unwrap();
        assert!(matches!(anchor.advance(&[step(ONE, Some(1), 2)]).await, Err(AnchorError::Io { .. })));
        assert_eq!(anchor.load().await.unwrap().unwrap()[&origin(ONE)], head(1));
    }
}
