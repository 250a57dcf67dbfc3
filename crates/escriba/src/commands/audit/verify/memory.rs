//! What was seen of a log before: whoever verifies is a witness, and notices a log that was cut or replaced.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ledger::checkpoint::Checkpoint;

use crate::commands::audit::client::Encoded;
use crate::commands::audit::file::Draft;

/// The memory of one log: a file with its newest signed checkpoint.
pub(super) struct Memory {
    file: PathBuf,
    earlier: Option<Checkpoint>,
}

impl Memory {
    /// What is remembered of a log; nothing where this user has no place for it.
    pub(super) fn of(origin: &str) -> Result<Option<Self>> {
        let Some(folder) = folder() else { return Ok(None) };
        let file = folder.join(format!("{}.checkpoint", Encoded(origin)));
        let name = file.display();
        let earlier = match fs::read(&file) {
            Ok(note) => {
                let earlier = Checkpoint::read(&note).with_context(|| format!("{name} is no checkpoint any more"))?;
                if earlier.origin != origin {
                    bail!("{name} is the checkpoint of another log");
                }
                Some(earlier)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("{name} cannot be read")),
        };
        Ok(Some(Self { file, earlier }))
    }

    pub(super) fn earlier(&self) -> Option<&Checkpoint> {
        self.earlier.as_ref()
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Remembers a checkpoint that extends the earlier one.
    pub(super) fn remember(&self, note: &str) -> Result<()> {
        let name = self.file.display();
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let mut draft = Draft::new(&self.file, true)?;
        draft.write_all(note.as_bytes()).with_context(|| format!("{name} cannot be written"))?;
        draft.finish()
    }
}

/// Where state of programs belongs that outlives them (XDG base directories).
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("escriba/checkpoints"))
}
