//! An anchor that fails when it is told to.

use std::io;
use std::sync::Mutex;

use engine::{Anchor, AnchorError, AnchorFile, Anchored, Anchoring, Step};

/// How the next step ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fails {
    /// It is not taken, and that is said.
    Refused,
    /// It is not taken, and whether it was is not known.
    Lost,
    /// It is taken, and whether it was is not known.
    Kept,
}

pub(super) struct TestAnchor {
    file: AnchorFile,
    next: Mutex<Option<Fails>>,
}

impl TestAnchor {
    pub(super) fn new(file: AnchorFile) -> Self {
        Self { file, next: Mutex::default() }
    }

    /// What it holds.
    pub(super) async fn held(&self) -> Anchored {
        self.load().await.unwrap().unwrap()
    }

    /// The next step fails.
    pub(super) fn fail(&self, how: Fails) {
        *self.next.lock().unwrap() = Some(how);
    }

    /// Whether no step is to fail any more.
    pub(super) fn has_failed(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

impl Anchor for TestAnchor {
    fn load(&self) -> Anchoring<'_, Option<Anchored>> {
        self.file.load()
    }

    fn advance<'a>(&'a self, steps: &'a [Step]) -> Anchoring<'a, ()> {
        let how = self.next.lock().unwrap().take();
        Box::pin(async move {
            let source = || io::Error::other("the test wants it");
            let path = self.file.describe().into();
            match how {
                None => self.file.advance(steps).await,
                Some(Fails::Refused) => Err(AnchorError::Io { path, source: source() }),
                Some(Fails::Lost) => Err(AnchorError::Unknown { path, source: source() }),
                Some(Fails::Kept) => {
                    self.file.advance(steps).await?;
                    Err(AnchorError::Unknown { path, source: source() })
                }
            }
        })
    }

    fn describe(&self) -> String {
        self.file.describe()
    }
}
