//! Files: bundles, proofs, full CSVs.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ledger::verify::{Report, TrustRoots, verify_bundle, verify_csv_full, verify_proof};

use crate::progress::{self, Progress};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bundle,
    Proof,
    Csv,
}

/// Checks a file.
pub(super) fn verify(path: &Path, event: Option<&Path>, trust: &TrustRoots) -> Result<Report> {
    let name = path.display();
    let unreadable = || format!("{name} cannot be read");
    let mut file = File::open(path).with_context(unreadable)?;
    let kind = kind(path, &mut file).with_context(unreadable)?;
    if event.is_some() && kind != Some(Kind::Proof) {
        bail!("--event is for a proof, and {name} is none");
    }
    match kind {
        Some(Kind::Bundle) => verify_bundle(Metered::new(file)?, trust).with_context(unreadable),
        Some(Kind::Csv) => verify_csv_full(Metered::new(file)?, None).with_context(unreadable),
        Some(Kind::Proof) => {
            let Some(event) = event else {
                bail!("a proof is about an event: give with --event what `prove --save-event` saved");
            };
            let proof = fs::read(path).with_context(unreadable)?;
            let about = event.display();
            let event = fs::read(event).with_context(|| format!("{about} cannot be read"))?;
            Ok(verify_proof(&proof, &event, trust))
        }
        None => bail!("{name} is neither a bundle (.zip) nor a proof (.tlog-proof) nor a full CSV (.csv)"),
    }
}

/// What a file is by its name or else by how it begins: in a file that was changed, its beginning may be what was.
fn kind(path: &Path, file: &mut File) -> io::Result<Option<Kind>> {
    let by_name = path.extension().and_then(|extension| match extension.to_str()? {
        "zip" => Some(Kind::Bundle),
        "tlog-proof" => Some(Kind::Proof),
        "csv" => Some(Kind::Csv),
        _ => None,
    });
    if by_name.is_some() {
        return Ok(by_name);
    }
    let mut start = Vec::new();
    file.take(32).read_to_end(&mut start)?;
    file.rewind()?;
    let starts = [(&b"PK"[..], Kind::Bundle), (b"c2sp.org/tlog-proof@", Kind::Proof), (b"Timestamp,", Kind::Csv)];
    Ok(starts.into_iter().find(|(beginning, _)| start.starts_with(beginning)).map(|(_, kind)| kind))
}

/// A file that shows how much of it was read.
struct Metered {
    file: File,
    size: u64,
    read: u64,
    progress: Progress,
}

impl Metered {
    fn new(file: File) -> Result<Self> {
        let size = file.metadata().context("the file cannot be looked at")?.len();
        Ok(Self { file, size, read: 0, progress: Progress::new() })
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        let (done, size) = (self.read.min(self.size), self.size);
        self.progress.show(|| format!("{} of {}", progress::bytes(done), progress::bytes(size)));
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}
