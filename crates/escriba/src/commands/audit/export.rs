//! `escriba audit export`: everything that matches, as a file.

use std::io::{ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use flate2::write::GzDecoder;
use serde_json::json;

use super::arguments::{ExportArguments, Format, Reach};
use super::client::{Answer, Client};
use super::file::Draft;
use super::output;
use super::pages::{Filter, note_predecessor, path};
use crate::print;
use crate::progress::{self, Progress};

/// `escriba audit export`
pub(crate) async fn export(reach: &Reach, arguments: ExportArguments) -> Result<ExitCode> {
    tokio::select! {
        done = fetch(reach, &arguments) => done.map(|()| ExitCode::SUCCESS),
        // The half of the file that is there is taken away; 130 is what a shell expects.
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(130)),
    }
}

async fn fetch(reach: &Reach, arguments: &ExportArguments) -> Result<()> {
    let ExportArguments { format, from, to, output, force, json, .. } = arguments;
    let is_bundle = *format == Format::Bundle;
    let output = output.as_deref().filter(|path| path.as_os_str() != "-");
    if is_bundle && output.is_none() && std::io::stdout().is_terminal() {
        bail!("a bundle is an archive: name a file with --output");
    }
    let draft = output.map(|path| Draft::new(path, *force)).transpose()?;
    let mut client = Client::new(reach)?;
    let organization = client.organization(reach.organization.as_deref()).await?;
    let query = Filter::new(&arguments.filter)?.query().with("format", Some(format.as_str()));
    let query = query.with("from", from.as_ref()).with("to", to.as_ref()).with("q", arguments.query.as_ref());
    let answer = client.get(&path(&organization, "/v2/export"), &query).await?;
    if let Some(warning) = answer.warning() {
        print::note(format!("warning: {warning}"));
    }
    note_predecessor(answer.predecessor());
    let event = answer.event();
    let Some(draft) = draft else {
        return receive(answer, std::io::stdout(), *format).await.map(drop);
    };
    let (draft, received) = receive(answer, draft, *format).await?;
    draft.finish()?;
    let path = output.unwrap_or(Path::new("-"));
    let rows = received.rows.get();
    if *json {
        return output::line(
            &json!({
                "file": path.display().to_string(),
                "format": format.as_str(),
                "rows": rows,
                "bytes": received.bytes,
                "event": event,
            })
            .to_string(),
        );
    }
    let rows = rows.map(|rows| format!("{rows} events, ")).unwrap_or_default();
    print::note(format!("{} is written: {rows}{}", path.display(), progress::bytes(received.bytes)));
    Ok(())
}

/// Counts what passes, and shows how far it is.
struct Meter<W> {
    to: W,
    rows: Rows,
    bytes: u64,
    progress: Progress,
}

impl<W: Write> Write for Meter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        self.rows.count(&bytes[..written]);
        let (rows, total) = (self.rows.get(), self.bytes);
        self.progress.show(|| {
            let rows = rows.map(|rows| format!("{rows} events, ")).unwrap_or_default();
            format!("{rows}{}", progress::bytes(total))
        });
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

struct Received {
    rows: Rows,
    bytes: u64,
}

async fn receive<W: Write>(mut answer: Answer, to: W, format: Format) -> Result<(W, Received)> {
    let meter = Meter { to, rows: Rows::of(format), bytes: 0, progress: Progress::new() };
    let mut sink = if answer.is_gzip() { Sink::Gzip(Box::new(GzDecoder::new(meter))) } else { Sink::Plain(meter) };
    while let Some(chunk) = answer.chunk().await? {
        let written = match &mut sink {
            Sink::Gzip(decoder) => decoder.write_all(&chunk),
            Sink::Plain(meter) => meter.write_all(&chunk),
        };
        written.map_err(undone)?;
    }
    let Meter { to, rows, bytes, .. } = match sink {
        Sink::Plain(meter) => meter,
        // An export that broke off lacks the end of the compressed form.
        Sink::Gzip(decoder) => decoder.finish().map_err(undone)?,
    };
    Ok((to, Received { rows, bytes }))
}

enum Sink<W: Write> {
    Gzip(Box<GzDecoder<Meter<W>>>),
    Plain(Meter<W>),
}

/// Why what came was not written: it could not be read, or its place cannot take it.
fn undone(error: std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
            anyhow::Error::new(error).context("the export is not whole")
        }
        _ => output::unwritten(error),
    }
}

/// Counts the events of a text, where a line end tells.
#[derive(Clone, Copy, Debug)]
enum Rows {
    /// Each line is an event.
    Lines(u64),
    /// Each line but the first, and line ends between quotes do not count.
    Csv { lines: u64, is_quoted: bool },
    /// One document: nobody knows.
    Unknown,
}

impl Rows {
    const fn of(format: Format) -> Self {
        match format {
            Format::Csv | Format::CsvFull => Self::Csv { lines: 0, is_quoted: false },
            Format::Cef | Format::Ndjson | Format::Ocsf => Self::Lines(0),
            Format::Json | Format::Bundle => Self::Unknown,
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        match self {
            Self::Lines(lines) => *lines += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>(),
            Self::Csv { lines, is_quoted } => {
                for byte in bytes {
                    match byte {
                        b'"' => *is_quoted = !*is_quoted,
                        b'\n' if !*is_quoted => *lines += 1,
                        _ => {}
                    }
                }
            }
            Self::Unknown => {}
        }
    }

    fn get(self) -> Option<u64> {
        match self {
            Self::Lines(lines) => Some(lines),
            Self::Csv { lines, .. } => Some(lines.saturating_sub(1)),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_within_quotes_are_no_events() {
        let mut rows = Rows::of(Format::Csv);
        for piece in ["Time,Text\n1,\"a\nb", "\"\"\n\"\n2,c\n"] {
            rows.count(piece.as_bytes());
        }
        assert_eq!(rows.get(), Some(2));
        let mut rows = Rows::of(Format::Ndjson);
        rows.count(b"{\"a\":\"\\\"\"}\n{}\n");
        assert_eq!(rows.get(), Some(2));
    }
}
