//! A whole log behind an address: everything is fetched, and derived again.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ledger::checkpoint::Checkpoint;
use ledger::tile::{TILE_WIDTH, TilePath};
use ledger::verify::{Report, TileSource, TilesExpected, TrustRoots, Verdict, verify_tiles};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::memory::Memory;
use crate::commands::audit::arguments::{Reach, VerifyArguments};
use crate::commands::audit::client::{Client, ClientError, Query};
use crate::print;
use crate::progress::Progress;

/// How often something is asked for that did not come, and how long is waited in between.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// How each line of a signature begins, and hardly anything else.
const SIGNATURE: &str = "\n\u{2014} ";

/// Checks a log, and remembers how far it was.
pub(super) async fn verify(
    url: &str,
    trust: &TrustRoots,
    reach: &Reach,
    arguments: &VerifyArguments,
) -> Result<Report> {
    if arguments.event.is_some() {
        bail!("--event is for a proof, and {url} is none");
    }
    let (server, path) = parts(url)?;
    let mut client = Client::at(Some(&server), reach)?;
    let note = fetch(&mut client, &format!("{path}checkpoint")).await?;
    let note = String::from_utf8(note).context("the checkpoint is not UTF-8")?;
    let checkpoint = match Checkpoint::read(note.as_bytes()) {
        Ok(checkpoint) => Some(checkpoint),
        // Once it was one; the report says what is wrong with it.
        Err(_) if note.contains(SIGNATURE) => None,
        Err(error) => return Err(error).context("what stands in the checkpoint's place is none"),
    };
    let memory = match &checkpoint {
        Some(checkpoint) if !arguments.no_remember => Memory::of(&checkpoint.origin)?,
        _ => None,
    };
    let earlier: Vec<Checkpoint> = memory.iter().filter_map(Memory::earlier).cloned().collect();

    let size = checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let mut tiles = Remote { client: &mut client, path, size, progress: Progress::new() };
    let expected = TilesExpected { checkpoint: &note, earlier: &earlier, first: 0 };
    let report = block_in_place(|| verify_tiles(&mut tiles, expected, trust))?;
    drop(tiles);

    if let Some(memory) = memory {
        if report.verdict == Verdict::Tampered && !earlier.is_empty() {
            print::note(format!("What was seen of this log before stands in {}", memory.file().display()));
        }
        // What nobody vouches for is not what to measure the next one by, unless nobody was named.
        let is_vouched_for = report.verdict == Verdict::Verified
            || report.verdict == Verdict::SignerUnknown
                && arguments.trust.key.is_empty()
                && arguments.trust.policy.is_none();
        if is_vouched_for {
            memory.remember(&note)?;
        }
    }
    Ok(report)
}

/// The server's address, and the path of the log on it, which ends with a slash.
fn parts(url: &str) -> Result<(String, String)> {
    let url = url.strip_suffix("checkpoint").unwrap_or(url).trim_end_matches('/');
    match url.rsplit_once("/log/") {
        Some((server, log)) if !log.is_empty() && !log.contains(['/', '?', '#']) => {
            Ok((server.to_owned(), format!("/log/{log}/")))
        }
        _ => bail!(
            "{url} is not the address of a log: one is https://escriba.example.com/log/rf26ggh4sztli7x4/, with what \
             stands last in the log's origin"
        ),
    }
}

async fn fetch(client: &mut Client, path: &str) -> Result<Vec<u8>, ClientError> {
    for pause in PAUSES {
        match fetch_once(client, path).await {
            Err(error) if error.is_passing() => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    fetch_once(client, path).await
}

async fn fetch_once(client: &mut Client, path: &str) -> Result<Vec<u8>, ClientError> {
    client.get(path, &Query::default()).await?.bytes().await
}

/// The tiles of a log, asked for as they are needed.
struct Remote<'a> {
    client: &'a mut Client,
    path: String,
    size: u64,
    progress: Progress,
}

impl TileSource for Remote<'_> {
    type Error = anyhow::Error;

    fn fetch(&mut self, path: TilePath) -> Result<Vec<u8>> {
        if let TilePath::Entries { number, .. } = path {
            let size = self.size;
            self.progress.show(|| format!("{} of {size} entries", number * TILE_WIDTH as u64));
        }
        let target = format!("{}{path}", self.path);
        Handle::current()
            .block_on(fetch(self.client, &target))
            .with_context(|| format!("{path}, which the checkpoint covers, was not handed out"))
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_address_of_a_log_names_server_and_log() {
        let read = |url| parts(url).ok();
        let expected = Some(("https://a.example/x".to_owned(), "/log/rf26/".to_owned()));
        for url in
            ["https://a.example/x/log/rf26/", "https://a.example/x/log/rf26", "https://a.example/x/log/rf26/checkpoint"]
        {
            assert_eq!(read(url), expected, "{url}");
        }
        for url in
            ["https://a.example", "https://a.example/log/", "https://a.example/log/a/b", "https://a.example/log/a?b"]
        {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
